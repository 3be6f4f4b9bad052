/*
 * Map from string to pointer that keeps insertion order, which JSON output
 * needs. Keys are copied, values are borrowed unless free_value is given.
 *
 *	struct strmap seen = { 0 };
 *	strmap_set(&seen, id, item);
 *	STRMAP_EACH(&seen, e) use(e->key, e->value);
 */
#ifndef CCDK_UTIL_STRMAP_H
#define CCDK_UTIL_STRMAP_H

#include "util/base.h"

struct strmap_entry {
	char *key;
	void *value;
	struct strmap_entry *next; /* in insertion order */
	struct strmap_entry *prev;
};

struct strmap {
	void *table;
	struct strmap_entry *first, *last;
	size_t n;
	void (*free_value)(void *);
};

#define STRMAP_EACH(m, e)						\
	for (struct strmap_entry *e = (m)->first; e; e = e->next)

/* The value, or NULL; strmap_has tells a NULL value from none. */
void *strmap_get(const struct strmap *m, const char *key);
bool strmap_has(const struct strmap *m, const char *key);
/* Sets or replaces (place kept; an old owned value is freed). */
void strmap_set(struct strmap *m, const char *key, void *value);
/* false when the key was there already (nothing changes). */
bool strmap_add(struct strmap *m, const char *key, void *value);
void strmap_del(struct strmap *m, const char *key);
void strmap_release(struct strmap *m);

#endif
