/*
 * Allocation that ends the program when memory runs out: no caller can do
 * anything useful then. Sizes that come from outside are capped long before
 * (strbuf limits, reply caps), so they never get here.
 * Everything returned belongs to the caller and goes to free().
 */
#ifndef CCDK_UTIL_MEM_H
#define CCDK_UTIL_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
/* n * size with an overflow check */
void *xreallocarray(void *p, size_t n, size_t size)
    __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* NULL stays NULL */
char *xstrdup0(const char *s);
char *xstrndup(const char *s, size_t n)
    __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0), malloc, returns_nonnull));
/* Overwrites a secret so that the compiler cannot drop the store, then frees. */
void secret_free(char *s);

/* About this much will be asked for in small pieces: where the system has
 * huge pages, the heap grows by those. (Page faults were a third of the time
 * of a large diff.) */
void mem_expect(size_t bytes);
/* This thread will allocate nothing for a while: what its heap holds is left
 * to the other threads, which matters where there are hundreds. */
void mem_idle(void);
/* The program is about to end: json_free() leaves trees to the system, which
 * takes them all at once. (Not where leaks are looked for.) */
void mem_leave_trees(void);
bool mem_leaves_trees(void);
/* Makes cJSON allocate through xmalloc; called once by main and the tests. */
void mem_init_json(void);

#endif
