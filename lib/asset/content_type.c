#include "asset/content_type.h"

#include "util/file.h"
#include "util/share.h"

/* The value of the line that starts with key and a tab. */
static bool find_line(struct sv table, struct sv key, struct sv *ret)
{
	size_t lo = 0, hi = table.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2, end, n;
		int diff;

		while (mid > lo && table.p[mid - 1] != '\n')
			mid--;
		for (end = mid; end < table.n && table.p[end] != '\n'; end++)
			;
		for (n = mid; n < end && table.p[n] != '\t'; n++)
			;
		diff = memcmp(table.p + mid, key.p, MIN(n - mid, key.n));
		if (!diff && n - mid == key.n) {
			*ret = (struct sv){ table.p + n + 1, end - n - 1 };
			return n < end;
		}
		if (diff < 0 || (!diff && n - mid < key.n))
			lo = end + 1;
		else
			hi = mid;
	}
	return false;
}

char *content_type(const char *path)
{
	const char *ext = path_ext(path);
	struct sv table, type;

	if (ext[0] == '.' && ext[1]) {
		CLEANUP(free_p) char *key = str_lower(ext + 1);

		if (share_get("data/content-types.tsv", &table, NULL) == 0 &&
		    find_line(table, sv_from(key), &type))
			return sv_dup(type);
	}
	return xstrdup("application/octet-stream");
}
