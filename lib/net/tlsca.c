#include "net/tlsca.h"

#include <dirent.h>

#include "util/file.h"

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

void tlsca_pick(const char *bundle, const char *extra,
    const char *default_file, const char *default_path, struct tlsca *ret)
{
	struct tlsca t = { 0 };

	if (extra && (!*extra || !file_exists(extra)))
		extra = NULL;
	if (bundle && *bundle && file_exists(bundle))
		t.file = xstrdup(bundle);
	else if (is_hashed_dir(default_path))
		t.path = xstrdup(default_path);
	else
		t.file = xstrdup0(default_file);
	if (extra && !t.file)
		t.file = xstrdup(extra);
	*ret = t;
}

void tlsca_release(struct tlsca *t)
{
	free(t->file);
	free(t->path);
	*t = (struct tlsca){ 0 };
}
