#include "deploy/approve.h"

#include "deploy/cfnstack.h"
#include "diff/diff.h"
#include "term/style.h"
#include "term/term.h"

/* What the diff says about one deployment. */
struct review {
	const cJSON *old;
	enum permission_change permissions;
	struct diff_destructive *destructive;
	size_t n;
};

static const char *fate(enum diff_impact impact)
{
	switch (impact) {
	case IMPACT_WILL_REPLACE:
		return "will be replaced";
	case IMPACT_MAY_REPLACE:
		return "may be replaced";
	case IMPACT_WILL_ORPHAN:
		return "will be orphaned";
	default:
		return "will be destroyed";
	}
}

/* Construct path without its first element and a final Resource/Default. */
static char *short_path(const cJSON *template_, const char *id)
{
	const cJSON *r = json_get(json_get(template_, "Resources"), id);
	const cJSON *p = json_get(json_get(r, "Metadata"), "aws:cdk:path");
	const char *path = cJSON_IsString(p) ? p->valuestring : id;
	const char *slash = strchr(path, '/');
	CLEANUP(free_p) char *rest = xstrdup(slash ? slash + 1 : path);
	size_t n = strlen(rest);

	if (str_ends(rest, "/Resource"))
		n -= strlen("/Resource");
	else if (str_ends(rest, "/Default"))
		n -= strlen("/Default");
	return sv_dup((struct sv){ rest, n });
}

static void warn_destructive(struct app *app, const struct approval *a,
    const struct review *v)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "Destructive changes:\n");
	for (size_t i = 0; i < v->n; i++) {
		const struct diff_destructive *d = &v->destructive[i];
		const cJSON *in = json_get(json_get(a->template_,
		    "Resources"), d->logical_id) ? a->template_ : v->old;
		CLEANUP(free_p) char *path = short_path(in, d->logical_id);

		strbuf_addf(&b, "  %s: %s %s %s %s\n", a->stack->display_name,
		    d->type, path, d->logical_id, fate(d->impact));
	}
	msg_text(app->sink, MSG_WARN, b.buf);
}

static bool must_ask(const struct approval *a, const struct review *v)
{
	if (streq(a->mode, "any-change"))
		return true;
	if (streq(a->mode, "destructive"))
		return v->n > 0;
	return v->permissions == PERM_BROADENING;
}

static void show(struct app *app, const struct approval *a,
    const struct review *v)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct strmap paths = { .free_value = free };
	struct diff_format_opts o = { .stack_name = a->stack->display_name,
		.paths = &paths, .context_lines = 3,
		.color = app->sink->color, .columns = term_columns() };
	enum permission_change perm;
	size_t count;

	if (stack_construct_paths(a->stack, &paths, NULL) < 0)
		o.paths = NULL;
	if (v->permissions != PERM_NONE && !streq(a->mode, "destructive"))
		diff_format_security(v->old, a->template_, a->change_set, &o,
		    &text, &perm);
	else
		diff_format_stack(v->old, a->template_, a->change_set, false,
		    &o, &text, &count, &perm);
	msg_text(app->sink, MSG_INFO, text.buf);
	if (streq(a->mode, "destructive"))
		warn_destructive(app, a, v);
	strmap_release(&paths);
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

static size_t count_resources(const cJSON *t)
{
	return (size_t)cJSON_GetArraySize(json_get(t, "Resources"));
}

static void review(const struct approval *a, struct review *v)
{
	CLEANUP(diff_free_p) struct diff *d = diff_templates(v->old,
	    a->template_, a->change_set, false);
	size_t max = count_resources(v->old) + count_resources(a->template_);

	v->permissions = diff_permissions(d);
	if (!streq(a->mode, "destructive"))
		return;
	v->destructive = xcalloc(max + 1, sizeof(*v->destructive));
	v->n = diff_destructive(d, v->destructive, max);
	/* the diff goes, so keep what points into it */
	for (size_t i = 0; i < v->n; i++) {
		v->destructive[i].logical_id =
		    xstrdup(v->destructive[i].logical_id);
		v->destructive[i].type = xstrdup(v->destructive[i].type);
	}
}

static void review_release(struct review *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free((void *)(uintptr_t)v->destructive[i].logical_id);
		free((void *)(uintptr_t)v->destructive[i].type);
	}
	free(v->destructive);
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
