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

struct key {
	const char *text;
	size_t n;
	unsigned hash;
};

static struct key key_of(const char *text)
{
	struct key k = { .text = text, .n = strlen(text) };

	HASH_VALUE(text, k.n, k.hash);
	return k;
}

static struct node *find_key(const struct strmap *m, const struct key *k)
{
	struct node *table = m->table, *found = NULL;

	HASH_FIND_BYHASHVALUE(hh, table, k->text, k->n, k->hash, found);
	return found;
}

static struct node *find(const struct strmap *m, const char *text)
{
	struct key k;

	if (!m->table)
		return NULL;
	k = key_of(text);
	return find_key(m, &k);
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

static void append(struct strmap *m, const struct key *k, void *value)
{
	struct node *table = m->table, *n = xcalloc(1, sizeof(*n));

	n->entry.key = xstrndup(k->text, k->n);
	n->entry.value = value;
	n->entry.prev = m->last;
	if (m->last)
		m->last->next = &n->entry;
	else
		m->first = &n->entry;
	m->last = &n->entry;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, table, n->entry.key, k->n, k->hash, n);
	m->table = table;
	m->n++;
}

bool strmap_add(struct strmap *m, const char *key, void *value)
{
	struct key k = key_of(key);

	if (find_key(m, &k))
		return false;
	append(m, &k, value);
	return true;
}

void strmap_set(struct strmap *m, const char *key, void *value)
{
	struct key k = key_of(key);
	struct node *n = find_key(m, &k);

	if (!n) {
		append(m, &k, value);
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
