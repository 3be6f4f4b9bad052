#include "cmd.h"
#include "deploy_options.h"

#include "app/validation.h"
#include "deploy/journal.h"
#include "deploy/outputs.h"
#include "deploy/run.h"
#include "util/deadline.h"
#include "deploy/stop.h"
#include "deploy/tell.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/timeutil.h"

/* ---- the run ------------------------------------------------------------- */

int deploy_select(struct app *app, const struct assembly *a,
    bool alone, struct stack_list *ret, struct err *err)
{
	const struct args *args = app->args;
	struct select_opts o = {
		.patterns = &args->pos,
		.all = args_bool(args, "all", false),
		.none = SELECT_ONLY_SINGLE,
		.expand = alone || args_bool(args, "exclusively", false)
		    ? EXPAND_NONE : EXPAND_UPSTREAM,
		.ignore_no_stacks = args_bool(args, "ignoreNoStacks", false),
	};

	return stacks_select(a, &o, app->sink, ret, err);
}

/* Resources to import on the first deployment need `import`. */
int deploy_refuse_migration(struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;

	if (file_read("migrate.json", 1u << 20, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), "migrate.json", &doc, NULL) < 0 ||
	    !json_get(doc, "Resources"))
		return 0;
	return err_set(err, E_CONFIG, "importing the resources that "
	    "'migrate.json' names is not available in this version");
}

const char *deploy_choose_progress(struct app *app, unsigned concurrency)
{
	const char *set = settings_str(&app->settings, "progress");

	if (concurrency > 1 && streq0(set, "bar"))
		msg_warn(app->sink, "⚠️ The --concurrency flag does not support "
		    "--progress \"bar\". Switching to \"events\".");
	return deploy_progress_mode(app, concurrency);
}

void deploy_say_time(struct app *app, const char *what, int64_t ms,
    bool plain)
{
	const char *gap = plain ? "" : "\n";
	char took[32];

	run_seconds(ms, took);
	msg_info(app->sink, "%s✨  %s time: %ss%s", gap, what, took, gap);
}

static bool merges_outputs(const struct app *app)
{
	return args_bool(app->args, "outputsFileMerge", false);
}

/* Before the app is run. */
int deploy_check_outputs(const struct app *app, struct err *err)
{
	const char *path = settings_str(&app->settings, "outputsFile");

	if (!path && merges_outputs(app))
		return err_set(err, E_CONFIG, "--outputs-file-merge requires "
		    "--outputs-file");
	return path ? outputs_check(path, merges_outputs(app), err) : 0;
}

int deploy_write_outputs(const struct app *app, const struct run *run,
    struct err *err)
{
	const char *path = settings_str(&app->settings, "outputsFile");

	if (!path)
		return 0;
	if (merges_outputs(app))
		return outputs_merge(path, run->outputs, &run->without_outputs,
		    err);
	return outputs_write(path, run->outputs, err);
}

/* What there is, although not all of it came about. */
static void write_rest(const struct app *app, const struct run *run)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (!merges_outputs(app) && !run->o->keep_going)
		return;
	if (deploy_write_outputs(app, run, &e) < 0)
		msg_error(app->sink, "%s", err_text(&e));
}

/* What is there to go on with is said once, at the very end. */
static void end_journal(struct app *app, struct journal *j)
{
	if (journal_finish(j, interrupt_kept() != 0 || deadline_passed()))
		msg_warn(app->sink, "This deployment can be continued: ccdk "
		    "resume %s", journal_name(j));
}

int deploy_stacks(struct app *app, struct deploy_options *r,
    const struct stack_list *stacks, struct journal *journal,
    struct err *err)
{
	CLEANUP(run_release) struct run run = { 0 };
	int e;

	r->o.progress = deploy_choose_progress(app, r->o.concurrency);
	run_init(&run, app, &r->o, stacks);
	run.journal = journal;
	e = run_all(&run, err);
	if (e < 0)
		write_rest(app, &run);
	else
		e = deploy_write_outputs(app, &run, err);
	end_journal(app, journal);
	return e;
}

static struct journal *new_journal(struct app *app,
    const struct deploy_options *r, const struct stack_list *stacks)
{
	struct journal_start s = { .app = app, .stacks = stacks,
		.command = "deploy", .parameters = r->parameters,
		.file = args_str(app->args, "journal") };

	return journal_new(&s);
}

static int execute_stack(struct app *app, struct deploy_options *r,
    const struct stack_list *stacks, int64_t synthesis_ms, struct err *err)
{
	CLEANUP(run_release) struct run run = { 0 };
	CLEANUP(journal_free_p) struct journal *journal = NULL;
	struct stopper *stopper;
	int64_t began = mono_ms();
	int e, w;

	if (stacks->n != 1)
		return err_set(err, E_CONFIG, "--method=execute-change-set "
		    "requires exactly one stack");
	r->o.progress = deploy_choose_progress(app, 1);
	run_init(&run, app, &r->o, stacks);
	run.journal = journal = new_journal(app, r, stacks);
	stopper = stopper_begin(app, journal, &run.stopping,
	    r->o.on_interrupt);
	e = run_execute(&run, stacks->v[0], err);
	stopper_end(stopper);
	end_journal(app, journal);
	/* whatever happened, the file says what there is */
	w = deploy_write_outputs(app, &run, e < 0 ? NULL : err);
	if (run.started && args_bool(app->args, "logs", true))
		msg_info(app->sink, "The following log groups are added:");
	if (e < 0 || w < 0)
		return e < 0 ? e : w;
	deploy_say_time(app, "Total", synthesis_ms + (mono_ms() - began), true);
	return 0;
}

static int deploy_run(struct app *app, struct err *err)
{
	CLEANUP(deploy_options_release) struct deploy_options r = { 0 };
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(journal_free_p) struct journal *journal = NULL;
	struct assembly *a;
	int64_t began = mono_ms(), synthesis_ms;
	bool executing;
	int e = deploy_options_check(app, err);

	if (e < 0)
		return e;
	deploy_options_read(app, &r);
	executing = r.o.method == DEPLOY_EXECUTE;
	e = deploy_check_outputs(app, err);
	if (e == 0)
		e = deploy_options_files(app, &r, err);
	if (e == 0)
		e = app_assembly(app, &a, err);
	if (e == 0)
		e = deploy_select(app, a, executing, &stacks, err);
	if (e == 0)
		e = stacks_check_names(&stacks, err);
	if (e == 0)
		e = app_validate(app, a, &stacks, err);
	if (e < 0)
		return e;
	synthesis_ms = mono_ms() - began;
	deploy_say_time(app, "Synthesis", synthesis_ms, executing);
	if (stacks.n == 0) {
		msg_error(app->sink, "This app contains no stacks");
		return 0;
	}
	deploy_options_unknown_stacks(app, &r, &stacks);
	tell_run(app, &stacks, r.o.concurrency);
	if (executing)
		return execute_stack(app, &r, &stacks, synthesis_ms, err);
	e = deploy_refuse_migration(err);
	if (e < 0)
		return e;
	journal = new_journal(app, &r, &stacks);
	e = deploy_stacks(app, &r, &stacks, journal, err);
	if (e == 0)
		deploy_say_time(app, "Total", mono_ms() - began, false);
	return e;
}

/* ---- --timeout ----------------------------------------------------------- */

static int out_of_time(struct app *app, const char *limit, int e,
    struct err *err)
{
	CLEANUP(free_p) char *text = xasprintf("The deployment was not over "
	    "after %s (--timeout): nothing new was started, what runs in "
	    "CloudFormation goes on", limit);

	if (e == E_CANCELLED)
		return err_set(err, E_FAIL, "%s", text);
	msg_error(app->sink, "%s", text);
	return e;
}

static int run_in_time(struct app *app, struct err *err)
{
	const char *limit = args_str(app->args, "timeout");
	int64_t ms;
	int e;

	if (!limit)
		return deploy_run(app, err);
	if (!duration_parse(limit, &ms))
		return err_set(err, E_CONFIG, "--timeout takes a time such as "
		    "90s, 45m, 2h or 1h30m (a plain number is seconds), not "
		    "'%s'", limit);
	deadline_start(app->started_ms + ms);
	e = deploy_run(app, err);
	deadline_end();
	return e < 0 && deadline_passed() ? out_of_time(app, limit, e, err)
					  : e;
}

const struct cmd cmd_deploy = {
	.name = "deploy",
	.flags = CMD_FEED,
	.run = run_in_time,
};
