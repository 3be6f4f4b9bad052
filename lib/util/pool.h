/*
 * Worker threads for jobs that block. Jobs run in submission order on up to
 * `threads` threads; pool_wait returns when all are done. A job that must
 * report hands its result over whole through its own struct.
 *
 * In a pool of hundreds of threads only some 32 are at work; the others sleep
 * (wait_ms(), pool_rest()) or have not begun. So a fleet that waits for AWS
 * costs little memory, and it does not begin with a thousand requests at once.
 * Nobody is held up by that: a sleeper that wakes goes on at once, and while
 * nothing moves another job is begun now and then.
 */
#ifndef CCDK_UTIL_POOL_H
#define CCDK_UTIL_POOL_H

#include "util/base.h"

struct pool;
struct pool *pool_new(unsigned threads);
void pool_submit(struct pool *p, void (*job)(void *arg), void *arg);
void pool_wait(struct pool *p);
/* Waits, then ends the threads. NULL is fine. */
void pool_free(struct pool *p);
DEFINE_CLEANUP(struct pool, pool_free)
/*
 * The calling job waits for something that takes long: another one may begin
 * meanwhile, and what this thread's heap holds is left to the others. In
 * pairs; nothing happens on a thread that is no pool's.
 */
void pool_rest(void);
void pool_wake(void);

#endif
