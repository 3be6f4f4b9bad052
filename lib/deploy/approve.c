#include "deploy/approve.h"

#include "deploy/cfnstack.h"
#include "diff/diff.h"
#include "term/term.h"

/* What the diff says about one deployment. */
struct review {
	const cJSON *old;
	enum permission_change permissions;
	struct strvec destructive; /* "S1: T::T::T B will be destroyed" */
	struct strmap paths;
};

static void warn_destructive(struct app *app, const struct review *v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "Destructive changes:\n");
	for (size_t i = 0; i < v->destructive.n; i++)
		strbuf_addf(&b, "  %s\n", v->destructive.v[i]);
	msg_text(app->sink, MSG_WARN, b.buf);
}

static bool must_ask(const struct approval *a, const struct review *v)
{
	if (streq(a->mode, "any-change"))
		return true;
	if (streq(a->mode, "destructive"))
		return v->destructive.n > 0;
	return v->permissions == PERM_BROADENING;
}

static void show(struct app *app, const struct approval *a,
    const struct review *v)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct diff_format_opts o = { .stack_name = a->stack->display_name,
		.paths = &v->paths, .context_lines = 3,
		.color = app->sink->color, .columns = term_columns() };
	enum permission_change perm;
	size_t count;

	if (v->permissions != PERM_NONE && !streq(a->mode, "destructive"))
		diff_format_security(v->old, a->template_, a->change_set, &o,
		    &text, &perm);
	else
		diff_format_stack(v->old, a->template_, a->change_set, false,
		    &o, &text, &count, &perm);
	msg_text(app->sink, MSG_INFO, text.buf);
	if (streq(a->mode, "destructive"))
		warn_destructive(app, v);
}

static int ask(struct app *app, const struct approval *a,
    const struct review *v, struct err *err)
{
	const char *what = streq(a->mode, "destructive")
	    ? "destructive updates"
	    : v->permissions != PERM_NONE ? "security-sensitive updates"
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

static void review(const struct approval *a, struct review *v)
{
	CLEANUP(diff_free_p) struct diff *d = diff_templates(v->old,
	    a->template_, a->change_set, false);
	CLEANUP(err_release) struct err ignored = { 0 };

	if (diff_paths_of(a->stack, a->template_, &v->paths, &ignored) < 0)
		v->paths = (struct strmap){ 0 };
	v->permissions = diff_permissions(d);
	if (streq(a->mode, "destructive"))
		diff_format_destructive(d, a->stack->display_name, &v->paths,
		    &v->destructive);
}

static void review_release(struct review *v)
{
	strvec_release(&v->destructive);
	strmap_release(&v->paths);
}

int approve(struct app *app, const struct approval *a, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(json_free_p) cJSON *nothing = cJSON_CreateObject();
	CLEANUP(review_release) struct review v = { .old = nothing };
	int r;

	if (streq(a->mode, "never"))
		return 0;
	r = cfnstack_get(a->aws, a->stack->name, &s, err);
	if (r == 0 && s.json && !(s.flags & STATUS_REVIEW))
		r = cfnstack_template(a->aws, &s, &v.old, err);
	if (r < 0)
		return r;
	review(a, &v);
	if (!must_ask(a, &v))
		return 0;
	show(app, a, &v);
	return ask(app, a, &v, err);
}
