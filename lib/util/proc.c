#include "util/proc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util/file.h"
#include "util/timeutil.h"

#define CAPTURE_MAX ((size_t)16 << 20)
/* How long output of a child that has ended may still come in. */
#define DRAIN_MS 1000
#define GROUPS_MAX 64
/* a longer line is shown in pieces */
#define LINE_MAX_LEN ((size_t)64 << 10)

extern char **environ;

/* Our ends of the pipes; -1: none. */
struct child {
	const struct proc *p;
	struct proc_result *r;
	pid_t pid;
	int in, out, err_out;
	int gone; /* readable once the child has ended */
	size_t in_sent;
	bool too_big, killed;
	int64_t deadline; /* 0: none */
	int64_t drained;  /* when to stop listening, 0: not yet known */
	struct strbuf left, err_left; /* of a line that has not ended */
};

/* The child's ends. */
struct ends {
	int in, out, err_out;
	bool detach; /* into a session of its own */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void child_release(struct child *c)
{
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->err_out);
	close_fd(&c->gone);
	strbuf_release(&c->left);
	strbuf_release(&c->err_left);
}

/* ---- groups -------------------------------------------------------------- */

/* Leaders of groups that must not outlive us; 0: a free place. */
static atomic_int groups[GROUPS_MAX];
/* How many are being started and do not stand there yet. */
static atomic_int starting;

/* A fatal signal must not come between the start of a group and its place in
 * the list: this thread takes it later, a handler on another one waits. */
static void start_begin(sigset_t *ret_old)
{
	sigset_t all;

	tmpfile_catch_signals();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, ret_old);
	atomic_fetch_add(&starting, 1);
}

static void start_end(const sigset_t *old)
{
	atomic_fetch_sub(&starting, 1);
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

static void group_add(pid_t pid)
{
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		int none = 0;

		if (atomic_compare_exchange_strong(&groups[i], &none, pid))
			return;
	}
}

static void group_drop(pid_t pid)
{
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		int mine = pid;

		if (atomic_compare_exchange_strong(&groups[i], &mine, 0))
			return;
	}
}

void proc_kill_groups(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < 100 && atomic_load(&starting); i++)
		(void)nanosleep(&pause, NULL);
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		int pid = atomic_load(&groups[i]);

		if (pid > 0)
			kill(-pid, SIGKILL);
	}
}

static void ends_release(struct ends *e)
{
	close_fd(&e->in);
	close_fd(&e->out);
	close_fd(&e->err_out);
}

/* ---- finding the program ------------------------------------------------- */

static bool is_program(const char *path)
{
	return file_is_regular(path) &&
	    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static const char *env_get(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; envp && *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* In the PATH the child will have; a name with a slash is taken as it is. */
static char *find_program(const char *name, char *const *envp)
{
	const char *path = env_get(envp, "PATH");
	struct sv rest, dir;

	if (strchr(name, '/'))
		return xstrdup(name);
	rest = sv_from(path ? path : "/usr/local/bin:/usr/bin:/bin");
	while (sv_next(&rest, ':', &dir)) {
		CLEANUP(free_p) char *d = dir.n ? sv_dup(dir) : xstrdup(".");
		CLEANUP(free_p) char *full = path_join(d, name);

		if (is_program(full))
			return TAKE(full);
	}
	return NULL;
}

/* ---- starting ------------------------------------------------------------ */

/* Above the three standard ones, which the child's set-up overwrites. */
static int lift(int fd)
{
	int up;

	if (fd < 0 || fd > 2)
		return fd;
	up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return up;
}

static int make_pipe(int *ret_read, int *ret_write, struct err *err)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_set(err, E_FAIL, "cannot make a pipe: %m");
	*ret_read = lift(fd[0]);
	*ret_write = lift(fd[1]);
	return 0;
}

static void set_nonblock(int fd)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bool is_piped(enum proc_stream how)
{
	return how == PROC_CAPTURE || how == PROC_TEE;
}

static int make_pipes(struct child *c, struct ends *e, struct err *err)
{
	const struct proc *p = c->p;

	if ((p->input.p && make_pipe(&e->in, &c->in, err) < 0) ||
	    (is_piped(p->out) && make_pipe(&c->out, &e->out, err) < 0) ||
	    (is_piped(p->err_out) &&
		make_pipe(&c->err_out, &e->err_out, err) < 0))
		return E_FAIL;
	set_nonblock(c->in);
	set_nonblock(c->out);
	set_nonblock(c->err_out);
	return 0;
}

static void plan_output(posix_spawn_file_actions_t *fa, int to, int end,
    enum proc_stream how)
{
	if (is_piped(how))
		posix_spawn_file_actions_adddup2(fa, end, to);
	else if (how == PROC_STDERR)
		posix_spawn_file_actions_adddup2(fa, STDERR_FILENO, to);
	else if (how == PROC_NULL)
		posix_spawn_file_actions_addopen(fa, to, "/dev/null", O_WRONLY,
		    0);
}

static bool has_own_group(const struct proc *p)
{
	return p->timeout_ms > 0 && !p->share_group;
}

static void plan(const struct proc *p, const struct ends *e,
    posix_spawn_file_actions_t *fa, posix_spawnattr_t *attr)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t set;

	if (p->dir)
		posix_spawn_file_actions_addchdir_np(fa, p->dir);
	if (e->in >= 0)
		posix_spawn_file_actions_adddup2(fa, e->in, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(fa, STDIN_FILENO, "/dev/null",
		    O_RDONLY, 0);
	plan_output(fa, STDOUT_FILENO, e->out, p->out);
	plan_output(fa, STDERR_FILENO, e->err_out, p->err_out);
	/* workers block signals and we ignore SIGPIPE: not the child's fault */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(attr, &set);
	if (e->detach)
		flags |= POSIX_SPAWN_SETSID;
	/* in our group ^C reaches it; a group of its own can be killed whole */
	if (has_own_group(p)) {
		flags |= POSIX_SPAWN_SETPGROUP;
		posix_spawnattr_setpgroup(attr, 0);
	}
	posix_spawnattr_setflags(attr, flags);
}

static int spawn(struct child *c, struct ends *e, struct err *err)
{
	const struct proc *p = c->p;
	char *const *envp = p->envp ? p->envp : environ;
	CLEANUP(free_p) char *program = find_program(p->argv[0], envp);
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int rc;

	if (p->dir && !file_is_dir(p->dir))
		return err_set(err, E_IO, "cannot run '%s' in '%s': no such "
		    "folder", p->argv[0], p->dir);
	if (!program)
		return err_set(err, E_NOTFOUND, "cannot run '%s': not found in "
		    "PATH", p->argv[0]);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	plan(p, e, &fa, &attr);
	rc = posix_spawn(&c->pid, program, &fa, &attr, p->argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	if (rc == 0)
		return 0;
	rc = rc == ENOENT ? E_NOTFOUND : (errno = rc, E_FAIL);
	if (rc == E_NOTFOUND)
		errno = ENOENT;
	err_set_(err, rc, "cannot run '%s': %m", p->argv[0]);
	return rc;
}

int proc_detach(char *const *argv, struct err *err)
{
	const struct proc p = { .argv = argv, .out = PROC_NULL,
		.err_out = PROC_NULL };
	struct ends e = { .in = -1, .out = -1, .err_out = -1,
		.detach = true };
	struct child c = { .p = &p };

	/* never waited for: it outlives us or is collected when we end */
	return spawn(&c, &e, err);
}

/* ---- talking ------------------------------------------------------------- */

/* write() without the SIGPIPE of a reader that is gone. */
static ssize_t pipe_write(int fd, const char *p, size_t n)
{
	static const struct timespec now = { 0 };
	sigset_t pipe_set, old, pending;
	ssize_t w;
	int saved;
	bool was;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&pending);
	was = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
	w = write(fd, p, n);
	saved = errno;
	if (w < 0 && saved == EPIPE && !was)
		(void)sigtimedwait(&pipe_set, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return w;
}

static void feed(struct child *c)
{
	struct sv in = c->p->input;
	ssize_t w = 0;

	if (c->in_sent < in.n) {
		w = pipe_write(c->in, in.p + c->in_sent, in.n - c->in_sent);
		if (w > 0)
			c->in_sent += (size_t)w;
	}
	/* a child that does not want its input is free not to read it */
	if (c->in_sent == in.n ||
	    (w < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&c->in);
}

/* Whole lines, each behind the prefix; what is left waits for its end. */
static void tee_lines(const char *prefix, int tee, struct strbuf *left,
    struct sv add, bool end)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t from = 0;

	strbuf_addsv(left, add);
	for (;;) {
		const char *at = left->buf + from;
		const char *nl = memchr(at, '\n', left->len - from);
		size_t n = nl ? (size_t)(nl - at) : left->len - from;

		if (!nl && ((!end && n < LINE_MAX_LEN) || !n))
			break;
		strbuf_addf(&out, "%s%.*s\n", prefix, (int)n, at);
		from += n + (nl != NULL);
	}
	if (out.len)
		(void)!fd_write_all(tee, out.buf, out.len);
	memmove(left->buf, left->buf + from, left->len - from);
	strbuf_setlen(left, left->len - from);
}

/* tee: the descriptor that gets it too, -1 for none */
static void collect(struct child *c, int *fd, int tee, struct strbuf *out)
{
	size_t max = c->p->capture_max ? c->p->capture_max : CAPTURE_MAX;
	struct strbuf *left = out == &c->r->out ? &c->left : &c->err_left;
	const char *prefix = c->p->tee_prefix;
	char buf[16384];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	if (n <= 0)
		return;
	if (tee >= 0 && prefix)
		tee_lines(prefix, tee, left, (struct sv){ buf, (size_t)n },
		    false);
	if (tee >= 0 && !prefix)
		(void)!fd_write_all(tee, buf, (size_t)n);
	if (c->p->watch)
		c->p->watch(c->p->watch_user, (struct sv){ buf, (size_t)n });
	if ((size_t)n > max - out->len) {
		n = (ssize_t)(max - out->len);
		c->too_big = tee < 0 && !c->p->watch;
	}
	strbuf_add(out, buf, (size_t)n);
	/* it may be a credential_process */
	explicit_bzero(buf, (size_t)n);
}

static void kill_child(struct child *c)
{
	if (!c->killed)
		kill(has_own_group(c->p) ? -c->pid : c->pid, SIGKILL);
	c->killed = true;
}

/* How long to wait for something to happen; -1: for ever. */
static int patience(struct child *c)
{
	int64_t left;

	if (!c->deadline)
		return -1;
	left = c->deadline - mono_ms();
	if (left <= 0)
		c->r->timed_out = true;
	if (left <= 0 || cancel_requested()) {
		kill_child(c);
		return 0;
	}
	return (int)MIN(left, (int64_t)100);
}

static int tee_fd(enum proc_stream how, int fd)
{
	return how == PROC_TEE ? fd : -1;
}

/* Time left for the last words of a child that has ended; -1: it has not. */
static int last_words(struct child *c, bool ended)
{
	if (ended) {
		close_fd(&c->gone);
		c->drained = mono_ms() + DRAIN_MS;
	}
	if (!c->drained)
		return -1;
	return (int)MAX(c->drained - mono_ms(), (int64_t)0);
}

static void talk(struct child *c)
{
	bool ended = false;

	while (c->in >= 0 || c->out >= 0 || c->err_out >= 0) {
		struct pollfd p[] = {
			{ .fd = c->in, .events = POLLOUT },
			{ .fd = c->out, .events = POLLIN },
			{ .fd = c->err_out, .events = POLLIN },
			{ .fd = c->gone, .events = POLLIN },
		};
		int ms = patience(c), left = last_words(c, ended);

		ended = false;
		if (c->killed || c->too_big || left == 0)
			break;
		if (left > 0)
			ms = ms < 0 ? left : MIN(ms, left);
		if (poll(p, ARRAY_SIZE(p), ms) <= 0) {
			if (c->p->watch)
				c->p->watch(c->p->watch_user, SV(""));
			continue;
		}
		if (p[0].revents)
			feed(c);
		if (p[1].revents)
			collect(c, &c->out, tee_fd(c->p->out, STDOUT_FILENO),
			    &c->r->out);
		ended = p[3].revents != 0;
		if (p[2].revents)
			collect(c, &c->err_out,
			    tee_fd(c->p->err_out, STDERR_FILENO),
			    &c->r->err_out);
	}
	if (c->too_big)
		kill_child(c);
	if (c->p->tee_prefix) {
		tee_lines(c->p->tee_prefix, STDOUT_FILENO, &c->left, SV(""),
		    true);
		tee_lines(c->p->tee_prefix, STDERR_FILENO, &c->err_left,
		    SV(""), true);
	}
	child_release(c);
}

static void reap(struct child *c)
{
	int st = 0, ms;
	pid_t got;

	for (;;) {
		got = waitpid(c->pid, &st, c->deadline && !c->killed ?
		    WNOHANG : 0);
		if (got == c->pid || (got < 0 && errno != EINTR))
			break;
		ms = got == 0 ? patience(c) : 0;
		if (ms > 0)
			poll(NULL, 0, MIN(ms, 10));
	}
	if (got < 0 || WIFEXITED(st)) {
		c->r->status = got < 0 ? -1 : WEXITSTATUS(st);
	} else {
		c->r->status = -1;
		c->r->signal = WTERMSIG(st);
	}
}

static int start(struct child *c, struct ends *e, struct err *err)
{
	sigset_t old;
	int rc;

	if (!has_own_group(c->p))
		return spawn(c, e, err);
	start_begin(&old);
	rc = spawn(c, e, err);
	if (rc == 0)
		group_add(c->pid);
	start_end(&old);
	return rc;
}

int proc_run(const struct proc *p, struct proc_result *ret, struct err *err)
{
	CLEANUP(proc_result_release) struct proc_result r = {
		.out = STRBUF_INIT, .err_out = STRBUF_INIT };
	CLEANUP(child_release) struct child c = { .p = p, .r = &r, .in = -1,
		.out = -1, .err_out = -1, .gone = -1, .left = STRBUF_INIT,
		.err_left = STRBUF_INIT };
	CLEANUP(ends_release) struct ends e = { -1, -1, -1, false };
	int rc;

	if ((rc = make_pipes(&c, &e, err)) < 0 ||
	    (rc = start(&c, &e, err)) < 0)
		return rc;
	ends_release(&e);
	/* without it (old kernels) the end of the output is waited for */
	c.gone = (int)syscall(SYS_pidfd_open, c.pid, 0);
	if (p->timeout_ms > 0)
		c.deadline = mono_ms() + p->timeout_ms;
	talk(&c);
	reap(&c);
	if (has_own_group(p))
		group_drop(c.pid);
	if (c.too_big)
		return err_set(err, E_TOOBIG, "'%s' printed more than %zu "
		    "bytes", p->argv[0],
		    p->capture_max ? p->capture_max : CAPTURE_MAX);
	*ret = r;
	r = (struct proc_result){ .out = STRBUF_INIT, .err_out = STRBUF_INIT };
	return 0;
}

void proc_result_release(struct proc_result *r)
{
	strbuf_release(&r->out);
	strbuf_release(&r->err_out);
}

const char *proc_signal_name(int sig)
{
	static const struct {
		int sig;
		const char *name;
	} names[] = {
		{ SIGHUP, "SIGHUP" },	{ SIGINT, "SIGINT" },
		{ SIGQUIT, "SIGQUIT" }, { SIGILL, "SIGILL" },
		{ SIGTRAP, "SIGTRAP" }, { SIGABRT, "SIGABRT" },
		{ SIGBUS, "SIGBUS" },	{ SIGFPE, "SIGFPE" },
		{ SIGKILL, "SIGKILL" }, { SIGUSR1, "SIGUSR1" },
		{ SIGSEGV, "SIGSEGV" }, { SIGUSR2, "SIGUSR2" },
		{ SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" },
		{ SIGTERM, "SIGTERM" }, { SIGXCPU, "SIGXCPU" },
		{ SIGXFSZ, "SIGXFSZ" }, { SIGSYS, "SIGSYS" },
		{ SIGSTOP, "SIGSTOP" }, { SIGVTALRM, "SIGVTALRM" },
		{ SIGPROF, "SIGPROF" }, { SIGIO, "SIGIO" },
		{ SIGPWR, "SIGPWR" },	{ SIGSTKFLT, "SIGSTKFLT" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].sig == sig)
			return names[i].name;
	return "an unknown signal";
}

/* ---- environments -------------------------------------------------------- */

void proc_env_init(struct proc_env *e)
{
	*e = (struct proc_env){ 0 };
	for (char **v = environ; v && *v; v++)
		strvec_add(&e->vars, *v);
}

static char **env_find(const struct proc_env *e, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < e->vars.n; i++)
		if (strncmp(e->vars.v[i], name, n) == 0 &&
		    e->vars.v[i][n] == '=')
			return &e->vars.v[i];
	return NULL;
}

void proc_env_set(struct proc_env *e, const char *name, const char *value)
{
	char *text = xasprintf("%s=%s", name, value);
	char **at = env_find(e, name);

	if (!at) {
		strvec_add_take(&e->vars, text);
		return;
	}
	free(*at);
	*at = text;
}

void proc_env_unset(struct proc_env *e, const char *name)
{
	char **at = env_find(e, name);
	size_t i;

	if (!at)
		return;
	i = (size_t)(at - e->vars.v);
	free(*at);
	/* with the NULL at the end */
	memmove(at, at + 1, (e->vars.n - i) * sizeof(*at));
	e->vars.n--;
}

const char *proc_env_get(const struct proc_env *e, const char *name)
{
	char **at = env_find(e, name);

	return at ? *at + strlen(name) + 1 : NULL;
}

void proc_env_release(struct proc_env *e)
{
	strvec_release(&e->vars);
}
