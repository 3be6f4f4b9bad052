#include "util/deadline.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "util/timeutil.h"

#define DURATION_MAX ((int64_t)30 * 24 * 3600 * 1000)

static struct {
	pthread_mutex_t lock; /* ended */
	pthread_cond_t end;
	pthread_t thread;
	struct timespec at;
	bool started, ended;
	atomic_bool passed;
	atomic_llong at_ms; /* 0: none */
} st = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* "1.5" of "1.5h"; what follows is left in *text. */
static bool take_number(const char **text, double *ret)
{
	const char *p = *text;
	double v = 0, unit = 1;
	int digits = 0;

	for (; *p >= '0' && *p <= '9'; p++, digits++)
		v = v * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, digits++)
			v += (*p - '0') * (unit /= 10);
	*text = p;
	*ret = v;
	return digits > 0 && digits < 12;
}

bool duration_parse(const char *text, int64_t *ret_ms)
{
	static const char units[] = "hms"; /* in this order, each once */
	static const int seconds[] = { 3600, 60, 1 };
	double total = 0, v;
	size_t from = 0;

	if (!*text)
		return false;
	while (*text) {
		const char *u;

		if (!take_number(&text, &v))
			return false;
		if (!*text && from == 0) {
			total = v;
			break;
		}
		u = *text ? strchr(units + from, *text) : NULL;
		if (!u)
			return false;
		total += v * seconds[u - units];
		from = (size_t)(u - units) + 1;
		text++;
	}
	if (!(total > 0 && total * 1000 <= (double)DURATION_MAX))
		return false;
	*ret_ms = MAX((int64_t)(total * 1000 + 0.5), (int64_t)1);
	return true;
}

static void *wait_for_it(void *arg)
{
	int rc = 0;

	(void)arg;
	pthread_mutex_lock(&st.lock);
	while (!st.ended && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&st.end, &st.lock, &st.at);
	if (!st.ended && !cancel_requested()) {
		atomic_store(&st.passed, true);
		cancel_request();
	}
	pthread_mutex_unlock(&st.lock);
	return NULL;
}

void deadline_start(int64_t at_ms)
{
	pthread_condattr_t attr;
	sigset_t all, old;

	at_ms = MAX(at_ms, (int64_t)1);
	atomic_store(&st.at_ms, at_ms);
	/* the event that cancel_request() writes to has to be there already */
	(void)wait_ms(0);
	st.at = (struct timespec){ .tv_sec = at_ms / 1000,
		.tv_nsec = at_ms % 1000 * 1000000 };
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&st.end, &attr);
	pthread_condattr_destroy(&attr);
	/* signals belong to the main thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	st.started = pthread_create(&st.thread, NULL, wait_for_it, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void deadline_end(void)
{
	if (!st.started)
		return;
	pthread_mutex_lock(&st.lock);
	st.ended = true;
	pthread_cond_signal(&st.end);
	pthread_mutex_unlock(&st.lock);
	pthread_join(st.thread, NULL);
	pthread_cond_destroy(&st.end);
	st.started = st.ended = false;
	atomic_store(&st.at_ms, 0);
}

int64_t deadline_left_ms(void)
{
	int64_t at = atomic_load(&st.at_ms);

	return at ? MAX(at - mono_ms(), (int64_t)1) : 0;
}

bool deadline_passed(void)
{
	return atomic_load(&st.passed);
}
