/*
 * Worker threads for jobs that block. Jobs run in submission order on up to
 * `threads` threads; pool_wait returns when all are done. A job that must
 * report hands its result over whole through its own struct.
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

#endif
