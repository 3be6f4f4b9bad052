#include "watch/watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "util/pool.h"
#include "util/timeutil.h"
#include "watch/tree.h"

/* A change is over when nothing has happened for so long... */
#define QUIET_MS 40
/* ...or when it goes on all the same. */
#define RESTLESS_MS 500
/* How often cancelling is looked for. */
#define LOOK_MS 200

enum latch { LATCH_SCANNING, LATCH_OPEN, LATCH_RUNNING, LATCH_QUEUED };

struct watch {
	const struct watch_opts *o;
	struct watch_tree *tree;
	struct pool *pool;
	enum latch latch;
	bool batch; /* the change that is being told has started a run */
	int done;   /* eventfd: a run has ended */
};

static void watch_release(struct watch *w)
{
	pool_free(w->pool); /* waits for the run */
	watch_tree_free(w->tree);
	if (w->done >= 0)
		close(w->done);
}

static void job(void *arg)
{
	const struct watch *w = arg;
	uint64_t one = 1;

	w->o->run(w->o->arg);
	(void)!write(w->done, &one, sizeof(one));
}

static void start(struct watch *w)
{
	w->latch = LATCH_RUNNING;
	pool_submit(w->pool, job, w);
}

static void seen(void *arg, enum watch_event event, const char *path)
{
	struct watch *w = arg;
	const struct watch_opts *o = w->o;
	const char *type = watch_event_name(event);

	if (w->latch == LATCH_SCANNING) {
		msg_info(o->sink, "'watch' is observing %s '%s' for changes",
		    event == WATCH_ADD_DIR ? "directory" : "the file", path);
	} else if (w->latch == LATCH_OPEN) {
		msg_info(o->sink, "Detected change to '%s' (type: %s). "
		    "Triggering '%s'", path, type, o->command);
		w->batch = true;
		start(w);
	} else if (w->batch) {
		/* happened before the run that has just begun */
		msg_debug(o->sink, "Detected change to '%s' (type: %s)", path,
		    type);
	} else {
		msg_info(o->sink, "Detected change to '%s' (type: %s) while "
		    "'%s' is still running. Will queue for another %s after "
		    "this one finishes", path, type, o->command, o->activity);
		w->latch = LATCH_QUEUED;
	}
}

static void run_ended(struct watch *w)
{
	uint64_t n;

	if (read(w->done, &n, sizeof(n)) < 0)
		return;
	if (w->latch == LATCH_QUEUED) {
		msg_info(w->o->sink, "Detected file changes during %s. "
		    "Invoking '%s' again", w->o->activity, w->o->command);
		start(w);
	} else {
		w->latch = LATCH_OPEN;
	}
}

/* Takes in what happens until it is over, then tells. */
static int changes(struct watch *w, struct err *err)
{
	struct pollfd p = { .fd = watch_tree_fd(w->tree), .events = POLLIN };
	int64_t end = mono_ms() + RESTLESS_MS;
	int r;

	do {
		r = watch_tree_read(w->tree, err);
		if (r < 0)
			return r;
	} while (mono_ms() < end && poll(&p, 1, QUIET_MS) > 0);
	w->batch = false;
	return watch_tree_tell(w->tree, err);
}

static int loop(struct watch *w, struct err *err)
{
	int r = 0;

	while (r == 0 && !cancel_requested()) {
		struct pollfd p[] = {
			{ .fd = watch_tree_fd(w->tree), .events = POLLIN },
			{ .fd = w->done, .events = POLLIN },
		};

		if (poll(p, ARRAY_SIZE(p), LOOK_MS) <= 0)
			continue;
		/* first, so that what came while it ran counts as that */
		if (p[0].revents)
			r = changes(w, err);
		if (r == 0 && p[1].revents)
			run_ended(w);
	}
	return r;
}

static void tell_patterns(const struct watch_opts *o)
{
	CLEANUP(free_p) char *in = strvec_join(&o->filter->include, ", ");
	CLEANUP(free_p) char *ex = strvec_join(&o->filter->exclude, ", ");

	msg_debug(o->sink, "root directory used for 'watch' is: %s", o->root);
	msg_debug(o->sink, "'include' patterns for 'watch': %s", in);
	msg_debug(o->sink, "'exclude' patterns for 'watch': %s", ex);
}

int watch_run(const struct watch_opts *o, struct err *err)
{
	CLEANUP(watch_release) struct watch w = { .o = o, .done = -1 };
	int r;

	tell_patterns(o);
	w.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w.done < 0)
		return err_set(err, E_FAIL, "cannot make an event: %m");
	r = watch_tree_open(o->root, o->filter, seen, &w, &w.tree, err);
	if (r < 0)
		return r;
	w.latch = LATCH_OPEN;
	w.pool = pool_new(1);
	msg_info(o->sink, "Triggering initial '%s'", o->command);
	start(&w);
	return loop(&w, err);
}
