#include "deploy/approve.h"

#include "deploy/compare.h"
#include "deploy/params.h"
#include "deploy/skip.h"
#include "deploy/tell.h"
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

void approval_view_release(struct approval_view *v)
{
	if (v->text.buf)
		strbuf_release(&v->text);
	if (v->warning.buf)
		strbuf_release(&v->warning);
	strmap_release(&v->rows);
}

static bool asks_destructive(const struct approval *a)
{
	return streq(a->mode, "destructive");
}

static void list_destructive(const struct review *v, struct strbuf *b)
{
	strbuf_adds(b, "Destructive changes:\n");
	for (size_t i = 0; i < v->full.destructive.n; i++)
		strbuf_addf(b, "  %s\n", v->full.destructive.v[i]);
}

static bool must_ask(const struct approval *a, const struct review *v)
{
	if (streq(a->mode, "any-change"))
		return true;
	if (asks_destructive(a))
		return v->full.destructive.n > 0;
	return v->security.permissions == PERM_BROADENING;
}

static const char *what_of(const struct approval *a, const struct review *v)
{
	if (asks_destructive(a))
		return "destructive updates";
	return v->security.permissions != PERM_NONE
	    ? "security-sensitive updates" : "updates";
}

/* Without what only fits into the table's columns: "│ + │ ${R.Arn} │". */
static void add_row(struct strmap *rows, struct sv line)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct sv word;

	while (sv_next(&line, ' ', &word))
		if (word.n)
			strbuf_addf(&b, "%s%.*s", b.len ? " " : "",
			    (int)word.n, word.p);
	if (b.len && !str_starts(b.buf, "┌") && !str_starts(b.buf, "├") &&
	    !str_starts(b.buf, "└"))
		strmap_set(rows, b.buf, NULL);
}

/* How a resource fares may become clearer, "may be" becomes "will be". */
static void add_destroyed(struct strmap *rows, const char *row)
{
	const char *end = strstr(row, " may be ");
	struct sv line;

	end = end ? end : strstr(row, " will be ");
	line = (struct sv){ row, end ? (size_t)(end - row) : strlen(row) };
	add_row(rows, line);
}

static void collect_rows(const struct approval *a, const struct review *v,
    struct strmap *rows)
{
	CLEANUP(compared_release) struct compared plain = { 0 };
	struct comparison c = v->c;
	struct sv text, line;

	for (size_t i = 0; i < v->full.destructive.n && asks_destructive(a);
	     i++)
		add_destroyed(rows, v->full.destructive.v[i]);
	if (asks_destructive(a))
		return;
	c.format.color = false;
	c.format.columns = 0;
	compare_security(&c, &plain);
	text = strbuf_sv(&plain.text);
	while (sv_next(&text, '\n', &line))
		add_row(rows, line);
}

/* What is to be seen before the question. */
static void render(const struct approval *a, struct review *v,
    struct approval_view *ret)
{
	ret->asks = true;
	ret->what = what_of(a, v);
	strbuf_init(&ret->text);
	if (v->security.permissions != PERM_NONE && !asks_destructive(a)) {
		strbuf_adds(&ret->text, v->security.text.buf);
	} else {
		if (!asks_destructive(a))
			compare_full(&v->c, &v->full);
		strbuf_adds(&ret->text, v->full.text.buf);
	}
	if (asks_destructive(a)) {
		strbuf_init(&ret->warning);
		list_destructive(v, &ret->warning);
	}
	collect_rows(a, v, &ret->rows);
}

void approve_show(struct app *app, const struct approval_view *v)
{
	msg_text(app->sink, MSG_INFO, v->text.buf);
	if (v->warning.buf)
		msg_text(app->sink, MSG_WARN, v->warning.buf);
}

static int ask(struct app *app, const struct approval *a,
    const struct approval_view *v, struct err *err)
{
	CLEANUP(free_p) char *why = xasprintf("Stack includes %s", v->what);
	CLEANUP(free_p) char *question = xasprintf(
	    "%s and \"--require-approval\" is set to '%s'.\n"
	    "Do you wish to deploy these changes?", why, a->mode);
	struct msg_confirm q = { .motivation = why, .question = question,
		.concurrency = a->concurrency };
	int r;

	tell_approval(app, a->stack->name, "approval.asked", why);
	r = app->sink->confirm(app->sink, &q, err);
	tell_approval(app, a->stack->name, r == 0 ? "approval.given"
	    : r == E_DECLINED ? "approval.declined" : "approval.failed", NULL);
	if (r == E_DECLINED)
		return err_set(err, E_DECLINED, "Deployment cancelled");
	return r;
}

/* It was asked before; is there more now than was seen then? */
static int compare_seen(struct app *app, const struct approval *a,
    const struct approval_view *v, struct err *err)
{
	bool more = !a->seen;

	STRMAP_EACH(&v->rows, row)
		more = more || !strmap_has(&a->seen->rows, row->key);
	if (!more)
		return 0;
	approve_show(app, v);
	(void)err_set(err, E_CONFIG, "Stack %s includes %s that were not "
	    "among those that were approved; it was not deployed. Run the "
	    "command again to approve what is shown now",
	    a->stack->display_name, v->what);
	err_set_name(err, "ApprovalOutdated");
	return E_CONFIG;
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

/* Does anything change besides what a difference of templates says? */
static bool changes(const struct approval *a, const struct cfnstack *s,
    const cJSON *old)
{
	CLEANUP(params_release) struct params p = { 0 };

	return !json_same(a->template_, old) ||
	    !skip_same_tags(json_get(s->json, "Tags"), a->tags) ||
	    a->stack->termination_protection !=
		cfn_true(s->json, "EnableTerminationProtection") ||
	    params_build(a->template_, a->parameters,
		json_get(s->json, "Parameters"), true, &p, NULL) < 0 ||
	    p.changed;
}

/* Fills ret->asks and, if so, the rest. */
static int view(struct app *app, const struct approval *a, bool looking,
    struct approval_view *ret, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(json_free_p) cJSON *nothing = cJSON_CreateObject();
	CLEANUP(review_release) struct review v = { 0 };
	const cJSON *old = nothing;
	bool exists;
	int r = cfnstack_get(a->aws, a->stack->name, &s, err);

	exists = r == 0 && s.json && !(s.flags & STATUS_REVIEW);
	if (exists)
		r = cfnstack_template(a->aws, &s, &old, err);
	if (r == 0)
		r = review(app, a, old, exists, &v, err);
	if (r < 0 || !must_ask(a, &v))
		return r;
	if (looking && exists && !changes(a, &s, old))
		return 0;
	render(a, &v, ret);
	return 0;
}

int approve_look(struct app *app, const struct approval *a,
    struct approval_view *ret, struct err *err)
{
	return view(app, a, true, ret, err);
}

int approve(struct app *app, const struct approval *a, struct err *err)
{
	CLEANUP(approval_view_release) struct approval_view v = { 0 };
	int r;

	if (streq(a->mode, "never"))
		return 0;
	r = view(app, a, false, &v, err);
	if (r < 0 || !v.asks)
		return r;
	if (a->together)
		return compare_seen(app, a, &v, err);
	approve_show(app, &v);
	return ask(app, a, &v, err);
}
