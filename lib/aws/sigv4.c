#include "aws/sigv4.h"

#include "net/url.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

struct pair {
	char *name;
	char *value;
	size_t place; /* keeps equal names in order */
};

struct pairs {
	struct pair *v;
	size_t n;
};

static void pairs_release(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		secret_free(p->v[i].value);
	}
	free(p->v);
}

static void pairs_add(struct pairs *p, char *name, char *value)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n] = (struct pair){ name, value, p->n };
	p->n++;
}

static int by_name_and_value(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : strcmp(x->value, y->value);
}

static int by_name_and_place(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : (x->place > y->place) - (x->place < y->place);
}

static void pairs_sort(struct pairs *p,
    int (*order)(const void *, const void *))
{
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), order);
}

/* ---- path ---------------------------------------------------------------- */

static void drop_last_segment(struct strbuf *b)
{
	while (b->len && b->buf[b->len - 1] != '/')
		strbuf_setlen(b, b->len - 1);
	if (b->len)
		strbuf_setlen(b, b->len - 1);
}

/* RFC 3986 dot segments, doubled slashes collapsed; a slash at the end stays. */
static void normalize_path(struct strbuf *out, const char *path)
{
	struct sv rest = sv_from(path), seg;
	bool dir = false;

	while (sv_next(&rest, '/', &seg)) {
		dir = false;
		if (!seg.n || sv_eq(seg, ".")) {
			dir = true;
			continue;
		}
		if (sv_eq(seg, "..")) {
			drop_last_segment(out);
			dir = true;
			continue;
		}
		strbuf_addc(out, '/');
		strbuf_addsv(out, seg);
	}
	if (dir || str_ends(path, "/") || !out->len)
		strbuf_addc(out, '/');
}

static void canonical_path(const struct sigv4_request *r,
    const struct sigv4_opts *o, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf p = STRBUF_INIT;
	const char *path = r->path && *r->path ? r->path : "/";

	if (o->normalize)
		normalize_path(&p, path);
	else
		strbuf_adds(&p, path);
	if (o->double_encode)
		url_encode(out, strbuf_sv(&p), "/");
	else
		strbuf_addsv(out, strbuf_sv(&p));
}

/* ---- query --------------------------------------------------------------- */

/* Whatever way it was encoded for the wire, it is encoded strictly here. */
static char *encode_again(struct sv text)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;

	url_decode(&raw, text);
	url_encode(&out, strbuf_sv(&raw), NULL);
	return strbuf_detach(&out);
}

static void canonical_query(const char *query, struct strbuf *out)
{
	CLEANUP(pairs_release) struct pairs q = { 0 };
	struct sv rest = sv_from(query ? query : ""), item;

	while (sv_next(&rest, '&', &item)) {
		const char *eq = memchr(item.p, '=', item.n);
		struct sv name = item, value = { item.p, 0 };

		if (!item.n)
			continue;
		if (eq) {
			name.n = (size_t)(eq - item.p);
			value = (struct sv){ eq + 1, item.n - name.n - 1 };
		}
		pairs_add(&q, encode_again(name), encode_again(value));
	}
	pairs_sort(&q, by_name_and_value);
	for (size_t i = 0; i < q.n; i++)
		strbuf_addf(out, "%s%s=%s", i ? "&" : "", q.v[i].name,
		    q.v[i].value);
}

/* ---- headers ------------------------------------------------------------- */

/* What proxies and curl itself set or change is not signed. */
static bool is_signed(const char *lower, const struct sigv4_opts *o)
{
	static const char *const skip[] = { "authorization", "connection",
		"expect", "transfer-encoding", "user-agent",
		"x-amzn-trace-id" };

	for (size_t i = 0; i < ARRAY_SIZE(skip); i++) {
		if (streq(lower, skip[i]))
			return false;
	}
	return !(o->omit_token_from_signature &&
	    streq(lower, "x-amz-security-token"));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Trimmed, runs of white space as one space. */
static char *fold_value(const char *s)
{
	struct strbuf out = STRBUF_SECRET;

	/* a session token is one of them: no copies by growing */
	strbuf_grow(&out, strlen(s));

	while (is_space(*s))
		s++;
	for (; *s; s++) {
		if (!is_space(*s))
			strbuf_addc(&out, *s);
		else if (!is_space(s[1]) && s[1])
			strbuf_addc(&out, ' ');
	}
	return strbuf_detach(&out);
}

static int canonical_headers(const struct sigv4_request *r,
    const struct sigv4_opts *o, struct strbuf *out, struct strbuf *names,
    struct err *err)
{
	CLEANUP(pairs_release) struct pairs h = { 0 };
	bool open = false;

	for (size_t i = 0; i < r->headers->n; i++) {
		const char *line = r->headers->v[i];
		const char *colon = strchr(line, ':');
		CLEANUP(free_p) char *name = NULL, *lower = NULL;

		if (!colon || colon == line)
			return err_set(err, E_INVALID,
			    "request header without a name");
		name = xstrndup(line, (size_t)(colon - line));
		lower = str_lower(name);
		if (is_signed(lower, o))
			pairs_add(&h, TAKE(lower), fold_value(colon + 1));
	}
	pairs_sort(&h, by_name_and_place);
	for (size_t i = 0; i < h.n; i++) {
		if (open && streq(h.v[i].name, h.v[i - 1].name)) {
			strbuf_addf(out, ",%s", h.v[i].value);
			continue;
		}
		strbuf_addf(out, "%s%s:%s", open ? "\n" : "", h.v[i].name,
		    h.v[i].value);
		strbuf_addf(names, "%s%s", open ? ";" : "", h.v[i].name);
		open = true;
	}
	strbuf_addc(out, '\n');
	return 0;
}

/* ---- stages -------------------------------------------------------------- */

int sigv4_canonical_request(const struct sigv4_request *r,
    const struct sigv4_opts *o, struct strbuf *ret, struct strbuf *ret_signed,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_SECRET;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	strbuf_addf(&out, "%s\n", r->method);
	canonical_path(r, o, &out);
	strbuf_addc(&out, '\n');
	canonical_query(r->query, &out);
	strbuf_addc(&out, '\n');
	if (canonical_headers(r, o, &out, &names, err) < 0)
		return E_INVALID;
	strbuf_addf(&out, "\n%s\n%s", names.buf, r->payload_sha256);
	strbuf_addsv(ret, strbuf_sv(&out));
	strbuf_addsv(ret_signed, strbuf_sv(&names));
	return 0;
}

static void scope(const struct sigv4_opts *o, char stamp[17],
    struct strbuf *out)
{
	time_amz(o->utc, stamp);
	strbuf_addf(out, "%.8s/%s/%s/aws4_request", stamp, o->region,
	    o->service);
}

void sigv4_string_to_sign(const char *canonical, const struct sigv4_opts *o,
    struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;
	char stamp[17], hash[SHA256_HEX];

	scope(o, stamp, &where);
	sha256_hex(sv_from(canonical), hash);
	strbuf_addf(ret, ALGORITHM "\n%s\n%s\n%s", stamp, where.buf, hash);
}

void sigv4_signature(const struct creds *c, const char *string_to_sign,
    const struct sigv4_opts *o, char ret[65])
{
	unsigned char k[SHA256_LEN], mac[SHA256_LEN];
	const struct sv key = { (const char *)k, sizeof(k) };
	char *secret = xasprintf("AWS4%s", c->secret_access_key);
	char stamp[17];

	time_amz(o->utc, stamp);
	hmac_sha256(sv_from(secret), (struct sv){ stamp, 8 }, k);
	secret_free(secret);
	hmac_sha256(key, sv_from(o->region), mac);
	memcpy(k, mac, sizeof(k));
	hmac_sha256(key, sv_from(o->service), mac);
	memcpy(k, mac, sizeof(k));
	hmac_sha256(key, SV("aws4_request"), mac);
	memcpy(k, mac, sizeof(k));
	hmac_sha256(key, sv_from(string_to_sign), mac);
	hex_encode(mac, sizeof(mac), ret);
	explicit_bzero(k, sizeof(k));
}

int sigv4_authorization(const struct sigv4_request *r,
    const struct sigv4_opts *o, const struct creds *c, struct strbuf *ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf canonical = STRBUF_SECRET;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf to_sign = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;
	char stamp[17], sig[65];

	if (sigv4_canonical_request(r, o, &canonical, &names, err) < 0)
		return E_INVALID;
	sigv4_string_to_sign(canonical.buf, o, &to_sign);
	sigv4_signature(c, to_sign.buf, o, sig);
	scope(o, stamp, &where);
	strbuf_addf(ret, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, "
	    "Signature=%s", c->access_key_id, where.buf, names.buf, sig);
	return 0;
}
