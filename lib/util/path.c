#include "util/file.h"

char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || !n)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

/* Cuts the last segment of b, unless that is ".." or nothing is left. */
static bool drop_segment(struct strbuf *b, size_t root)
{
	size_t at = b->len;

	if (b->len == root)
		return false;
	while (at > root && b->buf[at - 1] != '/')
		at--;
	if (b->len - at == 2 && memcmp(b->buf + at, "..", 2) == 0)
		return false;
	strbuf_setlen(b, at > root ? at - 1 : root);
	return true;
}

char *path_normal(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct sv rest = sv_from(path), seg;
	size_t root = path[0] == '/';

	if (root)
		strbuf_addc(&b, '/');
	while (sv_next(&rest, '/', &seg)) {
		if (!seg.n || sv_eq(seg, "."))
			continue;
		if (sv_eq(seg, "..") && (drop_segment(&b, root) || root))
			continue;
		if (b.len > root)
			strbuf_addc(&b, '/');
		strbuf_addsv(&b, seg);
	}
	if (!b.len)
		strbuf_addc(&b, '.');
	return strbuf_detach(&b);
}

char *path_abs(const char *path)
{
	CLEANUP(free_p) char *cwd = NULL, *joined = NULL;

	if (path[0] != '/') {
		/* the folder we stand in may be gone: then "/" is as good */
		cwd = getcwd(NULL, 0);
		joined = path_join(cwd ? cwd : "/", path);
	}
	return path_normal(joined ? joined : path);
}

char *path_dirname(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n ? xstrndup(path, n) : xstrdup(".");
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *path_ext(const char *path)
{
	const char *base = path_basename(path), *dot = strrchr(base, '.');

	if (!dot || dot == base || streq(base, ".."))
		return "";
	return dot;
}

bool path_escapes(const char *name)
{
	struct sv rest = sv_from(name), seg;
	size_t depth = 0;

	if (name[0] == '/')
		return true;
	while (sv_next(&rest, '/', &seg)) {
		if (!seg.n || sv_eq(seg, "."))
			continue;
		if (!sv_eq(seg, ".."))
			depth++;
		else if (!depth--)
			return true;
	}
	return false;
}
