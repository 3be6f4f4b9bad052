#include "util/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "util/digest.h"
#include "util/proc.h"

/*
 * What has to go when the process ends. Entries are only ever added, and
 * paths live inside them, so a signal handler may walk the list at any time:
 * it claims an entry by its state, and nobody touches a claimed one again.
 */
enum entry_state { ENTRY_FREE, ENTRY_SETUP, ENTRY_FILE, ENTRY_DIR, ENTRY_GONE };

struct entry {
	struct entry *next;
	atomic_int state;
	char path[PATH_MAX];
};

struct tmpfile_ctx {
	int fd;
	mode_t mode; /* of the file that is replaced; 0: there is none */
	char *path, *target;
	struct entry *entry;
};

static _Atomic(struct entry *) entries;
static atomic_int owner_pid;
static pthread_once_t hooks_once = PTHREAD_ONCE_INIT;

/* ---- removing, with async-signal-safe calls only ------------------------ */

#define REMOVE_DEPTH 200

static int remove_at(int dirfd, const char *name, unsigned depth);

/* One pass over a folder; returns how many entries are gone, or -1. */
static long remove_pass(int fd, unsigned depth)
{
	_Alignas(struct dirent64) char buf[2048];
	long removed = 0;
	ssize_t n;

	while ((n = getdents64(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct dirent64 *d = (void *)(buf + at);

			at += d->d_reclen;
			if (streq(d->d_name, ".") || streq(d->d_name, ".."))
				continue;
			if (remove_at(fd, d->d_name, depth) < 0)
				return -1;
			removed++;
		}
	}
	return n < 0 ? -1 : removed;
}

static int remove_dir_at(int dirfd, const char *name, unsigned depth)
{
	int fd, saved;
	long n;

	if (depth > REMOVE_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* removing may make the system skip names: again until none is left */
	while ((n = remove_pass(fd, depth)) > 0 && lseek(fd, 0, SEEK_SET) == 0)
		;
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : unlinkat(dirfd, name, AT_REMOVEDIR);
}

static int remove_at(int dirfd, const char *name, unsigned depth)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	return remove_dir_at(dirfd, name, depth + 1);
}

void tmpfile_remove_all(void)
{
	int saved = errno;

	/* a forked child must not take its parent's files away */
	if (atomic_load(&owner_pid) != getpid())
		return;
	for (struct entry *e = atomic_load(&entries); e; e = e->next) {
		int state = atomic_load(&e->state);

		if ((state != ENTRY_FILE && state != ENTRY_DIR) ||
		    !atomic_compare_exchange_strong(&e->state, &state,
			ENTRY_GONE))
			continue;
		(void)remove_at(AT_FDCWD, e->path, 0);
	}
	errno = saved;
}

/* ---- keeping the list ---------------------------------------------------- */

static const int fatal_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
	SIGXCPU, SIGXFSZ };

static void on_fatal_signal(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t set;

	proc_kill_groups();
	tmpfile_remove_all();
	sigaction(sig, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

/* Signals that somebody handles or ignores already are left alone: such a
 * handler ends the program through exit() or tmpfile_remove_all(). */
static void install_hooks(void)
{
	struct sigaction act = { .sa_handler = on_fatal_signal }, old;

	atomic_store(&owner_pid, getpid());
	atexit(tmpfile_remove_all);
	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		if (sigaction(fatal_signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			sigaction(fatal_signals[i], &act, NULL);
}

/* An entry nobody uses, in state SETUP. */
static struct entry *entry_get(void)
{
	struct entry *e;

	pthread_once(&hooks_once, install_hooks);
	for (e = atomic_load(&entries); e; e = e->next) {
		int want = ENTRY_FREE;

		if (atomic_compare_exchange_strong(&e->state, &want,
			ENTRY_SETUP))
			return e;
	}
	e = xcalloc(1, sizeof(*e));
	atomic_store(&e->state, ENTRY_SETUP);
	e->next = atomic_load(&entries);
	while (!atomic_compare_exchange_weak(&entries, &e->next, e))
		;
	return e;
}

/* Registered before the thing exists: no moment at which it could stay. */
static struct entry *entry_add(const char *path, int state, struct err *err)
{
	CLEANUP(free_p) char *abs = path_abs(path);
	size_t n = strlen(abs);
	struct entry *e;

	if (n >= sizeof(e->path)) {
		(void)err_set(err, E_IO, "path is too long: '%s'", path);
		return NULL;
	}
	e = entry_get();
	memcpy(e->path, abs, n + 1);
	atomic_store(&e->state, state);
	return e;
}

static void entry_drop(struct entry *e)
{
	int state = e ? atomic_load(&e->state) : ENTRY_GONE;

	/* claimed by the handler: stays claimed */
	if (state == ENTRY_FILE || state == ENTRY_DIR)
		(void)atomic_compare_exchange_strong(&e->state, &state,
		    ENTRY_FREE);
}

static void entry_drop_path(const char *path, int state)
{
	CLEANUP(free_p) char *abs = path_abs(path);

	for (struct entry *e = atomic_load(&entries); e; e = e->next)
		if (atomic_load(&e->state) == state && streq(e->path, abs))
			entry_drop(e);
}

int tmpfile_guard(const char *path, struct err *err)
{
	return entry_add(path, ENTRY_FILE, err) ? 0 : E_IO;
}

void tmpfile_unguard(const char *path)
{
	entry_drop_path(path, ENTRY_FILE);
}

void tmpfile_catch_signals(void)
{
	pthread_once(&hooks_once, install_hooks);
}

/* ---- folders ------------------------------------------------------------- */

int dir_temp(const char *prefix, char **ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	unsigned char r[8];
	char hex[2 * sizeof(r) + 1];

	if (!tmp || !*tmp)
		tmp = "/tmp";
	for (int i = 0; i < 100; i++) {
		CLEANUP(free_p) char *path = NULL;
		struct entry *e;

		rand_bytes(r, sizeof(r));
		hex_encode(r, sizeof(r), hex);
		path = xasprintf("%s/%s%.6s", tmp, prefix, hex);
		e = entry_add(path, ENTRY_SETUP, err);
		if (!e)
			return E_IO;
		if (mkdir(path, 0700) == 0) {
			atomic_store(&e->state, ENTRY_DIR);
			*ret = TAKE(path);
			return 0;
		}
		atomic_store(&e->state, ENTRY_FREE);
		if (errno != EEXIST)
			break;
	}
	return err_set(err, E_IO, "cannot make a temporary folder in '%s': %m",
	    tmp);
}

int dir_remove(const char *path, struct err *err)
{
	CLEANUP(free_p) char *abs = path_abs(path);

	if (remove_at(AT_FDCWD, abs, 0) < 0)
		return err_set(err, E_IO, "cannot remove '%s': %m", path);
	entry_drop_path(path, ENTRY_DIR);
	return 0;
}

/* ---- files --------------------------------------------------------------- */

/* A link is written through; what else is there must be a regular file. */
static int find_target(const char *target, struct tmpfile_ctx *t,
    struct err *err)
{
	struct stat st;

	if (stat(target, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return err_set(err, E_IO,
			    "cannot write '%s': not a regular file", target);
		t->mode = st.st_mode & 07777;
		t->target = realpath(target, NULL);
	}
	if (!t->target)
		t->target = xstrdup(target);
	return 0;
}

int tmpfile_open(const char *target, mode_t mode, struct tmpfile_ctx **ret,
    struct err *err)
{
	CLEANUP(tmpfile_free_p) struct tmpfile_ctx *t = xcalloc(1, sizeof(*t));
	unsigned char r[6];
	char hex[2 * sizeof(r) + 1];
	int rc;

	t->fd = -1;
	if ((rc = find_target(target, t, err)) < 0)
		return rc;
	for (int i = 0; i < 100 && t->fd < 0; i++) {
		rand_bytes(r, sizeof(r));
		hex_encode(r, sizeof(r), hex);
		free(t->path);
		t->path = xasprintf("%s.%s._tmp", t->target, hex);
		entry_drop(t->entry);
		t->entry = entry_add(t->path, ENTRY_SETUP, err);
		if (!t->entry)
			return E_IO;
		t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		    mode);
		atomic_store(&t->entry->state,
		    t->fd < 0 ? ENTRY_FREE : ENTRY_FILE);
		if (t->fd < 0) {
			t->entry = NULL;
			if (errno != EEXIST)
				return err_set(err, E_IO,
				    "cannot write '%s': %m", target);
		}
	}
	if (t->fd < 0)
		return err_set(err, E_IO, "cannot write '%s': %m", target);
	*ret = TAKE(t);
	return 0;
}

int tmpfile_fd(const struct tmpfile_ctx *t)
{
	return t->fd;
}

const char *tmpfile_path(const struct tmpfile_ctx *t)
{
	return t->path;
}

int tmpfile_commit(struct tmpfile_ctx *t, struct err *err)
{
	int rc = 0;

	if (t->mode)
		rc = fchmod(t->fd, t->mode);
	/* close reports what a network file system could not store */
	if (close(t->fd) < 0)
		rc = -1;
	t->fd = -1;
	if (rc < 0 || rename(t->path, t->target) < 0)
		return err_set(err, E_IO, "cannot write '%s': %m", t->target);
	entry_drop(t->entry);
	t->entry = NULL;
	return 0;
}

void tmpfile_free(struct tmpfile_ctx *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	if (t->entry) {
		(void)unlink(t->path);
		entry_drop(t->entry);
	}
	free(t->path);
	free(t->target);
	free(t);
}
