#include "cfn/cause.h"

#include "cfn/console.h"

#define VALUE_MAX 256 /* of an id in a reason */

/* ---- finding it ---------------------------------------------------------- */

static bool starts_undoing(const struct event *e)
{
	return e->root && e->stack_itself &&
	    str_ends(e->status, "ROLLBACK_IN_PROGRESS");
}

bool cause_wants(const struct event *e)
{
	return str_ends(e->status, "_FAILED") || starts_undoing(e);
}

static bool is_cancelled(const struct event *e)
{
	return e->reason && strstr(e->reason, "cancelled");
}

static bool is_failure(const struct event *e)
{
	return !e->stack_itself && str_ends(e->status, "_FAILED");
}

/* A stack that failed because of something inside? */
static bool is_around(const struct event_list *l, const struct event *e)
{
	if (!streq(e->type, "AWS::CloudFormation::Stack"))
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (is_failure(&l->v[i]) && !is_cancelled(&l->v[i]) &&
		    streq(event_stack(&l->v[i]), e->physical_id))
			return true;
	return false;
}

static int64_t undone_since(const struct event_list *l)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < l->n; i++)
		if (starts_undoing(&l->v[i]))
			first = MIN(first, l->v[i].time_ms);
	return first;
}

/* A resource is counted once, whatever is told about it. */
static bool is_repeated(const struct event_list *l, size_t i)
{
	const struct event *e = &l->v[i];

	for (size_t k = 0; k < i; k++)
		if (is_failure(&l->v[k]) &&
		    streq(l->v[k].logical_id, e->logical_id) &&
		    streq(event_stack(&l->v[k]), event_stack(e)) &&
		    !is_cancelled(&l->v[k]) == !is_cancelled(e))
			return true;
	return false;
}

static void take_earlier(const struct event **at, const struct event *e)
{
	if (!*at || e->time_ms < (*at)->time_ms)
		*at = e;
}

void cause_find(const struct event_list *l, struct cause *ret)
{
	int64_t undone = undone_since(l);
	struct cause c = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct event *e = &l->v[i];

		if (!is_failure(e) || is_around(l, e))
			continue;
		if (is_cancelled(e)) {
			c.cancelled += !is_repeated(l, i);
			continue;
		}
		if (e->time_ms > undone) {
			take_earlier(&c.undo, e);
			continue;
		}
		take_earlier(&c.event, e);
		c.others += !is_repeated(l, i);
	}
	c.others -= c.others > 0;
	/* no first failure was told: what came later is all there is */
	if (!c.event) {
		c.event = c.undo;
		c.undo = NULL;
	}
	*ret = c;
}

/* ---- what a reason says -------------------------------------------------- */

/* The value behind `key` ("Request ID: "), up to what ends it. */
static char *value_of(const char *reason, const char *key)
{
	const char *at = strstr(reason, key);
	size_t n;

	if (!at)
		return NULL;
	at += strlen(key);
	n = strcspn(at, ",;) \t\n");
	return n && n <= VALUE_MAX ? xasprintf("%.*s", (int)n, at) : NULL;
}

static char *first_value(const char *reason, const char *const *keys,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *v = value_of(reason, keys[i]);

		if (v)
			return v;
	}
	return NULL;
}

void cause_read_ids(const char *reason, struct cause_ids *ret)
{
	static const char *const request[] = { "Request ID: ", "RequestId: ",
		"RequestToken: " };
	static const char *const code[] = { "HandlerErrorCode: ",
		"Error Code: " };
	static const char *const service[] = { "(Service: " };

	*ret = (struct cause_ids){
		.request_id = first_value(reason, request,
		    ARRAY_SIZE(request)),
		.code = first_value(reason, code, ARRAY_SIZE(code)),
		.service = first_value(reason, service, ARRAY_SIZE(service)),
	};
}

void cause_ids_release(struct cause_ids *ids)
{
	free(ids->request_id);
	free(ids->code);
	free(ids->service);
	*ids = (struct cause_ids){ 0 };
}

/* ---- where it was made --------------------------------------------------- */

/* ":12" at the end of v goes to *ret and v gets shorter. */
static bool take_number(struct sv *v, int *ret)
{
	size_t n = v->n;
	int value = 0, unit = 1;

	while (n && v->p[n - 1] >= '0' && v->p[n - 1] <= '9' &&
	    v->n - n < 7) {
		value += (v->p[--n] - '0') * unit;
		unit *= 10;
	}
	if (n == v->n || !n || v->p[n - 1] != ':')
		return false;
	*ret = value;
	v->n = n - 1;
	return true;
}

static bool is_of_library(const char *file)
{
	static const char *const parts[] = { "node_modules/", "site-packages/",
		"internal/", "/jsii-runtime" };

	if (str_starts(file, "node:") || strchr(file, '<'))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(file, parts[i]))
			return true;
	return false;
}

/* "new X (/app/lib/x.ts:12:5)", "/app/x.py:12", "at /app/x.js:3:1" */
static bool read_line(struct sv line, struct source *ret)
{
	struct sv v = sv_trim(line);
	int last, before;
	size_t from;

	if (v.n && v.p[v.n - 1] == ')') {
		v.n--;
		for (from = v.n; from && v.p[from - 1] != '('; from--)
			;
	} else {
		for (from = v.n; from && v.p[from - 1] != ' '; from--)
			;
	}
	v.p += from;
	v.n -= from;
	if (sv_starts(v, "file://")) {
		v.p += 7;
		v.n -= 7;
	}
	if (!take_number(&v, &last) || !v.n)
		return false;
	*ret = (struct source){ .line = last };
	if (take_number(&v, &before))
		*ret = (struct source){ .line = before, .column = last };
	if (!v.n)
		return false;
	ret->file = sv_dup(v);
	if (!is_of_library(ret->file))
		return true;
	source_release(ret);
	return false;
}

void source_of_trace(const char *trace, struct source *ret)
{
	struct sv rest = sv_from(trace ? trace : ""), line;

	*ret = (struct source){ 0 };
	while (sv_next(&rest, '\n', &line))
		if (read_line(line, ret))
			return;
	*ret = (struct source){ 0 };
}

void source_release(struct source *s)
{
	free(s->file);
	*s = (struct source){ 0 };
}

/* ---- telling it ---------------------------------------------------------- */

static void add_field(struct strbuf *b, const char *name, const char *value)
{
	if (value && *value)
		strbuf_addf(b, "\n  %-11s %s", name, value);
}

static const char *of_map(const struct strmap *m, const struct event *e)
{
	return m ? strmap_get(m, e->logical_id) : NULL;
}

static char *nesting(const struct event *e, const struct cause_context *x)
{
	CLEANUP(strvec_release) struct strvec way = { 0 };

	if (e->root)
		return NULL;
	strvec_add(&way, x->stack_name);
	lineage_path(x->tree, event_stack(e), &way);
	return strvec_join(&way, " > ");
}

static void add_source(struct strbuf *b, const char *trace)
{
	CLEANUP(source_release) struct source s = { 0 };
	CLEANUP(free_p) char *text = NULL;

	source_of_trace(trace, &s);
	if (!s.file)
		return;
	text = s.column ? xasprintf("%s:%d:%d", s.file, s.line, s.column)
			: xasprintf("%s:%d", s.file, s.line);
	add_field(b, "Source:", text);
}

/* A reason has one line here. */
static char *one_line(const char *reason)
{
	char *text = xstrdup(reason ? reason : "no reason given");

	for (char *p = text; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	return text;
}

static void add_event(struct strbuf *b, const struct cause *c,
    const struct cause_context *x)
{
	const struct event *e = c->event;
	CLEANUP(cause_ids_release) struct cause_ids ids = { 0 };
	CLEANUP(free_p) char *where = nesting(e, x);
	CLEANUP(free_p) char *reason = one_line(e->reason);

	cause_read_ids(reason, &ids);
	strbuf_addf(b, "\nFirst cause: %s (%s %s)", x->location, e->type,
	    e->logical_id);
	if (!x->reason_is_told)
		add_field(b, "Reason:", reason);
	add_field(b, "Nested in:", where);
	add_field(b, "Request:", ids.request_id);
	add_source(b, of_map(x->traces, e));
	if (c->cancelled)
		strbuf_addf(b, "\n  %-11s %zu other resource%s because of this",
		    "Cancelled:", c->cancelled,
		    c->cancelled == 1 ? " was cancelled" : "s were cancelled");
	if (c->undo) {
		CLEANUP(free_p) char *why = one_line(c->undo->reason);

		strbuf_addf(b, "\n  %-11s %s (%s %s) failed too: %s",
		    "Rollback:", x->undo_location, c->undo->type,
		    c->undo->logical_id, why);
		/* what cannot be deleted does not hold a roll-back up */
		if (streq(c->undo->status, "UPDATE_FAILED"))
			add_field(b, "Next:", "'ccdk rollback' goes on once "
			    "that is put right; --orphan leaves the resource "
			    "as it is");
	}
}

char *cause_note(const struct cause *c, const struct cause_context *x)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *page = console_stack_events(x->stack_arn);

	if (c->event)
		add_event(&b, c, x);
	if (page && c->event)
		add_field(&b, "Console:", page);
	else if (page)
		strbuf_addf(&b, "\nConsole: %s", page);
	return b.len ? strbuf_detach(&b) : NULL;
}

static cJSON *event_facts(const struct event *e, const struct cause_context *x)
{
	CLEANUP(strvec_release) struct strvec way = { 0 };
	CLEANUP(cause_ids_release) struct cause_ids ids = { 0 };
	CLEANUP(source_release) struct source s = { 0 };
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

	cause_read_ids(e->reason ? e->reason : "", &ids);
	source_of_trace(of_map(x->traces, e), &s);
	lineage_path(x->tree, event_stack(e), &way);
	for (size_t i = 0; i < way.n; i++)
		json_push_take(list, cJSON_CreateString(way.v[i]));
	json_put_str(o, "logicalId", e->logical_id);
	json_put_str(o, "physicalId", *e->physical_id ? e->physical_id : NULL);
	json_put_str(o, "type", e->type);
	json_put_str(o, "constructPath", of_map(x->paths, e));
	if (way.n)
		json_add_take(o, "nestedPath", list);
	else
		cJSON_Delete(list);
	json_put_str(o, "status", e->status);
	json_put_str(o, "reason", e->reason);
	json_put_str(o, "at", json_str(e->json, "Timestamp"));
	json_put_str(o, "service", ids.service);
	json_put_str(o, "errorCode", ids.code);
	json_put_str(o, "requestId", ids.request_id);
	if (s.file) {
		cJSON *at = cJSON_CreateObject();

		json_put_str(at, "file", s.file);
		json_put_num(at, "line", s.line);
		if (s.column)
			json_put_num(at, "column", s.column);
		json_add_take(o, "source", at);
	}
	return o;
}

cJSON *cause_facts(const struct cause *c, const struct cause_context *x)
{
	cJSON *o = cJSON_CreateObject();
	CLEANUP(free_p) char *page = console_stack_events(x->stack_arn);

	json_put_str(o, "arn", x->stack_arn);
	json_put_str(o, "console", page);
	if (c->event)
		json_add_take(o, "cause", event_facts(c->event, x));
	if (c->undo)
		json_add_take(o, "rollbackFailure", event_facts(c->undo, x));
	json_put_num(o, "cancelled", (double)c->cancelled);
	json_put_num(o, "otherFailures", (double)c->others);
	return o;
}
