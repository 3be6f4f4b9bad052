#include "util/base.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define HUGE_PAGE ((uintptr_t)2 << 20)
#define EXPECT_MAX ((size_t)32 << 20)

static NORETURN void out_of_memory(void)
{
	static const char text[] = "ccdk: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xreallocarray(void *old, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return xrealloc(old, total);
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrdup0(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char small[256], *p;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0)
		out_of_memory();
	/* of the right size at once: vasprintf() grows its text, and leaves
	 * parts of secrets where it was */
	p = xmalloc((size_t)n + 1);
	if ((size_t)n < sizeof(small))
		memcpy(p, small, (size_t)n + 1);
	else
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = xvasprintf(fmt, ap);
	va_end(ap);
	return p;
}

void secret_free(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void mem_expect(size_t bytes)
{
	uintptr_t from, to;
	void *p;

	if (bytes < 2 * HUGE_PAGE || bytes > EXPECT_MAX)
		return;
	/* the allocator keeps the block for what is asked for next */
	p = malloc(bytes);
	from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);
	if (p && from < to)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	free(p);
}

/* mimalloc's; not there where sanitizers have their own allocator */
void mi_thread_done(void) __attribute__((weak));

void mem_idle(void)
{
	if (mi_thread_done)
		mi_thread_done();
}

static atomic_bool leaves_trees;

void mem_leave_trees(void)
{
#ifndef __SANITIZE_ADDRESS__
	atomic_store(&leaves_trees, true);
#endif
}

bool mem_leaves_trees(void)
{
	return atomic_load_explicit(&leaves_trees, memory_order_relaxed);
}

void mem_init_json(void)
{
	cJSON_Hooks hooks = { .malloc_fn = xmalloc, .free_fn = free };

	cJSON_InitHooks(&hooks);
}
