/*
 * The tables of security-related changes.
 */
#include "diff/printer.h"
#include "diff/table.h"

static const char note[] =
    "(NOTE: There may be security-related changes not in this list. "
    "See https://github.com/aws/aws-cdk/issues/1299)";

/* A reference at the start of text: its whole length, 0 for none. The id is
 * *ret long. The reference's rule is a regular expression in which the one
 * character between id and attribute may be '}' as well: in
 * "${A}/x/${B}" the whole text is one reference, to A. */
static size_t reference(const char *text, size_t *ret)
{
	size_t longest;

	if (!str_starts(text, "${"))
		return 0;
	longest = strcspn(text + 2, ".}");
	for (size_t id = longest; id > 0; id--) {
		const char *sep = text + 2 + id;
		size_t attr = 0;

		if (*sep && *sep != '\n' && *sep != '\r')
			attr = strcspn(sep + 1, "}");
		*ret = id;
		if (attr && sep[1 + attr])
			return 2 + id + 1 + attr + 1;
		if (*sep == '}')
			return 2 + id + 1;
	}
	return 0;
}

/* ${LogicalId} and ${LogicalId.attr} with the construct's path instead. */
static char *with_paths(const struct printer *p, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	while (*text) {
		size_t id = 0, n = reference(text, &id);
		CLEANUP(free_p) char *key = NULL;
		CLEANUP(free_p) char *shown = NULL;
		const char *path;

		if (!n) {
			strbuf_addc(&b, *text++);
			continue;
		}
		key = xstrndup(text + 2, id);
		path = strmap_get(&p->paths, key);
		shown = path ? diff_path_text(path) : xstrdup(key);
		strbuf_addf(&b, "${%s", *shown ? shown : key);
		strbuf_add(&b, text + 2 + id, n - 2 - id);
		text += n;
	}
	return strbuf_detach(&b);
}

struct table_rows {
	struct table_row *v;
	size_t n, columns;
};

static void rows_header(struct table_rows *t, const char *const *titles,
    size_t columns, size_t max_rows)
{
	t->v = xcalloc(max_rows + 1, sizeof(*t->v));
	t->columns = columns;
	t->n = 1;
	for (size_t i = 0; i < columns; i++)
		t->v[0].cell[i] = xstrdup(titles[i]);
}

static void rows_add(const struct printer *p, struct table_rows *t,
    const struct row *r, bool added)
{
	struct table_row *row = &t->v[t->n++];
	enum style s = added ? STYLE_GREEN : STYLE_RED;

	row->cell[0] = styled(p->color, s, added ? "+" : "-");
	for (size_t i = 1; i < t->columns; i++) {
		const char *text = r->cell[i - 1] ? r->cell[i - 1] : "";

		row->cell[i] = styled(p->color, s, text);
	}
}

static void rows_add_added(const struct printer *p, struct table_rows *t,
    const struct table_change *c)
{
	for (size_t i = 0; i < c->n_added; i++)
		rows_add(p, t, &c->new_.v[c->added[i]], true);
}

static void rows_add_removed(const struct printer *p, struct table_rows *t,
    const struct table_change *c)
{
	for (size_t i = 0; i < c->n_removed; i++)
		rows_add(p, t, &c->old.v[c->removed[i]], false);
}

/* Stable; by the second column as it is printed, colour codes included. */
static void rows_sort(struct table_rows *t, size_t n_keys)
{
	for (size_t i = 2; i < t->n; i++) {
		struct table_row row = t->v[i];
		size_t k = i;

		while (k > 1) {
			int r = js_compare(t->v[k - 1].cell[1], row.cell[1]);

			if (r == 0 && n_keys > 1)
				r = js_compare(t->v[k - 1].cell[2],
				    row.cell[2]);
			if (r <= 0)
				break;
			t->v[k] = t->v[k - 1];
			k--;
		}
		t->v[k] = row;
	}
}

static void rows_print(struct printer *p, struct table_rows *t)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t r = 1; r < t->n; r++) {
		for (size_t c = 0; c < t->columns; c++) {
			char *shown = with_paths(p, t->v[r].cell[c]);

			free(t->v[r].cell[c]);
			t->v[r].cell[c] = shown;
		}
	}
	table_draw(&text, t->v, t->n, t->columns, p->columns, p->color);
	print_line(p, &text);
	for (size_t r = 0; r < t->n; r++)
		for (size_t c = 0; c < t->columns; c++)
			free(t->v[r].cell[c]);
	free(t->v);
}

static bool has_rows(const struct table_change *c)
{
	return c->n_added + c->n_removed > 0;
}

static void print_table(struct printer *p, const struct table_change *c,
    const char *const *titles, size_t columns)
{
	struct table_rows t;

	if (!has_rows(c))
		return;
	rows_header(&t, titles, columns, c->n_added + c->n_removed);
	rows_add_added(p, &t, c);
	rows_add_removed(p, &t, c);
	rows_sort(&t, 1);
	rows_print(p, &t);
}

static void print_iam(struct printer *p, const struct diff *d)
{
	static const char *const statements[] = { "", "Resource", "Effect",
		"Action", "Principal", "Condition" };
	static const char *const managed[] = { "", "Resource",
		"Managed Policy ARN" };

	if (has_rows(&d->tables[TABLE_STATEMENTS]))
		print_header(p, "IAM Statement Changes");
	print_table(p, &d->tables[TABLE_STATEMENTS], statements,
	    ARRAY_SIZE(statements));
	if (has_rows(&d->tables[TABLE_MANAGED]))
		print_header(p, "IAM Policy Changes");
	print_table(p, &d->tables[TABLE_MANAGED], managed,
	    ARRAY_SIZE(managed));
}

static void print_sso(struct printer *p, const struct diff *d)
{
	static const char *const sets[] = { "", "Resource", "InstanceArn",
		"PermissionSet name", "PermissionsBoundary",
		"CustomerManagedPolicyReferences" };
	static const char *const aca[] = { "", "Resource", "InstanceArn",
		"AccessControlAttributes" };
	static const char *const assignments[] = { "", "Resource",
		"InstanceArn", "PermissionSetArn", "PrincipalId",
		"PrincipalType", "TargetId", "TargetType" };

	if (has_rows(&d->tables[TABLE_SSO_PERMISSION_SETS]) ||
	    has_rows(&d->tables[TABLE_SSO_ACA]) ||
	    has_rows(&d->tables[TABLE_SSO_ASSIGNMENTS]))
		print_header(p, "IAM Identity Center Changes");
	print_table(p, &d->tables[TABLE_SSO_PERMISSION_SETS], sets,
	    ARRAY_SIZE(sets));
	print_table(p, &d->tables[TABLE_SSO_ACA], aca, ARRAY_SIZE(aca));
	print_table(p, &d->tables[TABLE_SSO_ASSIGNMENTS], assignments,
	    ARRAY_SIZE(assignments));
}

static void print_security_groups(struct printer *p, const struct diff *d)
{
	static const char *const titles[] = { "", "Group", "Dir", "Protocol",
		"Peer" };
	const struct table_change *in = &d->tables[TABLE_INGRESS];
	const struct table_change *out = &d->tables[TABLE_EGRESS];
	struct table_rows t;

	if (!has_rows(in) && !has_rows(out))
		return;
	print_header(p, "Security Group Changes");
	rows_header(&t, titles, ARRAY_SIZE(titles),
	    in->n_added + in->n_removed + out->n_added + out->n_removed);
	rows_add_added(p, &t, in);
	rows_add_added(p, &t, out);
	rows_add_removed(p, &t, in);
	rows_add_removed(p, &t, out);
	rows_sort(&t, 2);
	rows_print(p, &t);
}

bool print_security(struct printer *p, const struct diff *d)
{
	bool any = false;

	for (size_t i = 0; i < TABLES; i++)
		any = any || has_rows(&d->tables[i]);
	if (!any)
		return false;
	print_iam(p, d);
	print_sso(p, d);
	print_security_groups(p, d);
	add_styled(p, p->out, STYLE_YELLOW, note);
	strbuf_adds(p->out, "\n\n");
	return true;
}
