#include "util/strbuf.h"

char strbuf_empty[1];

void strbuf_init(struct strbuf *b)
{
	*b = (struct strbuf)STRBUF_INIT;
}

void strbuf_release(struct strbuf *b)
{
	size_t limit = b->limit;
	bool secret = b->secret;

	if (b->cap && secret)
		explicit_bzero(b->buf, b->cap);
	if (b->cap)
		free(b->buf);
	strbuf_init(b);
	b->limit = limit;
	b->secret = secret;
}

/* realloc would leave a copy where the text was. */
static char *move_secret(struct strbuf *b, size_t cap)
{
	char *fresh = xmalloc(cap);

	if (b->cap) {
		memcpy(fresh, b->buf, b->len);
		explicit_bzero(b->buf, b->cap);
		free(b->buf);
	}
	return fresh;
}

void strbuf_reset(struct strbuf *b)
{
	strbuf_setlen(b, 0);
	b->overflow = false;
}

void strbuf_grow(struct strbuf *b, size_t extra)
{
	size_t need = b->len + extra + 1, cap;

	if (need <= b->cap)
		return;
	cap = MAX(b->cap + b->cap / 2, MAX(need, (size_t)64));
	b->buf = b->secret ? move_secret(b, cap) :
	    xrealloc(b->cap ? b->buf : NULL, cap);
	b->cap = cap;
	b->buf[b->len] = '\0';
}

void strbuf_add(struct strbuf *b, const void *p, size_t n)
{
	if (b->limit && n > b->limit - MIN(b->len, b->limit)) {
		b->overflow = true;
		return;
	}
	if (!n)
		return;
	strbuf_grow(b, n);
	memcpy(b->buf + b->len, p, n);
	b->len += n;
	b->buf[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void strbuf_addsv(struct strbuf *b, struct sv v)
{
	strbuf_add(b, v.p, v.n);
}

void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list copy;
	char small[256];
	int n;

	va_copy(copy, ap);
	n = vsnprintf(small, sizeof(small), fmt, copy);
	va_end(copy);
	if (n < 0)
		return;
	if ((size_t)n < sizeof(small)) {
		strbuf_add(b, small, (size_t)n);
	} else {
		char *big = xmalloc((size_t)n + 1);

		(void)vsnprintf(big, (size_t)n + 1, fmt, ap);
		strbuf_add(b, big, (size_t)n);
		if (b->secret)
			explicit_bzero(big, (size_t)n);
		free(big);
	}
	if (b->secret)
		explicit_bzero(small, sizeof(small));
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(b, fmt, ap);
	va_end(ap);
}

void strbuf_addn(struct strbuf *b, char c, size_t times)
{
	if (b->limit && times > b->limit - MIN(b->len, b->limit)) {
		b->overflow = true;
		return;
	}
	if (!times)
		return;
	strbuf_grow(b, times);
	memset(b->buf + b->len, c, times);
	b->len += times;
	b->buf[b->len] = '\0';
}

void strbuf_insert(struct strbuf *b, size_t pos, const void *p, size_t n)
{
	if (!n || pos > b->len)
		return;
	strbuf_grow(b, n);
	memmove(b->buf + pos + n, b->buf + pos, b->len - pos + 1);
	memcpy(b->buf + pos, p, n);
	b->len += n;
}

void strbuf_setlen(struct strbuf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->buf[len] = '\0';
}

void strbuf_rtrim(struct strbuf *b)
{
	size_t n = b->len;

	while (n && strchr(" \t\r\n", b->buf[n - 1]))
		n--;
	strbuf_setlen(b, n);
}

char *strbuf_detach(struct strbuf *b)
{
	char *s;

	strbuf_grow(b, 0);
	s = b->buf;
	b->cap = 0;
	strbuf_release(b);
	return s;
}

struct sv strbuf_sv(const struct strbuf *b)
{
	return (struct sv){ b->buf, b->len };
}

struct sv sv_from(const char *s)
{
	return (struct sv){ s, strlen(s) };
}

bool sv_eq(struct sv a, const char *b)
{
	return a.n == strlen(b) && (!a.n || memcmp(a.p, b, a.n) == 0);
}

bool sv_starts(struct sv v, const char *prefix)
{
	size_t n = strlen(prefix);

	return v.n >= n && (!n || memcmp(v.p, prefix, n) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sv sv_trim(struct sv v)
{
	while (v.n && is_blank(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n && is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

bool sv_next(struct sv *rest, char sep, struct sv *ret)
{
	const char *at;

	if (!rest->p || !rest->n)
		return false;
	at = memchr(rest->p, sep, rest->n);
	ret->p = rest->p;
	ret->n = at ? (size_t)(at - rest->p) : rest->n;
	if (at) {
		rest->n -= ret->n + 1;
		rest->p = at + 1;
	} else {
		rest->p += rest->n;
		rest->n = 0;
	}
	return true;
}

char *sv_dup(struct sv v)
{
	return xstrndup(v.p ? v.p : "", v.n);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_to_int64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t v = 0;

	if (negative)
		s++;
	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, *s - '0', &v))
			return false;
	}
	/* summed up as a negative number, which reaches one further */
	if (!negative && __builtin_sub_overflow(0, v, &v))
		return false;
	*ret = v;
	return true;
}

char *str_replace(const char *s, const char *from, const char *to)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	size_t n = strlen(from);
	const char *at;

	while (n && (at = strstr(s, from))) {
		strbuf_add(&b, s, (size_t)(at - s));
		strbuf_adds(&b, to);
		s = at + n;
	}
	strbuf_adds(&b, s);
	return strbuf_detach(&b);
}

char *str_lower(const char *s)
{
	char *r = xstrdup(s);

	for (char *p = r; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return r;
}

void strvec_add_take(struct strvec *l, char *s)
{
	if (l->n + 2 > l->cap) {
		l->cap = MAX(l->cap * 2, (size_t)8);
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strvec_add(struct strvec *l, const char *s)
{
	strvec_add_take(l, xstrdup(s));
}

void strvec_addf(struct strvec *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strvec_add_take(l, xvasprintf(fmt, ap));
	va_end(ap);
}

void strvec_release(struct strvec *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strvec){ 0 };
}

bool strvec_has(const struct strvec *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i], s))
			return true;
	return false;
}

char *strvec_join(const struct strvec *l, const char *sep)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			strbuf_adds(&b, sep);
		strbuf_adds(&b, l->v[i]);
	}
	return strbuf_detach(&b);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strvec_sort(struct strvec *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_bytes);
}

char **strvec_argv(struct strvec *l)
{
	static char *none[1];

	return l->v ? l->v : none;
}
