/*
 * Child processes: posix_spawn with an explicit argument vector and an
 * explicit environment. Nothing here goes through a shell unless argv says
 * /bin/sh -c itself (the app command, as the reference does).
 */
#ifndef CCDK_UTIL_PROC_H
#define CCDK_UTIL_PROC_H

#include "util/err.h"
#include "util/strbuf.h"

enum proc_stream {
	PROC_INHERIT,
	PROC_NULL, /* /dev/null */
	PROC_STDERR, /* our standard error */
	PROC_CAPTURE,
	PROC_TEE /* goes to our stream as it comes and is kept, up to
		  * capture_max; the child sees a pipe, not a terminal */
};

struct proc {
	char *const *argv; /* argv[0] is searched in PATH */
	char *const *envp; /* NULL: ours */
	const char *dir;   /* NULL: ours */
	enum proc_stream out, err_out; /* stdin is /dev/null unless input */
	/* with PROC_TEE: goes before each line, which then comes as a whole, so
	 * that several children at once stay readable */
	const char *tee_prefix;
	struct sv input;   /* written to stdin when input.p is set */
	size_t capture_max; /* per stream, 0: 16 MiB; more is E_TOOBIG */
	/* 0: none, and the child shares our process group, so that ^C of the
	 * terminal reaches it. Else it leads a group of its own, which is
	 * killed at the end of the time, when cancel is requested or when a
	 * fatal signal ends us. */
	int64_t timeout_ms;
	/* With a timeout: shares our group all the same, so that it may ask
	 * at the terminal; the child alone is killed then. */
	bool share_group;
	/* Sees what comes on captured streams, as it comes, and with a timeout
	 * is called at least ten times a second, with nothing if need be. What
	 * is over capture_max is only seen then, and no error. */
	void (*watch)(void *user, struct sv chunk);
	void *watch_user;
};

struct proc_result {
	int status; /* exit code, or -1 when killed */
	int signal; /* 0, or what killed it */
	bool timed_out;
	struct strbuf out, err_out;
};

/*
 * 0 whenever the child ran and ended, whatever its status. E_NOTFOUND when
 * the program does not exist. A process that outlives the child and keeps its
 * output open is not waited for.
 */
MUST_USE int proc_run(const struct proc *p, struct proc_result *ret,
    struct err *err);
void proc_result_release(struct proc_result *r);
/*
 * Starts a program that goes on by itself when we end: a session of its own,
 * no input, no output. E_NOTFOUND and E_FAIL as proc_run().
 */
MUST_USE int proc_detach(char *const *argv, struct err *err);
/* Kills the groups that children with a timeout lead. Async-signal-safe. */
void proc_kill_groups(void);
/* "SIGKILL" */
const char *proc_signal_name(int sig);

/* An environment to edit: starts as a copy of ours. */
struct proc_env {
	struct strvec vars; /* "NAME=value" */
};
void proc_env_init(struct proc_env *e);
void proc_env_set(struct proc_env *e, const char *name, const char *value);
void proc_env_unset(struct proc_env *e, const char *name);
const char *proc_env_get(const struct proc_env *e, const char *name);
void proc_env_release(struct proc_env *e);

#endif
