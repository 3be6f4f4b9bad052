#include "deploy/approve.h"

#include "deploy/compare.h"
#include "term/term.h"

/* What the difference says about one deployment. */
struct review {
	struct comparison c;
	struct compared security, full;
	struct strmap paths;
	struct nested *nested;
	size_t n_nested;
};

static void review_release(struct review *v)
{
	compared_release(&v->security);
	compared_release(&v->full);
	strmap_release(&v->paths);
	nested_release(v->nested, v->n_nested);
}

static bool asks_destructive(const struct approval *a)
{
	return streq(a->mode, "destructive");
}

static void warn_destructive(struct app *app, const struct review *v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "Destructive changes:\n");
	for (size_t i = 0; i < v->full.destructive.n; i++)
		strbuf_addf(&b, "  %s\n", v->full.destructive.v[i]);
	msg_text(app->sink, MSG_WARN, b.buf);
}

static bool must_ask(const struct approval *a, const struct review *v)
{
	if (streq(a->mode, "any-change"))
		return true;
	if (asks_destructive(a))
		return v->full.destructive.n > 0;
	return v->security.permissions == PERM_BROADENING;
}

static void show(struct app *app, const struct approval *a, struct review *v)
{
	if (v->security.permissions != PERM_NONE && !asks_destructive(a)) {
		msg_text(app->sink, MSG_INFO, v->security.text.buf);
		return;
	}
	if (!asks_destructive(a))
		compare_full(&v->c, &v->full);
	msg_text(app->sink, MSG_INFO, v->full.text.buf);
	if (asks_destructive(a))
		warn_destructive(app, v);
}

static int ask(struct app *app, const struct approval *a,
    const struct review *v, struct err *err)
{
	const char *what = asks_destructive(a)
	    ? "destructive updates"
	    : v->security.permissions != PERM_NONE ? "security-sensitive updates"
					  : "updates";
	CLEANUP(free_p) char *why = xasprintf("Stack includes %s", what);
	CLEANUP(free_p) char *question = xasprintf(
	    "%s and \"--require-approval\" is set to '%s'.\n"
	    "Do you wish to deploy these changes?", why, a->mode);
	struct msg_confirm q = { .motivation = why, .question = question,
		.concurrency = a->concurrency };
	int r = app->sink->confirm(app->sink, &q, err);

	if (r == E_DECLINED)
		return err_set(err, E_DECLINED, "Deployment cancelled");
	return r;
}

/* Stacks inside the stack only matter for what gets destroyed. */
static int review(struct app *app, const struct approval *a,
    const cJSON *old, bool exists, struct review *v, struct err *err)
{
	int r = 0;

	/* without paths things have their logical ids */
	if (diff_paths_of(a->stack, a->template_, &v->paths, NULL) < 0)
		v->paths = (struct strmap){ 0 };
	if (asks_destructive(a))
		r = nested_load(a->aws, a->stack->artifact->assembly,
		    a->template_, exists ? a->stack->name : NULL, &v->nested,
		    &v->n_nested, err);
	if (r < 0)
		return r;
	v->c = (struct comparison){ .old = old,
		.new_ = a->template_,
		.change_set = a->change_set,
		.nested = v->nested,
		.n_nested = v->n_nested,
		.format = { .stack_name = a->stack->display_name,
			.paths = &v->paths,
			.color = app->sink->color,
			.columns = term_table_columns() } };
	compare_security(&v->c, &v->security);
	if (asks_destructive(a))
		compare_full(&v->c, &v->full);
	return 0;
}

int approve(struct app *app, const struct approval *a, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(json_free_p) cJSON *nothing = cJSON_CreateObject();
	CLEANUP(review_release) struct review v = { 0 };
	const cJSON *old = nothing;
	bool exists;
	int r;

	if (streq(a->mode, "never"))
		return 0;
	r = cfnstack_get(a->aws, a->stack->name, &s, err);
	exists = r == 0 && s.json && !(s.flags & STATUS_REVIEW);
	if (exists)
		r = cfnstack_template(a->aws, &s, &old, err);
	if (r == 0)
		r = review(app, a, old, exists, &v, err);
	if (r < 0 || !must_ask(a, &v))
		return r;
	show(app, a, &v);
	return ask(app, a, &v, err);
}
