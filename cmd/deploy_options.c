#include "deploy_options.h"

#include "asset/publish.h"
#include "deploy/params.h"
#include "deploy/params_file.h"
#include "deploy/stack_policy.h"

#define PUBLISH_LIMIT 8

void deploy_options_release(struct deploy_options *r)
{
	strvec_release(&r->topics);
	strvec_release(&r->alarms);
	strvec_release(&r->reuse);
	strvec_release(&r->allow);
	cJSON_Delete(r->parameters);
	cJSON_Delete(r->files);
	cJSON_Delete(r->policies);
	cJSON_Delete(r->update_policies);
}

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
		{ "parametersFile", "--parameters-file", false, true },
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

int deploy_options_check(const struct app *app, struct err *err)
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

/* Asked together where several stacks at once leave no other way. */
static bool read_approve_first(const struct app *app)
{
	int given_ = args_tri(app->args, "approveFirst");

	if (given_ >= 0)
		return given_;
	return read_count(app, "concurrency", 1) > 1 && app->sink->tty &&
	    !args_bool(app->args, "yes", false);
}

void deploy_options_read(const struct app *app, struct deploy_options *r)
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
		.approve_first = read_approve_first(app),
		.keep_going = args_bool(a, "keepGoing", false),
		.two_pass = args_bool(a, "twoPass", true),
		.protect_stateful = settings_bool(&app->settings,
		    "protectStateful", false),
		.allow_data_loss = args_list(a, "allowDataLoss", &r->allow)
		    ? &r->allow : NULL,
		.wait = args_bool(a, "wait", false),
		.on_interrupt = args_str(a, "onInterrupt"),
	};
}

static void warn_unread(const struct app *app, const char *path,
    const struct strvec *unread)
{
	CLEANUP(free_p) char *names = strvec_join(unread, " and ");

	if (unread->n)
		msg_warn(app->sink, "%s: %s: not read, only Parameters are",
		    path, names);
}

/* The files one over the other, the command line over all of them. */
static int read_parameter_files(const struct app *app,
    struct deploy_options *r, struct err *err)
{
	CLEANUP(strvec_release) struct strvec paths = { 0 };
	cJSON *all = cJSON_CreateObject();
	int e = 0;

	r->files = cJSON_CreateObject();
	(void)args_list(app->args, "parametersFile", &paths);
	for (size_t i = 0; i < paths.n && e == 0; i++) {
		CLEANUP(strvec_release) struct strvec unread = { 0 };
		cJSON *one = NULL;

		e = params_file_read(paths.v[i], &one, &unread, err);
		if (e < 0)
			break;
		warn_unread(app, paths.v[i], &unread);
		params_merge(all, one);
		json_add_take(r->files, paths.v[i], one);
	}
	params_merge(all, r->parameters);
	cJSON_Delete(r->parameters);
	r->o.parameters = r->parameters = all;
	return e;
}

static int read_policies(const struct app *app, const char *option,
    cJSON **ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec l = { 0 };
	int e = 0;

	if (!args_list(app->args, option, &l) || !l.n)
		return 0;
	*ret = cJSON_CreateObject();
	for (size_t i = 0; i < l.n && e == 0; i++)
		e = stack_policy_read(l.v[i], *ret, err);
	return e;
}

int deploy_options_files(const struct app *app, struct deploy_options *r,
    struct err *err)
{
	int e = read_parameter_files(app, r, err);

	if (e == 0)
		e = read_policies(app, "stackPolicy", &r->policies, err);
	if (e == 0)
		e = read_policies(app, "stackPolicyDuringUpdate",
		    &r->update_policies, err);
	if (e == 0 && r->update_policies && r->o.method != DEPLOY_DIRECT)
		e = err_set(err, E_CONFIG, "--stack-policy-during-update "
		    "requires --method=direct: CloudFormation has no such "
		    "thing for change sets");
	r->o.stack_policies = r->policies;
	r->o.update_policies = r->update_policies;
	return e;
}

static bool has_name(const struct stack_list *stacks, const char *name)
{
	for (size_t i = 0; i < stacks->n; i++)
		if (streq(stacks->v[i]->name, name))
			return true;
	return false;
}

/* {stack: anything}, where "*" is none */
static void warn_unknown(const struct app *app, const char *who,
    const cJSON *of_stacks, const char *what, const struct stack_list *stacks)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *list = NULL;

	JSON_EACH(of, of_stacks)
		if (!streq(of->string, "*") && !has_name(stacks, of->string))
			strvec_add(&names, of->string);
	list = strvec_join(&names, ", ");
	if (names.n)
		msg_warn(app->sink, "%s: has %s for stacks that are not being "
		    "deployed: %s", who, what, list);
}

void deploy_options_unknown_stacks(const struct app *app,
    const struct deploy_options *r, const struct stack_list *stacks)
{
	JSON_EACH(file, r->files)
		warn_unknown(app, file->string, file, "parameters", stacks);
	warn_unknown(app, "--stack-policy", r->policies, "policies", stacks);
	warn_unknown(app, "--stack-policy-during-update", r->update_policies,
	    "policies", stacks);
}
