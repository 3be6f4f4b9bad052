#include "deploy/stop.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "aws/call.h"
#include "cfn/console.h"
#include "util/interrupt.h"
#include "util/timeutil.h"

struct stopper {
	struct app *app;
	struct journal *journal;
	atomic_bool *stopping;
	const char *mode;
	int signal_fd, end_fd;
	atomic_bool over, asking;
	pthread_t thread;
	bool runs;
};

/* In words that fit behind "is". */
static const char *const doing[STEPS] = {
	[STEP_CREATE_CHANGE_SET] = "being prepared",
	[STEP_EXECUTE] = "being deployed",
	[STEP_CREATE_STACK] = "being created",
	[STEP_UPDATE_STACK] = "being updated",
	[STEP_DELETE_STACK] = "being deleted",
	[STEP_DISCARD_STACK] = "being deleted",
	[STEP_ROLLBACK] = "being rolled back",
	[STEP_CONTINUE_ROLLBACK] = "being rolled back",
};

static void tell(const struct stopper *s, const struct journal_running *v,
    size_t n)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	int64_t now = now_utc_ms();

	if (!n) {
		msg_warn(s->app->sink, "\nInterrupted: nothing new is started, "
		    "and nothing of this run is under way in CloudFormation");
		return;
	}
	strbuf_adds(&b, "\nInterrupted: nothing new is started. Under way in "
	    "CloudFormation (interrupt again to leave at once):");
	for (size_t i = 0; i < n; i++) {
		CLEANUP(free_p) char *link = console_stack_events(v[i].arn);

		strbuf_addf(&b, "\n  %s (%s): %s for %llds", v[i].name,
		    v[i].environment, doing[v[i].step],
		    (long long)MAX(now - v[i].at_ms, (int64_t)0) / 1000);
		if (link)
			strbuf_addf(&b, "\n    %s", link);
	}
	msg_text(s->app->sink, MSG_WARN, b.buf);
}

static void tell_feed(const struct stopper *s,
    const struct journal_running *v, size_t n)
{
	cJSON *fields = cJSON_CreateObject(), *list = cJSON_CreateArray();

	for (size_t i = 0; i < n; i++) {
		cJSON *o = cJSON_CreateObject();

		json_put_str(o, "stack", v[i].name);
		json_put_str(o, "environment", v[i].environment);
		json_put_str(o, "arn", v[i].arn);
		json_put_str(o, "operation", journal_step_name(v[i].step));
		json_push_take(list, o);
	}
	json_add_take(fields, "running", list);
	feed_put(s->app->feed, "run.interrupted", fields);
}

/* ---- what comes of it ---------------------------------------------------- */

static void tell_left(const struct stopper *s,
    const struct journal_running *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		msg_warn(s->app->sink, "%s is left to CloudFormation; follow "
		    "it: ccdk attach %s --region %s", v[i].name, v[i].name,
		    aws_region(v[i].aws));
}

/* May it be an update? That is not known of a change set that is executed. */
static bool can_cancel(const struct journal_running *r)
{
	return r->step == STEP_EXECUTE || r->step == STEP_UPDATE_STACK;
}

static void cancel_one(struct stopper *s, const struct journal_running *r)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	char token[37];

	uuid4(token);
	json_put_str(in, "StackName", r->arn ? r->arn : r->name);
	json_put_str(in, "ClientRequestToken", token);
	if (aws_call(r->aws, OP_CFN_CANCEL_UPDATE_STACK, in, &out, &e) < 0)
		msg_warn(s->app->sink, "%s cannot be cancelled: %s\nOnly "
		    "updates can. What is being created goes on, and is undone "
		    "by deleting the stack afterwards: ccdk destroy %s",
		    r->name, err_text(&e), r->name);
	else
		msg_warn(s->app->sink, "%s: its update is cancelled, waiting "
		    "until it is rolled back", r->name);
}

static void cancel_all(struct stopper *s, const struct journal_running *v,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (can_cancel(&v[i]))
			cancel_one(s, &v[i]);
		else if (v[i].step == STEP_CREATE_STACK)
			msg_warn(s->app->sink, "%s is being created, which "
			    "cannot be cancelled. It goes on, and is undone "
			    "by deleting the stack afterwards: ccdk destroy "
			    "%s", v[i].name, v[i].name);
		else if (v[i].step != STEP_CREATE_CHANGE_SET)
			msg_warn(s->app->sink, "%s is %s, which cannot be "
			    "cancelled: waiting for the end", v[i].name,
			    doing[v[i].step]);
}

/* "detach", "cancel", "wait"; NULL: interrupted again, or it is over. */
static const char *ask(struct stopper *s, const struct journal_running *v,
    size_t n)
{
	static const char *const words[] = { "detach", "wait", "cancel" };
	struct sink *sink = s->app->sink;
	bool cancel = false;

	for (size_t i = 0; i < n; i++)
		cancel = cancel || can_cancel(&v[i]);

	for (;;) {
		CLEANUP(free_p) char *answer = NULL;
		int r;

		atomic_store(&s->asking, true);
		r = atomic_load(&s->over) ? E_CANCELLED : sink->ask(sink,
		    "Interrupted", cancel
			? "[d]etach and leave it to CloudFormation, "
			  "[c]ancel updates, [w]ait for the end?"
			: "[d]etach and leave it to CloudFormation, "
			  "[w]ait for the end?", &answer, NULL);
		atomic_store(&s->asking, false);
		if (r < 0)
			return NULL;
		for (size_t i = 0; i < ARRAY_SIZE(words) - !cancel; i++)
			if (*answer && str_starts(words[i], answer))
				return words[i];
	}
}

static bool can_ask(const struct stopper *s)
{
	return s->app->sink->tty && isatty(STDIN_FILENO);
}

static void act(struct stopper *s)
{
	const char *what = s->mode ? s->mode : "detach";
	struct journal_running *v;
	size_t n;

	atomic_store(s->stopping, true);
	n = journal_running(s->journal, &v);
	tell_feed(s, v, n);
	tell(s, v, n);
	if (n && !s->mode && can_ask(s))
		what = ask(s, v, n);
	if (!what && !atomic_load(&s->over)) {
		tell_left(s, v, n);
		interrupt_raise();
	}
	/* what was prepared is taken down by those who work on it */
	if (!n || streq0(what, "detach")) {
		tell_left(s, v, n);
		cancel_request();
	} else if (streq0(what, "cancel")) {
		cancel_all(s, v, n);
	}
	journal_running_free(v, n);
}

/* ---- the thread ---------------------------------------------------------- */

static void *watch(void *arg)
{
	struct stopper *s = arg;
	struct pollfd fds[2] = { { .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->end_fd, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents)
		act(s);
	return NULL;
}

/* On a thread that takes no signals. */
static bool start(struct stopper *s)
{
	sigset_t all, old;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ok = pthread_create(&s->thread, NULL, watch, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

struct stopper *stopper_begin(struct app *app, struct journal *j,
    atomic_bool *stopping, const char *mode)
{
	struct stopper *s = xcalloc(1, sizeof(*s));

	s->app = app;
	s->journal = j;
	s->stopping = stopping;
	s->mode = mode;
	s->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->signal_fd = j && s->end_fd >= 0 ? interrupt_watch() : -1;
	if (s->signal_fd >= 0)
		s->runs = start(s);
	if (!s->runs)
		interrupt_unwatch();
	return s;
}

void stopper_end(struct stopper *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	atomic_store(&s->over, true);
	if (s->runs) {
		(void)!write(s->end_fd, &one, sizeof(one));
		/* nothing is left to decide */
		if (atomic_load(&s->asking))
			cancel_request();
		pthread_join(s->thread, NULL);
		interrupt_unwatch();
	}
	if (s->end_fd >= 0)
		close(s->end_fd);
	free(s);
}

bool stop_explains(int code)
{
	if (!interrupt_kept())
		return false;
	/* requests are not repeated any more once all is cancelled */
	return code == E_CANCELLED || (code == E_NET && cancel_requested());
}
