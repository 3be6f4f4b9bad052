/*
 * Rolling back stacks of an app: what `rollback` does, and `deploy` before it
 * can go on with a stack that is stuck.
 */
#include "deploy/deploy.h"

#include "app/toolkit.h"
#include "deploy/run.h"
#include "deploy/stop.h"
#include "deploy/tell.h"
#include "term/style.h"
#include "util/timeutil.h"

#define BOOTSTRAP_VERSION 23 /* its deploy role may roll back */

struct work {
	struct app *app;
	const struct rollback_opts *o;
	struct stack *s;
};

static int check_options(const struct rollback_opts *o, struct err *err)
{
	if (o->force && o->orphan && o->orphan->n)
		return err_set(err, E_CONFIG,
		    "Cannot combine --force with --orphan");
	return 0;
}

static int work(const struct work *w, bool *ret_done, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	struct strmap paths = { .free_value = free };
	struct rollback_request r = { .stack_name = w->s->name,
		.force = w->o->force, .orphan = w->o->orphan,
		.record = w->o->record, .progress = w->o->progress };
	int e = check_options(w->o, err);

	if (e == 0)
		e = access_for_deploy(w->app, w->s, &access, err);
	if (e == 0 && !w->o->any_bootstrap)
		e = toolkit_require_for_stack(w->app, &access,
		    BOOTSTRAP_VERSION, w->s, err);
	if (e < 0)
		return e;
	r.aws = access.aws;
	r.execution_role = access.execution_role;
	if (stack_construct_paths(w->s, &paths, NULL) == 0)
		r.paths = &paths;
	if (w->o->journal)
		r.record = journal_add(w->o->journal, w->s->hierarchical_id,
		    w->s->name, access.account, access.region);
	e = rollback_stack(w->app, &r, ret_done, err);
	if (w->o->journal)
		journal_close(r.record, e, err);
	strmap_release(&paths);
	return e;
}

static int fail(struct sink *sink, const char *name, const struct err *why,
    struct err *err)
{
	msg_error(sink, "\n ❌  %s failed: %s", name, err_text(why));
	for (const struct err *c = why->cause; c; c = c->cause)
		msg_error(sink, "%s", c->msg);
	(void)err_set(err, E_FAIL, "Rollback failed (use --force to orphan "
	    "failing resources)");
	err_set_name(err, "RollbackFailed");
	return E_FAIL;
}

static int one(const struct work *w, bool *ret_done, struct err *err)
{
	struct sink *sink = w->app->sink;
	CLEANUP(free_p) char *name = styled(sink->color, STYLE_BOLD,
	    w->s->display_name);
	CLEANUP(err_release) struct err why = { 0 };
	int64_t began = mono_ms();
	char took[32];
	int e;

	msg_info(sink, "Rolling back %s", name);
	feed_put(w->app->feed, "stack.rollingBack", tell_stack(w->s->name));
	e = work(w, ret_done, &why);
	if (stop_explains(e))
		return err_set(err, E_CANCELLED, "canceled");
	if (e < 0) {
		tell_rollback_failed(w->app, w->s->name, &why,
		    mono_ms() - began);
		return fail(sink, name, &why, err);
	}
	tell_rolled_back(w->app, w->s->name, *ret_done, mono_ms() - began);
	run_seconds(mono_ms() - began, took);
	msg_info(sink, "\n✨  Rollback time: %ss\n", took);
	return 0;
}

int rollback_stacks(struct app *app, struct stack *const *stacks, size_t n,
    const struct rollback_opts *o, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct work w = { app, o, stacks[i] };
		bool done = false;
		int e;

		if (o->stopping && atomic_load(o->stopping))
			return err_set(err, E_CANCELLED, "canceled");
		e = one(&w, &done, err);
		if (e < 0)
			return e;
		any = any || done;
	}
	if (any)
		return 0;
	(void)err_set(err, E_FAIL, "No stacks were in a state that could be "
	    "rolled back");
	err_set_name(err, "NoRollbackableStacks");
	return E_FAIL;
}
