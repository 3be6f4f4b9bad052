#include "scaffold/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/timeutil.h"

struct init_file *init_files_add(struct init_files *f, const char *path,
    mode_t mode)
{
	struct init_file *one;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 32;
		f->v = xreallocarray(f->v, f->cap, sizeof(*f->v));
	}
	one = &f->v[f->n++];
	*one = (struct init_file){ .path = xstrdup(path), .mode = mode,
		.data = STRBUF_INIT };
	return one;
}

struct init_file *init_files_find(const struct init_files *f,
    const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

void init_files_release(struct init_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].path);
		strbuf_release(&f->v[i].data);
	}
	free(f->v);
	*f = (struct init_files){ 0 };
}

/* ---- writing ---- */

/* What was done so far, to be taken back in reverse order. */
struct step {
	char *path;
	bool folder;
	bool had; /* there was a file, this was in it */
	mode_t mode;
	struct strbuf old;
};

struct journal {
	struct step *v;
	size_t n, cap;
};

static struct step *note(struct journal *j, const char *path)
{
	struct step *s;

	if (j->n == j->cap) {
		j->cap = j->cap ? j->cap * 2 : 64;
		j->v = xreallocarray(j->v, j->cap, sizeof(*j->v));
	}
	s = &j->v[j->n++];
	*s = (struct step){ .path = xstrdup(path), .old = STRBUF_INIT };
	return s;
}

static void journal_release(struct journal *j)
{
	for (size_t i = 0; i < j->n; i++) {
		free(j->v[i].path);
		strbuf_release(&j->v[i].old);
	}
	free(j->v);
}

static void take_back(const struct journal *j)
{
	for (size_t i = j->n; i-- > 0;) {
		const struct step *s = &j->v[i];

		if (s->folder)
			(void)rmdir(s->path);
		else if (!s->had)
			(void)unlink(s->path);
		else
			(void)!file_write(s->path, strbuf_sv(&s->old),
			    s->mode, NULL);
	}
}

/* The folders of a path below dir, each new one noted. */
static int make_folders(struct journal *j, const char *dir, const char *path,
    struct err *err)
{
	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		CLEANUP(free_p) char *part = xstrndup(path, (size_t)(s - path));
		CLEANUP(free_p) char *full = path_join(dir, part);

		if (mkdir(full, 0777) == 0)
			note(j, full)->folder = true;
		else if (errno != EEXIST || !file_is_dir(full))
			return err_set(err, E_IO, "cannot make folder '%s': %m",
			    full);
	}
	return 0;
}

/* Keeps what a file that is written over has in it. */
static int remember(struct journal *j, const char *path, struct err *err)
{
	struct step *s;
	struct stat st;

	if (lstat(path, &st) < 0) {
		(void)note(j, path);
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, E_IO, "'%s' is in the way: it is there "
		    "already and is no file", path);
	s = note(j, path);
	s->had = true;
	s->mode = st.st_mode & 07777;
	return file_read(path, 0, &s->old, err);
}

static int write_one(struct journal *j, const char *dir,
    const struct init_file *f, struct err *err)
{
	CLEANUP(free_p) char *full = path_join(dir, f->path);
	int rc;

	if ((rc = make_folders(j, dir, f->path, err)) < 0 ||
	    (rc = remember(j, full, err)) < 0)
		return rc;
	if (!f->link)
		return file_write(full, strbuf_sv(&f->data), f->mode | 0222,
		    err);
	if (symlink(f->data.buf, full) < 0)
		return err_set(err, E_IO, "cannot make link '%s': %m", full);
	return 0;
}

int init_files_write(const struct init_files *f, const char *dir,
    struct err *err)
{
	CLEANUP(journal_release) struct journal j = { 0 };
	int rc = 0;

	for (size_t i = 0; i < f->n && rc == 0; i++) {
		rc = write_one(&j, dir, &f->v[i], err);
		if (rc == 0 && cancel_requested())
			rc = err_set(err, E_CANCELLED, "interrupted; '%s' is "
			    "as it was", dir);
	}
	if (rc < 0)
		take_back(&j);
	return rc;
}
