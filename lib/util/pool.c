#include "util/pool.h"

#include <pthread.h>
#include <signal.h>

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
	bool ending;
	pthread_t *threads;
};

struct pool *pool_new(unsigned threads)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->max = MAX(threads, 1u);
	p->threads = xcalloc(p->max, sizeof(*p->threads));
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->idle, NULL);
	return p;
}

/* With the lock held; let go of while the job runs. */
static void run_one(struct pool *p)
{
	struct job *j = p->first;

	p->first = j->next;
	if (!p->first)
		p->last = &p->first;
	p->queued--;
	pthread_mutex_unlock(&p->lock);
	j->run(j->arg);
	free(j);
	pthread_mutex_lock(&p->lock);
	if (!--p->pending)
		pthread_cond_broadcast(&p->idle);
}

static void *worker(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (p->first || !p->ending) {
		if (p->first) {
			run_one(p);
			continue;
		}
		p->sleeping++;
		pthread_cond_wait(&p->work, &p->lock);
		p->sleeping--;
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
	if (p->queued > p->sleeping && p->started < p->max)
		(void)start_thread(p);
	/* no thread to be had at all: the submitter works */
	while (!p->started && p->first)
		run_one(p);
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
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
