#include "model/select.h"

#include "util/glob.h"

/*
 * A leading '!' negates, "!!x" is x again; "!(" opens a group and belongs to
 * the pattern. *ret is what is left.
 */
static bool negated(const char *pattern, const char **ret)
{
	bool neg = false;

	while (*pattern == '!' && pattern[1] != '(') {
		neg = !neg;
		pattern++;
	}
	*ret = pattern;
	return neg;
}

static bool patterns_match(const struct strvec *patterns, const char *id)
{
	bool positives = false, hit = false;

	for (size_t i = 0; i < patterns->n; i++) {
		const char *p;

		if (negated(patterns->v[i], &p)) {
			if (glob_match(p, id))
				return false;
		} else {
			positives = true;
			hit = hit || glob_match(p, id);
		}
	}
	return hit || !positives;
}

/* ---- expansion ----------------------------------------------------------- */

struct selection {
	const struct assembly *a;
	struct strmap by_id;   /* hierarchical id -> stack */
	struct strmap chosen;  /* hierarchical id -> stack, order of choice */
	struct strvec added;
};

static void choose(struct selection *sel, struct stack *s)
{
	strmap_set(&sel->chosen, s->hierarchical_id, s);
}

static void add(struct selection *sel, struct stack *s)
{
	strvec_add(&sel->added, s->hierarchical_id);
	choose(sel, s);
}

/* The list grows while it is walked: that is the transitive closure. */
static void expand_upstream(struct selection *sel)
{
	STRMAP_EACH(&sel->chosen, e) {
		const struct stack *s = e->value;
		const struct artifact *art = s->artifact;

		for (size_t i = 0; i < art->deps.n; i++) {
			const struct artifact *dep = strmap_get(
			    &art->assembly->by_id, art->deps.v[i]);
			struct stack *found;

			if (!dep || !dep->stack)
				continue;
			found = strmap_get(&sel->by_id,
			    dep->stack->hierarchical_id);
			if (found && !strmap_has(&sel->chosen,
			    found->hierarchical_id))
				add(sel, found);
		}
	}
}

static bool depends_on_chosen(const struct selection *sel,
    const struct stack *s)
{
	const struct artifact *art = s->artifact;

	for (size_t i = 0; i < art->deps.n; i++) {
		const struct artifact *dep =
		    strmap_get(&art->assembly->by_id, art->deps.v[i]);

		if (dep && dep->stack && strmap_has(&sel->chosen,
		    dep->stack->hierarchical_id))
			return true;
	}
	return false;
}

static void expand_downstream(struct selection *sel)
{
	bool again = true;

	while (again) {
		again = false;
		STRMAP_EACH(&sel->by_id, e) {
			if (strmap_has(&sel->chosen, e->key) ||
			    !depends_on_chosen(sel, e->value))
				continue;
			add(sel, e->value);
			again = true;
		}
	}
}

static void expand(struct selection *sel, enum select_expand how,
    struct sink *sink)
{
	CLEANUP(free_p) char *ids = NULL;

	if (how == EXPAND_UPSTREAM)
		expand_upstream(sel);
	else if (how == EXPAND_DOWNSTREAM)
		expand_downstream(sel);
	if (!sel->added.n || !sink)
		return;
	ids = strvec_join(&sel->added, ", ");
	msg_info(sink, "Including %s stacks: %s%s%s",
	    how == EXPAND_UPSTREAM ? "dependency" : "depending",
	    sink->color ? "\033[1m" : "", ids, sink->color ? "\033[22m" : "");
}

static void selection_init(struct selection *sel, const struct assembly *a)
{
	*sel = (struct selection){ .a = a };
	for (size_t i = 0; i < a->n_all; i++)
		strmap_set(&sel->by_id, a->all[i]->hierarchical_id, a->all[i]);
}

static void selection_release(struct selection *sel)
{
	strmap_release(&sel->by_id);
	strmap_release(&sel->chosen);
	strvec_release(&sel->added);
}

/* In assembly order, whatever the order of choice was. */
static void selection_list(const struct selection *sel, struct stack_list *ret)
{
	const struct assembly *a = sel->a;

	*ret = (struct stack_list){
		.v = xcalloc(a->n_all + 1, sizeof(struct stack *)) };
	for (size_t i = 0; i < a->n_all; i++)
		if (strmap_has(&sel->chosen, a->all[i]->hierarchical_id))
			ret->v[ret->n++] = a->all[i];
}

/* ---- messages ------------------------------------------------------------ */

static void ids_join(struct strbuf *out, const struct assembly *a,
    const char *sep)
{
	for (size_t i = 0; i < a->n_all; i++)
		strbuf_addf(out, "%s%s", i ? sep : "",
		    a->all[i]->hierarchical_id);
}

static int which_one(const struct assembly *a, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct strmap stages = { 0 };
	const char *sep = "";

	ids_join(&b, a, " \xc2\xb7 ");
	for (size_t i = 0; i < a->n_all; i++) {
		const char *id = a->all[i]->hierarchical_id;
		CLEANUP(free_p) char *first = xstrndup(id, strcspn(id, "/"));

		if (a->all[i]->nested_assembly)
			strmap_add(&stages, first, NULL);
	}
	if (stages.n)
		strbuf_adds(&b, "\nSome of these stacks are nested inside a "
		    "Stage. To select the stacks in a Stage, use a pattern "
		    "that matches their full path, e.g. ");
	STRMAP_EACH(&stages, e) {
		strbuf_addf(&b, "%s'%s/*'", sep, e->key);
		sep = ", ";
	}
	strmap_release(&stages);
	return err_set(err, E_CONFIG, "Since this app includes more than a "
	    "single stack, specify which stacks to use (wildcards are "
	    "supported) or specify `--all`\nStacks: %s", b.buf);
}

static int ambiguous(const struct assembly *a, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	ids_join(&b, a, ",");
	return err_set(err, E_CONFIG, "Stack selection is ambiguous, please "
	    "choose a specific stack for import [%s]", b.buf);
}

static int no_match(const struct strvec *patterns, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct strmap seen = { 0 };

	for (size_t i = 0; i < patterns->n; i++)
		if (strmap_add(&seen, patterns->v[i], NULL))
			strbuf_addf(&b, "%s%s", b.len ? "," : "",
			    patterns->v[i]);
	strmap_release(&seen);
	return err_set(err, E_CONFIG, "No stacks match the name(s) %s", b.buf);
}

/* ---- choosing ------------------------------------------------------------ */

static int choose_main(struct selection *sel, const struct select_opts *o,
    struct err *err)
{
	if (!sel->a->n_stacks && !o->allow_no_main)
		return err_set(err, E_CONFIG, "No stack found in the main "
		    "cloud assembly. Use \"list\" to print manifest");
	for (size_t i = 0; i < sel->a->n_stacks; i++)
		choose(sel, sel->a->stacks[i]);
	return 0;
}

static int choose_default(struct selection *sel, const struct select_opts *o,
    struct sink *sink, struct err *err)
{
	const struct assembly *a = sel->a;
	int r = 0;

	if (o->all || o->none == SELECT_MAIN_ASSEMBLY) {
		r = choose_main(sel, o, err);
		if (r == 0)
			expand(sel, o->expand, sink);
		return r;
	}
	if (o->none == SELECT_ONLY_SINGLE && a->n_stacks != 1)
		return which_one(a, err);
	if (o->none == SELECT_ONLY_SINGLE)
		choose(sel, a->stacks[0]);
	else
		for (size_t i = 0; i < a->n_all; i++)
			choose(sel, a->all[i]);
	/* as the reference: without a pattern even a single stack is too many */
	return o->match_single ? ambiguous(a, err) : 0;
}

static int choose_patterns(struct selection *sel, const struct select_opts *o,
    struct sink *sink, struct err *err)
{
	const struct assembly *a = sel->a;

	/* a variable that is not set, not a choice */
	for (size_t i = 0; i < o->patterns->n; i++)
		if (!*o->patterns->v[i])
			return err_set(err, E_CONFIG, "Expected pattern to be "
			    "a non-empty string");
	for (size_t i = 0; i < a->n_all; i++)
		if (patterns_match(o->patterns, a->all[i]->hierarchical_id))
			choose(sel, a->all[i]);
	expand(sel, o->expand, sink);
	if (o->match_single && sel->chosen.n != 1)
		return ambiguous(a, err);
	if (!sel->chosen.n && !o->allow_no_match)
		return no_match(o->patterns, err);
	return 0;
}

int stacks_select(const struct assembly *a, const struct select_opts *o,
    struct sink *sink, struct stack_list *ret, struct err *err)
{
	CLEANUP(selection_release) struct selection sel = { 0 };
	bool patterns = !o->all && o->patterns && o->patterns->n;
	int r = 0;

	if (!a->n_all) {
		if (!o->ignore_no_stacks)
			return err_set(err, E_CONFIG,
			    "This app contains no stacks");
		*ret = (struct stack_list){ 0 };
		return 0;
	}
	selection_init(&sel, a);
	if (patterns)
		r = choose_patterns(&sel, o, sink, err);
	else
		r = choose_default(&sel, o, sink, err);
	if (r == 0)
		selection_list(&sel, ret);
	return r;
}

void stack_list_release(struct stack_list *l)
{
	free(l->v);
	*l = (struct stack_list){ 0 };
}

int stacks_check_names(const struct stack_list *l, struct err *err)
{
	struct strmap seen = { 0 };
	int r = 0;

	for (size_t i = 0; i < l->n && r == 0; i++) {
		const struct stack *s = l->v[i];
		CLEANUP(free_p) char *key = xasprintf("aws://%s/%s/%s",
		    s->account, s->region, s->name);
		const struct stack *first = strmap_get(&seen, key);

		if (first)
			r = err_set(err, E_CONFIG, "'%s' and '%s' both deploy "
			    "to the stack '%s' in aws://%s/%s, so one would "
			    "overwrite the other; give one of them another "
			    "stackName", first->hierarchical_id,
			    s->hierarchical_id, s->name, s->account,
			    s->region);
		strmap_set(&seen, key, l->v[i]);
	}
	strmap_release(&seen);
	return r;
}
