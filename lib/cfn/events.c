#include "cfn/events.h"

#include "util/timeutil.h"

struct poller {
	struct aws *aws;
	char *stack;
	int64_t since_ms;
	bool root, done;
	bool polled; /* once */
	void (*past)(void *u, const struct event *e);
	void *past_arg;
	struct strmap seen;   /* event ids */
	struct strmap nested; /* logical id -> struct poller */
};

static void free_nested(void *p)
{
	poller_free(p);
}

struct poller *poller_new(struct aws *aws, const char *stack,
    int64_t since_ms)
{
	struct poller *p = xcalloc(1, sizeof(*p));

	p->aws = aws;
	p->stack = xstrdup(stack);
	p->since_ms = since_ms;
	p->root = true;
	p->nested.free_value = free_nested;
	return p;
}

void poller_free(struct poller *p)
{
	if (!p)
		return;
	strmap_release(&p->seen);
	strmap_release(&p->nested);
	free(p->stack);
	free(p);
}

void poller_tell_past(struct poller *p,
    void (*past)(void *u, const struct event *e), void *u)
{
	p->past = past;
	p->past_arg = u;
}

size_t poller_width(const struct poller *p)
{
	size_t n = 1;

	STRMAP_EACH(&p->nested, e)
		n += poller_width(e->value);
	return n;
}

static const char *text_of(const cJSON *json, const char *key)
{
	const char *s = json_str(json, key);

	return s ? s : "";
}

bool event_list_add(struct event_list *l, const cJSON *json, bool root)
{
	struct event e = { .root = root };
	const char *reason;

	if (!json_str(json, "ResourceStatus") ||
	    !json_str(json, "LogicalResourceId") ||
	    !time_parse_iso(text_of(json, "Timestamp"), &e.time_ms))
		return false;
	e.json = json_dup(json);
	e.stack_name = text_of(e.json, "StackName");
	e.logical_id = text_of(e.json, "LogicalResourceId");
	e.physical_id = text_of(e.json, "PhysicalResourceId");
	e.type = text_of(e.json, "ResourceType");
	e.status = text_of(e.json, "ResourceStatus");
	reason = text_of(e.json, "ResourceStatusReason");
	e.reason = *reason ? reason : NULL;
	e.stack_itself = *e.physical_id &&
	    streq(e.physical_id, text_of(e.json, "StackId"));
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = e;
	return true;
}

void event_list_release(struct event_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		cJSON_Delete(l->v[i].json);
	free(l->v);
	*l = (struct event_list){ 0 };
}

/* Bottom-up merge sort: stable, and quick on what is nearly sorted. */
void event_list_sort(struct event_list *l, size_t from)
{
	size_t n = l->n - from;
	struct event *a = l->v + from, *b;

	if (n < 2)
		return;
	b = xreallocarray(NULL, n, sizeof(*b));
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * width) {
			size_t mid = MIN(lo + width, n);
			size_t hi = MIN(lo + 2 * width, n);
			size_t i = lo, j = mid;

			for (size_t k = lo; k < hi; k++) {
				bool left = i < mid && (j >= hi ||
				    a[i].time_ms <= a[j].time_ms);

				b[k] = left ? a[i++] : a[j++];
			}
		}
		memcpy(a, b, n * sizeof(*a));
	}
	free(b);
}

bool event_is_problem(const struct event *e)
{
	if (!str_ends(e->status, "_FAILED") &&
	    !streq(e->status, "ROLLBACK_IN_PROGRESS") &&
	    !streq(e->status, "UPDATE_ROLLBACK_IN_PROGRESS"))
		return false;
	return !(e->reason && strstr(e->reason, "cancelled"));
}

bool is_principal_type(const char *type)
{
	return streq(type, "AWS::IAM::Role") ||
	    streq(type, "AWS::Lambda::Function");
}

struct page {
	struct poller *p;
	struct event_list *list;
};

/* What is too old is not asked for, but may be there. */
static int tell_past(struct poller *p, const cJSON *json)
{
	CLEANUP(event_list_release) struct event_list one = { 0 };

	if (!p->past || p->polled)
		return 1;
	if (event_list_add(&one, json, p->root))
		p->past(p->past_arg, one.v);
	return AWS_LAST_PAGE;
}

static int each_event(void *u, const cJSON *json)
{
	struct page *page = u;
	struct poller *p = page->p;
	const char *id = text_of(json, "EventId");
	int64_t at;

	if (time_parse_iso(text_of(json, "Timestamp"), &at) &&
	    at < p->since_ms)
		return tell_past(p, json);
	if (!strmap_add(&p->seen, id, NULL))
		return 1;
	(void)event_list_add(page->list, json, p->root);
	return 0;
}

static bool starts_nested(const struct event *e)
{
	static const char *const starts[] = { "CREATE_IN_PROGRESS",
		"UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS",
		"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS" };

	if (e->stack_itself || !*e->physical_id ||
	    !streq(e->type, "AWS::CloudFormation::Stack"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (streq(e->status, starts[i]))
			return true;
	return false;
}

/* Starts pollers for nested stacks, and notes the end of this stack. */
static void note(struct poller *p, const struct event_list *l, size_t from)
{
	for (size_t i = from; i < l->n; i++) {
		const struct event *e = &l->v[i];
		struct poller *n;

		if (e->stack_itself && (str_ends(e->status, "_COMPLETE") ||
			str_ends(e->status, "_FAILED")))
			p->done = true;
		if (!starts_nested(e) ||
		    strmap_has(&p->nested, e->logical_id))
			continue;
		n = poller_new(p->aws, e->physical_id, e->time_ms);
		n->root = false;
		strmap_set(&p->nested, e->logical_id, n);
	}
}

static int poll_nested(struct poller *p, struct event_list *ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec done = { 0 };
	int r = 0;

	STRMAP_EACH(&p->nested, e) {
		struct poller *n = e->value;

		r = poller_poll(n, ret, err);
		if (r < 0)
			return r;
		if (n->done)
			strvec_add(&done, e->key);
	}
	for (size_t i = 0; i < done.n; i++)
		strmap_del(&p->nested, done.v[i]);
	return r;
}

/*
 * Newest events come first, so a page ends at the first one known. Equal
 * times stay in that order: the reference's rows come out the same way.
 */
int poller_poll(struct poller *p, struct event_list *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err e = { 0 };
	size_t from = ret->n;
	struct page page = { p, ret };
	int r;

	json_put_str(in, "StackName", p->stack);
	r = aws_pages(p->aws, OP_CFN_DESCRIBE_STACK_EVENTS, in, each_event,
	    &page, &e);
	/* a stack that is not there yet has no events */
	if (r < 0 && !(err_is_aws(&e, "ValidationError") &&
			 strstr(err_text(&e), "does not exist"))) {
		err_move(err, &e);
		return r;
	}
	p->polled = true;
	note(p, ret, from);
	r = poll_nested(p, ret, err);
	if (r < 0)
		return r;
	event_list_sort(ret, from);
	return 0;
}
