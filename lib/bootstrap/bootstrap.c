#include "bootstrap/bootstrap.h"

#include <pthread.h>

#include "deploy/deploy.h"
#include "term/style.h"
#include "util/digest.h"
#include "util/pool.h"

#define CONCURRENCY 20
#define NAMES_SHOWN 5

/* One environment on its way; result and error are handed over whole. */
struct job {
	struct app *app;
	const struct boot_opts *opts;
	const struct boot_env *env;
	struct first_error *first;
};

/* The error that came first is what the command ends with. */
struct first_error {
	pthread_mutex_t lock;
	int rc;
	struct err err;
};

static void first_error_keep(struct first_error *f, int rc, struct err *err)
{
	pthread_mutex_lock(&f->lock);
	if (f->rc == 0) {
		f->rc = rc;
		err_move(&f->err, err);
	}
	pthread_mutex_unlock(&f->lock);
}

/* ---- may this template replace that stack? ------------------------------- */

static bool same_variant(struct app *app, const cJSON *stack,
    const cJSON *template_)
{
	const char *now = toolkit_stack_parameter(stack, "BootstrapVariant");
	const char *next = boot_template_variant(template_);

	if (!now)
		now = "AWS CDK: Default Resources";
	if (streq(now, next))
		return true;
	msg_warn(app->sink, "Bootstrap stack already exists, containing '%s'. "
	    "Not overwriting it with a template containing '%s' (use --force "
	    "if you intend to overwrite)", now, next);
	return false;
}

static bool not_older(struct app *app, const cJSON *stack,
    const cJSON *template_)
{
	int now = toolkit_stack_version(stack);
	int next = boot_template_version(template_);

	if (next >= now)
		return true;
	msg_warn(app->sink, "Bootstrap stack already at version %d. Not "
	    "downgrading it to version %d (use --force if you intend to "
	    "downgrade)", now, next);
	if (next == 0)
		msg_warn(app->sink, "(Did you set the "
		    "'@aws-cdk/core:newStyleStackSynthesis' feature flag in "
		    "cdk.json?)");
	return false;
}

static bool may_replace(struct app *app, const struct boot_opts *o,
    const cJSON *stack, const cJSON *template_)
{
	if (!stack || o->force)
		return true;
	return same_variant(app, stack, template_) &&
	    not_older(app, stack, template_);
}

/* ---- one environment ----------------------------------------------------- */

static int deploy(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *template_,
    const cJSON *params, const cJSON *stack, struct deploy_result *ret,
    struct err *err)
{
	CLEANUP(free_p) char *change_set = NULL;
	struct deploy_request r = {
		.stack_name = o->stack_name,
		.display_name = o->stack_name,
		.aws = a->aws,
		.execution_role = o->role_arn,
		.template_ = template_,
		.parameters = params,
		.use_previous_parameters = o->previous_parameters,
		.tags = o->tags,
		.method = o->execute ? DEPLOY_CHANGE_SET : DEPLOY_PREPARE,
		.force = o->force,
		.import_existing = o->import_existing,
		.express = o->express,
		.progress = settings_str(&app->settings, "progress"),
	};

	r.termination_protection = o->termination_protection >= 0 ?
	    o->termination_protection :
	    json_bool(stack, "EnableTerminationProtection", false);
	/* Each run has its own, so that parallel ones do not meet. */
	if (o->execute) {
		char id[37];

		uuid4(id);
		change_set = xasprintf("cdk-bootstrap-change-set-%s", id);
		r.change_set_name = change_set;
	}
	return deploy_stack(app, &r, ret, err);
}

/* Options that only templates with parameters can honour. */
static int check_legacy(const struct boot_opts *o, struct err *err)
{
	const char *option = NULL;

	if (o->trust.v.n)
		option = "--trust";
	else if (o->policies.v.n)
		option = "--cloudformation-execution-policies";
	else if (o->customer_key >= 0)
		option = "--bootstrap-customer-key";
	else if (o->qualifier)
		option = "--qualifier";
	if (!option)
		return 0;
	return err_set(err, E_CONFIG, "%s can only be passed for the modern "
	    "bootstrap experience.", option);
}

/* A stack that cannot be read counts as none; the deployment will tell. */
static int read_stack(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, cJSON **ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc = toolkit_stack_read(app, a->aws, o->stack_name, ret, &why);

	if (rc == E_CANCELLED) {
		err_move(err, &why);
		return rc;
	}
	if (rc < 0) {
		msg_debug(app->sink, "Could not read stack %s: %s",
		    o->stack_name, err_text(&why));
		*ret = NULL;
	}
	return 0;
}

static int bootstrap_one(struct app *app, const struct boot_opts *o,
    const struct boot_env *env, struct deploy_result *ret, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access a = { 0 };
	CLEANUP(json_free_p) cJSON *template_ = NULL, *stack = NULL;
	CLEANUP(json_free_p) cJSON *params = NULL;
	int rc;

	rc = access_for_env(app, env->account, env->region, &a, err);
	if (rc == 0)
		rc = boot_template_load(app, o, &template_, err);
	if (rc == 0)
		rc = read_stack(app, o, &a, &stack, err);
	if (rc < 0)
		return rc;
	if (boot_template_version(template_) == 0)
		rc = check_legacy(o, err);
	else
		rc = boot_params(app, o, &a, template_, stack, &params, err);
	if (rc < 0)
		return rc;
	if (!may_replace(app, o, stack, template_)) {
		ret->noop = true;
		return 0;
	}
	return deploy(app, o, &a, template_, params, stack, ret, err);
}

/* ---- all of them --------------------------------------------------------- */

static const char *error_name(const struct err *err)
{
	if (err->name)
		return err->name;
	if (err->code == E_AWS && err->aws_code)
		return err->aws_code;
	return err->code == E_AUTH ? "AuthenticationError" : "ToolkitError";
}

/* before + name in blue + after, all of it in green. */
static void say(struct app *app, const char *before, const char *name,
    const char *after)
{
	CLEANUP(free_p) char *blue = styled(app->sink->color, STYLE_BLUE,
	    name);
	CLEANUP(free_p) char *line = xasprintf("%s%s%s", before, blue, after);
	CLEANUP(free_p) char *green = styled(app->sink->color, STYLE_GREEN,
	    line);

	msg_text(app->sink, MSG_INFO, green);
}

/* In express mode CloudFormation is done before its resources are. */
static void warn_unsettled(struct app *app, const struct strvec *names)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (!names->n)
		return;
	strbuf_adds(&b, "⚠️  Created bootstrap stack using Express Mode. "
	    "Resources still stabilizing: ");
	for (size_t i = 0; i < names->n && i < NAMES_SHOWN; i++)
		strbuf_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > NAMES_SHOWN)
		strbuf_addf(&b, ", ...and %zu more...",
		    names->n - NAMES_SHOWN);
	strbuf_addc(&b, '\n');
	msg_text(app->sink, MSG_WARN, b.buf);
}

static void run_job(void *arg)
{
	struct job *j = arg;
	const char *name = j->env->name;
	struct app *app = j->app;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(deploy_result_release) struct deploy_result done = { 0 };
	int rc;

	say(app, " ⏳  Bootstrapping environment ", name, "...");
	rc = bootstrap_one(app, j->opts, j->env, &done, &err);
	if (rc == 0) {
		say(app, "✅  Environment ", name, done.noop ?
		    " bootstrapped (no changes)." : " bootstrapped.");
		if (j->opts->express)
			warn_unsettled(app, &done.stabilizing);
		return;
	}
	msg_error(app->sink, " ❌  Environment %s failed bootstrapping: %s: %s",
	    name, error_name(&err), err_text(&err));
	first_error_keep(j->first, rc, &err);
}

int boot_run(struct app *app, const struct boot_opts *o,
    const struct boot_envs *envs, struct err *err)
{
	struct first_error first = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct job *jobs = xcalloc(envs->n ? envs->n : 1, sizeof(*jobs));
	struct pool *pool;

	(void)app_aws(app); /* made before the threads share it */
	pool = pool_new((unsigned)MIN(MAX(envs->n, (size_t)1),
	    (size_t)CONCURRENCY));
	for (size_t i = 0; i < envs->n; i++) {
		jobs[i] = (struct job){ app, o, &envs->v[i], &first };
		pool_submit(pool, run_job, &jobs[i]);
	}
	pool_wait(pool);
	pool_free(pool);
	free(jobs);
	if (first.rc < 0)
		err_move(err, &first.err);
	return first.rc;
}
