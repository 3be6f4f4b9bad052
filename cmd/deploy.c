#include "cmd.h"

#include "app/validation.h"
#include "asset/publish.h"
#include "deploy/outputs.h"
#include "deploy/params.h"
#include "deploy/run.h"
#include "util/file.h"
#include "util/timeutil.h"

#define PUBLISH_LIMIT 8

/* What the options came to; owns what run_opts borrows. */
struct request {
	struct run_opts o;
	struct strvec topics, alarms, reuse;
	cJSON *parameters;
};

static void request_release(struct request *r)
{
	strvec_release(&r->topics);
	strvec_release(&r->alarms);
	strvec_release(&r->reuse);
	cJSON_Delete(r->parameters);
}

/* ---- options ------------------------------------------------------------- */

static bool given(const struct app *app, const char *name)
{
	return json_get(app->args->given, name) != NULL;
}

/* Given and not switched off. */
static bool wanted(const struct app *app, const char *name)
{
	return given(app, name) && args_bool(app->args, name, false);
}

static int check_method(const struct app *app, const char *method,
    struct err *err)
{
	static const struct {
		const char *name, *option;
		bool direct, execute;
	} bad[] = {
		{ "changeSetName", "--change-set-name", true, false },
		{ "force", "--force", false, true },
		{ "parameters", "--parameters", false, true },
		{ "importExistingResources", "--import-existing-resources",
		    true, true },
		{ "revertDrift", "--revert-drift", true, true },
	};
	bool direct = streq0(method, "direct");
	bool execute = streq0(method, "execute-change-set");

	if (execute && app->args->pos.n != 1)
		return err_set(err, E_CONFIG, "--method=execute-change-set "
		    "requires exactly one stack");
	if (execute && wanted(app, "watch"))
		return err_set(err, E_CONFIG, "--method=execute-change-set "
		    "cannot be used with watch");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!((direct && bad[i].direct) ||
			(execute && bad[i].execute)))
			continue;
		if (cJSON_IsBool(args_get(app->args, bad[i].name))
			? wanted(app, bad[i].name) : given(app, bad[i].name))
			return err_set(err, E_CONFIG,
			    "%s cannot be used with --method=%s",
			    bad[i].option, method);
	}
	return 0;
}

static int check_unavailable(const struct app *app, struct err *err)
{
	static const struct {
		const char *name, *option;
	} missing[] = {
		{ "hotswap", "--hotswap" },
		{ "hotswapFallback", "--hotswap-fallback" },
		{ "watch", "--watch" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		if (wanted(app, missing[i].name))
			return err_set(err, E_CONFIG, "'deploy %s' is not "
			    "available in this version; run 'deploy' without "
			    "it", missing[i].option);
	return 0;
}

static int check_options(const struct app *app, struct err *err)
{
	const char *method = args_str(app->args, "method");
	int r;

	if (method && args_tri(app->args, "execute") >= 0)
		return err_set(err, E_CONFIG, "Can not supply both "
		    "--[no-]execute and --method at the same time");
	if (given(app, "monitoringTimeMinutes") &&
	    !given(app, "rollbackTriggerAlarmArns"))
		return err_set(err, E_CONFIG, "--monitoring-time-minutes "
		    "requires --rollback-trigger-alarm-arns");
	r = check_method(app, method, err);
	if (r < 0)
		return r;
	if (wanted(app, "hotswap") && wanted(app, "hotswapFallback"))
		return err_set(err, E_CONFIG, "Can not supply both --hotswap "
		    "and --hotswap-fallback at the same time");
	return check_unavailable(app, err);
}

static enum deploy_method read_method(const struct app *app)
{
	const char *m = args_str(app->args, "method");

	if (streq0(m, "direct"))
		return DEPLOY_DIRECT;
	if (streq0(m, "execute-change-set"))
		return DEPLOY_EXECUTE;
	if (streq0(m, "prepare-change-set") ||
	    args_tri(app->args, "execute") == 0)
		return DEPLOY_PREPARE;
	return DEPLOY_CHANGE_SET;
}

/* --rollback, -R or the setting; -1 when nobody said */
static int read_rollback(const struct app *app)
{
	const cJSON *v = settings_get(&app->settings, "rollback");

	if (!cJSON_IsBool(v))
		return -1;
	return cJSON_IsTrue(v);
}

static unsigned read_count(const struct app *app, const char *name,
    unsigned fallback)
{
	double v = args_num(app->args, name, fallback);

	return v >= 1 && v <= 1000 ? (unsigned)v : fallback;
}

static void read_options(const struct app *app, struct request *r)
{
	const struct args *a = app->args;
	const char *approval = settings_str(&app->settings,
	    "requireApproval");
	bool parallel = settings_bool(&app->settings, "assetParallelism",
	    true);

	r->parameters = params_read(app->args);
	r->o = (struct run_opts){
		.method = read_method(app),
		.change_set_name = args_str(a, "changeSetName"),
		.force = args_bool(a, "force", false),
		.express = args_bool(a, "express", false),
		.rollback = read_rollback(app),
		.import_existing = args_bool(a, "importExistingResources",
		    false),
		.revert_drift = args_bool(a, "revertDrift", false),
		.previous_parameters = args_bool(a, "previousParameters",
		    true),
		.require_approval = approval ? approval : "broadening",
		.tags = settings_get(&app->settings, "tags"),
		.parameters = r->parameters,
		.notification_arns = args_list(a, "notificationArns",
		    &r->topics) ? &r->topics : NULL,
		.alarms = args_list(a, "rollbackTriggerAlarmArns", &r->alarms)
		    ? &r->alarms : NULL,
		.monitoring_minutes = args_num(a, "monitoringTimeMinutes",
		    -1),
		.concurrency = read_count(app, "concurrency", 1),
		.build_limit = parallel
		    ? MAX(read_count(app, "assetBuildConcurrency", 1),
			publish_images_at_once(app)) : 1,
		.publish_limit = parallel ? PUBLISH_LIMIT : 1,
		.reuse_assets = args_list(a, "buildExclude", &r->reuse)
		    ? &r->reuse : NULL,
		.asset_prebuild = args_bool(a, "assetPrebuild", true),
	};
}

/* ---- the run ------------------------------------------------------------- */

static int select_stacks(struct app *app, const struct assembly *a,
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
static int refuse_migration(struct err *err)
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

static const char *choose_progress(struct app *app, unsigned concurrency)
{
	const char *set = settings_str(&app->settings, "progress");

	if (concurrency > 1 && streq0(set, "bar"))
		msg_warn(app->sink, "⚠️ The --concurrency flag does not support "
		    "--progress \"bar\". Switching to \"events\".");
	return deploy_progress_mode(app, concurrency);
}

static void say_time(struct app *app, const char *what, int64_t ms,
    bool plain)
{
	const char *gap = plain ? "" : "\n";
	char took[32];

	run_seconds(ms, took);
	msg_info(app->sink, "%s✨  %s time: %ss%s", gap, what, took, gap);
}

static int write_outputs(const struct app *app, const struct run *run,
    struct err *err)
{
	const char *path = settings_str(&app->settings, "outputsFile");

	return path ? outputs_write(path, run->outputs, err) : 0;
}

static int deploy_stacks(struct app *app, struct request *r,
    const struct stack_list *stacks, struct err *err)
{
	CLEANUP(run_release) struct run run = { 0 };
	int e;

	r->o.progress = choose_progress(app, r->o.concurrency);
	run_init(&run, app, &r->o, stacks);
	e = run_all(&run, err);
	return e < 0 ? e : write_outputs(app, &run, err);
}

static int execute_stack(struct app *app, struct request *r,
    const struct stack_list *stacks, int64_t synthesis_ms, struct err *err)
{
	CLEANUP(run_release) struct run run = { 0 };
	int64_t began = mono_ms();
	int e, w;

	if (stacks->n != 1)
		return err_set(err, E_CONFIG, "--method=execute-change-set "
		    "requires exactly one stack");
	r->o.progress = choose_progress(app, 1);
	run_init(&run, app, &r->o, stacks);
	e = run_execute(&run, stacks->v[0], err);
	/* whatever happened, the file says what there is */
	w = write_outputs(app, &run, e < 0 ? NULL : err);
	if (e < 0 || w < 0)
		return e < 0 ? e : w;
	if (args_bool(app->args, "logs", true))
		msg_info(app->sink, "The following log groups are added:");
	say_time(app, "Total", synthesis_ms + (mono_ms() - began), true);
	return 0;
}

static int deploy_run(struct app *app, struct err *err)
{
	CLEANUP(request_release) struct request r = { 0 };
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	struct assembly *a;
	int64_t began = mono_ms(), synthesis_ms;
	bool executing;
	int e = check_options(app, err);

	if (e < 0)
		return e;
	read_options(app, &r);
	executing = r.o.method == DEPLOY_EXECUTE;
	e = app_assembly(app, &a, err);
	if (e == 0)
		e = select_stacks(app, a, executing, &stacks, err);
	if (e == 0)
		e = stacks_check_names(&stacks, err);
	if (e == 0)
		e = app_validate(app, a, &stacks, err);
	if (e < 0)
		return e;
	synthesis_ms = mono_ms() - began;
	say_time(app, "Synthesis", synthesis_ms, executing);
	if (stacks.n == 0) {
		msg_error(app->sink, "This app contains no stacks");
		return 0;
	}
	if (executing)
		return execute_stack(app, &r, &stacks, synthesis_ms, err);
	e = refuse_migration(err);
	if (e == 0)
		e = deploy_stacks(app, &r, &stacks, err);
	if (e == 0)
		say_time(app, "Total", mono_ms() - began, false);
	return e;
}

const struct cmd cmd_deploy = { .name = "deploy", .run = deploy_run };
