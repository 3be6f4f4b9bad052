#include "util/pool.h"

#include <pthread.h>
#include <signal.h>

#include "util/mem.h"
#include "util/timeutil.h"

#define AT_WORK 32
#define STUCK_MS 200 /* then one more begins */

struct job {
	struct job *next;
	void (*run)(void *arg);
	void *arg;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct job *first, **last;
	size_t pending; /* queued and running */
	size_t queued;
	unsigned max, started, sleeping;
	unsigned busy, resting; /* of the jobs that have begun */
	int64_t begun_ms;	/* the last one */
	bool ending, watched;	/* somebody looks whether nothing moves */
	pthread_t *threads;
};

static _Thread_local struct pool *mine;

struct pool *pool_new(unsigned threads)
{
	struct pool *p = xcalloc(1, sizeof(*p));
	pthread_condattr_t attr;

	p->max = MAX(threads, 1u);
	p->threads = xcalloc(p->max, sizeof(*p->threads));
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_cond_init(&p->idle, NULL);
	pthread_condattr_destroy(&attr);
	return p;
}

static bool start_thread(struct pool *p);

/* With the lock held: sees to it that somebody takes the next job. */
static void call(struct pool *p)
{
	unsigned awake = p->started - p->resting;

	if (!p->first)
		return;
	if (p->queued > p->sleeping && p->started < p->max &&
	    awake <= MAX(p->busy, (unsigned)AT_WORK))
		(void)start_thread(p);
	pthread_cond_signal(&p->work);
}

static bool may_begin(const struct pool *p)
{
	return p->busy < AT_WORK || mono_ms() - p->begun_ms >= STUCK_MS;
}

/* With the lock held; let go of while the job runs. */
static void run_one(struct pool *p)
{
	struct job *j = p->first;

	p->first = j->next;
	if (!p->first)
		p->last = &p->first;
	p->queued--;
	p->busy++;
	p->begun_ms = mono_ms();
	call(p);
	pthread_mutex_unlock(&p->lock);
	j->run(j->arg);
	free(j);
	if (p->max > AT_WORK)
		mem_idle();
	pthread_mutex_lock(&p->lock);
	p->busy--;
	call(p);
	if (!--p->pending)
		pthread_cond_broadcast(&p->idle);
}

/* With the lock held: until there may be something to do. */
static void doze(struct pool *p)
{
	int64_t until = mono_ms() + STUCK_MS;
	struct timespec at = { .tv_sec = until / 1000,
		.tv_nsec = until % 1000 * 1000000 };

	p->sleeping++;
	if (p->first && !p->watched) {
		p->watched = true;
		pthread_cond_timedwait(&p->work, &p->lock, &at);
		p->watched = false;
	} else {
		pthread_cond_wait(&p->work, &p->lock);
	}
	p->sleeping--;
}

static void *worker(void *arg)
{
	struct pool *p = arg;

	mine = p;
	pthread_mutex_lock(&p->lock);
	while (p->first || !p->ending) {
		if (p->first && may_begin(p))
			run_one(p);
		else
			doze(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals belong to the main thread. */
static bool start_thread(struct pool *p)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&p->threads[p->started], NULL, worker, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		p->started++;
	return rc == 0;
}

void pool_submit(struct pool *p, void (*run)(void *arg), void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->run = run;
	j->arg = arg;
	pthread_mutex_lock(&p->lock);
	*p->last = j;
	p->last = &j->next;
	p->pending++;
	p->queued++;
	call(p);
	/* no thread to be had at all: the submitter works */
	while (!p->started && p->first)
		run_one(p);
	pthread_mutex_unlock(&p->lock);
}

void pool_rest(void)
{
	if (!mine)
		return;
	pthread_mutex_lock(&mine->lock);
	mine->busy--;
	mine->resting++;
	call(mine);
	pthread_mutex_unlock(&mine->lock);
	if (mine->max > AT_WORK)
		mem_idle();
}

void pool_wake(void)
{
	if (!mine)
		return;
	pthread_mutex_lock(&mine->lock);
	mine->busy++;
	mine->resting--;
	pthread_mutex_unlock(&mine->lock);
}

void pool_wait(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->pending)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pool_wait(p);
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}
