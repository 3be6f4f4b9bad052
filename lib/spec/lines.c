#include "spec/lines.h"

static int compare(struct sv a, struct sv b)
{
	int r = memcmp(a.p, b.p, MIN(a.n, b.n));

	return r ? r : a.n < b.n ? -1 : a.n > b.n;
}

/* The line that contains offset at: its start, and *end its newline. */
static size_t line_around(struct sv table, size_t at, size_t *end)
{
	const char *nl = memchr(table.p + at, '\n', table.n - at);
	const char *before = memrchr(table.p, '\n', at);

	*end = nl ? (size_t)(nl - table.p) : table.n;
	return before ? (size_t)(before - table.p) + 1 : 0;
}

struct sv lines_field(struct sv *line)
{
	const char *tab = memchr(line->p, '\t', line->n);
	struct sv f = { line->p, tab ? (size_t)(tab - line->p) : line->n };
	size_t used = f.n + (tab ? 1 : 0);

	line->p += used;
	line->n -= used;
	return f;
}

bool lines_find(struct sv table, const char *key, struct sv *ret)
{
	struct sv want = sv_from(key);
	size_t lo = 0, hi = table.n;

	while (lo < hi) {
		size_t end, start = line_around(table, lo + (hi - lo) / 2,
		    &end);
		struct sv line = { table.p + start, end - start };
		struct sv rest = line;
		int r = compare(lines_field(&rest), want);

		if (r == 0) {
			*ret = line;
			return true;
		}
		if (r < 0)
			lo = end + 1;
		else
			hi = start;
	}
	return false;
}
