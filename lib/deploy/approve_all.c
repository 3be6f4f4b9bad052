/*
 * The approvals of all stacks, asked together before the first is touched.
 */
#include "deploy/run_one.h"

#include "deploy/approve.h"
#include "deploy/journal.h"
#include "deploy/params.h"
#include "deploy/tell.h"
#include "util/pool.h"

#define LOOKS_AT_ONCE 8

/* One stack's turn. */
struct look {
	struct run *run;
	struct stack *s;
	struct approval_view *view;
	int rc;
	struct err err;
};

static int look_at(struct look *l)
{
	const struct run_opts *o = l->run->o;
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(json_free_p) cJSON *tags = run_tags_of(o, l->s);
	CLEANUP(json_free_p) cJSON *given = params_of_stack(o->parameters,
	    l->s);
	struct approval a = { .mode = o->require_approval, .stack = l->s,
		.tags = tags, .parameters = given };
	const cJSON *resources;
	int r;

	/* resumed behind its approval */
	if (journal_phase_of(journal_stack_get(l->run->journal,
		l->s->hierarchical_id)) > PHASE_PREPARED)
		return 0;
	r = stack_template(l->s, &a.template_, &l->err);
	if (r < 0)
		return r;
	resources = json_get(a.template_, "Resources");
	if (!resources || !resources->child)
		return 0; /* is deleted or left out, unasked */
	r = access_for_deploy(l->run->app, l->s, &access, &l->err);
	if (r < 0)
		return r;
	a.aws = access.aws;
	return approve_look(l->run->app, &a, l->view, &l->err);
}

static void look(void *arg)
{
	struct look *l = arg;

	l->rc = look_at(l);
}

static void view_free(void *view)
{
	approval_view_release(view);
	free(view);
}

/* All at once; what cannot be looked at now fails when its turn comes, if
 * that is to hold up nothing else. */
static int look_at_all(struct run *run, struct err *err)
{
	size_t n = run->stacks->n;
	CLEANUP(free_p) struct look *all = xcalloc(n + 1, sizeof(*all));
	struct pool *pool = pool_new((unsigned)MIN(n, (size_t)LOOKS_AT_ONCE));
	int r = 0;

	run->seen.free_value = view_free;
	for (size_t i = 0; i < n; i++) {
		struct approval_view *v = xcalloc(1, sizeof(*v));

		all[i] = (struct look){ .run = run, .s = run->stacks->v[i],
			.view = v };
		strmap_set(&run->seen, all[i].s->hierarchical_id, v);
		pool_submit(pool, look, &all[i]);
	}
	pool_free(pool);
	for (size_t i = 0; i < n; i++) {
		if (all[i].rc < 0 && r == 0 && !run->o->keep_going) {
			r = all[i].rc;
			err_move(err, &all[i].err);
		}
		err_release(&all[i].err);
	}
	return r;
}

static int ask(struct run *run, const struct strvec *names, const char *what,
    struct err *err)
{
	size_t n = names->n, others = run->stacks->n - n;
	CLEANUP(free_p) char *list = strvec_join(names, ", ");
	CLEANUP(free_p) char *why = xasprintf("Stack includes %s", what);
	CLEANUP(free_p) char *these = n == 1 ? xstrdup("this stack")
					     : xasprintf("these %zu stacks", n);
	CLEANUP(free_p) char *rest = !others ? xstrdup("")
	    : xasprintf(", and %zu that need%s no approval", others,
		  others == 1 ? "s" : "");
	CLEANUP(free_p) char *question = xasprintf("%s %s include%s %s and "
	    "\"--require-approval\" is set to '%s'.\n"
	    "Do you wish to deploy %s%s?", n == 1 ? "Stack" : "Stacks", list,
	    n == 1 ? "s" : "", what, run->o->require_approval, these, rest);
	struct msg_confirm q = { .motivation = why, .question = question };
	int r;

	tell_approvals(run->app, names, "approval.asked", why);
	r = run->app->sink->confirm(run->app->sink, &q, err);
	tell_approvals(run->app, names, r == 0 ? "approval.given"
	    : r == E_DECLINED ? "approval.declined" : "approval.failed", NULL);
	if (r == E_DECLINED)
		return err_set(err, E_DECLINED, "Deployment cancelled");
	return r;
}

int run_approve_together(struct run *run, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	const char *what = NULL;
	int r;

	if (!run->o->approve_first || streq(run->o->require_approval, "never"))
		return 0;
	(void)app_aws(run->app); /* made before the threads share it */
	msg_info(run->app->sink, "Looking for changes that need approval...");
	r = look_at_all(run, err);
	if (r < 0)
		return r;
	run->approved_together = true;
	for (size_t i = 0; i < run->stacks->n; i++) {
		const struct stack *s = run->stacks->v[i];
		const struct approval_view *v = strmap_get(&run->seen,
		    s->hierarchical_id);

		if (!v->asks)
			continue;
		approve_show(run->app, v);
		strvec_add(&names, s->display_name);
		/* the worst of them */
		if (!what || streq(what, "updates"))
			what = v->what;
	}
	return names.n ? ask(run, &names, what, err) : 0;
}
