/*
 * The rows of the security tables, and which of them came or went.
 */
#include "diff/tree.h"

struct row *rows_push(struct rows *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 8;
		r->v = xreallocarray(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n] = (struct row){ 0 };
	return &r->v[r->n++];
}

/* Indexes of the rows of `of` without an equal one in `in`. */
static size_t *missing(const struct rows *of, const struct rows *in,
    size_t *ret_n)
{
	struct strmap seen = { 0 };
	size_t *v = xcalloc(of->n ? of->n : 1, sizeof(*v)), n = 0;

	for (size_t i = 0; i < in->n; i++)
		strmap_set(&seen, in->v[i].key, NULL);
	for (size_t i = 0; i < of->n; i++)
		if (!strmap_has(&seen, of->v[i].key))
			v[n++] = i;
	strmap_release(&seen);
	*ret_n = n;
	return v;
}

void diff_compare_tables(struct diff *d)
{
	for (size_t i = 0; i < TABLES; i++) {
		struct table_change *t = &d->tables[i];

		t->added = missing(&t->new_, &t->old, &t->n_added);
		t->removed = missing(&t->old, &t->new_, &t->n_removed);
	}
}

enum permission_change diff_permissions(const struct diff *d)
{
	enum permission_change worst = PERM_NONE;

	for (size_t i = 0; i < TABLES; i++) {
		const struct table_change *t = &d->tables[i];

		if (t->n_added + t->n_removed)
			worst = MAX(worst, PERM_NON_BROADENING);
		if (i != TABLE_STATEMENTS && t->n_added)
			return PERM_BROADENING;
		for (size_t k = 0; i == TABLE_STATEMENTS && k < t->n_added;
		     k++)
			if (!t->new_.v[t->added[k]].negative)
				return PERM_BROADENING;
		for (size_t k = 0; i == TABLE_STATEMENTS && k < t->n_removed;
		     k++)
			if (t->old.v[t->removed[k]].negative)
				return PERM_BROADENING;
	}
	return worst;
}
