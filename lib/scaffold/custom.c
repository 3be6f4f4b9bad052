#include "scaffold/custom.h"

#include <dirent.h>
#include <sys/stat.h>

#include "util/file.h"

/* No template is larger; a loop of mounts or a home folder might be. */
#define FILES_MAX 20000u
#define BYTES_MAX ((size_t)512 << 20)
#define DEPTH_MAX 64u

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The names in a folder, sorted, without "." and "..". */
static int list_folder(const char *dir, struct strvec *ret, struct err *err)
{
	CLEANUP(close_dir) DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return err_set(err, E_IO, "Cannot read template directory "
		    "'%s': %m", dir);
	while ((e = readdir(d)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			strvec_add(ret, e->d_name);
	strvec_sort(ret);
	return 0;
}

/* ---- which languages ---- */

static bool is_source(const char *name, const struct language *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->extensions); i++)
		if (l->extensions[i] && str_ends(name, l->extensions[i]))
			return true;
	return false;
}

/* Is there a source of the language somewhere below? */
static bool has_sources(const char *dir, const struct language *l,
    unsigned depth)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	if (depth > DEPTH_MAX || list_folder(dir, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_p) char *full = path_join(dir, names.v[i]);
		struct stat st;

		if (lstat(full, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) ? has_sources(full, l, depth + 1) :
		    S_ISREG(st.st_mode) && is_source(names.v[i], l))
			return true;
	}
	return false;
}

/* A folder named after a language without a source of it is a mistake. */
static int find_languages(const char *dir, struct strvec *ret,
    struct err *err)
{
	for (const struct language *l = languages; l->name; l++) {
		CLEANUP(free_p) char *sub = path_join(dir, l->name);

		if (!file_is_dir(sub))
			continue;
		if (!has_sources(sub, l, 0))
			return err_set(err, E_CONFIG, "Found '%s' directory "
			    "but it doesn't contain the expected language "
			    "files. Ensure the template contains %s source "
			    "files.", l->name, l->name);
		strvec_add(ret, l->name);
	}
	return 0;
}

/* Which of its folders are templates, sorted. */
static void find_templates(const char *dir, struct strvec *ret)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	if (list_folder(dir, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_p) char *sub = path_join(dir, names.v[i]);
		CLEANUP(strvec_release) struct strvec found = { 0 };

		if (file_is_dir(sub) &&
		    find_languages(sub, &found, NULL) == 0 && found.n)
			strvec_add(ret, names.v[i]);
	}
}

/* The folder is no template itself: are there some in it? */
static int look_below(struct custom_template *t, unsigned flags,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec found = { 0 };
	CLEANUP(free_p) char *names = NULL, *one = NULL;

	find_templates(t->path, &found);
	if (!found.n)
		return err_set(err, E_CONFIG, "Custom template must contain "
		    "at least one language directory");
	if (found.n == 1 && flags & CUSTOM_CLONED) {
		one = path_join(t->path, found.v[0]);
		free(t->path);
		t->path = TAKE(one);
		return find_languages(t->path, &t->languages, err);
	}
	names = strvec_join(&found, ", ");
	return err_set(err, E_CONFIG, "Use --template-path to specify which "
	    "template to use.%s%s", flags & CUSTOM_CLONED ? " There are " : "",
	    flags & CUSTOM_CLONED ? names : "");
}

static int look(struct custom_template *t, unsigned flags, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	int rc;

	if (!file_exists(t->path))
		return err_set(err, E_NOTFOUND, "Template path does not "
		    "exist: %s", t->path);
	if ((rc = list_folder(t->path, &names, err)) < 0 ||
	    (rc = find_languages(t->path, &t->languages, err)) < 0)
		return rc;
	return t->languages.n ? 0 : look_below(t, flags, err);
}

int custom_template_load(const char *path, const char *sub, unsigned flags,
    struct custom_template *ret, struct err *err)
{
	CLEANUP(custom_template_release) struct custom_template t = { 0 };
	CLEANUP(free_p) char *joined = NULL, *abs = NULL;
	int rc;

	/* below `path` even when it begins with a slash */
	joined = sub ? xasprintf("%s/%s", path, sub) : xstrdup(path);
	t.path = sub ? path_normal(joined) : xstrdup(path);
	rc = look(&t, flags, err);
	if (rc < 0) {
		CLEANUP(free_p) char *why = xstrdup(err_text(err));

		return err_set(err, rc, "Failed to load template from path: "
		    "%s. %s", t.path, why);
	}
	abs = path_abs(t.path);
	t.name = xstrdup(path_basename(abs));
	*ret = t;
	t = (struct custom_template){ 0 };
	return 0;
}

void custom_template_release(struct custom_template *t)
{
	free(t->path);
	free(t->name);
	strvec_release(&t->languages);
	*t = (struct custom_template){ 0 };
}

/* ---- its files ---- */

struct reading {
	const char *root;
	struct init_files *files;
	size_t bytes;
};

static int add_folder(struct reading *r, const char *rel, unsigned depth,
    struct err *err);

/* A link is kept when it stays within the template. */
static int add_link(struct reading *r, const char *rel, const char *full,
    struct err *err)
{
	CLEANUP(free_p) char *dir = path_dirname(rel), *joined = NULL;
	char target[4096];
	ssize_t n = readlink(full, target, sizeof(target) - 1);
	struct init_file *f;

	if (n < 0)
		return err_set(err, E_IO, "cannot read link '%s': %m", full);
	target[n] = '\0';
	joined = xasprintf("%s/%s", dir, target);
	if (target[0] == '/' || path_escapes(joined))
		return err_set(err, E_CONFIG, "the link '%s' of the template "
		    "leads out of it, to '%s'", full, target);
	f = init_files_add(r->files, rel, 0777);
	f->link = true;
	strbuf_adds(&f->data, target);
	return 0;
}

static int add_file(struct reading *r, const char *rel, const char *full,
    const struct stat *st, struct err *err)
{
	struct init_file *f;
	int rc;

	if (r->files->n >= FILES_MAX)
		return err_set(err, E_TOOBIG, "the template has more than %u "
		    "files", FILES_MAX);
	f = init_files_add(r->files, rel,
	    st->st_mode & 0111 ? 0755 : 0644);
	rc = file_read(full, BYTES_MAX, &f->data, err);
	if (rc < 0)
		return rc;
	r->bytes += f->data.len;
	if (r->bytes > BYTES_MAX)
		return err_set(err, E_TOOBIG, "the template has more than %zu "
		    "bytes", BYTES_MAX);
	return 0;
}

static int add_entry(struct reading *r, const char *rel, unsigned depth,
    struct err *err)
{
	CLEANUP(free_p) char *full = path_join(r->root, rel);
	struct stat st;

	if (lstat(full, &st) < 0)
		return err_set(err, E_IO, "cannot read '%s': %m", full);
	if (S_ISDIR(st.st_mode))
		return add_folder(r, rel, depth + 1, err);
	if (S_ISLNK(st.st_mode))
		return add_link(r, rel, full, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, E_CONFIG, "'%s' of the template is neither "
		    "a file nor a folder", full);
	return add_file(r, rel, full, &st, err);
}

/* The reference's scripts for its own templates, never part of a project. */
static bool is_hook(const char *name)
{
	const char *hook = strstr(name, ".hook.");

	return hook && hook[strlen(".hook.")];
}

static int add_folder(struct reading *r, const char *rel, unsigned depth,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *full = path_join(r->root, rel);
	int rc;

	if (depth > DEPTH_MAX)
		return err_set(err, E_TOOBIG, "the template's folders are more "
		    "than %u deep at '%s'", DEPTH_MAX, full);
	if ((rc = list_folder(full, &names, err)) < 0)
		return rc;
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		CLEANUP(free_p) char *one = *rel ?
		    path_join(rel, names.v[i]) : xstrdup(names.v[i]);

		if (!is_hook(names.v[i]) && !streq(names.v[i], ".git"))
			rc = add_entry(r, one, depth, err);
	}
	return rc;
}

int custom_template_files(const struct custom_template *t,
    const char *language, struct init_files *ret, struct err *err)
{
	CLEANUP(free_p) char *root = path_join(t->path, language);
	struct reading r = { .root = root, .files = ret };

	return add_folder(&r, "", 0, err);
}
