#include "deploy/diagnose.h"

#include "app/toolkit.h"
#include "cfn/console.h"
#include "cfn/hook.h"
#include "deploy/investigate.h"
#include "deploy/where.h"

#define WRAP_COLUMNS 120
#define NESTING_MAX 32 /* change sets in change sets */

/* How many UTF-16 units, as the reference counts, begin at this byte? */
static int units_at(unsigned char c)
{
	return c >= 0xf0 ? 2 : (c & 0xc0) != 0x80;
}

static bool breaks(char c)
{
	return c == ' ' || c == '\n';
}

/* The end of a line that begins at p: at a blank, or where the first word that
 * is too long ends. */
static const char *line_end(const char *p, const char *end)
{
	const char *stop = p, *at;
	int units = 0;

	while (stop < end && (units += units_at((unsigned char)*stop)) <=
	    WRAP_COLUMNS)
		stop++;
	if (stop == end)
		return end;
	for (at = stop; at > p && !breaks(*at); at--)
		;
	if (at == p)
		for (at = stop; at < end && !breaks(*at); at++)
			;
	return at;
}

/* Lines of a message, each indented; a newline that none of them ends at stays
 * in its line. */
static void add_wrapped(struct strbuf *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		const char *stop = line_end(text, end);

		strbuf_adds(out, "\n  ");
		strbuf_add(out, text, (size_t)(stop - text));
		text = stop + 1;
	}
}

static void add_trace(struct strbuf *out, const char *trace)
{
	static const char label[] = "Source Location: ";
	struct sv rest = sv_from(trace), line;
	bool first = true;

	while (sv_next(&rest, '\n', &line)) {
		strbuf_addc(out, '\n');
		if (first)
			strbuf_adds(out, label);
		else
			strbuf_addn(out, ' ', strlen(label));
		strbuf_addsv(out, line);
		first = false;
	}
}

static void add_title(struct strbuf *out, const struct problem *p)
{
	strbuf_addf(out, "%s  (%s%s%s", p->location, p->type,
	    *p->type && p->logical_id ? " " : "",
	    p->logical_id ? p->logical_id : "");
	strbuf_rtrim(out);
	strbuf_addc(out, ')');
}

static int by_location(const void *x, const void *y)
{
	const struct problem *const *a = x, *const *b = y;
	int c = strcmp((*a)->location, (*b)->location);

	/* stable: equal ones stay as they came */
	return c ? c : (*a > *b) - (*a < *b);
}

/* What belongs to the place as a whole. */
static void end_group(struct strbuf *out, const struct problem **p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i]->trace) {
			add_trace(out, p[i]->trace);
			break;
		}
	for (size_t i = 0; i < n; i++)
		if (p[i]->note)
			strbuf_adds(out, p[i]->note);
}

void diagnose_format(const struct problem *v, size_t n, struct strbuf *out)
{
	CLEANUP(free_p) const struct problem **p =
	    xcalloc(n + 1, sizeof(*p));

	for (size_t i = 0; i < n; i++)
		p[i] = &v[i];
	qsort(p, n, sizeof(*p), by_location);
	for (size_t i = 0, first = 0; i < n; i++) {
		bool same = i > 0 &&
		    streq(p[i - 1]->location, p[i]->location);

		if (!same) {
			if (i > 0)
				strbuf_adds(out, "\n\n");
			add_title(out, p[i]);
		}
		add_wrapped(out, p[i]->message);
		first = same ? first : i;
		if (i + 1 == n ||
		    !streq(p[i + 1]->location, p[i]->location))
			end_group(out, &p[first], i + 1 - first);
	}
}

static char *event_location(const struct deploy_request *r,
    const struct monitor *m, const struct event *e)
{
	CLEANUP(strvec_release) struct strvec way = { 0 };

	lineage_path(&m->tree, event_stack(e), &way);
	return where_is(r, &way, e->logical_id);
}

static int fail(struct err *err, const char *text)
{
	(void)err_set(err, E_FAIL, "%s", text);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

void diagnose_add_cause(const struct deploy_request *r,
    const struct monitor *m, const char *stack_arn, bool reason_is_told,
    struct err *err)
{
	CLEANUP(free_p) char *at = NULL, *undo_at = NULL, *note = NULL;
	struct cause c = { 0 };
	struct cause_context x = { .stack_name = r->stack_name,
		.stack_arn = stack_arn, .tree = &m->tree, .paths = r->paths,
		.traces = r->traces, .reason_is_told = reason_is_told };

	if (!err)
		return;
	cause_find(&m->failed, &c);
	if (c.event)
		x.location = at = event_location(r, m, c.event);
	if (c.undo)
		x.undo_location = undo_at = event_location(r, m, c.undo);
	note = cause_note(&c, &x);
	err_add_note(err, note, cause_facts(&c, &x));
}

int diagnose_deployment(struct app *app, const struct deploy_request *r,
    const struct monitor *m, const struct cfnstack *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strvec_release) struct strvec at = { 0 }, notes = { 0 };
	CLEANUP(free_p) struct problem *v =
	    xcalloc(m->problems.n + 1, sizeof(*v));
	size_t n = m->problems.n;

	if (n == 0) {
		strbuf_addf(&b, "Resource updates failed (%s): %s",
		    s->status ? s->status : "gone",
		    s->reason ? s->reason : "no reason given");
		(void)fail(err, b.buf);
		diagnose_add_cause(r, m, s->arn, true, err);
		return E_FAIL;
	}
	for (size_t i = 0; i < n; i++) {
		char *note = investigate(app, r, &m->problems.v[i]);

		strvec_add_take(&notes, note ? note : xstrdup(""));
	}
	investigate_trail(app, r, m, &notes);
	for (size_t i = 0; i < n; i++) {
		const struct event *e = &m->problems.v[i];

		strvec_add_take(&at, event_location(r, m, e));
		v[i] = (struct problem){ .location = at.v[i],
			.type = e->type, .logical_id = e->logical_id,
			.message = e->reason ? e->reason : e->status,
			.trace = r->traces
			    ? strmap_get(r->traces, e->logical_id) : NULL,
			.note = notes.v[i] };
	}
	strbuf_adds(&b, "Resource updates failed:\n");
	diagnose_format(v, n, &b);
	(void)fail(err, b.buf);
	diagnose_add_cause(r, m, s->arn, n == 1, err);
	return E_FAIL;
}

struct found {
	struct app *app;
	struct problem *v;
	size_t n;
	struct strvec texts;  /* owns locations and messages */
	struct strvec nested; /* the stacks that led to the change set */
	const struct deploy_request *r;
};

static const char *keep(struct found *f, char *text)
{
	strvec_add_take(&f->texts, text);
	return text;
}

static void found_add(struct found *f, const struct problem *p)
{
	f->v = xreallocarray(f->v, f->n + 1, sizeof(*f->v));
	f->v[f->n++] = *p;
}

static void found_release(struct found *f)
{
	free(f->v);
	strvec_release(&f->texts);
	strvec_release(&f->nested);
}

static int each_failed(void *u, const cJSON *e)
{
	struct found *f = u;
	const char *id = json_str(e, "LogicalResourceId");
	const char *type = json_str(e, "ResourceType");
	const char *reason = json_str(e, "ValidationStatusReason");
	const char *path = json_str(e, "ValidationPath");
	struct problem p = { .type = type ? type : "", .logical_id = id };

	if (!reason || !id)
		return 0;
	p.type = keep(f, xstrdup(p.type));
	p.logical_id = keep(f, xstrdup(id));
	p.location = keep(f, where_is(f->r, &f->nested, id));
	p.message = keep(f, path ? xasprintf("%s (at %s)", reason, path)
				 : xstrdup(reason));
	p.trace = f->r->traces ? strmap_get(f->r->traces, id) : NULL;
	found_add(f, &p);
	return 0;
}

static void warn_no_details(struct app *app, const struct deploy_request *r,
    const struct err *e)
{
	CLEANUP(toolkit_release) struct toolkit tk = { 0 };
	CLEANUP(free_p) char *version = NULL;

	if (r->access && toolkit_lookup(app, r->access, &tk, NULL) == 0 &&
	    tk.found && tk.version)
		version = xasprintf("%d", tk.version);
	msg_warn(app->sink,
	    "Could not retrieve additional details about change set creation "
	    "errors (%s). Make sure you have permissions to call the "
	    "DescribeEvents API, or re-bootstrap your environment by running "
	    "'cdk bootstrap' to update the Bootstrap CDK Toolkit stack. "
	    "Bootstrap toolkit stack version 30 or later is needed; current "
	    "version: %s.", err_text(e), version ? version : "unknown");
}

static void find_events(struct app *app, const cJSON *cs, struct found *f)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err e = { 0 };
	cJSON *filter = cJSON_CreateObject();
	const char *name = json_str(cs, "ChangeSetName");
	const char *stack = json_str(cs, "StackName");

	json_put_str(in, "StackName", stack ? stack : f->r->stack_name);
	json_put_str(in, "ChangeSetName", name ? name : changeset_name(f->r));
	json_put_bool(filter, "FailedEvents", true);
	json_add_take(in, "Filters", filter);
	if (aws_pages(f->r->aws, OP_CFN_DESCRIBE_EVENTS, in, each_failed, f,
		&e) < 0)
		warn_no_details(app, f->r, &e);
}

static int each_hook(void *u, const cJSON *h)
{
	struct found *f = u;
	const char *type = json_str(h, "TypeName");
	const char *id = json_str(h, "HookResultId");
	CLEANUP(free_p) char *details = NULL;
	struct problem p = { .type = "AWS::CloudFormation::Stack" };

	if (!hook_failed(json_str(h, "Status")) ||
	    !streq0(json_str(h, "FailureMode"), "FAIL"))
		return 0;
	if (id && *id)
		details = hook_fetch(f->r->aws, f->app->sink, id);
	if (!details)
		details = hook_details(h);
	p.location = keep(f, where_is(f->r, &f->nested, NULL));
	p.message = keep(f, xasprintf("Hook '%s' failed%s%s",
	    type ? type : "unknown", details ? ": " : "",
	    details ? details : ""));
	found_add(f, &p);
	return 0;
}

/* The note for the failure when hooks cannot be asked about, else NULL. */
static const char *find_hooks(const cJSON *cs, struct found *f)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err e = { 0 };
	const char *id = json_str(cs, "ChangeSetId");
	const char *name = json_str(cs, "ChangeSetName");

	json_put_str(in, "TargetType", "CHANGE_SET");
	json_put_str(in, "TargetId", id ? id : changeset_name(f->r));
	if (aws_pages(f->r->aws, OP_CFN_LIST_HOOK_RESULTS, in, each_hook, f,
		&e) >= 0)
		return NULL;
	return keep(f, xasprintf("\n\n   Could not fetch extra hook failure "
	    "detail for change set %s (%s). Run again with -v to see the full "
	    "error.", name ? name : changeset_name(f->r), err_text(&e)));
}

static cJSON *found_facts(const struct found *f, const cJSON *cs)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	CLEANUP(free_p) char *page =
	    console_stack_events(json_str(cs, "StackId"));

	json_put_str(o, "arn", json_str(cs, "StackId"));
	json_put_str(o, "console", page);
	json_put_str(o, "changeSetArn", json_str(cs, "ChangeSetId"));
	for (size_t i = 0; i < f->n; i++) {
		const struct problem *p = &f->v[i];
		cJSON *one = cJSON_CreateObject();

		json_put_str(one, "location", p->location);
		json_put_str(one, "logicalId", p->logical_id);
		json_put_str(one, "type", p->type);
		json_put_str(one, "message", p->message);
		json_push_take(list, one);
	}
	json_add_take(o, "problems", list);
	return o;
}

/* Resources that exist already and that the template would not keep. */
static bool find_imports(const char *reason, struct found *f)
{
	static const char marker[] = "The affected resources are ";
	const char *rest = strstr(reason, "CloudFormation is attempting to "
	    "import some resources because they already exist in your account");

	rest = rest ? strstr(rest, marker) : NULL;
	if (!rest)
		return false;
	rest += strlen(marker);
	while (*rest) {
		const char *end = strstr(rest, "), ");
		size_t n = end ? (size_t)(end - rest) + 1 : strlen(rest);
		CLEANUP(free_p) char *one = xasprintf("%.*s", (int)n, rest);
		char *open = strchr(one, '(');
		struct problem p = { .type = "" };
		struct sv id = sv_trim((struct sv){ one,
		    open ? (size_t)(open - one) : 0 });

		p.logical_id = id.n ? keep(f, sv_dup(id)) : NULL;
		p.location = keep(f, where_is(f->r, &f->nested,
		    p.logical_id));
		p.message = keep(f, xasprintf("Automatic import of existing "
		    "resource %s needs a DeletionPolicy of 'Retain' or "
		    "'RetainExceptOnCreate'. Set the removal policy to "
		    "'RemovalPolicy.RETAIN' or 'RemovalPolicy.RETAIN_ON_"
		    "UPDATE_OR_DELETE' (See https://docs.aws.amazon.com/cdk/"
		    "v2/guide/resources.html#resources-removal)", one));
		p.trace = f->r->traces && p.logical_id
		    ? strmap_get(f->r->traces, p.logical_id) : NULL;
		found_add(f, &p);
		rest += n + (end ? 2 : 0);
	}
	return true;
}

/* The change set of a nested stack that the reason names; NULL: none. */
static cJSON *find_nested(const cJSON *cs, struct found *f)
{
	CLEANUP(json_free_p) cJSON *full = NULL;
	const char *reason = json_str(cs, "StatusReason");
	const char *stack = json_str(cs, "StackId");
	const char *id = json_str(cs, "ChangeSetId");
	cJSON *ret = NULL;

	if (!reason || !stack || !id || f->nested.n > NESTING_MAX ||
	    changeset_describe(f->r->aws, stack, id, VALUES_NO, &full, NULL) <
		0)
		return NULL;
	JSON_EACH(c, json_get(full, "Changes")) {
		const cJSON *r = json_get(c, "ResourceChange");
		const char *of = json_str(r, "ChangeSetId");
		const char *logical = json_str(r, "LogicalResourceId");
		const char *physical = json_str(r, "PhysicalResourceId");

		if (!of || !*of || !logical || !physical ||
		    !streq0(json_str(r, "ResourceType"),
			"AWS::CloudFormation::Stack") || !strstr(reason, of))
			continue;
		strvec_add(&f->nested, logical);
		if (changeset_describe(f->r->aws, physical, of, VALUES_NO,
			&ret, NULL) < 0)
			ret = NULL;
		break;
	}
	return ret;
}

static void add_reason(const cJSON *cs, const char *note, struct found *f)
{
	const char *reason = json_str(cs, "StatusReason");
	struct problem p = { .type = "AWS::CloudFormation::Stack",
		.note = note };

	p.location = keep(f, where_is(f->r, &f->nested, NULL));
	p.message = keep(f, xstrdup(reason ? reason : "no reason given"));
	found_add(f, &p);
}

/* Fills f; the first line for what was found. Yours. */
static char *search(const cJSON *cs, struct found *f)
{
	const char *reason = json_str(cs, "StatusReason");
	const char *name = json_str(cs, "ChangeSetName");
	bool early = reason && strstr(reason, "AWS::EarlyValidation");
	const char *note = NULL;

	name = name ? name : changeset_name(f->r);
	if (!early && reason && strstr(reason, "Nested change set")) {
		CLEANUP(json_free_p) cJSON *inner = find_nested(cs, f);

		if (inner)
			return search(inner, f);
		add_reason(cs, NULL, f);
	} else if (early || !reason || !find_imports(reason, f)) {
		find_events(f->app, cs, f);
		if (f->n == 0)
			note = find_hooks(cs, f);
		if (f->n == 0)
			add_reason(cs, note, f);
	}
	return xasprintf("%s %s:\n", early
		? "Early validation failed for change set"
		: "Failed to create change set", name);
}

int diagnose_change_set(struct app *app, const struct deploy_request *r,
    const cJSON *cs, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(found_release) struct found f = { .app = app, .r = r };
	CLEANUP(free_p) char *title = search(cs, &f);

	strbuf_adds(&b, title);
	diagnose_format(f.v, f.n, &b);
	(void)fail(err, b.buf);
	err_add_note(err, NULL, found_facts(&f, cs));
	return E_FAIL;
}
