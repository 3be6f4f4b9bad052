#include "cfn/fleet.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/pool.h"
#include "util/strmap.h"
#include "util/timeutil.h"
#include "util/trace.h"

#define LIST_FROM 5	 /* waiting stacks make a listing worth while */
#define LIST_MS 1000	 /* from one to the next */
#define LIST_PAGE 100	 /* stacks on a page */
#define LIST_WAIT_MAX_MS 30000 /* after failures */
#define LIST_OLD_MS 10000 /* then stacks are looked at themselves */
#define LIST_SURE_MS 5000 /* so old states are not told any more */
#define TURNS (size_t)16 /* at once */
#define MANY 20		 /* so many looks are taken as they come due; */
#define TURN_MS 200	 /* from there on with a gap, beside a listing, */
#define SINGLE_MS 50	 /* and without one */
#define DISPLAY_MS 2000
#define STALE_REVIEWS 3 /* reads before an execution shows */
#define FAR ((int64_t)1 << 40)

struct fleet {
	char *name;
	pthread_mutex_t lock;
	pthread_cond_t over;
	pthread_t thread;
	bool running, stop, cancelled;
	int wake_fd;
	struct fleet_wait *first;
	size_t n, at_work;
	int64_t turn_ms; /* the next one is not before */

	struct strmap by_stack; /* -> struct fleet_wait, borrowed */
	bool no_list, listing;
	unsigned list_failures;
	size_t pages;
	int64_t list_ms;   /* the next one is due */
	int64_t listed_ms; /* the last whole one began; 0: none */
};

/* Fleets stay for the next stack of their account and region; so does what
 * was learnt about them. Held for joining and leaving, never for AWS. */
static pthread_mutex_t fleets_lock = PTHREAD_MUTEX_INITIALIZER;
static struct strmap fleets;

int64_t fleet_now(void)
{
	return mono_ms() * 100 / MAX(wait_scaled(100), (int64_t)1);
}

bool settled(struct settling *s, unsigned flags)
{
	if (flags & STATUS_BUSY) {
		s->was_busy = true;
		return false;
	}
	if (!(flags & STATUS_REVIEW))
		return true;
	return !s->was_busy && ++s->reviews > STALE_REVIEWS;
}

/* ---- whose turn it is; all with the lock held ---------------------------- */

static bool lists(const struct fleet *f)
{
	/* a listing must not cost more than what it saves */
	return !f->no_list && f->n >= LIST_FROM &&
	    f->pages * 10 <= MAX(f->n * 3, (size_t)10);
}

/* Beside a listing events are read for show, in turn. */
static int64_t listed_due(const struct fleet *f, const struct fleet_wait *w,
    int64_t now, enum fleet_turn *ret)
{
	int64_t gap = MAX((int64_t)f->n * TURN_MS, (int64_t)DISPLAY_MS);

	if (w->missing || (!w->cadence.begun && f->n <= MANY)) {
		*ret = FLEET_STATE;
		return w->cadence.begun
		    ? w->cadence.state_ms + CFN_POLL_STACK_MS : w->joined_ms;
	}
	*ret = FLEET_EVENTS;
	return w->moved ? now : w->cadence.looked_ms + gap;
}

static int64_t due_of(const struct fleet *f, struct fleet_wait *w,
    int64_t now, enum fleet_turn *ret)
{
	enum look look;
	int64_t at;

	if (w->ended) {
		*ret = FLEET_ENDED;
		return 0;
	}
	/* single looks would only queue behind a listing that is slow */
	if (lists(f) && (f->listing ||
	    now - MAX(f->listed_ms, w->joined_ms) < LIST_OLD_MS))
		return listed_due(f, w, now, ret);
	at = cadence_next(&w->cadence, now, &look);
	*ret = look == LOOK_STATE ? FLEET_STATE : FLEET_EVENTS;
	return at;
}

static void give(struct fleet *f, struct fleet_wait *w, enum fleet_turn turn)
{
	w->turn = turn;
	w->at_it = true;
	f->at_work++;
	if (turn == FLEET_STATE || turn == FLEET_EVENTS)
		cadence_begin(&w->cadence, fleet_now());
	if (turn == FLEET_EVENTS)
		w->moved = false;
	pthread_cond_signal(&w->cond);
}

static bool is_free(const struct fleet_wait *w)
{
	return !w->at_it && !w->turn;
}

static void give_listing(struct fleet *f)
{
	for (struct fleet_wait *w = f->first; w; w = w->next) {
		if (!is_free(w) || w->ended)
			continue;
		f->listing = true;
		give(f, w, FLEET_LIST);
		return;
	}
}

static int64_t gap_of(const struct fleet *f)
{
	if (f->n <= MANY)
		return 0;
	return lists(f) ? TURN_MS : SINGLE_MS;
}

/* The one that is due first; NULL: nobody is free. */
static struct fleet_wait *choose(struct fleet *f, int64_t now,
    enum fleet_turn *ret, int64_t *ret_due)
{
	struct fleet_wait *best = NULL;

	for (struct fleet_wait *w = f->first; w; w = w->next) {
		enum fleet_turn turn;
		int64_t due;

		if (!is_free(w))
			continue;
		due = due_of(f, w, now, &turn);
		if (best && due >= *ret_due)
			continue;
		best = w;
		*ret = turn;
		*ret_due = due;
	}
	return best;
}

/* Gives the turns that are due; when to come again. */
static int64_t hand_out(struct fleet *f)
{
	int64_t now = fleet_now(), wake = now + FAR;

	if (lists(f) && !f->listing) {
		if (now >= f->list_ms)
			give_listing(f);
		else
			wake = f->list_ms;
	}
	while (f->at_work < TURNS + (size_t)f->listing) {
		enum fleet_turn turn = FLEET_STATE;
		int64_t due = 0;
		struct fleet_wait *w = choose(f, now, &turn, &due);

		if (!w)
			break;
		if (turn != FLEET_ENDED)
			due = MAX(due, f->turn_ms);
		if (due > now) {
			wake = MIN(wake, due);
			break;
		}
		if (turn != FLEET_ENDED)
			f->turn_ms = now + gap_of(f);
		give(f, w, turn);
	}
	return wake;
}

static void cancel_all(struct fleet *f)
{
	f->cancelled = true;
	for (struct fleet_wait *w = f->first; w; w = w->next)
		pthread_cond_signal(&w->cond);
}

/* Is woken by turns that end, by time and by the end of the run. */
static void *keep(void *arg)
{
	struct fleet *f = arg;
	uint64_t drained;

	pthread_mutex_lock(&f->lock);
	while (!f->stop) {
		int64_t ms = hand_out(f) - fleet_now();
		bool go_on;

		pthread_mutex_unlock(&f->lock);
		go_on = wait_fd_ms(f->wake_fd,
		    ms > 0 ? MAX(wait_scaled(ms), (int64_t)1) : 0);
		(void)!read(f->wake_fd, &drained, sizeof(drained));
		pthread_mutex_lock(&f->lock);
		if (go_on)
			continue;
		cancel_all(f);
		while (!f->stop)
			pthread_cond_wait(&f->over, &f->lock);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

static void poke(struct fleet *f)
{
	uint64_t one = 1;

	(void)!write(f->wake_fd, &one, sizeof(one));
}

/* ---- coming and going ---------------------------------------------------- */

/* With the registry's lock held. */
static struct fleet *fleet_of(struct aws *aws)
{
	const char *account = aws_account(aws);
	CLEANUP(free_p) char *name = xasprintf("%s in %s",
	    account ? account : "-", aws_region(aws));
	struct fleet *f = strmap_get(&fleets, name);

	if (f)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->name = xstrdup(name);
	f->wake_fd = -1;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->over, NULL);
	strmap_set(&fleets, name, f);
	return f;
}

/* With the registry's lock held; signals belong to the main thread. */
static void start(struct fleet *f)
{
	sigset_t all, old;

	if (f->running)
		return;
	f->stop = f->cancelled = false;
	f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	f->running = f->wake_fd >= 0 &&
	    pthread_create(&f->thread, NULL, keep, f) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* With the registry's lock held. */
static void stop(struct fleet *f)
{
	if (f->running) {
		pthread_mutex_lock(&f->lock);
		f->stop = true;
		pthread_cond_signal(&f->over);
		pthread_mutex_unlock(&f->lock);
		poke(f);
		pthread_join(f->thread, NULL);
	}
	if (f->wake_fd >= 0)
		close(f->wake_fd);
	f->wake_fd = -1;
	f->running = false;
}

void fleet_join(struct fleet_wait *w, struct aws *aws, const char *stack)
{
	struct fleet *f;

	*w = (struct fleet_wait){ .aws = aws, .stack = stack,
		.joined_ms = fleet_now() };
	cadence_init(&w->cadence, w->joined_ms);
	pthread_cond_init(&w->cond, NULL);
	pthread_mutex_lock(&fleets_lock);
	f = w->fleet = fleet_of(aws);
	start(f);
	pthread_mutex_lock(&f->lock);
	w->next = f->first;
	f->first = w;
	f->n++;
	/* until it comes for its first turn */
	w->at_it = true;
	f->at_work++;
	w->listed = strmap_add(&f->by_stack, stack, w);
	pthread_mutex_unlock(&f->lock);
	pthread_mutex_unlock(&fleets_lock);
}

/* With the lock held. */
static void end_turn(struct fleet *f, struct fleet_wait *w)
{
	if (w->at_it)
		f->at_work--;
	w->at_it = false;
	w->turn = 0;
}

void fleet_leave(struct fleet_wait *w)
{
	struct fleet *f = w->fleet;
	struct fleet_wait **at = &f->first;
	bool last;

	pthread_mutex_lock(&fleets_lock);
	pthread_mutex_lock(&f->lock);
	end_turn(f, w);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->listed)
		strmap_del(&f->by_stack, w->stack);
	last = --f->n == 0;
	pthread_mutex_unlock(&f->lock);
	if (last)
		stop(f);
	else if (f->running)
		poke(f);
	pthread_mutex_unlock(&fleets_lock);
	cfnstack_release(&w->end);
	free(w->state);
	pthread_cond_destroy(&w->cond);
}

/* ---- the listing --------------------------------------------------------- */

struct listing {
	struct fleet *fleet;
	const struct fleet_wait *me;
	int64_t began;
	size_t seen, found, wanted;
};

static void note_state(struct fleet_wait *w, const cJSON *json, int64_t now)
{
	const char *status = json_str(json, "StackStatus");
	bool sure = w->settling.was_busy || w->cadence.over ||
	    now - w->joined_ms >= LIST_SURE_MS;

	w->missing = false;
	if (w->ended || !status)
		return;
	if (settled(&w->settling, status_flags(status)) && sure) {
		w->end = cfnstack_of(json_dup(json));
		w->ended = true;
	} else if (!streq0(w->state, status)) {
		w->moved = w->state != NULL;
		free(w->state);
		w->state = xstrdup(status);
	}
}

static int each_stack(void *u, const cJSON *json)
{
	struct listing *l = u;
	struct fleet *f = l->fleet;
	const char *arn = json_str(json, "StackId");
	const char *name = json_str(json, "StackName");
	struct fleet_wait *w;
	bool all;

	pthread_mutex_lock(&f->lock);
	w = arn ? strmap_get(&f->by_stack, arn) : NULL;
	if (!w && name)
		w = strmap_get(&f->by_stack, name);
	l->seen++;
	/* a stack that came later may be shown as it was before */
	if (w && w->joined_ms <= l->began) {
		w->listed_ms = l->began;
		l->found++;
		/* what is being looked at belongs to its own thread */
		if (!w->at_it || w == l->me)
			note_state(w, json, fleet_now());
		if (w->ended || w->moved)
			poke(f);
	}
	all = l->found >= l->wanted;
	pthread_mutex_unlock(&f->lock);
	return all;
}

static size_t count_wanted(const struct fleet *f)
{
	size_t n = 0;

	for (struct fleet_wait *w = f->first; w; w = w->next)
		n += w->listed;
	return n;
}

/* Who was not on it is gone, or not there yet: it is looked at itself. */
static void note_missing(struct fleet *f, int64_t began)
{
	for (struct fleet_wait *w = f->first; w; w = w->next)
		if (w->joined_ms <= began && w->listed_ms != began)
			w->missing = true;
}

static void note_listing(struct fleet *f, const struct listing *l, int r,
    const struct err *e)
{
	int64_t now = fleet_now(), pause = LIST_MS;

	f->listing = false;
	if (r == 0) {
		f->list_failures = 0;
		f->listed_ms = l->began;
		f->pages = (l->seen + LIST_PAGE - 1) / LIST_PAGE;
		note_missing(f, l->began);
	} else if (r != E_CANCELLED && !aws_may_pass(e)) {
		TRACE(TRACE_AWS, "%s: stacks cannot be listed: %s", f->name,
		    err_text(e));
		f->no_list = true;
	} else {
		f->list_failures = MIN(f->list_failures + 1, 5u);
		pause = MIN((int64_t)LIST_MS << f->list_failures,
		    (int64_t)LIST_WAIT_MAX_MS);
	}
	f->list_ms = MAX(l->began + LIST_MS, r == 0 ? now : now + pause);
}

static void list(struct fleet *f, struct fleet_wait *w)
{
	CLEANUP(err_release) struct err e = { 0 };
	struct listing l = { .fleet = f, .me = w,
		.began = fleet_now() };
	int r;

	pthread_mutex_lock(&f->lock);
	l.wanted = count_wanted(f);
	pthread_mutex_unlock(&f->lock);
	r = aws_pages(w->aws, OP_CFN_DESCRIBE_STACKS, NULL, each_stack, &l,
	    &e);
	pthread_mutex_lock(&f->lock);
	note_listing(f, &l, r, &e);
	pthread_mutex_unlock(&f->lock);
}

/* ---- waiting ------------------------------------------------------------- */

/* There was no thread to be had: each goes by its own clock. */
static enum fleet_turn alone(struct fleet_wait *w)
{
	int64_t now = fleet_now();
	enum look look;
	int64_t at = cadence_next(&w->cadence, now, &look);

	if (!wait_ms(MAX(at - now, (int64_t)0)))
		return FLEET_CANCELLED;
	cadence_begin(&w->cadence, fleet_now());
	return look == LOOK_STATE ? FLEET_STATE : FLEET_EVENTS;
}

static enum fleet_turn wait_for_turn(struct fleet *f, struct fleet_wait *w)
{
	enum fleet_turn turn;

	pool_rest();
	pthread_mutex_lock(&f->lock);
	end_turn(f, w);
	poke(f);
	while (!w->turn && !f->cancelled)
		pthread_cond_wait(&w->cond, &f->lock);
	turn = w->turn ? w->turn : FLEET_CANCELLED;
	pthread_mutex_unlock(&f->lock);
	pool_wake();
	return turn;
}

enum fleet_turn fleet_next(struct fleet_wait *w)
{
	struct fleet *f = w->fleet;

	for (;;) {
		enum fleet_turn turn;

		if (cancel_requested())
			return FLEET_CANCELLED;
		turn = f->running ? wait_for_turn(f, w) : alone(w);
		if (turn != FLEET_LIST)
			return turn;
		list(f, w);
	}
}
