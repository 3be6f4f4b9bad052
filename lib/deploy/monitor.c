#include "deploy/monitor.h"

#include "util/timeutil.h"

#define STALE_REVIEWS 3 /* reads before an execution shows */

static void tell_past(void *u, const struct event *e)
{
	activity_past(u, e);
}

void monitor_start(struct monitor *m, struct sink *sink, struct aws *aws,
    const char *stack_arn, int64_t since_ms, const struct activity_opts *opts)
{
	*m = (struct monitor){ .sink = sink, .aws = aws };
	m->poller = poller_new(aws, stack_arn, since_ms);
	m->nested.free_value = free;
	m->stabilizing.free_value = NULL;
	if (opts)
		m->activity = activity_new(opts);
	if (m->activity && activity_wants_past(m->activity))
		poller_tell_past(m->poller, tell_past, m->activity);
}

void monitor_release(struct monitor *m)
{
	poller_free(m->poller);
	activity_free(m->activity);
	event_list_release(&m->problems);
	event_list_release(&m->failed);
	lineage_release(&m->tree);
	strmap_release(&m->nested);
	strmap_release(&m->stabilizing);
	*m = (struct monitor){ 0 };
}

static void note(struct monitor *m, const struct event *e)
{
	bool is_stack = streq(e->type, "AWS::CloudFormation::Stack");

	if (is_stack && !e->stack_itself && *e->physical_id)
		if (!strmap_has(&m->nested, e->physical_id))
			strmap_set(&m->nested, e->physical_id,
			    xstrdup(e->logical_id));
	lineage_note(&m->tree, e);
	if (cause_wants(e))
		(void)event_list_add(&m->failed, e->json, e->root);
	if (event_is_problem(e) && !is_stack)
		(void)event_list_add(&m->problems, e->json, e->root);
	if (!is_stack && !streq(e->type, "AWS::CDK::Metadata")) {
		if (str_ends(e->status, "_COMPLETE") && e->reason)
			strmap_set(&m->stabilizing, e->logical_id, NULL);
		else
			strmap_del(&m->stabilizing, e->logical_id);
	}
}

static int poll_events(struct monitor *m, struct err *err)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	int r = poller_poll(m->poller, &l, err);

	for (size_t i = 0; i < l.n; i++) {
		note(m, &l.v[i]);
		if (m->activity)
			activity_add(m->activity, &l.v[i]);
	}
	return r;
}

static void poll_or_say(struct monitor *m)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (poll_events(m, &e) < 0)
		msg_error(m->sink,
		    "Error occurred while monitoring stack: %s",
		    err_text(&e));
}

static void finish(struct monitor *m)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (poll_events(m, &e) < 0) {
		const char *name = e.aws_code ? e.aws_code
			: e.name ? e.name : "Error";

		msg_warn(m->sink,
		    "Could not read the final stack events, the event log may "
		    "be incomplete (%s). Run again with -v to see the full "
		    "error.", name);
		msg_debug(m->sink, "%s", err_text(&e));
	}
	if (m->activity)
		activity_stop(m->activity);
}

struct wait_state {
	unsigned reviews;
	bool was_busy;
};

/* A review that should have turned into an execution may be an old answer. */
static bool is_settled(struct wait_state *w, const struct cfnstack *s)
{
	if (s->flags & STATUS_BUSY) {
		w->was_busy = true;
		return false;
	}
	if (!(s->flags & STATUS_REVIEW))
		return true;
	return !w->was_busy && ++w->reviews > STALE_REVIEWS;
}

/* Sleeps until the stack is to be read again, reading events meanwhile. */
static bool pass_time(struct monitor *m, int64_t *to_events)
{
	int64_t to_stack = CFN_POLL_STACK_MS;

	while (to_stack > 0) {
		int64_t step = MIN(to_stack, *to_events), began;

		if (!wait_ms(step))
			return false;
		to_stack -= step;
		*to_events -= step;
		if (*to_events > 0)
			continue;
		began = mono_ms();
		poll_or_say(m);
		/* the requests took time of the other clock, too */
		to_stack -= mono_ms() - began;
		*to_events = CFN_POLL_EVENTS_MS;
	}
	return true;
}

int monitor_wait(struct monitor *m, const char *stack_arn,
    struct cfnstack *ret, struct err *err)
{
	struct wait_state w = { 0 };
	int64_t to_events = CFN_POLL_EVENTS_MS;
	int r;

	for (;;) {
		struct cfnstack s = { 0 };

		r = cfnstack_get(m->aws, stack_arn, &s, err);
		if (r < 0)
			break;
		if (is_settled(&w, &s)) {
			*ret = s;
			break;
		}
		cfnstack_release(&s);
		if (!pass_time(m, &to_events)) {
			r = err_set(err, E_CANCELLED, "canceled");
			break;
		}
	}
	finish(m);
	return r;
}
