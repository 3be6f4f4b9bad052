#include "net/tlsca.h"

#include <dirent.h>

#include "util/file.h"

#define FILE_MAX (16u << 20)

/* Names as c_rehash makes them: eight hex digits, a dot, a number. */
static bool is_hash_name(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n == 8 && s[8] == '.' && s[9] >= '0' && s[9] <= '9';
}

static bool is_hashed_dir(const char *path)
{
	struct dirent *e;
	bool found = false;
	DIR *d;

	if (!path)
		return false;
	d = opendir(path);
	if (!d)
		return false;
	while (!found && (e = readdir(d)))
		found = is_hash_name(e->d_name);
	closedir(d);
	return found;
}

static void join(const char *file, const char *extra, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf more = STRBUF_INIT;

	if (file_read(file, FILE_MAX, ret, NULL) < 0 ||
	    file_read(extra, FILE_MAX, &more, NULL) < 0) {
		strbuf_release(ret);
		return;
	}
	strbuf_addc(ret, '\n');
	strbuf_addsv(ret, strbuf_sv(&more));
}

void tlsca_pick(const char *bundle, const char *extra,
    const char *default_file, const char *default_path, struct tlsca *ret)
{
	struct tlsca t = { .both = STRBUF_INIT };

	/* often set to the very store that is there already */
	if (extra && (!*extra || streq0(extra, default_file) ||
	    !file_exists(extra)))
		extra = NULL;
	if (bundle && *bundle && file_exists(bundle)) {
		t.file = xstrdup(bundle);
		extra = NULL;
	} else if (is_hashed_dir(default_path)) {
		t.path = xstrdup(default_path);
	} else {
		t.file = xstrdup0(default_file);
	}
	if (extra && t.file)
		join(t.file, extra, &t.both);
	else if (extra)
		t.file = xstrdup(extra);
	*ret = t;
}

void tlsca_release(struct tlsca *t)
{
	free(t->file);
	free(t->path);
	strbuf_release(&t->both);
	*t = (struct tlsca){ .both = STRBUF_INIT };
}
