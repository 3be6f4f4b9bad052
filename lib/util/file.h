/*
 * Whole-file reading and writing, paths, and files that appear whole.
 * Errors name the file and the system's reason; E_NOTFOUND when it is missing.
 * Every descriptor is close-on-exec.
 */
#ifndef CCDK_UTIL_FILE_H
#define CCDK_UTIL_FILE_H

#include "util/err.h"
#include "util/strbuf.h"

/* Replaces out's content; E_TOOBIG above max bytes (0: 1 GiB). */
MUST_USE int file_read(const char *path, size_t max, struct strbuf *out,
    struct err *err);
/* At least one byte, at most n, from offset off; E_IO at the end of the file,
 * which was longer when somebody looked. */
MUST_USE int file_read_at(int fd, void *buf, size_t n, off_t off, size_t *ret,
    struct err *err);
/*
 * Written beside the target and renamed; mode e.g. 0666, less the umask. An
 * existing file keeps its mode, a link is written through; what is no regular
 * file (/dev/stdout, a pipe) is written straight.
 */
MUST_USE int file_write(const char *path, struct sv data, mode_t mode,
    struct err *err);
/* The same for a regular file, on disk (name and content) when it returns. */
MUST_USE int file_write_synced(const char *path, struct sv data, mode_t mode,
    struct err *err);
bool file_exists(const char *path);
bool file_is_dir(const char *path);
bool file_is_regular(const char *path);
/* mkdir -p */
MUST_USE int dir_make(const char *path, struct err *err);
/* rm -r; a missing one is fine */
MUST_USE int dir_remove(const char *path, struct err *err);
/* mkdtemp in $TMPDIR or /tmp: "<tmp>/<prefix>XXXXXX"; removed at exit or on a
 * fatal signal unless dir_remove()d before. Yours to free. */
MUST_USE int dir_temp(const char *prefix, char **ret, struct err *err);

/* "dir/name"; an absolute name stands alone. Yours to free, as all below. */
char *path_join(const char *dir, const char *name);
char *path_abs(const char *path);
/* Lexical: "." and ".." resolved, doubled slashes gone. */
char *path_normal(const char *path);
char *path_dirname(const char *path);
const char *path_basename(const char *path); /* borrowed */
/* ".zip", or "" */
const char *path_ext(const char *path); /* borrowed */
/* Does `name`, taken below `dir`, leave it (absolute, or too many "..")? */
bool path_escapes(const char *name);

/* A temporary file beside `target` that replaces it on commit. */
struct tmpfile_ctx;
MUST_USE int tmpfile_open(const char *target, mode_t mode,
    struct tmpfile_ctx **ret, struct err *err);
int tmpfile_fd(const struct tmpfile_ctx *t);
const char *tmpfile_path(const struct tmpfile_ctx *t);
MUST_USE int tmpfile_commit(struct tmpfile_ctx *t, struct err *err);
/* Removes it unless committed; frees t. NULL is fine. */
void tmpfile_free(struct tmpfile_ctx *t);
DEFINE_CLEANUP(struct tmpfile_ctx, tmpfile_free)

/*
 * A file of ours that must not outlive this process although it is no
 * temporary one (a lock): guarded before it is made, let go when it is gone.
 */
MUST_USE int tmpfile_guard(const char *path, struct err *err);
void tmpfile_unguard(const char *path);

/*
 * Removes every temporary file and folder of this process. Async-signal-safe.
 * Runs by itself at exit and on fatal signals nobody else handles; a handler
 * of one's own that ends the program without exit() calls it first.
 */
void tmpfile_remove_all(void);
/* From now on, fatal signals end what there is to end, files or none. */
void tmpfile_catch_signals(void);

/* The whole of it, through interrupted and short writes; 0 or -1 with errno. */
MUST_USE int fd_write_all(int fd, const void *p, size_t n);
/* Up to n bytes, fewer only at the end; -1 with errno. */
ssize_t fd_read_full(int fd, void *p, size_t n);

#endif
