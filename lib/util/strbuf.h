/*
 * strbuf: a growable, always NUL-terminated byte string. sv: a borrowed view.
 * Build with strbuf, read with sv.
 *
 *	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
 *	strbuf_addf(&b, "%s/%s", dir, name);
 *	use(b.buf);			never NULL, also when empty
 *
 * A buffer that collects outside data gets a limit: STRBUF_LIMIT(64u << 20).
 * Adding past it sets `overflow` and drops the bytes; the reader checks once.
 */
#ifndef CCDK_UTIL_STRBUF_H
#define CCDK_UTIL_STRBUF_H

#include "util/base.h"

struct sv {
	const char *p;
	size_t n;
};

#define SV(lit) ((struct sv){ "" lit, sizeof(lit) - 1 })
/* printf("%.*s", SV_FMT(v)) */
#define SV_FMT(v) (int)(v).n, (v).p

struct strbuf {
	char *buf;
	size_t len;
	size_t cap;
	size_t limit; /* 0: none */
	bool overflow;
	bool secret; /* nothing of it is left in memory: see below */
};

extern char strbuf_empty[1];
#define STRBUF_INIT { .buf = strbuf_empty }
#define STRBUF_LIMIT(max) { .buf = strbuf_empty, .limit = (max) }

/* Wiped when it moves and when it is released; to be so from the start. */
#define STRBUF_SECRET { .buf = strbuf_empty, .secret = true }

void strbuf_init(struct strbuf *b);
void strbuf_release(struct strbuf *b);
/* Empties the buffer, keeps its memory. */
void strbuf_reset(struct strbuf *b);
void strbuf_grow(struct strbuf *b, size_t extra);
void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addsv(struct strbuf *b, struct sv v);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap) PRINTF(2, 0);
void strbuf_addn(struct strbuf *b, char c, size_t times);
void strbuf_insert(struct strbuf *b, size_t pos, const void *p, size_t n);
void strbuf_setlen(struct strbuf *b, size_t len);
/* Cuts spaces, tabs and newlines at the end. */
void strbuf_rtrim(struct strbuf *b);
/* Hands the text out (yours to free); the buffer is empty afterwards. */
char *strbuf_detach(struct strbuf *b);
struct sv strbuf_sv(const struct strbuf *b);

struct sv sv_from(const char *s);
bool sv_eq(struct sv a, const char *b);
bool sv_starts(struct sv v, const char *prefix);
struct sv sv_trim(struct sv v);
/* Splits off the text before the first sep; false when *rest was empty. */
bool sv_next(struct sv *rest, char sep, struct sv *ret);
char *sv_dup(struct sv v);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Whole text is a decimal number that fits; no sign-less trickery, no locale. */
bool str_to_int64(const char *s, int64_t *ret);
/* Every `from` in s replaced by `to`; yours to free. */
char *str_replace(const char *s, const char *from, const char *to);
char *str_lower(const char *s);

/* A list of owned strings. Zero-filled is empty. */
struct strvec {
	char **v;
	size_t n;
	size_t cap;
};

void strvec_add(struct strvec *l, const char *s);
void strvec_addf(struct strvec *l, const char *fmt, ...) PRINTF(2, 3);
void strvec_add_take(struct strvec *l, char *s);
void strvec_release(struct strvec *l);
bool strvec_has(const struct strvec *l, const char *s);
/* joined by sep; yours to free */
char *strvec_join(const struct strvec *l, const char *sep);
void strvec_sort(struct strvec *l);
/* A NULL-terminated borrowed argv view of the list. */
char **strvec_argv(struct strvec *l);

#endif
