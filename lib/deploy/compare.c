#include "deploy/compare.h"

#include "diff/report.h"

static void begin(struct compared *ret)
{
	if (!ret->text.buf)
		strbuf_init(&ret->text);
}

void compared_release(struct compared *r)
{
	if (r->text.buf)
		strbuf_release(&r->text);
	strvec_release(&r->destructive);
}

/* The stacks in c's stack, each as a comparison of its own; with `apart`
 * every part that is not empty follows an empty line. */
static void each_nested(const struct comparison *c, bool apart,
    void (*compare)(const struct comparison *c, struct compared *ret),
    struct compared *ret)
{
	for (size_t i = 0; i < c->n_nested; i++) {
		const struct nested *n = &c->nested[i];
		struct comparison inner = { .old = n->old,
			.new_ = n->new_,
			.is_import = c->is_import,
			.nested = n->v,
			.n_nested = n->n,
			.report = c->report,
			.parent = c->format.stack_name,
			.explain = c->explain,
			.moves = c->moves,
			.format = c->format };
		size_t start = ret->text.len;

		inner.format.stack_name =
		    n->physical_name ? n->physical_name : n->logical_id;
		inner.moves_name = inner.format.stack_name;
		inner.format.environment = NULL;
		inner.format.paths = NULL;
		compare(&inner, ret);
		if (apart && ret->text.len > start)
			strbuf_insert(&ret->text, start, "\n", 1);
	}
}

void compare_full(const struct comparison *c, struct compared *ret)
{
	CLEANUP(diff_free_p) struct diff *d = diff_for_display(c->old,
	    c->new_, c->change_set, c->is_import, c->format.strict);

	begin(ret);
	diff_annotate(d, c->moves_name, c->moves);
	diff_format(d, c->is_import, &c->format, &ret->text);
	if (c->explain)
		diff_explain(d, &c->format, &ret->text);
	if (c->report)
		diff_report(d, &c->format, c->parent, c->report);
	ret->count += !diff_is_empty(d);
	ret->permissions = MAX(ret->permissions, diff_permissions(d));
	diff_format_destructive(d, c->format.stack_name, c->format.paths,
	    &ret->destructive);
	each_nested(c, false, compare_full, ret);
}

void compare_security(const struct comparison *c, struct compared *ret)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(c->old, c->new_, c->change_set, c->is_import);
	enum permission_change perm = diff_permissions(d);

	begin(ret);
	diff_annotate(d, c->moves_name, c->moves);
	diff_format_permissions(d, &c->format, &ret->text);
	ret->count += perm != PERM_NONE;
	ret->permissions = MAX(ret->permissions, perm);
	diff_format_destructive(d, c->format.stack_name, c->format.paths,
	    &ret->destructive);
	each_nested(c, true, compare_security, ret);
}
