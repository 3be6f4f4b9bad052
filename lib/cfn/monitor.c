#include "cfn/monitor.h"

#include "cfn/fleet.h"
#include "cfn/hook.h"

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
	event_list_release(&m->principals);
	event_list_release(&m->failed);
	lineage_release(&m->tree);
	strmap_release(&m->nested);
	strvec_release(&m->skipped);
	strmap_release(&m->stabilizing);
	strmap_release(&m->busy);
	free(m->last_own);
	*m = (struct monitor){ 0 };
}

#define SKIPPED_REASON "Resource skipped during UpdateRollback"

static void note_skipped(struct monitor *m, const struct event *e)
{
	CLEANUP(strvec_release) struct strvec path = { 0 };

	if (!streq(e->status, "UPDATE_COMPLETE") ||
	    !streq0(e->reason, SKIPPED_REASON))
		return;
	lineage_path(&m->tree, event_stack(e), &path);
	strvec_add(&path, e->logical_id);
	strvec_add_take(&m->skipped, strvec_join(&path, "."));
}

/* What was created and is rolled back is in no stack any more. */
static void note_principal(struct monitor *m, const struct event *e)
{
	if (!is_principal_type(e->type) || !*e->physical_id)
		return;
	for (size_t i = 0; i < m->principals.n; i++) {
		const struct event *p = &m->principals.v[i];

		if (streq(p->physical_id, e->physical_id) &&
		    streq(p->logical_id, e->logical_id) &&
		    streq(event_stack(p), event_stack(e)))
			return;
	}
	(void)event_list_add(&m->principals, e->json, e->root);
}

static void note(struct monitor *m, const struct event *e)
{
	bool is_stack = streq(e->type, "AWS::CloudFormation::Stack");

	if (e->root && e->stack_itself) {
		free(m->last_own);
		m->last_own = xstrdup(e->status);
	} else if (e->root && str_ends(e->status, "_IN_PROGRESS")) {
		strmap_set(&m->busy, e->logical_id, NULL);
	} else if (e->root) {
		strmap_del(&m->busy, e->logical_id);
	}
	if (is_stack && !e->stack_itself && *e->physical_id)
		if (!strmap_has(&m->nested, e->physical_id))
			strmap_set(&m->nested, e->physical_id,
			    xstrdup(e->logical_id));
	lineage_note(&m->tree, e);
	note_skipped(m, e);
	note_principal(m, e);
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

/* What a hook says in short is replaced by what it found. */
static void add_hook_details(const struct monitor *m, struct event *e)
{
	const char *id = json_str(e->json, "HookInvocationId");
	CLEANUP(free_p) char *details = NULL;

	if (id && *id && hook_failed(json_str(e->json, "HookStatus")))
		details = hook_fetch(m->aws, m->sink, id);
	if (details)
		json_put_str(e->json, "HookStatusReason", details);
}

static int poll_events(struct monitor *m, struct err *err)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	int r = poller_poll(m->poller, &l, err);

	m->told += l.n;
	for (size_t i = 0; i < l.n; i++) {
		add_hook_details(m, &l.v[i]);
		note(m, &l.v[i]);
		if (m->activity)
			activity_add(m->activity, &l.v[i]);
	}
	return r;
}

/* Once: CloudFormation goes on, and so do we. */
static void say_trouble(struct monitor *m, const char *what,
    const struct err *e)
{
	if (m->told_trouble)
		msg_debug(m->sink, "Reading the %s failed: %s", what,
		    err_text(e));
	else
		msg_warn(m->sink, "Reading the %s failed; the operation goes "
		    "on, and reading will be tried again: %s", what,
		    err_text(e));
	m->told_trouble = true;
}

static bool has_ended(const char *status)
{
	return status && (str_ends(status, "_COMPLETE") ||
	    str_ends(status, "_FAILED"));
}

static void look_at_events(struct monitor *m, struct cadence *c)
{
	CLEANUP(err_release) struct err e = { 0 };
	size_t requests = poller_width(m->poller), told = m->told;
	int r = poll_events(m, &e);

	c->deaf = r < 0;
	if (r < 0 && aws_may_pass(&e))
		say_trouble(m, "events", &e);
	else if (r < 0)
		msg_error(m->sink,
		    "Error occurred while monitoring stack: %s",
		    err_text(&e));
	c->width = poller_width(m->poller);
	c->busy = m->busy.n;
	c->over = has_ended(m->last_own);
	if (m->told != told) {
		c->seen = true;
		c->moved_ms = fleet_now();
	}
	cadence_end(c, LOOK_EVENTS, requests, fleet_now());
}

/* The events up to the very end were there before the end was. */
static bool has_seen_all(const struct monitor *m, const struct cfnstack *end)
{
	if (end->flags & STATUS_GONE)
		return streq0(m->last_own, "DELETE_COMPLETE");
	return end->status && streq0(m->last_own, end->status);
}

static void finish(struct monitor *m, const struct cfnstack *end)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (!has_seen_all(m, end) && poll_events(m, &e) < 0) {
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

/* 1: it has ended, *ret is filled. 0: go on. */
static int look_at_state(struct monitor *m, struct fleet_wait *w,
    struct cfnstack *ret, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	struct cadence *c = &w->cadence;
	struct cfnstack s = { 0 };
	int r = cfnstack_get(m->aws, w->stack, &s, &e);

	if (r < 0 && !aws_may_pass(&e)) {
		err_move(err, &e);
		return r;
	}
	if (r < 0)
		say_trouble(m, "state of the stack", &e);
	c->failures = r < 0 ? c->failures + 1 : 0;
	cadence_end(c, LOOK_STATE, 1, fleet_now());
	if (r == 0 && settled(&w->settling, s.flags)) {
		*ret = s;
		return 1;
	}
	cfnstack_release(&s);
	return 0;
}

static int take_turn(struct monitor *m, struct fleet_wait *w,
    struct cfnstack *ret, struct err *err)
{
	switch (fleet_next(w)) {
	case FLEET_STATE:
		return look_at_state(m, w, ret, err);
	case FLEET_EVENTS:
		look_at_events(m, &w->cadence);
		return 0;
	case FLEET_ENDED:
		*ret = w->end;
		w->end = (struct cfnstack){ 0 };
		return 1;
	case FLEET_LIST:
	case FLEET_CANCELLED:
		break;
	}
	return err_set(err, E_CANCELLED, "canceled");
}

int monitor_wait(struct monitor *m, const char *stack_arn,
    struct cfnstack *ret, struct err *err)
{
	struct cfnstack end = { 0 };
	struct fleet_wait w;
	int r;

	fleet_join(&w, m->aws, stack_arn);
	do
		r = take_turn(m, &w, &end, err);
	while (r == 0);
	finish(m, &end);
	fleet_leave(&w);
	if (r < 0)
		return r;
	*ret = end;
	return 0;
}
