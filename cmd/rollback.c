#include "cmd.h"

#include "app/validation.h"
#include "deploy/deploy.h"
#include "deploy/run.h"
#include "deploy/stop.h"
#include "deploy/tell.h"
#include "util/timeutil.h"

static int choose(struct app *app, struct stack_list *ret, struct err *err)
{
	const struct args *args = app->args;
	struct select_opts o = {
		.patterns = &args->pos,
		.all = args_bool(args, "all", false),
		.none = SELECT_ONLY_SINGLE,
		.expand = EXPAND_NONE,
	};
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	if (r == 0)
		r = stacks_select(a, &o, app->sink, ret, err);
	if (r == 0)
		r = app_validate(app, a, ret, err);
	return r;
}

/* What an interruption leaves is rolled back by running the command again. */
static int roll_back(struct app *app, const struct stack_list *stacks,
    struct rollback_opts *o, struct err *err)
{
	CLEANUP(journal_free_p) struct journal *journal =
	    journal_in_memory(app, "rollback");
	atomic_bool stopping = false;
	struct stopper *s;
	int r;

	o->journal = journal;
	o->stopping = &stopping;
	s = stopper_begin(app, journal, &stopping,
	    args_str(app->args, "onInterrupt"));
	r = rollback_stacks(app, stacks->v, stacks->n, o, err);
	stopper_end(s);
	return stop_explains(r) ? err_set(err, E_SILENT, "interrupted") : r;
}

static int rollback_run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(strvec_release) struct strvec orphan = { 0 };
	const struct args *args = app->args;
	struct rollback_opts o = {
		.force = args_bool(args, "force", false),
		.any_bootstrap = !args_bool(args, "validateBootstrapVersion",
		    true),
		.progress = deploy_progress_mode(app, 1),
	};
	int64_t began = mono_ms();
	char took[32];
	int r = choose(app, &stacks, err);

	if (r < 0)
		return r;
	run_seconds(mono_ms() - began, took);
	msg_info(app->sink, "\n✨  Synthesis time: %ss\n", took);
	if (stacks.n == 0) {
		msg_error(app->sink, "No stacks selected");
		return 0;
	}
	tell_run(app, &stacks, 1);
	if (args_list(args, "orphan", &orphan))
		o.orphan = &orphan;
	return roll_back(app, &stacks, &o, err);
}

const struct cmd cmd_rollback = {
	.name = "rollback",
	.flags = CMD_FEED,
	.run = rollback_run,
};
