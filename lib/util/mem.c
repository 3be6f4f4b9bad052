#include "util/base.h"

#include <malloc.h>
#include <sys/mman.h>

/* what one run's trees may leave at the heap's top for those of the next */
#define KEEP_AT_TOP (64 << 20)
#define HUGE_PAGE ((uintptr_t)2 << 20)

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

void mem_init(void)
{
	/* giving memory back and faulting it in again costs more than it saves */
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_AT_TOP);
	(void)mallopt(M_TOP_PAD, 256 << 10);
	mem_init_json();
}

void mem_expect(size_t bytes)
{
	uintptr_t from, to;
	void *p;

	/* a block below the threshold comes off the top and goes back there */
	if (bytes < 2 * HUGE_PAGE || bytes > KEEP_AT_TOP / 2)
		return;
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_AT_TOP / 2);
	p = malloc(bytes);
	from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);
	if (p && from < to)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	free(p);
}

void mem_init_json(void)
{
	cJSON_Hooks hooks = { .malloc_fn = xmalloc, .free_fn = free };

	cJSON_InitHooks(&hooks);
}
