/* Calls that the stack's own roles and functions made around the failures, and
 * that were refused or failed, from CloudTrail. */
#include "deploy/investigate.h"

#include "aws/call.h"
#include "util/timeutil.h"

#define BEFORE_MS ((int64_t)5 * 60 * 1000)
#define AFTER_MS  ((int64_t)2 * 60 * 1000)
/* How late CloudTrail may hand out an event */
#define LAG_MS	    ((int64_t)15 * 60 * 1000)
#define PAGES_MAX   10
#define PAGE_EVENTS 50
#define SHOWN_MAX   5
#define KEY_MIN	    4 /* what is shorter is found in too many places */
#define IS_SESSION  1000000

/* What a caller may be called: a role or function of the stack. */
struct principal {
	char *key;
	char *stack; /* ARN */
	char *id, *type;
};

/* A kind of failed call. */
struct finding {
	cJSON *event; /* the earliest */
	int64_t time; /* 0: not told */
	const struct principal *by;
	unsigned count;
	bool told;
};

struct trail {
	struct sink *sink;
	struct aws *aws; /* with the lookup role */
	const struct monitor *m;
	struct principal *principals;
	size_t principals_n;
	struct finding *found;
	size_t found_n;
	size_t checked; /* events */
	bool more;	/* events than were checked */
	int64_t first, last; /* of the failures */
};

static void trail_release(struct trail *t)
{
	for (size_t i = 0; i < t->principals_n; i++) {
		struct principal *p = &t->principals[i];

		free(p->key);
		free(p->stack);
		free(p->id);
		free(p->type);
	}
	free(t->principals);
	for (size_t i = 0; i < t->found_n; i++)
		json_free(t->found[i].event);
	free(t->found);
}

static const char *text_or(const cJSON *o, const char *path,
    const char *otherwise)
{
	const char *s = json_str(o, path);

	return s ? s : otherwise;
}

/* ---- who belongs to the stack -------------------------------------------- */

static void add_key(struct trail *t, const char *key, const char *stack,
    const char *id, const char *type)
{
	if (strlen(key) < KEY_MIN)
		return;
	for (size_t i = 0; i < t->principals_n; i++)
		if (streq(t->principals[i].key, key) &&
		    streq(t->principals[i].stack, stack))
			return;
	t->principals = xreallocarray(t->principals, t->principals_n + 1,
	    sizeof(*t->principals));
	t->principals[t->principals_n++] = (struct principal){
		.key = xstrdup(key), .stack = xstrdup(stack),
		.id = xstrdup(id), .type = xstrdup(type) };
}

/* The whole physical id, and the name at its end. */
static void add_principal(struct trail *t, const char *stack, const char *id,
    const char *type, const char *physical)
{
	const char *slash = strrchr(physical, '/');

	if (!is_principal_type(type))
		return;
	add_key(t, physical, stack, id, type);
	if (slash)
		add_key(t, slash + 1, stack, id, type);
}

/* What is there now; then what is gone again, as the events told. */
static void add_principals_of(struct trail *t, const char *stack)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err e = { 0 };

	json_put_str(in, "StackName", stack);
	if (aws_call(t->aws, OP_CFN_DESCRIBE_STACK_RESOURCES, in, &out, &e) <
	    0)
		msg_debug(t->sink, "CloudTrail: the resources of %s cannot be "
		    "read: %s", stack, err_text(&e));
	JSON_EACH(r, json_get(out, "StackResources"))
		add_principal(t, stack, text_or(r, "LogicalResourceId", ""),
		    text_or(r, "ResourceType", ""),
		    text_or(r, "PhysicalResourceId", ""));
	for (size_t i = 0; i < t->m->principals.n; i++) {
		const struct event *p = &t->m->principals.v[i];

		if (streq(event_stack(p), stack))
			add_principal(t, stack, p->logical_id, p->type,
			    p->physical_id);
	}
}

/* Of every stack in which something failed. */
static void add_principals(struct trail *t)
{
	const struct event_list *l = &t->m->problems;

	for (size_t i = 0; i < l->n; i++) {
		const char *stack = event_stack(&l->v[i]);
		size_t j = 0;

		while (j < i && !streq(event_stack(&l->v[j]), stack))
			j++;
		if (j == i && *stack)
			add_principals_of(t, stack);
	}
}

static bool is_edge(char c)
{
	return c == '\0' || c == ':' || c == '/';
}

/* Is key a whole part of an ARN? */
static bool is_part(const char *arn, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = arn; (at = strstr(at, key)); at++)
		if ((at == arn || is_edge(at[-1])) && is_edge(at[n]))
			return true;
	return false;
}

/* "arn:...:assumed-role/ROLE/SESSION"; a function's session has its name. */
static bool is_session(const char *arn, const char *key)
{
	const char *at = arn ? strstr(arn, ":assumed-role/") : NULL;

	at = at ? strchr(at + strlen(":assumed-role/"), '/') : NULL;
	return at && streq(at + 1, key);
}

/* Who made the call: the most telling name wins. NULL: none of ours. */
static const struct principal *caller(const struct trail *t, const cJSON *e)
{
	const char *who[] = { json_str(e, "userIdentity.arn"), json_str(e,
		"userIdentity.sessionContext.sessionIssuer.arn") };
	const char *issued = json_str(e,
	    "userIdentity.inScopeOf.credentialsIssuedTo");
	const struct principal *best = NULL;
	size_t best_rank = 0;

	for (size_t i = 0; i < t->principals_n; i++) {
		const struct principal *p = &t->principals[i];
		size_t rank = strlen(p->key);

		if (issued && *issued ? !is_part(issued, p->key)
			: !(who[0] && is_part(who[0], p->key)) &&
			    !(who[1] && is_part(who[1], p->key)))
			continue;
		if (is_session(who[0], p->key) || is_session(who[1], p->key))
			rank += IS_SESSION;
		if (rank > best_rank) {
			best = p;
			best_rank = rank;
		}
	}
	return best;
}

/* ---- what they were refused ---------------------------------------------- */

/* What succeeds is told as an error, too, when it was only tried. */
static bool was_tried_only(const char *code)
{
	return streq(code, "DryRunOperationException") ||
	    streq(code, "Client.DryRunOperation");
}

static bool is_same_kind(const cJSON *a, const cJSON *b)
{
	static const char *const keys[] = { "eventSource", "eventName",
		"errorCode" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!streq(text_or(a, keys[i], ""), text_or(b, keys[i], "")))
			return false;
	return true;
}

static void add_finding(struct trail *t, cJSON *event,
    const struct principal *by)
{
	struct finding f = { .event = event, .by = by, .count = 1 };
	const char *at = json_str(event, "eventTime");

	if (!at || !time_parse_iso(at, &f.time))
		f.time = 0;
	for (size_t i = 0; i < t->found_n; i++) {
		struct finding *known = &t->found[i];

		if (!is_same_kind(known->event, event))
			continue;
		f.count = known->count + 1;
		if (f.time && known->time && f.time < known->time) {
			json_free(known->event);
			*known = f;
		} else {
			known->count = f.count;
			json_free(event);
		}
		return;
	}
	t->found = xreallocarray(t->found, t->found_n + 1,
	    sizeof(*t->found));
	t->found[t->found_n++] = f;
}

/* CloudTrailEvent is a record as JSON text. */
static void check_record(struct trail *t, const char *text)
{
	CLEANUP(json_free_p) cJSON *event = NULL;
	const struct principal *by;
	const char *code;

	if (!text || json_parse(sv_from(text), "record", &event, NULL) < 0)
		return;
	code = json_str(event, "errorCode");
	if (!code || !*code || was_tried_only(code))
		return;
	by = caller(t, event);
	if (by)
		add_finding(t, TAKE(event), by);
}

static void tell_failure(struct trail *t, const struct err *e)
{
	if (err_is_aws(e, "AccessDenied") ||
	    err_is_aws(e, "AccessDeniedException"))
		msg_warn(t->sink, "Could not query CloudTrail for "
		    "control-plane errors: the lookup role is missing the "
		    "`cloudtrail:LookupEvents` permission. Grant it to surface "
		    "errors (e.g. AccessDenied) that resource logs may not "
		    "show.");
	else
		msg_debug(t->sink, "CloudTrail: LookupEvents failed: %s",
		    err_text(e));
}

static cJSON *window(int64_t from_ms, int64_t to_ms, int events)
{
	cJSON *in = cJSON_CreateObject();

	json_put_num(in, "StartTime", (double)from_ms / 1000);
	json_put_num(in, "EndTime", (double)to_ms / 1000);
	json_put_num(in, "MaxResults", events);
	return in;
}

/* Newest first; the oldest of too many are not looked at. */
static bool sweep(struct trail *t)
{
	CLEANUP(json_free_p) cJSON *in = window(t->first - BEFORE_MS,
	    t->last + AFTER_MS, PAGE_EVENTS);
	bool more = true;

	for (int page = 0; more && page < PAGES_MAX; page++) {
		CLEANUP(json_free_p) cJSON *out = NULL;
		CLEANUP(err_release) struct err e = { 0 };

		if (aws_call(t->aws, OP_TRAIL_LOOKUP_EVENTS, in, &out, &e) <
		    0) {
			tell_failure(t, &e);
			return false;
		}
		JSON_EACH(one, json_get(out, "Events")) {
			t->checked++;
			check_record(t, json_str(one, "CloudTrailEvent"));
		}
		more = *text_or(out, "NextToken", "");
		json_put_str(in, "NextToken", json_str(out, "NextToken"));
	}
	t->more = more;
	return true;
}

/* Has anything of after the failures been handed out yet? */
static bool is_delivered(struct trail *t)
{
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int64_t end = t->last + AFTER_MS, now = now_utc_ms();

	if (now - t->last >= LAG_MS)
		return true;
	if (end >= now)
		return false;
	in = window(end, now, 1);
	if (aws_call(t->aws, OP_TRAIL_LOOKUP_EVENTS, in, &out, &e) < 0)
		msg_debug(t->sink, "CloudTrail: LookupEvents failed: %s",
		    err_text(&e));
	return json_at(out, "Events.0");
}

/* ---- telling it ---------------------------------------------------------- */

static int by_time(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;

	return (a->time > b->time) - (a->time < b->time);
}

/* Stable: there are few, and those of one time stay as they came. */
static void sort_findings(struct trail *t)
{
	for (size_t i = 1; i < t->found_n; i++) {
		struct finding f = t->found[i];
		size_t j = i;

		for (; j > 0 && by_time(&t->found[j - 1], &f) > 0; j--)
			t->found[j] = t->found[j - 1];
		t->found[j] = f;
	}
}

static void add_text(const struct finding *f, bool with_name,
    struct strbuf *out)
{
	const char *message = json_str(f->event, "errorMessage");

	strbuf_adds(out, "\n   ");
	if (with_name)
		strbuf_addf(out, "%s (%s): ", f->by->id, f->by->type);
	strbuf_addf(out, "%s on %s:%s", json_str(f->event, "errorCode"),
	    text_or(f->event, "eventSource", "?"),
	    text_or(f->event, "eventName", "?"));
	if (message && *message)
		strbuf_addf(out, " — %s", message);
	if (f->count > 1)
		strbuf_addf(out, " (%u occurrences, earliest shown)",
		    f->count);
}

/* A paragraph for all that one principal was refused; the first of them is
 * given. */
static void add_paragraph(struct trail *t, size_t first, size_t shown,
    bool with_name, struct strbuf *out)
{
	const struct principal *by = t->found[first].by;

	strbuf_addc(out, '\n');
	for (size_t i = first; i < shown; i++) {
		struct finding *f = &t->found[i];

		if (!streq(f->by->stack, by->stack) ||
		    !streq(f->by->id, by->id))
			continue;
		add_text(f, with_name, out);
		f->told = true;
	}
}

/* The problem that is about the principal; SIZE_MAX: none is. */
static size_t problem_of(const struct trail *t, const struct principal *by)
{
	for (size_t i = 0; i < t->m->problems.n; i++) {
		const struct event *e = &t->m->problems.v[i];

		if (streq(e->logical_id, by->id) &&
		    streq(event_stack(e), by->stack))
			return i;
	}
	return SIZE_MAX;
}

static void append(struct strvec *notes, size_t i, const struct strbuf *more)
{
	char *old = notes->v[i];

	notes->v[i] = xasprintf("%s%s", old, more->buf ? more->buf : "");
	free(old);
}

/* What the search itself has to say; ends with what is for nobody's problem. */
static void add_notes(struct trail *t, size_t shown, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (t->more)
		strbuf_addf(&b, "\n   (only the most recent %zu CloudTrail "
		    "events in the window were checked)", t->checked);
	if (t->found_n > shown)
		strbuf_addf(&b, "\n   (%zu more distinct CloudTrail error "
		    "event(s) not shown)", t->found_n - shown);
	if (!is_delivered(t))
		strbuf_adds(&b, "\n   CloudTrail delivery can lag up to 15 "
		    "minutes behind the failure; re-run `cdk diagnose` in a "
		    "few minutes to check for additional control-plane errors "
		    "(e.g. AccessDenied).");
	if (b.len)
		strbuf_addf(out, "\n%s", b.buf);
}

static void tell(struct trail *t, struct strvec *notes)
{
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	size_t shown = MIN(t->found_n, SHOWN_MAX);

	sort_findings(t);
	for (size_t i = 0; i < shown; i++) {
		CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
		size_t at = problem_of(t, t->found[i].by);

		if (t->found[i].told)
			continue;
		add_paragraph(t, i, shown, at == SIZE_MAX,
		    at == SIZE_MAX ? &rest : &own);
		if (at != SIZE_MAX)
			append(notes, at, &own);
	}
	add_notes(t, shown, &rest);
	append(notes, 0, &rest);
}

void investigate_trail(struct app *app, const struct deploy_request *r,
    const struct monitor *m, struct strvec *notes)
{
	CLEANUP(trail_release) struct trail t = { .sink = app->sink, .m = m };
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(err_release) struct err err = { 0 };

	if (!r->stack || !m->problems.n)
		return;
	if (access_for_lookup(app, r->stack, &access, &err) < 0) {
		msg_debug(app->sink, "CloudTrail: %s", err_text(&err));
		return;
	}
	t.aws = access.aws;
	t.first = t.last = m->problems.v[0].time_ms;
	for (size_t i = 1; i < m->problems.n; i++) {
		t.first = MIN(t.first, m->problems.v[i].time_ms);
		t.last = MAX(t.last, m->problems.v[i].time_ms);
	}
	add_principals(&t);
	if (t.principals_n && sweep(&t))
		tell(&t, notes);
}
