/*
 * `--protect-stateful` in a run: what would lose data is refused, what policies
 * keep is told.
 */
#include "deploy/run_one.h"

#include "deploy/changeset.h"
#include "deploy/guard.h"
#include "util/feed.h"

static void note_used(struct run *run, const bool *used)
{
	const struct strvec *ids = run->o->allow_data_loss;

	pthread_mutex_lock(&run->lock);
	run->judged++;
	for (size_t i = 0; ids && i < ids->n; i++)
		run->allow_used[i] = run->allow_used[i] || used[i];
	pthread_mutex_unlock(&run->lock);
}

static void feed(const struct run *run, const struct guard *g,
    const char *stack, bool refused)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

	guard_report(g, list, NULL);
	json_put_str(o, "stack", stack);
	json_put_bool(o, "refused", refused);
	json_append_take(o, "findings", list);
	feed_put(run->app->feed, "stack.guarded", o);
}

static int settle(struct run *run, struct guard *g, const char *stack,
    struct err *err)
{
	const struct strvec *ids = run->o->allow_data_loss;
	CLEANUP(free_p) bool *used =
	    xcalloc(ids ? ids->n + 1 : 1, sizeof(*used));
	bool refused;

	guard_allow(g, ids, used);
	note_used(run, used);
	if (g->n == 0)
		return 0;
	refused = guard_losses(g) > 0;
	feed(run, g, stack, refused);
	if (refused)
		return guard_refuse(g, stack, true, err);
	guard_tell(run->app->sink, g, stack);
	return 0;
}

int run_guard(struct run *run, const struct guard_request *r, bool deletion,
    struct err *err)
{
	CLEANUP(guard_release) struct guard g = { 0 };
	int e;

	if (!run->o->protect_stateful)
		return 0;
	e = deletion ? guard_deletion(r, &g, err)
		     : guard_deployment(r, &g, err);
	if (e < 0)
		return err_wrap(err, "%s: finding out whether data would be "
		    "lost (--protect-stateful)", r->stack_name);
	return settle(run, &g, r->stack_name, err);
}

int run_guard_stack(struct one *o, const cJSON *change_set, struct err *err)
{
	struct guard_request r = { .aws = o->r.aws,
		.stack_name = o->s->name, .stack = o->s,
		.template_ = o->r.template_, .change_set = change_set };

	return run_guard(o->run, &r, false, err);
}

int run_guard_existing(struct one *o, struct err *err)
{
	CLEANUP(json_free_p) cJSON *cs = NULL;
	int e;

	if (!o->run->o->protect_stateful)
		return 0;
	e = changeset_describe(o->r.aws, o->s->name, changeset_name(&o->r),
	    VALUES_YES, &cs, err);
	return e < 0 ? e : run_guard_stack(o, cs, err);
}

void run_guard_pass(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	run->judged++;
	pthread_mutex_unlock(&run->lock);
}

void run_guard_finish(struct run *run)
{
	const struct strvec *ids = run->o->allow_data_loss;

	if (!ids || !ids->n)
		return;
	/* a stack that was not reached may be the one that was meant */
	if (!run->o->protect_stateful)
		guard_warn_idle(run->app->sink, ids);
	else if (run->judged >= run->stacks->n)
		guard_warn_unused(run->app->sink, ids, run->allow_used);
}
