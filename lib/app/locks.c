#include "app/locks.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>

#include "util/file.h"
#include "util/strmap.h"

#define WRITER "synth.lock"

/* Files this process made; an own pid on any other file is a reused pid. */
static struct strmap own;

static bool is_live(const char *path, int64_t pid)
{
	if (pid <= 0 || pid > INT32_MAX)
		return false;
	if (pid == getpid())
		return strmap_has(&own, path);
	return kill((pid_t)pid, 0) == 0;
}

/* The process that holds the lock, or 0; a stale file is removed. */
static int64_t holder(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err ignored = { 0 };
	int64_t pid = 0;

	if (file_read(path, 64, &text, &ignored) == E_NOTFOUND)
		return 0;
	strbuf_rtrim(&text);
	if (str_to_int64(text.buf, &pid) && is_live(path, pid))
		return pid;
	(void)unlink(path);
	return 0;
}

static int refuse_writer(const char *dir, struct err *err)
{
	CLEANUP(free_p) char *path = path_join(dir, WRITER);
	int64_t pid = holder(path);

	if (!pid)
		return 0;
	return err_set(err, E_FAIL, "Another CLI (PID=%lld) is currently "
	    "synthing to %s. Invoke the CLI in sequence, or use '--output' to "
	    "synth into different directories.", (long long)pid, dir);
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
		int64_t pid = holder(path);

		if (pid)
			strvec_addf(&pids, "%lld", (long long)pid);
	}
	if (!pids.n)
		return 0;
	joined = strvec_join(&pids, ",");
	return err_set(err, E_FAIL, "Other CLIs (PID=%s) are currently reading "
	    "from %s. Invoke the CLI in sequence, or use '--output' to synth "
	    "into different directories.", joined, dir);
}

static int lock_make(const char *dir, const char *name, struct dir_lock *ret,
    struct err *err)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	CLEANUP(free_p) char *pid = xasprintf("%lld", (long long)getpid());
	int r = dir_make(dir, err);

	if (r == 0)
		r = file_write(path, sv_from(pid), 0666, err);
	if (r < 0)
		return r;
	strmap_set(&own, path, NULL);
	ret->path = TAKE(path);
	return 0;
}

int dir_lock_write(const char *dir, struct dir_lock *ret, struct err *err)
{
	int r = refuse_writer(dir, err);

	if (r == 0)
		r = refuse_readers(dir, err);
	if (r == 0)
		r = lock_make(dir, WRITER, ret, err);
	/* of two that came at once, the one whose number stands there stays */
	if (r == 0 && holder(ret->path) != getpid()) {
		strmap_del(&own, ret->path);
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
	(void)unlink(l->path);
	strmap_del(&own, l->path);
	free(TAKE(l->path));
}
