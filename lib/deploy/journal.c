#include "deploy/journal_internal.h"

#include <pthread.h>

#include "app/lock_owner.h"
#include "util/file.h"
#include "util/timeutil.h"

struct journal {
	struct app *app;
	struct journal_data d;
	const struct stack_list *stacks; /* until the digest is made */
	char *file; /* NULL until the first write, unless it was asked for */
	bool in_memory;
	bool asked; /* --journal: it has to work */
	bool lost;  /* it did not, and that was said */
	bool written;
	pthread_mutex_t lock; /* the rest, and all of d */
	pthread_cond_t moved;
	uint64_t wanted, stored; /* changes so far, and those on disk */
	bool writing;
	int failure; /* of the last write */
	struct err why;
};

/* ---- making one ---------------------------------------------------------- */

static struct journal *make(struct app *app, const char *file)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->app = app;
	j->file = file ? path_abs(file) : NULL;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->moved, NULL);
	return j;
}

struct journal_stack *journal_add(struct journal *j, const char *id,
    const char *name, const char *account, const char *region)
{
	struct journal_stack *s = xcalloc(1, sizeof(*s));

	s->in = j;
	s->id = xstrdup(id);
	s->name = xstrdup(name);
	s->environment = xasprintf("aws://%s/%s", account, region);
	pthread_mutex_lock(&j->lock);
	j->d.v = xreallocarray(j->d.v, j->d.n + 1, sizeof(*j->d.v));
	j->d.v[j->d.n++] = s;
	pthread_mutex_unlock(&j->lock);
	return s;
}

struct journal *journal_in_memory(struct app *app, const char *command)
{
	struct journal *j = make(app, NULL);

	j->in_memory = true;
	j->d.command = xstrdup(command);
	return j;
}

struct journal *journal_new(const struct journal_start *s)
{
	struct journal *j = make(s->app, s->file);

	j->asked = s->file != NULL;
	j->stacks = s->stacks;
	j->d.command = xstrdup(s->command);
	j->d.folder = path_abs(".");
	j->d.assembly = path_abs(s->app->assembly->dir);
	j->d.started_ms = now_utc_ms();
	j->d.options = journal_options(s, &j->d.secrets);
	for (size_t i = 0; i < s->stacks->n; i++) {
		const struct stack *stack = s->stacks->v[i];

		(void)journal_add(j, stack->hierarchical_id, stack->name,
		    stack->account, stack->region);
	}
	return j;
}

struct journal *journal_reopen(struct app *app, struct journal_data *d,
    const char *file)
{
	struct journal *j = make(app, file);

	j->asked = j->written = true;
	j->d = *d;
	*d = (struct journal_data){ 0 };
	free(TAKE(j->d.owner));
	for (size_t i = 0; i < j->d.n; i++) {
		j->d.v[i]->in = j;
		j->d.v[i]->inherited = true;
	}
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	journal_data_release(&j->d);
	err_release(&j->why);
	free(j->file);
	pthread_cond_destroy(&j->moved);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

const struct journal_data *journal_data_of(const struct journal *j)
{
	return &j->d;
}

const char *journal_name(const struct journal *j)
{
	return j->asked && j->file ? j->file : j->d.id;
}

struct journal_stack *journal_stack_get(struct journal *j, const char *id)
{
	return j ? journal_data_stack(&j->d, id) : NULL;
}

/* ---- onto the disk ------------------------------------------------------- */

/* Where stacks go that name no place, so that they go there again. */
static void settle_place(struct journal *j, struct journal_stack *s)
{
	CLEANUP(free_p) char *account = NULL, *region = NULL, *named = NULL;
	CLEANUP(free_p) char *env = xstrdup(s->environment);
	const char *prefix = "aws://";
	char *slash = strrchr(env, '/');

	if (!strstr(env, "unknown-") || !str_starts(env, prefix))
		return;
	*slash = '\0';
	if (aws_session_resolve(j->app->aws, env + strlen(prefix), slash + 1,
		&account, &region, NULL) < 0)
		return;
	named = xasprintf("%s%s/%s", prefix, account, region);
	free(s->environment);
	s->environment = TAKE(named);
	free(TAKE(s->text));
}

/* --journal: an older one is replaced, any other file is not. */
static int check_place(const char *file, struct err *err)
{
	CLEANUP(journal_data_release) struct journal_data old = { 0 };
	CLEANUP(free_p) char *dir = path_dirname(file);

	return file_exists(file) ? journal_read(file, &old, err)
				 : dir_make(dir, err);
}

/* What is only settled when something is written for the first time. */
static int begin(struct journal *j, struct err *err)
{
	char hex[SHA256_HEX];
	int r = 0;

	if (!j->d.owner) {
		CLEANUP(strbuf_release) struct strbuf me = STRBUF_INIT;

		lock_owner_self(&me);
		j->d.owner = strbuf_detach(&me);
	}
	if (!j->d.digest) {
		for (size_t i = 0; i < j->d.n && j->app->aws; i++)
			settle_place(j, j->d.v[i]);
		r = journal_digest(j->stacks, hex, err);
		j->d.digest = r < 0 ? NULL : xstrdup(hex);
	}
	if (r == 0 && j->asked && !j->written)
		r = check_place(j->file, err);
	if (r == 0 && !j->file) {
		CLEANUP(free_p) char *dir = journal_folder();
		CLEANUP(free_p) char *name = xasprintf("%s.json", j->d.id);

		r = dir_make(dir, err);
		if (r == 0)
			journal_prune(dir);
		j->file = path_join(dir, name);
	}
	return r;
}

/* "20261126-140648-6f1c3c": sorts by time. */
static char *make_id(int64_t ms, const char *token)
{
	size_t n = strlen(token);
	char at[17];

	time_amz(ms / 1000, at);
	return xasprintf("%.8s-%.6s-%s", at, at + 9,
	    n > 6 ? token + n - 6 : token);
}

static int store(struct journal *j, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = begin(j, err);

	if (r < 0)
		return r;
	j->d.updated_ms = now_utc_ms();
	journal_write(&text, &j->d);
	pthread_mutex_unlock(&j->lock);
	r = file_write_synced(j->file, strbuf_sv(&text), 0600, err);
	pthread_mutex_lock(&j->lock);
	if (r == 0)
		j->written = true;
	return r;
}

/* In the usual place a journal is a convenience: the deployment goes on. */
static int lose(struct journal *j, struct err *e, struct err *err)
{
	if (j->asked) {
		if (err)
			err_copy(err, e);
		return err_wrap(err, "nothing was sent because the journal of "
		    "this deployment cannot be kept");
	}
	if (!j->lost)
		msg_warn(j->app->sink, "No journal of this deployment is kept "
		    "(%s): should it be interrupted, 'ccdk resume' does not "
		    "know of it. --journal names another place.",
		    err_text(e));
	j->lost = true;
	return 0;
}

/*
 * Until everything that has changed by now is on disk. One thread writes for
 * all that wait. Called with the lock held.
 */
static int commit(struct journal *j, struct err *err)
{
	uint64_t mine = ++j->wanted;

	if (j->in_memory)
		return 0;
	while (j->stored < mine && !j->lost) {
		CLEANUP(err_release) struct err e = { 0 };
		uint64_t covered = j->wanted;

		if (j->writing) {
			pthread_cond_wait(&j->moved, &j->lock);
			continue;
		}
		j->writing = true;
		j->failure = store(j, &e);
		err_move(&j->why, &e);
		j->writing = false;
		j->stored = covered;
		pthread_cond_broadcast(&j->moved);
	}
	return j->failure < 0 && !j->lost ? lose(j, &j->why, err) : 0;
}

/* ---- records ------------------------------------------------------------- */

/* Whoever takes the lock through a record is about to change it. */
static void change(struct journal_stack *s)
{
	pthread_mutex_lock(&s->in->lock);
	free(TAKE(s->text));
}

static const char *const prefixes[STEPS] = {
	[STEP_CREATE_CHANGE_SET] = "create",
	[STEP_EXECUTE] = "exec",
	[STEP_CREATE_STACK] = "create",
	[STEP_UPDATE_STACK] = "update",
	[STEP_DELETE_STACK] = "",
	[STEP_DISCARD_STACK] = "",
	[STEP_ROLLBACK] = "",
	[STEP_CONTINUE_ROLLBACK] = "",
};

static char *new_token(enum journal_step step)
{
	char uuid[37];

	uuid4(uuid);
	return xasprintf("%s%s", prefixes[step], uuid);
}

const struct journal_call *journal_last(const struct journal_stack *s)
{
	return s && s->n_calls ? &s->calls[s->n_calls - 1] : NULL;
}

bool journal_repeats(const struct journal_stack *s, enum journal_step step)
{
	const struct journal_call *c = journal_last(s);

	return c && c->step == step && c->reply == REPLY_NONE &&
	    (s->phase == PHASE_PREPARING || s->phase == PHASE_STARTING);
}

bool journal_inherits(const struct journal_stack *s, enum journal_phase p)
{
	return s && s->inherited && s->phase == p;
}

enum journal_phase journal_phase_of(const struct journal_stack *s)
{
	return s ? s->phase : PHASE_WAITING;
}

bool journal_is_running(const struct journal_stack *s)
{
	return s && (s->phase == PHASE_STARTING || s->phase == PHASE_RUNNING);
}

static void add_call(struct journal_stack *s, enum journal_step step)
{
	s->calls = xreallocarray(s->calls, s->n_calls + 1, sizeof(*s->calls));
	s->calls[s->n_calls++] = (struct journal_call){ .step = step,
		.token = new_token(step), .at_ms = now_utc_ms() };
}

int journal_call(struct journal_stack *s, enum journal_step step,
    struct aws *aws, char **ret, struct err *err)
{
	int r;

	if (!s) {
		*ret = new_token(step);
		return 0;
	}
	change(s);
	if (!journal_repeats(s, step))
		add_call(s, step);
	s->phase = step == STEP_CREATE_CHANGE_SET ? PHASE_PREPARING
						  : PHASE_STARTING;
	s->aws = aws;
	s->inherited = false;
	free(TAKE(s->status));
	*ret = xstrdup(journal_last(s)->token);
	if (!s->in->d.id)
		s->in->d.id = make_id(s->in->d.started_ms, *ret);
	r = commit(s->in, err);
	pthread_mutex_unlock(&s->in->lock);
	return r;
}

static void replace(char **p, const char *value)
{
	free(*p);
	*p = xstrdup(value);
}

/* Was it an answer that says no, or is there no telling? */
static bool is_refusal(int r, const struct err *e)
{
	return r == E_AWS && e && e->http_status >= 400 &&
	    e->http_status < 500;
}

int journal_answer(struct journal_stack *s, int r, const struct err *e,
    const char *arn, const char *change_set)
{
	struct journal_call *c;

	if (!s)
		return r;
	change(s);
	c = &s->calls[s->n_calls - 1];
	if (r == 0) {
		c->reply = REPLY_ACCEPTED;
		s->phase = c->step == STEP_CREATE_CHANGE_SET ? PHASE_PREPARED
							     : PHASE_RUNNING;
		if (arn)
			replace(&s->arn, arn);
		if (change_set)
			replace(&s->change_set, change_set);
		(void)commit(s->in, NULL);
	} else if (is_refusal(r, e)) {
		c->reply = REPLY_REFUSED;
		s->phase = PHASE_WAITING;
	}
	pthread_mutex_unlock(&s->in->lock);
	return r;
}

void journal_follow(struct journal_stack *s, struct aws *aws)
{
	change(s);
	s->aws = aws;
	pthread_mutex_unlock(&s->in->lock);
}

void journal_prepared(struct journal_stack *s, const char *arn,
    const char *change_set)
{
	if (!s || !change_set)
		return;
	change(s);
	replace(&s->change_set, change_set);
	if (arn)
		replace(&s->arn, arn);
	pthread_mutex_unlock(&s->in->lock);
}

/* Does the work on a stack go on when this one is over? */
static bool is_preliminary(const struct journal_stack *s)
{
	const struct journal_call *c = journal_last(s);

	return streq(s->in->d.command, "deploy") && c &&
	    (c->step == STEP_DISCARD_STACK || c->step == STEP_ROLLBACK ||
		c->step == STEP_CONTINUE_ROLLBACK);
}

void journal_ended(struct journal_stack *s, const char *status)
{
	if (!s)
		return;
	change(s);
	s->phase = is_preliminary(s) ? PHASE_WAITING : PHASE_ENDED;
	replace(&s->status, status ? status : "DELETE_COMPLETE");
	pthread_mutex_unlock(&s->in->lock);
}

void journal_forget(struct journal_stack *s)
{
	if (!s)
		return;
	change(s);
	s->phase = PHASE_WAITING;
	s->inherited = false;
	free(TAKE(s->change_set));
	pthread_mutex_unlock(&s->in->lock);
}

void journal_again(struct journal_stack *s)
{
	if (!s)
		return;
	journal_forget(s);
	change(s);
	if (s->in->written)
		(void)commit(s->in, NULL);
	pthread_mutex_unlock(&s->in->lock);
}

void journal_close(struct journal_stack *s, int r, const struct err *e)
{
	enum journal_phase before;

	if (!s)
		return;
	change(s);
	before = s->phase;
	s->aws = NULL;
	if (r == 0)
		s->phase = PHASE_DONE;
	else if (r != E_CANCELLED && !journal_is_running(s))
		s->phase = PHASE_FAILED;
	if (s->phase == PHASE_FAILED)
		replace(&s->error, e && e->aws_code ? e->aws_code
			: e && e->name ? e->name : "Error");
	if (s->in->written && s->phase != before)
		(void)commit(s->in, NULL);
	pthread_mutex_unlock(&s->in->lock);
}

size_t journal_running(struct journal *j, struct journal_running **ret)
{
	struct journal_running *v;
	size_t n = 0;

	pthread_mutex_lock(&j->lock);
	v = xcalloc(j->d.n + 1, sizeof(*v));
	for (size_t i = 0; i < j->d.n; i++) {
		const struct journal_stack *s = j->d.v[i];

		if (!journal_is_running(s) || !s->aws)
			continue;
		v[n++] = (struct journal_running){ .id = xstrdup(s->id),
			.name = xstrdup(s->name),
			.environment = xstrdup(s->environment),
			.arn = xstrdup0(s->arn),
			.step = journal_last(s)->step,
			.at_ms = journal_last(s)->at_ms, .aws = s->aws };
	}
	pthread_mutex_unlock(&j->lock);
	*ret = v;
	return n;
}

void journal_running_free(struct journal_running *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].id);
		free(v[i].name);
		free(v[i].environment);
		free(v[i].arn);
	}
	free(v);
}

/* ---- the end ------------------------------------------------------------- */

static bool is_needed(const struct journal *j, bool interrupted)
{
	for (size_t i = 0; i < j->d.n; i++)
		if (journal_is_running(j->d.v[i]) ||
		    (interrupted && j->d.v[i]->phase != PHASE_DONE))
			return true;
	return false;
}

static bool all_done(const struct journal *j)
{
	for (size_t i = 0; i < j->d.n; i++)
		if (j->d.v[i]->phase != PHASE_DONE)
			return false;
	return true;
}

bool journal_finish(struct journal *j, bool interrupted)
{
	bool kept = false;

	if (!j || !j->written)
		return false;
	pthread_mutex_lock(&j->lock);
	if (is_needed(j, interrupted)) {
		/* nobody writes it any more */
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		free(TAKE(j->d.owner));
		journal_write(&text, &j->d);
		kept = file_write_synced(j->file, strbuf_sv(&text), 0600,
		    NULL) == 0 || file_exists(j->file);
	} else {
		(void)unlink(j->file);
		if (all_done(j))
			journal_supersede(&j->d);
	}
	pthread_mutex_unlock(&j->lock);
	return kept;
}
