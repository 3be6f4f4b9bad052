#include "aws/throttle.h"

#include <pthread.h>

#include "net/pace.h"
#include "net/retry.h"
#include "util/timeutil.h"
#include "util/trace.h"

/* One thread that waits for its turn, on its stack. */
struct waiter {
	struct waiter *next;
};

struct throttle {
	bool paced, limited; /* by the retry mode */
	char *name;
	pthread_mutex_t lock;
	struct pace pace;
	int64_t good_ms; /* the last reply that was not throttled; 0: none */
	struct waiter *first;
	struct retry_quota quota;
};

struct throttles {
	pthread_mutex_t lock;
	struct strmap all; /* key -> struct throttle */
	bool configured;
	struct config_retry retry;
};

static void throttle_free(void *p)
{
	struct throttle *t = p;

	pthread_mutex_destroy(&t->lock);
	free(t->name);
	free(t);
}

struct throttles *throttles_new(void)
{
	struct throttles *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->all.free_value = throttle_free;
	return t;
}

void throttles_free(struct throttles *t)
{
	if (!t)
		return;
	strmap_release(&t->all);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

unsigned throttles_attempts(struct throttles *t, const struct aws_config *c,
    struct sink *sink)
{
	CLEANUP(strvec_release) struct strvec bad = { 0 };

	pthread_mutex_lock(&t->lock);
	if (!t->configured)
		config_retry(c, &t->retry, &bad);
	t->configured = true;
	pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < bad.n; i++)
		msg_warn(sink, "%s", bad.v[i]);
	return t->retry.attempts;
}

struct throttle *throttle_get(struct throttles *ts, const char *scope,
    const char *region, const char *service, const char *operation)
{
	CLEANUP(free_p) char *key = xasprintf("%s %s %s.%s", scope, region,
	    service, operation ? operation : "*");
	struct throttle *t;

	pthread_mutex_lock(&ts->lock);
	t = strmap_get(&ts->all, key);
	if (!t) {
		enum retry_mode mode = ts->retry.mode;

		t = xcalloc(1, sizeof(*t));
		pthread_mutex_init(&t->lock, NULL);
		t->name = xasprintf("%s.%s in %s", service,
		    operation ? operation : "*", region);
		t->paced = mode == RETRY_UNSET || mode == RETRY_ADAPTIVE;
		t->limited = mode == RETRY_STANDARD || mode == RETRY_ADAPTIVE;
		strmap_set(&ts->all, key, t);
	}
	pthread_mutex_unlock(&ts->lock);
	return t;
}

/* ---- the pace ------------------------------------------------------------ */

static size_t enqueue(struct throttle *t, struct waiter *me)
{
	struct waiter **end = &t->first;
	size_t ahead = 0;

	for (; *end; end = &(*end)->next)
		ahead++;
	*end = me;
	return ahead;
}

static size_t place_of(const struct throttle *t, const struct waiter *me)
{
	size_t ahead = 0;

	for (const struct waiter *w = t->first; w != me; w = w->next)
		ahead++;
	return ahead;
}

static void dequeue(struct throttle *t, struct waiter *me)
{
	struct waiter **at = &t->first;

	while (*at != me)
		at = &(*at)->next;
	*at = me->next;
}

/* With the lock held, which is let go of while waiting. */
static void wait_for_turn(struct throttle *t)
{
	struct waiter me = { NULL };
	size_t ahead = enqueue(t, &me);
	bool go_on = true;
	int64_t ms;

	while (go_on && (ms = pace_wait_ms(&t->pace, ahead, mono_ms())) > 0) {
		pthread_mutex_unlock(&t->lock);
		TRACE(TRACE_AWS, "%s: %zu ahead, waiting %lld ms", t->name,
		    ahead, (long long)ms);
		go_on = wait_real_ms(ms);
		pthread_mutex_lock(&t->lock);
		ahead = place_of(t, &me);
	}
	dequeue(t, &me);
}

int64_t throttle_enter(struct throttle *t)
{
	int64_t now;

	if (!t->paced)
		return 0;
	pthread_mutex_lock(&t->lock);
	if (t->pace.on)
		wait_for_turn(t);
	now = mono_ms();
	pace_sent(&t->pace, now);
	pthread_mutex_unlock(&t->lock);
	return now;
}

void throttle_leave(struct throttle *t, int64_t entered,
    enum throttle_answer how)
{
	double before;

	if (!t->paced || how == THROTTLE_OTHER)
		return;
	pthread_mutex_lock(&t->lock);
	before = t->pace.rate;
	if (how == THROTTLE_THROTTLED)
		pace_throttled(&t->pace, entered, mono_ms());
	else
		pace_succeeded(&t->pace, t->good_ms = mono_ms());
	if (how == THROTTLE_THROTTLED && t->pace.rate != before)
		TRACE(TRACE_AWS, "%s: throttled, at most %.1f a second now",
		    t->name, t->pace.rate);
	pthread_mutex_unlock(&t->lock);
}

bool throttle_is_shared(struct throttle *t, int64_t since)
{
	bool shared;

	if (!t->paced)
		return false;
	pthread_mutex_lock(&t->lock);
	shared = t->good_ms && t->good_ms >= since;
	pthread_mutex_unlock(&t->lock);
	return shared;
}

/* ---- the quota ----------------------------------------------------------- */

bool throttle_retry(struct throttle *t, bool transient, int *cost)
{
	bool ok;

	*cost = transient ? RETRY_COST_TRANSIENT : RETRY_COST;
	if (!t->limited)
		return true;
	pthread_mutex_lock(&t->lock);
	ok = retry_quota_take(&t->quota, *cost);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

void throttle_good(struct throttle *t, int cost)
{
	if (!t->limited)
		return;
	pthread_mutex_lock(&t->lock);
	retry_quota_return(&t->quota, cost);
	pthread_mutex_unlock(&t->lock);
}
