#include "cmd.h"

#include <pthread.h>

#include "deploy/deploy.h"
#include "deploy/graph.h"
#include "deploy/guard.h"
#include "deploy/stop.h"
#include "deploy/summary.h"
#include "deploy/tell.h"
#include "term/style.h"
#include "util/glob.h"
#include "util/timeutil.h"

struct destruction {
	struct app *app;
	const struct stack_list *stacks;
	pthread_mutex_t lock; /* started */
	unsigned started;
	const char *progress;
	struct journal *journal; /* in memory: what is under way */
	atomic_bool stopping;
};

struct target {
	struct destruction *d;
	struct stack *s;
};

/* ---- selection ----------------------------------------------------------- */

static bool matches_any(const struct assembly *a, const char *pattern)
{
	for (size_t i = 0; i < a->n_all; i++)
		if (glob_match(pattern, a->all[i]->hierarchical_id))
			return true;
	return false;
}

/* Stacks that match when case does not count. */
static void near_matches(const struct assembly *a, const char *pattern,
    struct strvec *ret)
{
	CLEANUP(free_p) char *low = str_lower(pattern);

	for (size_t i = 0; i < a->n_all; i++) {
		const char *id = a->all[i]->hierarchical_id;
		CLEANUP(free_p) char *low_id = str_lower(id);

		if (glob_match(low, low_id))
			strvec_add(ret, id);
	}
}

static void warn_unmatched(struct app *app, const struct assembly *a)
{
	for (size_t i = 0; i < app->args->pos.n; i++) {
		const char *pattern = app->args->pos.v[i];
		CLEANUP(strvec_release) struct strvec near = { 0 };
		CLEANUP(free_p) char *names = NULL, *shown = NULL;

		if (*pattern == '!' || matches_any(a, pattern))
			continue;
		near_matches(a, pattern, &near);
		names = strvec_join(&near, ", ");
		shown = styled(app->sink->color, STYLE_BLUE, pattern);
		if (near.n)
			msg_warn(app->sink,
			    "%s does not exist. Do you mean %s?", shown,
			    names);
		else
			msg_warn(app->sink, "%s does not exist.", shown);
	}
}

static int select_stacks(struct app *app, const struct assembly *a,
    struct stack_list *ret, struct err *err)
{
	const struct args *args = app->args;
	struct select_opts o = {
		.patterns = &args->pos,
		.all = args_bool(args, "all", false),
		.none = SELECT_ONLY_SINGLE,
		.expand = args_bool(args, "exclusively", false)
		    ? EXPAND_NONE : EXPAND_DOWNSTREAM,
		.allow_no_match = true,
	};

	return stacks_select(a, &o, app->sink, ret, err);
}

static int ask(struct app *app, const struct stack_list *stacks,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	CLEANUP(free_p) char *names = NULL, *blue = NULL, *question = NULL;
	struct msg_confirm q = {
		.motivation = "Destroying stacks is an irreversible action" };
	int r;

	for (size_t i = 0; i < stacks->n; i++)
		strvec_add(&ids, stacks->v[i]->hierarchical_id);
	names = strvec_join(&ids, ", ");
	blue = styled(app->sink->color, STYLE_BLUE, names);
	question = xasprintf("Are you sure you want to delete: %s", blue);
	q.question = question;
	r = app->sink->confirm(app->sink, &q, err);
	if (r == E_DECLINED)
		return err_set(err, E_DECLINED, "Deletion cancelled");
	return r;
}

/* --protect-stateful: one stack's word. */
static int check_stack(struct app *app, struct stack *s,
    const struct strvec *allow, bool *used, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	struct guard_request r = { .stack_name = s->name, .stack = s };
	int e = access_for_deploy(app, s, &access, err);

	if (e < 0)
		return e;
	r.aws = access.aws;
	/* only names the constructs */
	if (stack_template(s, &r.template_, NULL) < 0)
		r.stack = NULL;
	return guard_destroy(app->sink, &r, allow, used, err);
}

/* Before anything is deleted. */
static int check_data(struct app *app, const struct stack_list *stacks,
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
	for (size_t i = 0; i < stacks->n && e == 0; i++)
		e = check_stack(app, stacks->v[i], &allow, used, err);
	if (e == 0)
		guard_warn_unused(app->sink, &allow, used);
	return e;
}

/* ---- one stack ----------------------------------------------------------- */

static void say_destroying(struct destruction *d, const struct stack *s)
{
	bool color = d->app->sink->color;
	CLEANUP(free_p) char *name = styled(color, STYLE_BLUE,
	    s->display_name);
	CLEANUP(free_p) char *text = NULL, *green = NULL;
	unsigned i;

	pthread_mutex_lock(&d->lock);
	i = ++d->started;
	pthread_mutex_unlock(&d->lock);
	text = xasprintf("%s: destroying... [%u/%zu]", name, i,
	    d->stacks->n);
	green = styled(color, STYLE_GREEN, text);
	msg_text(d->app->sink, MSG_INFO, green);
}

static int destroy(struct destruction *d, struct stack *s, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	struct strmap paths = { .free_value = free };
	struct destroy_request r = { .stack_name = s->name,
		.express = args_bool(d->app->args, "express", false),
		.progress = d->progress,
		.wait = args_bool(d->app->args, "wait", false) };
	int e = access_for_deploy(d->app, s, &access, err);

	if (e < 0)
		return e;
	r.aws = access.aws;
	r.execution_role = access.execution_role;
	if (stack_construct_paths(s, &paths, NULL) == 0)
		r.paths = &paths;
	r.record = journal_add(d->journal, s->hierarchical_id, s->name,
	    access.account, access.region);
	e = destroy_stack(d->app, &r, err);
	journal_close(r.record, e, err);
	strmap_release(&paths);
	return e;
}

static int work(void *arg, struct err *err)
{
	struct target *t = arg;
	bool color = t->d->app->sink->color;
	CLEANUP(free_p) char *name = styled(color, STYLE_BLUE,
	    t->s->display_name);
	CLEANUP(free_p) char *text = NULL, *green = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int64_t began = mono_ms();
	int r;

	if (atomic_load(&t->d->stopping))
		return err_set(err, E_CANCELLED, "canceled");
	tell_started(t->d->app, t->s);
	say_destroying(t->d, t->s);
	r = destroy(t->d, t->s, &e);
	if (stop_explains(r)) {
		err_move(err, &e);
		return r;
	}
	if (r < 0) {
		tell_failed(t->d->app, t->s->name, &e, mono_ms() - began);
		msg_error(t->d->app->sink, "❌  %s: destroy failed %s: %s",
		    name, e.name ? e.name : e.aws_code ? e.aws_code : "Error",
		    err_text(&e));
		err_move(err, &e);
		return r;
	}
	text = xasprintf("✅  %s: destroyed", name);
	green = styled(color, STYLE_GREEN, text);
	msg_text(t->d->app->sink, MSG_INFO, green);
	tell_destroyed(t->d->app, t->s->name, mono_ms() - began);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

/* Who others need goes last; independent ones start in assembly order. */
static int destroy_all(struct destruction *d, unsigned concurrency,
    struct err *err)
{
	const struct stack_list *l = d->stacks;
	CLEANUP(graph_free_p) struct graph *g = graph_new();
	CLEANUP(free_p) struct target *targets =
	    xcalloc(l->n + 1, sizeof(*targets));
	unsigned limits[GRAPH_TYPES] = { [GRAPH_STACK] = concurrency };
	struct summary s = { .graph = g, .of = GRAPH_STACK,
		.done = "destroyed" };
	bool keep_going = args_bool(d->app->args, "keepGoing", false);
	int r;

	for (size_t i = 0; i < l->n; i++) {
		targets[i] = (struct target){ d, l->v[i] };
		graph_add(g, GRAPH_STACK, l->v[i]->hierarchical_id, work,
		    &targets[i]);
		graph_label(g, i, l->v[i]->display_name);
	}
	for (size_t i = 0; i < l->n; i++) {
		size_t max = l->v[i]->artifact->assembly->n_stacks, n;
		CLEANUP(free_p) struct stack **deps =
		    xcalloc(max + 1, sizeof(*deps));

		n = stack_deps(l->v[i], deps, max);
		for (size_t k = 0; k < n; k++)
			for (size_t j = 0; j < l->n; j++)
				if (l->v[j] == deps[k])
					graph_depend(g, j, i);
	}
	graph_watch(g, &d->stopping);
	if (keep_going)
		graph_keep_going(g);
	r = graph_run(g, limits, err);
	if (r == 0 || !keep_going)
		return r;
	for (size_t i = 0; i < l->n; i++)
		summary_skipped(d->app->feed, g, i, l->v[i]->name);
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

static int destroy_run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	struct destruction d = { .app = app, .stacks = &stacks,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	double want = args_num(app->args, "concurrency", 1);
	unsigned concurrency = want >= 1 && want <= 1000 ? (unsigned)want : 1;
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	if (r < 0)
		return r;
	warn_unmatched(app, a);
	r = select_stacks(app, a, &stacks, err);
	if (r < 0)
		return r;
	if (stacks.n == 0) {
		CLEANUP(free_p) char *names = strvec_join(&app->args->pos,
		    ", ");

		msg_warn(app->sink, "No stacks match the name(s): %s", names);
		return 0;
	}
	r = check_data(app, &stacks, err);
	if (r < 0)
		return r;
	tell_run(app, &stacks, concurrency);
	if (!args_bool(app->args, "force", false)) {
		r = ask(app, &stacks, err);
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
