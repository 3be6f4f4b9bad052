#include "app/locks.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "app/lock_owner.h"
#include "util/file.h"
#include "util/strmap.h"

#define WRITER "synth.lock"
#define LOCK_MAX ((size_t)4096)

/* ---- our own ------------------------------------------------------------- */

/* Files this process made; an own pid on any other file is a reused pid. */
static struct strmap own;
static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t beat_once = PTHREAD_ONCE_INIT;

/* Other containers and machines cannot see that we live, but this they can. */
static void *beat(void *arg)
{
	const struct timespec pause = { .tv_sec = LOCK_BEAT_S };

	for (;;) {
		(void)nanosleep(&pause, NULL);
		pthread_mutex_lock(&own_lock);
		STRMAP_EACH(&own, e)
			(void)utimensat(AT_FDCWD, e->key, NULL,
			    AT_SYMLINK_NOFOLLOW);
		pthread_mutex_unlock(&own_lock);
	}
	return arg;
}

/* On a thread that takes no signals and ends with the process. */
static void beat_start(void)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_create(&thread, &attr, beat, NULL);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void own_add(const char *path)
{
	pthread_mutex_lock(&own_lock);
	strmap_set(&own, path, NULL);
	pthread_mutex_unlock(&own_lock);
}

void dir_locks_renew(void)
{
	pthread_once(&beat_once, beat_start);
}

static void own_del(const char *path)
{
	pthread_mutex_lock(&own_lock);
	strmap_del(&own, path);
	pthread_mutex_unlock(&own_lock);
}

static bool own_has(const char *path)
{
	bool has;

	pthread_mutex_lock(&own_lock);
	has = strmap_has(&own, path);
	pthread_mutex_unlock(&own_lock);
	return has;
}

/* ---- others' ------------------------------------------------------------- */

/* A lock file somebody holds, and what there is to say about it. */
struct held {
	struct lock_owner owner; /* pid 0: nobody */
	char *doubt;		 /* or NULL */
};

static void held_release(struct held *h)
{
	free(h->doubt);
}

/* A file of a process that is gone is removed. */
static void held_read(const char *path, struct held *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct lock_owner o = { 0 };
	enum lock_life life = LOCK_GONE;
	int64_t now = (int64_t)time(NULL);
	struct stat st = { 0 };

	*ret = (struct held){ 0 };
	if (stat(path, &st) < 0 ||
	    file_read(path, LOCK_MAX, &text, NULL) == E_NOTFOUND)
		return;
	if (lock_owner_parse(strbuf_sv(&text), &o))
		life = lock_owner_life(&o, st.st_mtime, now);
	/* our own number in a file we did not write: it had it before us */
	if (life == LOCK_HERE && o.pid == getpid() && !own_has(path))
		life = LOCK_GONE;
	if (life == LOCK_GONE) {
		(void)unlink(path);
		return;
	}
	ret->owner = o;
	ret->doubt = lock_owner_doubt(&o, life, path, now - st.st_mtime);
}

static int refuse_writer(const char *dir, struct err *err)
{
	CLEANUP(free_p) char *path = path_join(dir, WRITER);
	CLEANUP(held_release) struct held h = { 0 };

	held_read(path, &h);
	if (!h.owner.pid)
		return 0;
	return err_set(err, E_FAIL, "Another CLI (PID=%lld) is currently "
	    "synthing to %s. Invoke the CLI in sequence, or use '--output' to "
	    "synth into different directories.%s%s", (long long)h.owner.pid,
	    dir, h.doubt ? "\n" : "", h.doubt ? h.doubt : "");
}

/* "read.<pid>.<n>.lock" */
static bool is_reader_name(const char *name)
{
	size_t n;

	if (!str_starts(name, "read."))
		return false;
	name += strlen("read.");
	n = strspn(name, "0123456789");
	if (!n || name[n] != '.')
		return false;
	name += n + 1;
	n = strspn(name, "0123456789");
	return n && streq(name + n, ".lock");
}

static int refuse_readers(const char *dir, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 }, pids = { 0 };
	CLEANUP(strbuf_release) struct strbuf doubts = STRBUF_INIT;
	CLEANUP(free_p) char *joined = NULL;
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_reader_name(e->d_name))
			strvec_add(&names, e->d_name);
	if (d)
		closedir(d);
	strvec_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_p) char *path = path_join(dir, names.v[i]);
		CLEANUP(held_release) struct held h = { 0 };

		held_read(path, &h);
		if (!h.owner.pid)
			continue;
		strvec_addf(&pids, "%lld", (long long)h.owner.pid);
		if (h.doubt)
			strbuf_addf(&doubts, "\n%s", h.doubt);
	}
	if (!pids.n)
		return 0;
	joined = strvec_join(&pids, ",");
	return err_set(err, E_FAIL, "Other CLIs (PID=%s) are currently reading "
	    "from %s. Invoke the CLI in sequence, or use '--output' to synth "
	    "into different directories.%s", joined, dir, doubts.buf);
}

static int lock_make(const char *dir, const char *name, struct dir_lock *ret,
    struct err *err)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = dir_make(dir, err);

	lock_owner_self(&text);
	if (r == 0)
		r = tmpfile_guard(path, err);
	if (r == 0)
		r = file_write(path, strbuf_sv(&text), 0666, err);
	if (r < 0) {
		tmpfile_unguard(path);
		return r;
	}
	own_add(path);
	ret->path = TAKE(path);
	return 0;
}

/* Is the file in its place still the one we wrote? */
static bool is_ours(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, mine = STRBUF_INIT;

	lock_owner_self(&mine);
	return file_read(path, LOCK_MAX, &text, NULL) == 0 &&
	    streq(text.buf, mine.buf);
}

int dir_lock_write(const char *dir, struct dir_lock *ret, struct err *err)
{
	int r = refuse_writer(dir, err);

	if (r == 0)
		r = refuse_readers(dir, err);
	if (r == 0)
		r = lock_make(dir, WRITER, ret, err);
	/* of two that came at once, the one whose number stands there stays */
	if (r == 0 && !is_ours(ret->path)) {
		own_del(ret->path);
		tmpfile_unguard(ret->path);
		free(TAKE(ret->path));
		r = refuse_writer(dir, err);
		if (r == 0)
			r = err_set(err, E_FAIL, "another process took the "
			    "lock of %s away; run again", dir);
	}
	return r;
}

static int reader_make(const char *dir, struct dir_lock *ret, struct err *err)
{
	static atomic_int count;
	CLEANUP(free_p) char *name = xasprintf("read.%lld.%d.lock",
	    (long long)getpid(), atomic_fetch_add(&count, 1) + 1);

	return lock_make(dir, name, ret, err);
}

int dir_lock_read(const char *dir, struct dir_lock *ret, struct err *err)
{
	int r = refuse_writer(dir, err);

	return r < 0 ? r : reader_make(dir, ret, err);
}

int dir_lock_downgrade(const char *dir, struct dir_lock *l, struct err *err)
{
	struct dir_lock reader = { 0 };
	int r = reader_make(dir, &reader, err);

	dir_lock_release(l);
	if (r == 0)
		*l = reader;
	return r;
}

void dir_lock_release(struct dir_lock *l)
{
	if (!l->path)
		return;
	own_del(l->path);
	(void)unlink(l->path);
	tmpfile_unguard(l->path);
	free(TAKE(l->path));
}
