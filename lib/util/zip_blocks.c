#include "util/zip_blocks.h"

#include <libdeflate.h>
#include <pthread.h>
#include <zlib.h>

#include "util/file.h"
#include "util/timeutil.h"

#define BLOCK ((size_t)2 << 20)
#define WINDOW ((size_t)32 << 10)
/* being read, packed and written at a time */
#define SLOTS 6

struct state;

struct block {
	struct state *state;
	unsigned char *in; /* WINDOW of the block before, then its own bytes */
	size_t window, n;
	bool last;
	unsigned char *out;
	size_t out_n;
	uint32_t crc;
	bool busy; /* submitted and not collected */
	bool done; /* under the lock */
};

struct state {
	const struct zip_blocks *o;
	struct block v[SLOTS];
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t size;
	uint32_t crc;
};

/* NULL for out when it went wrong: there is no memory. */
static void pack(struct block *b)
{
	z_stream s = { 0 };
	size_t cap;

	b->crc = libdeflate_crc32(0, b->in + WINDOW, b->n);
	if (deflateInit2(&s, b->state->o->level, Z_DEFLATED, -15, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	if (b->window)
		(void)deflateSetDictionary(&s, b->in + WINDOW - b->window,
		    (uInt)b->window);
	/* and the empty block that ends what is flushed */
	cap = deflateBound(&s, b->n) + 16;
	b->out = xmalloc(cap);
	s.next_in = b->in + WINDOW;
	s.avail_in = (uInt)b->n;
	s.next_out = b->out;
	s.avail_out = (uInt)cap;
	(void)deflate(&s, b->last ? Z_FINISH : Z_SYNC_FLUSH);
	b->out_n = cap - s.avail_out;
	if (s.avail_in || !s.avail_out)
		free(TAKE(b->out));
	deflateEnd(&s);
}

static void pack_job(void *arg)
{
	struct block *b = arg;
	struct state *st = b->state;

	pack(b);
	pthread_mutex_lock(&st->lock);
	b->done = true;
	pthread_cond_signal(&st->moved);
	pthread_mutex_unlock(&st->lock);
}

static void await(struct block *b)
{
	struct state *st = b->state;

	pthread_mutex_lock(&st->lock);
	while (!b->done)
		pthread_cond_wait(&st->moved, &st->lock);
	pthread_mutex_unlock(&st->lock);
	b->busy = false;
}

/* Waits for a block and hands it on. */
static int collect(struct block *b, struct err *err)
{
	struct state *st = b->state;
	int rc;

	if (!b->busy)
		return 0;
	await(b);
	if (!b->out)
		return err_set(err, E_FAIL, "cannot compress '%s'",
		    st->o->name);
	st->crc = (uint32_t)crc32_combine(st->crc, b->crc, (z_off_t)b->n);
	rc = st->o->put(st->o->arg, b->out, b->out_n, err);
	free(TAKE(b->out));
	if (rc == 0 && cancel_requested())
		rc = err_set(err, E_CANCELLED, "interrupted");
	return rc;
}

static int fill(struct block *b, const struct block *before, struct err *err)
{
	struct state *st = b->state;
	ssize_t n;

	if (!b->in)
		b->in = xmalloc(WINDOW + BLOCK);
	n = fd_read_full(st->o->fd, b->in + WINDOW, BLOCK);
	if (n < 0)
		return err_set(err, E_IO, "cannot read '%s': %m",
		    st->o->name);
	b->n = (size_t)n;
	b->last = b->n < BLOCK;
	b->window = before ? WINDOW : 0;
	if (before)
		memcpy(b->in, before->in + BLOCK, WINDOW);
	st->size += b->n;
	return 0;
}

static void submit(struct block *b)
{
	b->busy = true;
	b->done = false;
	pool_submit(b->state->o->pool, pack_job, b);
}

static void state_release(struct state *st)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (st->v[i].busy)
			await(&st->v[i]);
		free(st->v[i].in);
		free(st->v[i].out);
	}
	pthread_mutex_destroy(&st->lock);
	pthread_cond_destroy(&st->moved);
}

int zip_blocks_deflate(const struct zip_blocks *o, uint64_t *ret_size,
    uint32_t *ret_crc, struct err *err)
{
	CLEANUP(state_release) struct state st = { .o = o,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER };
	struct block *b = NULL;
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < SLOTS; i++)
		st.v[i].state = &st;
	do {
		struct block *before = b;

		b = &st.v[at];
		if ((rc = collect(b, err)) < 0 ||
		    (rc = fill(b, before, err)) < 0)
			return rc;
		submit(b);
		at = (at + 1) % SLOTS;
	} while (!b->last);
	/* the oldest first */
	for (size_t i = 0; rc == 0 && i < SLOTS; i++)
		rc = collect(&st.v[(at + i) % SLOTS], err);
	if (rc < 0)
		return rc;
	*ret_size = st.size;
	*ret_crc = st.crc;
	return 0;
}
