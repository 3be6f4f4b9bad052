#include "util/zip_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "util/file.h"

/* A folder link that leads upwards multiplies until the system refuses at 40
 * links; two of them would never end. */
#define FILES_MAX ((size_t)4000000)

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int open_dir(const char *path, DIR **ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && (*ret = fdopendir(fd)))
		return 0;
	(void)err_set(err, errno == ENOENT ? E_NOTFOUND : E_IO,
	    "cannot read folder '%s': %m", path);
	if (fd >= 0)
		close(fd);
	return E_IO;
}

static int list(DIR *d, const char *path, struct strvec *ret, struct err *err)
{
	struct dirent *e;

	while ((errno = 0, e = readdir(d)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			strvec_add(ret, e->d_name);
	if (errno)
		return err_set(err, E_IO, "cannot read folder '%s': %m", path);
	strvec_sort(ret);
	return 0;
}

static void add(struct zip_files *f, char *take, uint64_t size)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 64;
		f->v = xreallocarray(f->v, f->cap, sizeof(*f->v));
	}
	f->v[f->n++] = (struct zip_file){ take, size };
}

void zip_files_release(struct zip_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].name);
	free(f->v);
	*f = (struct zip_files){ 0 };
}

/* One folder: its files to ret, its folders to dirs. */
static int scan(const char *dir, const char *rel, struct strvec *dirs,
    struct zip_files *ret, struct err *err)
{
	CLEANUP(close_dir) DIR *d = NULL;
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *path = *rel ? path_join(dir, rel) : xstrdup(dir);
	struct stat st;
	int rc;

	if ((rc = open_dir(path, &d, err)) < 0 ||
	    (rc = list(d, path, &names, err)) < 0)
		return rc;
	for (size_t i = 0; i < names.n; i++) {
		if (fstatat(dirfd(d), names.v[i], &st, 0) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			strvec_add_take(dirs, path_join(rel, names.v[i]));
		else if (S_ISREG(st.st_mode))
			add(ret, path_join(rel, names.v[i]),
			    (uint64_t)st.st_size);
	}
	return 0;
}

int zipwalk(const char *dir, struct zip_files *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec dirs = { 0 };
	int rc = scan(dir, "", &dirs, ret, err);

	for (size_t i = 0; rc == 0 && i < dirs.n; i++) {
		/* scan() may move the list, the text stays */
		rc = scan(dir, dirs.v[i], &dirs, ret, err);
		if (ret->n > FILES_MAX || dirs.n > FILES_MAX)
			return err_set(err, E_TOOBIG, "'%s' has more than %zu "
			    "files (a link to a folder above itself?)", dir,
			    FILES_MAX);
	}
	return rc;
}
