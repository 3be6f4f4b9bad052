/*
 * The journal of a deployment: what was asked for, and for every stack which
 * calls that change something were (perhaps) sent, under which idempotency
 * token. It is on disk before such a call leaves, so whatever kills this
 * program, `ccdk resume` knows what may be under way and can send the very
 * same call again.
 *
 *	struct journal *j = journal_new(&start);	nothing is written yet
 *	struct journal_stack *s = journal_stack_get(j, "Prod/Api");
 *	if (journal_call(s, STEP_EXECUTE, &token, err) < 0) ...	on disk now
 *	e = journal_answer(s, aws_call(...), err, arn, NULL);
 *	journal_ended(s, "UPDATE_COMPLETE");
 *	kept = journal_finish(j, interrupted);		removed unless needed
 *
 * A record may be NULL everywhere: tokens are made, nothing is written. Values
 * that are secret (NoEcho parameters) are never in it, only their names.
 * Thread-safe; writes of several threads are taken together.
 */
#ifndef CCDK_DEPLOY_JOURNAL_H
#define CCDK_DEPLOY_JOURNAL_H

#include "app/app.h"
#include "model/select.h"
#include "util/digest.h"

#define JOURNAL_VERSION 1

/* Calls that change something, other than by their name alone. */
enum journal_step {
	STEP_CREATE_CHANGE_SET,
	STEP_EXECUTE,
	STEP_CREATE_STACK,
	STEP_UPDATE_STACK,
	STEP_DELETE_STACK,
	STEP_DISCARD_STACK, /* deleting what stands in the way of a creation */
	STEP_ROLLBACK,
	STEP_CONTINUE_ROLLBACK,
	STEPS
};

enum journal_phase {
	PHASE_WAITING,	 /* nothing of it is under way */
	PHASE_PREPARING, /* a change set is asked for */
	PHASE_PREPARED,	 /* and there */
	PHASE_STARTING,	 /* an operation is asked for */
	PHASE_RUNNING,	 /* and accepted */
	PHASE_ENDED,	 /* the operation is over, for better or worse */
	PHASE_DONE,	 /* nothing is left to do */
	PHASE_FAILED,
	PHASES
};

enum journal_reply { REPLY_NONE, REPLY_ACCEPTED, REPLY_REFUSED };

struct journal_call {
	enum journal_step step;
	enum journal_reply reply;
	char *token;
	int64_t at_ms;
};

/* All owned; NULL where not known. */
struct journal_stack {
	struct journal *in;
	char *id; /* hierarchical: "Prod/Api" */
	char *name, *environment; /* "aws://111122223333/eu-west-1" */
	enum journal_phase phase;
	char *arn, *change_set;
	char *status; /* in which the operation ended */
	char *error;  /* class of what it failed with, no text */
	struct journal_call *calls;
	size_t n_calls;
	/* not in the file */
	struct aws *aws; /* while it runs, borrowed */
	bool inherited;	 /* as an earlier run has left it */
	char *text;	 /* as it was written last; NULL since a change */
};

struct journal_data {
	char *id, *command, *folder; /* folder: where it was started */
	char *assembly, *digest;     /* of the selected stacks */
	char *owner; /* who writes it (app/lock_owner.h); NULL: nobody */
	int64_t started_ms, updated_ms;
	cJSON *options;	       /* {camelName: value} as on the line */
	struct strvec secrets; /* "Stack:Key", "Key": to be given again */
	struct journal_stack **v;
	size_t n;
};

/* Pure. Everything is checked and bounded; `what` names the text in errors. */
MUST_USE int journal_parse(struct sv text, const char *what,
    struct journal_data *ret, struct err *err);
void journal_write(struct strbuf *out, struct journal_data *d);
void journal_data_release(struct journal_data *d);
/* A record with that id, NULL: none. */
struct journal_stack *journal_data_stack(const struct journal_data *d,
    const char *id);

/* "executeChangeSet", "running" */
const char *journal_step_name(enum journal_step s);
const char *journal_phase_name(enum journal_phase p);

/* Over what is deployed: the stacks' entries, templates, asset manifests. */
MUST_USE int journal_digest(const struct stack_list *stacks,
    char ret[SHA256_HEX], struct err *err);

/* ---- writing one --------------------------------------------------------- */

struct journal;

/* All borrowed for the journal's life, options and parameters only here. */
struct journal_start {
	struct app *app;
	const struct stack_list *stacks;
	const char *command;
	const char *file;	 /* --journal; NULL: the usual place */
	const cJSON *parameters; /* {"*": {key: value}, "Stack": {...}} */
};

struct journal *journal_new(const struct journal_start *s);
/* Goes on writing one that was read; takes d over. */
struct journal *journal_reopen(struct app *app, struct journal_data *d,
    const char *file);
/* One that is kept in memory only: for work that is continued by doing it
 * again. Stacks are added as they come, by one thread at a time. */
struct journal *journal_in_memory(struct app *app, const char *command);
struct journal_stack *journal_add(struct journal *j, const char *id,
    const char *name, const char *account, const char *region);
void journal_free(struct journal *j);
DEFINE_CLEANUP(struct journal, journal_free)
const struct journal_data *journal_data_of(const struct journal *j);
/* What `resume` takes: its id, or its file with --journal. Borrowed. */
const char *journal_name(const struct journal *j);
/* NULL when j is NULL or has no such stack. */
struct journal_stack *journal_stack_get(struct journal *j, const char *id);

/*
 * A call is about to be sent. *ret (yours) is its token: that of the same step
 * when it was sent before and its answer is not known, else a new one. 0 once
 * it is on disk. Where no file can be kept in the usual place, that is said
 * and the deployment goes on; with --journal it is an error.
 */
MUST_USE int journal_call(struct journal_stack *s, enum journal_step step,
    struct aws *aws, char **ret, struct err *err);
/* What came of it: r and e are the call's. Returns r. */
int journal_answer(struct journal_stack *s, int r, const struct err *e,
    const char *arn, const char *change_set);
/* An operation that an earlier run has started is followed. */
void journal_follow(struct journal_stack *s, struct aws *aws);
/* There is a change set that waits for its execution. */
void journal_prepared(struct journal_stack *s, const char *arn,
    const char *change_set);
/* The operation is over. */
void journal_ended(struct journal_stack *s, const char *status);
/* What was prepared is gone again. */
void journal_forget(struct journal_stack *s);
/* It is to be gone through once more, from the start. */
void journal_again(struct journal_stack *s);
/* The work on the stack is over: r and e say how. */
void journal_close(struct journal_stack *s, int r, const struct err *e);

/* Has an earlier run left it in that phase? */
bool journal_inherits(const struct journal_stack *s, enum journal_phase p);
/* Would the next call of this step repeat one? */
bool journal_repeats(const struct journal_stack *s, enum journal_step step);
enum journal_phase journal_phase_of(const struct journal_stack *s);
/* The newest call, NULL: none. */
const struct journal_call *journal_last(const struct journal_stack *s);
/* Is an operation (perhaps) under way? */
bool journal_is_running(const struct journal_stack *s);

/*
 * At the end: the file goes, unless an operation may be under way that nobody
 * has seen the end of, or the run was interrupted and something is left to do.
 * True when it is kept.
 */
bool journal_finish(struct journal *j, bool interrupted);

/* What is under way, copied: for telling it while others work. */
struct journal_running {
	char *id, *name, *environment, *arn; /* arn may be NULL */
	enum journal_step step;
	int64_t at_ms;
	struct aws *aws; /* borrowed */
};
/* *ret is yours, to be given to journal_running_free(); how many. */
size_t journal_running(struct journal *j, struct journal_running **ret);
void journal_running_free(struct journal_running *v, size_t n);

/* ---- those there are ----------------------------------------------------- */

/* "$CDK_HOME/ccdk/deployments"; yours */
char *journal_folder(void);
MUST_USE int journal_read(const char *file, struct journal_data *ret,
    struct err *err);
/* Files of the usual place, newest first. */
void journal_files(struct strvec *ret);

#endif
