#include "util/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#define READ_MAX ((size_t)1 << 30)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int fd_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *p, size_t n)
{
	char *s = p;
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, s + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static int read_error(const char *path, struct err *err)
{
	int code = errno == ENOENT || errno == ENOTDIR ? E_NOTFOUND : E_IO;

	err_set_(err, code, "cannot read '%s': %m", path);
	return code;
}

int file_read_at(int fd, void *buf, size_t n, off_t off, size_t *ret,
    struct err *err)
{
	ssize_t got;

	do {
		got = pread(fd, buf, n, off);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(err, E_IO, "cannot read: %m");
	if (got == 0)
		return err_set(err, E_IO,
		    "file became shorter while it was read");
	*ret = (size_t)got;
	return 0;
}

int file_read(const char *path, size_t max, struct strbuf *out,
    struct err *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return read_error(path, err);
	if (!max)
		max = READ_MAX;
	strbuf_reset(out);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return err_set(err, E_TOOBIG,
		    "'%s' is larger than %zu bytes", path, max);
	strbuf_grow(out, S_ISREG(st.st_mode) ? (size_t)st.st_size + 4096 : 4096);
	do {
		/* the size is only a hint: pipes and /proc have none */
		strbuf_grow(out, MAX(out->cap - out->len - 1, (size_t)4096));
		n = fd_read_full(fd, out->buf + out->len,
		    out->cap - out->len - 1);
		if (n < 0) {
			int saved = errno;

			strbuf_reset(out);
			errno = saved;
			return read_error(path, err);
		}
		out->len += (size_t)n;
		out->buf[out->len] = '\0';
		if (out->len > max) {
			strbuf_reset(out);
			return err_set(err, E_TOOBIG,
			    "'%s' is larger than %zu bytes", path, max);
		}
	} while (n > 0);
	return 0;
}

/* For what cannot be replaced: devices, pipes, files in closed folders. */
static int write_straight(const char *path, struct sv data, struct err *err)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY), rc;

	if (fd < 0)
		return err_set(err, E_IO, "cannot write '%s': %m", path);
	rc = fd_write_all(fd, data.p, data.n);
	if (rc < 0)
		(void)err_set(err, E_IO, "cannot write '%s': %m", path);
	if (close(fd) < 0 && !rc)
		rc = err_set(err, E_IO, "cannot write '%s': %m", path);
	return rc ? E_IO : 0;
}

/* Readable but in a folder that takes no new names? */
static bool folder_is_closed(const char *path)
{
	CLEANUP(free_p) char *dir = path_dirname(path);

	return file_is_regular(path) &&
	    faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) < 0;
}

int file_write(const char *path, struct sv data, mode_t mode, struct err *err)
{
	CLEANUP(tmpfile_free_p) struct tmpfile_ctx *t = NULL;
	int rc;

	if ((file_exists(path) && !file_is_regular(path)) ||
	    folder_is_closed(path))
		return write_straight(path, data, err);
	if ((rc = tmpfile_open(path, mode, &t, err)) < 0)
		return rc;
	if (fd_write_all(tmpfile_fd(t), data.p, data.n) < 0)
		return err_set(err, E_IO, "cannot write '%s': %m", path);
	return tmpfile_commit(t, err);
}

/* The name is as safe as the content only when the folder is, too. */
static int sync_folder(const char *path, struct err *err)
{
	CLEANUP(free_p) char *dir = path_dirname(path);
	CLEANUP(close_fd) int fd = open(dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* a file system that cannot sync a folder says EINVAL */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		return err_set(err, E_IO, "cannot write '%s': %m", path);
	return 0;
}

int file_write_synced(const char *path, struct sv data, mode_t mode,
    struct err *err)
{
	CLEANUP(tmpfile_free_p) struct tmpfile_ctx *t = NULL;
	int rc = tmpfile_open(path, mode, &t, err);

	if (rc < 0)
		return rc;
	if (fd_write_all(tmpfile_fd(t), data.p, data.n) < 0 ||
	    fsync(tmpfile_fd(t)) < 0)
		return err_set(err, E_IO, "cannot write '%s': %m", path);
	rc = tmpfile_commit(t, err);
	return rc < 0 ? rc : sync_folder(path, err);
}

static bool has_type(const char *path, mode_t type)
{
	struct stat st;

	return stat(path, &st) == 0 && (!type || (st.st_mode & S_IFMT) == type);
}

bool file_exists(const char *path)
{
	return has_type(path, 0);
}

bool file_is_dir(const char *path)
{
	return has_type(path, S_IFDIR);
}

bool file_is_regular(const char *path)
{
	return has_type(path, S_IFREG);
}

int dir_make(const char *path, struct err *err)
{
	CLEANUP(free_p) char *p = xstrdup(path);

	if (file_is_dir(path))
		return 0;
	for (char *s = p; *s; s++) {
		if (*s != '/' || s == p)
			continue;
		*s = '\0';
		/* a missing parent shows when the next level is made */
		(void)mkdir(p, 0777);
		*s = '/';
	}
	if (mkdir(p, 0777) == 0 || (errno == EEXIST && file_is_dir(p)))
		return 0;
	return err_set(err, E_IO, "cannot make folder '%s': %m", path);
}
