#include "destroy.h"

#include <pthread.h>

#include "deploy/graph.h"
#include "deploy/guard.h"
#include "deploy/stop.h"
#include "deploy/summary.h"
#include "deploy/tell.h"
#include "term/style.h"
#include "term/term.h"
#include "util/timeutil.h"

struct destruction {
	struct app *app;
	struct doomed_list *doomed;
	const struct strvec *retain; /* NULL: not given */
	pthread_mutex_t lock; /* started */
	unsigned started;
	const char *progress;
	struct journal *journal; /* in memory: what is under way */
	atomic_bool stopping;
};

struct target {
	struct destruction *d;
	struct doomed *doomed;
};

/* ---- asking -------------------------------------------------------------- */

static int ask(struct app *app, const struct doomed_list *l,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	CLEANUP(free_p) char *names = NULL, *blue = NULL, *question = NULL;
	struct msg_confirm q = {
		.motivation = "Destroying stacks is an irreversible action" };
	int r;

	for (size_t i = 0; i < l->n; i++)
		strvec_add(&ids, l->v[i].id);
	names = strvec_join(&ids, ", ");
	blue = styled(app->sink->color, STYLE_BLUE, names);
	question = xasprintf("Are you sure you want to delete: %s", blue);
	q.question = question;
	r = app->sink->confirm(app->sink, &q, err);
	if (r == E_DECLINED)
		return err_set(err, E_DECLINED, "Deletion cancelled");
	return r;
}

/* The deploy role of the app's stack, else the credentials as they are. */
static int writing_access(struct app *app, const struct doomed *d,
    struct stack_access *ret, struct err *err)
{
	const char *role = args_str(app->args, "roleArn");
	int r;

	if (d->s)
		return access_for_deploy(app, d->s, ret, err);
	r = access_for_env(app, d->access.account, d->access.region, ret, err);
	if (r == 0 && role && *role)
		ret->execution_role = aws_session_fill(app_aws(app), role,
		    ret->account, ret->region);
	return r;
}

/* --protect-stateful: one stack's word. */
static int check_stack(struct app *app, const struct doomed *d,
    const struct strvec *allow, bool *used, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	struct guard_request r = { .stack_name = d->name, .stack = d->s };
	int e = writing_access(app, d, &access, err);

	if (e < 0)
		return e;
	r.aws = access.aws;
	/* only names the constructs */
	if (d->s && stack_template(d->s, &r.template_, NULL) < 0)
		r.stack = NULL;
	return guard_destroy(app->sink, &r, allow, used, err);
}

/* Before anything is deleted. */
static int check_data(struct app *app, const struct doomed_list *l,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec allow = { 0 };
	CLEANUP(free_p) bool *used = NULL;
	int e = 0;

	(void)args_list(app->args, "allowDataLoss", &allow);
	used = xcalloc(allow.n + 1, sizeof(*used));
	if (!settings_bool(&app->settings, "protectStateful", false)) {
		guard_warn_idle(app->sink, &allow);
		return 0;
	}
	for (size_t i = 0; i < l->n && e == 0; i++)
		e = check_stack(app, &l->v[i], &allow, used, err);
	if (e == 0)
		guard_warn_unused(app->sink, &allow, used);
	return e;
}

/* ---- one stack ----------------------------------------------------------- */

static void say_destroying(struct destruction *d, const struct doomed *s)
{
	bool color = d->app->sink->color;
	CLEANUP(free_p) char *name = styled(color, STYLE_BLUE, s->shown);
	CLEANUP(free_p) char *text = NULL, *green = NULL;
	unsigned i;

	pthread_mutex_lock(&d->lock);
	i = ++d->started;
	pthread_mutex_unlock(&d->lock);
	text = xasprintf("%s: destroying... [%u/%zu]", name, i,
	    d->doomed->n);
	green = styled(color, STYLE_GREEN, text);
	msg_text(d->app->sink, MSG_INFO, green);
}

static int destroy(struct destruction *d, struct doomed *t, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(free_p) char *again = xasprintf("%s destroy %s%s",
	    d->app->invoked_as_cdk ? "cdk" : "ccdk",
	    t->s ? "" : "--stack-name ", t->id);
	struct strmap paths = { .free_value = free };
	struct destroy_request r = { .stack_name = t->name,
		.express = args_bool(d->app->args, "express", false),
		.retain = d->retain, .again = again,
		.progress = d->progress,
		.wait = args_bool(d->app->args, "wait", false) };
	int e = writing_access(d->app, t, &access, err);

	if (e < 0)
		return e;
	r.aws = access.aws;
	r.execution_role = access.execution_role;
	if (t->s && stack_construct_paths(t->s, &paths, NULL) == 0)
		r.paths = &paths;
	r.record = journal_add(d->journal, t->id, t->name, access.account,
	    access.region);
	e = destroy_stack(d->app, &r, err);
	journal_close(r.record, e, err);
	strmap_release(&paths);
	return e;
}

static void started(struct app *app, const struct doomed *d)
{
	if (d->s)
		tell_started(app, d->s);
	else
		feed_put(app->feed, "stack.started", tell_stack(d->name));
}

static int work(void *arg, struct err *err)
{
	struct target *t = arg;
	bool color = t->d->app->sink->color;
	CLEANUP(free_p) char *name = styled(color, STYLE_BLUE,
	    t->doomed->shown);
	CLEANUP(free_p) char *text = NULL, *green = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int64_t began = mono_ms();
	int r;

	if (atomic_load(&t->d->stopping))
		return err_set(err, E_CANCELLED, "canceled");
	started(t->d->app, t->doomed);
	say_destroying(t->d, t->doomed);
	r = destroy(t->d, t->doomed, &e);
	if (stop_explains(r)) {
		err_move(err, &e);
		return r;
	}
	if (r < 0) {
		tell_failed(t->d->app, t->doomed->name, &e, mono_ms() - began);
		msg_error(t->d->app->sink, "❌  %s: destroy failed %s: %s",
		    name, err_class(&e), err_text(&e));
		err_move(err, &e);
		return r;
	}
	text = xasprintf("✅  %s: destroyed", name);
	green = styled(color, STYLE_GREEN, text);
	msg_text(t->d->app->sink, MSG_INFO, green);
	tell_destroyed(t->d->app, t->doomed->name, mono_ms() - began);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

/* After an interruption. */
static void say_left(struct sink *sink, const struct graph *g)
{
	CLEANUP(strvec_release) struct strvec left = { 0 };
	CLEANUP(free_p) char *names = NULL;

	for (size_t i = 0; i < graph_size(g); i++)
		if (graph_state_of(g, i) != GRAPH_DONE)
			strvec_add(&left, graph_label_of(g, i));
	names = strvec_join(&left, ", ");
	if (left.n)
		msg_warn(sink, "Not destroyed yet: %s. To go on, run the "
		    "command again.", names);
}

/* Those that need nothing any more start in their own order. */
static int destroy_all(struct destruction *d, unsigned concurrency,
    struct err *err)
{
	struct doomed_list *l = d->doomed;
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(free_p) struct target *targets =
	    xcalloc(l->n + 1, sizeof(*targets));
	unsigned limits[GRAPH_TYPES] = { [GRAPH_STACK] = concurrency };
	struct summary s = { .graph = g, .of = GRAPH_STACK,
		.done = "destroyed" };
	bool keep_going = args_bool(d->app->args, "keepGoing", false);
	int r;

	for (size_t i = 0; i < l->n; i++) {
		targets[i] = (struct target){ d, &l->v[i] };
		graph_add(g, GRAPH_STACK, l->v[i].id, work, &targets[i]);
		graph_label(g, i, l->v[i].shown);
	}
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->n; j++)
			if (l->first[i * l->n + j])
				graph_depend(g, i, j);
	graph_watch(g, &d->stopping);
	if (keep_going)
		graph_keep_going(g);
	r = graph_run(g, limits, err);
	if (stop_explains(r) && !keep_going)
		say_left(d->app->sink, g);
	if (r == 0 || !keep_going)
		return r;
	for (size_t i = 0; i < l->n; i++)
		summary_skipped(d->app->feed, g, i, l->v[i].name);
	summary_tell(d->app->sink, &s);
	if (cancel_requested())
		return r;
	return err_set(err, E_SILENT, "not all succeeded");
}

/* What an interruption leaves is destroyed by running the command again. */
static int destroy_or_stop(struct destruction *d, unsigned concurrency,
    struct err *err)
{
	CLEANUP(journal_free_p) struct journal *journal =
	    journal_in_memory(d->app, "destroy");
	struct stopper *s;
	int r;

	d->journal = journal;
	(void)app_aws(d->app); /* made before threads share it */
	s = stopper_begin(d->app, journal, &d->stopping,
	    args_str(d->app->args, "onInterrupt"));
	r = destroy_all(d, concurrency, err);
	stopper_end(s);
	return stop_explains(r) ? err_set(err, E_SILENT, "interrupted") : r;
}

static int check_retain(const struct strvec *retain,
    const struct doomed_list *l, struct err *err)
{
	if (retain->n && l->n > 1)
		return err_set(err, E_CONFIG, "--retain names resources of "
		    "one stack, but %zu are selected: name the one, with "
		    "--exclusively when others depend on it", l->n);
	return 0;
}

static int say_none(struct app *app)
{
	CLEANUP(free_p) char *names = strvec_join(&app->args->pos, ", ");

	msg_warn(app->sink, "No stacks match the name(s): %s", names);
	return 0;
}

static void tell_all(struct app *app, const struct doomed_list *l,
    unsigned concurrency)
{
	CLEANUP(free_p) struct stack **v = xcalloc(l->n + 1, sizeof(*v));
	struct stack_list stacks = { .v = v };

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].s)
			v[stacks.n++] = l->v[i].s;
	/* stacks that are named without an app tell of themselves */
	tell_run(app, &stacks, concurrency);
}

static int destroy_run(struct app *app, struct err *err)
{
	CLEANUP(doomed_release) struct doomed_list doomed = { 0 };
	CLEANUP(strvec_release) struct strvec retain = { 0 };
	struct destruction d = { .app = app, .doomed = &doomed,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	double want = args_num(app->args, "concurrency", 1);
	unsigned concurrency = want >= 1 && want <= 1000 ? (unsigned)want : 1;
	bool dry_run = args_bool(app->args, "dryRun", false);
	int r;

	r = json_get(app->args->given, "stackName")
	    ? doomed_by_name(app, &doomed, err)
	    : doomed_of_app(app, &doomed, err);
	if (r < 0)
		return r;
	if (doomed.n == 0)
		return say_none(app);
	if (args_list(app->args, "retain", &retain))
		d.retain = &retain;
	r = check_retain(&retain, &doomed, err);
	if (r < 0)
		return r;
	if (dry_run)
		return destroy_preview(app, &doomed, err);
	r = check_data(app, &doomed, err);
	if (r < 0)
		return r;
	tell_all(app, &doomed, concurrency);
	if (!args_bool(app->args, "force", false)) {
		r = ask(app, &doomed, err);
		if (r < 0)
			return r;
	}
	d.progress = deploy_progress_mode(app, concurrency);
	return destroy_or_stop(&d, concurrency, err);
}

const struct cmd cmd_destroy = {
	.name = "destroy",
	.flags = CMD_FEED,
	.run = destroy_run,
};
