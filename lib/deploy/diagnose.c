#include "deploy/diagnose.h"

#include "app/toolkit.h"
#include "deploy/console.h"

#define WRAP_COLUMNS 120

/* Characters of UTF-8, which is near enough for a wrap. */
static size_t chars(struct sv v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
	return n;
}

/* One line of a message, broken at blanks; keeps what cannot be broken. */
static void add_wrapped(struct strbuf *out, struct sv line, size_t indent)
{
	size_t width = 0;
	struct sv word;

	strbuf_addn(out, ' ', indent);
	while (sv_next(&line, ' ', &word)) {
		size_t n = chars(word);

		if (width && width + 1 + n > WRAP_COLUMNS) {
			strbuf_addc(out, '\n');
			strbuf_addn(out, ' ', indent);
			width = 0;
		} else if (width) {
			strbuf_addc(out, ' ');
			width++;
		}
		strbuf_addsv(out, word);
		width += n;
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
	strbuf_addf(out, "%s  (%s %s", p->location, p->type,
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

void diagnose_format(const struct problem *v, size_t n, struct strbuf *out)
{
	CLEANUP(free_p) const struct problem **p =
	    xcalloc(n + 1, sizeof(*p));

	for (size_t i = 0; i < n; i++)
		p[i] = &v[i];
	qsort(p, n, sizeof(*p), by_location);
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 &&
		    streq(p[i - 1]->location, p[i]->location);
		struct sv rest = sv_from(p[i]->message), line;

		if (!same) {
			if (i > 0)
				strbuf_adds(out, "\n\n");
			add_title(out, p[i]);
		}
		while (sv_next(&rest, '\n', &line)) {
			strbuf_addc(out, '\n');
			add_wrapped(out, line, 2);
		}
		if (p[i]->trace && (i + 1 == n ||
			!streq(p[i + 1]->location, p[i]->location)))
			add_trace(out, p[i]->trace);
		if (p[i]->note)
			strbuf_addf(out, "\n\n   %s", p[i]->note);
	}
}

static const char *where_of(const struct deploy_request *r)
{
	return r->hierarchical_id ? r->hierarchical_id : r->stack_name;
}

/* Construct path of a resource of the root template, else "<stack>/<id>". */
static char *location_of(const struct deploy_request *r, const char *id)
{
	const cJSON *res = json_get(json_get(r->template_, "Resources"), id);
	const cJSON *path = json_get(json_get(res, "Metadata"),
	    "aws:cdk:path");

	if (cJSON_IsString(path))
		return xstrdup(path->valuestring);
	return xasprintf("%s/%s", where_of(r), id);
}

static char *event_location(const struct deploy_request *r,
    const struct monitor *m, const struct event *e)
{
	const char *arn = json_str(e->json, "StackId");
	const char *id = arn ? strmap_get(&m->nested, arn) : NULL;

	if (e->root || !id)
		return location_of(r, e->logical_id);
	return xasprintf("%s/Nested stack %s/%s", where_of(r), id,
	    e->logical_id);
}

static int fail(struct err *err, const char *text)
{
	(void)err_set(err, E_FAIL, "%s", text);
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

/* The path in the construct tree where it is known, in nested stacks too. */
static char *cause_location(const struct deploy_request *r,
    const struct monitor *m, const struct event *e)
{
	const char *path = r->paths ? strmap_get(r->paths, e->logical_id)
				    : NULL;

	return path && !e->root ? xasprintf("%s/%s", where_of(r), path)
				: event_location(r, m, e);
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
		x.location = at = cause_location(r, m, c.event);
	if (c.undo)
		x.undo_location = undo_at = cause_location(r, m, c.undo);
	note = cause_note(&c, &x);
	err_add_note(err, note, cause_facts(&c, &x));
}

int diagnose_deployment(const struct deploy_request *r,
    const struct monitor *m, const struct cfnstack *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strvec_release) struct strvec at = { 0 };
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
		const struct event *e = &m->problems.v[i];

		strvec_add_take(&at, event_location(r, m, e));
		v[i] = (struct problem){ .location = at.v[i],
			.type = e->type, .logical_id = e->logical_id,
			.message = e->reason ? e->reason : e->status,
			.trace = r->traces
			    ? strmap_get(r->traces, e->logical_id) : NULL };
	}
	strbuf_adds(&b, "Resource updates failed:\n");
	diagnose_format(v, n, &b);
	(void)fail(err, b.buf);
	diagnose_add_cause(r, m, s->arn, n == 1, err);
	return E_FAIL;
}

struct found {
	struct problem *v;
	size_t n;
	struct strvec texts; /* owns locations and messages */
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
	p.location = keep(f, location_of(f->r, id));
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
	const char *status = json_str(h, "Status");
	const char *type = json_str(h, "TypeName");
	const char *reason = json_str(h, "HookStatusReason");
	struct problem p = { .type = "AWS::CloudFormation::Stack" };

	if (!status || !strstr(status, "FAILED") ||
	    !streq0(json_str(h, "FailureMode"), "FAIL"))
		return 0;
	p.location = where_of(f->r);
	p.message = keep(f, xasprintf("Hook '%s' failed: %s",
	    type ? type : "", reason ? reason : ""));
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
	return keep(f, xasprintf("Could not fetch extra hook failure detail "
	    "for change set %s (%s). Run again with -v to see the full "
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

int diagnose_change_set(struct app *app, const struct deploy_request *r,
    const cJSON *cs, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(found_release) struct found f = { .r = r };
	const char *reason = json_str(cs, "StatusReason");
	const char *name = json_str(cs, "ChangeSetName");
	const char *note = NULL;

	strbuf_addf(&b, "%s %s:\n",
	    reason && strstr(reason, "AWS::EarlyValidation")
		? "Early validation failed for change set"
		: "Failed to create change set",
	    name ? name : changeset_name(r));
	find_events(app, cs, &f);
	if (f.n == 0)
		note = find_hooks(cs, &f);
	if (f.n == 0) {
		struct problem p = { .location = where_of(r),
			.type = "AWS::CloudFormation::Stack",
			.message = reason ? reason : "no reason given",
			.note = note };

		found_add(&f, &p);
	}
	diagnose_format(f.v, f.n, &b);
	(void)fail(err, b.buf);
	err_add_note(err, NULL, found_facts(&f, cs));
	return E_FAIL;
}
