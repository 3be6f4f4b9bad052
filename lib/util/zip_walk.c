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

static int list(const char *path, struct strvec *ret, struct err *err)
{
	CLEANUP(close_dir) DIR *d = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;

	if (fd >= 0)
		d = fdopendir(fd);
	if (!d) {
		(void)err_set(err, errno == ENOENT ? E_NOTFOUND : E_IO,
		    "cannot read folder '%s': %m", path);
		if (fd >= 0)
			close(fd);
		return E_IO;
	}
	while ((errno = 0, e = readdir(d)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			strvec_add(ret, e->d_name);
	if (errno)
		return err_set(err, E_IO, "cannot read folder '%s': %m", path);
	strvec_sort(ret);
	return 0;
}

/* One folder: its files to ret, its folders to dirs. */
static int scan(const char *dir, const char *rel, struct strvec *dirs,
    struct strvec *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *path = *rel ? path_join(dir, rel) : xstrdup(dir);
	struct stat st;
	int rc;

	if ((rc = list(path, &names, err)) < 0)
		return rc;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_p) char *name = path_join(rel, names.v[i]);
		CLEANUP(free_p) char *full = path_join(dir, name);

		if (stat(full, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			strvec_add_take(dirs, TAKE(name));
		else if (S_ISREG(st.st_mode))
			strvec_add_take(ret, TAKE(name));
	}
	return 0;
}

int zipwalk(const char *dir, struct strvec *ret, struct err *err)
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
