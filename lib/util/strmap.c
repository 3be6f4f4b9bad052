#include "util/strmap.h"

/* memory never runs out below xmalloc, so the table cannot fail */
#define uthash_malloc(size) xmalloc(size)
#define uthash_fatal(text) abort()
/* the default hash falls through switch cases, which our warnings refuse */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

struct node {
	struct strmap_entry entry;
	UT_hash_handle hh;
};

static struct node *find(const struct strmap *m, const char *key)
{
	struct node *table = m->table, *found = NULL;

	HASH_FIND_STR(table, key, found);
	return found;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	struct node *n = find(m, key);

	return n ? n->entry.value : NULL;
}

bool strmap_has(const struct strmap *m, const char *key)
{
	return find(m, key) != NULL;
}

bool strmap_add(struct strmap *m, const char *key, void *value)
{
	struct node *table = m->table, *n;

	if (find(m, key))
		return false;
	n = xcalloc(1, sizeof(*n));
	n->entry.key = xstrdup(key);
	n->entry.value = value;
	n->entry.prev = m->last;
	if (m->last)
		m->last->next = &n->entry;
	else
		m->first = &n->entry;
	m->last = &n->entry;
	HASH_ADD_KEYPTR(hh, table, n->entry.key, strlen(n->entry.key), n);
	m->table = table;
	m->n++;
	return true;
}

void strmap_set(struct strmap *m, const char *key, void *value)
{
	struct node *n = find(m, key);

	if (!n) {
		(void)strmap_add(m, key, value);
		return;
	}
	if (m->free_value && n->entry.value != value)
		m->free_value(n->entry.value);
	n->entry.value = value;
}

static void drop(struct strmap *m, struct node *n)
{
	struct node *table = m->table;

	HASH_DEL(table, n);
	m->table = table;
	if (n->entry.prev)
		n->entry.prev->next = n->entry.next;
	else
		m->first = n->entry.next;
	if (n->entry.next)
		n->entry.next->prev = n->entry.prev;
	else
		m->last = n->entry.prev;
	m->n--;
	if (m->free_value)
		m->free_value(n->entry.value);
	free(n->entry.key);
	free(n);
}

void strmap_del(struct strmap *m, const char *key)
{
	struct node *n = find(m, key);

	if (n)
		drop(m, n);
}

void strmap_release(struct strmap *m)
{
	while (m->first)
		drop(m, (struct node *)m->first);
}
