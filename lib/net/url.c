#include "net/url.h"

static bool unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	    c == '~';
}

void url_encode(struct strbuf *out, struct sv text, const char *keep)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (unreserved(c) || (keep && c && strchr(keep, c))) {
			strbuf_addc(out, (char)c);
			continue;
		}
		strbuf_addc(out, '%');
		strbuf_addc(out, hex[c >> 4]);
		strbuf_addc(out, hex[c & 15]);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void url_decode(struct strbuf *out, struct sv text)
{
	for (size_t i = 0; i < text.n; i++) {
		int hi, lo;

		if (text.p[i] == '%' && i + 2 < text.n &&
		    (hi = hex_digit(text.p[i + 1])) >= 0 &&
		    (lo = hex_digit(text.p[i + 2])) >= 0) {
			strbuf_addc(out, (char)(hi << 4 | lo));
			i += 2;
			continue;
		}
		strbuf_addc(out, text.p[i]);
	}
}

static int split_authority(struct sv auth, struct url *u)
{
	const char *at = memrchr(auth.p, '@', auth.n);
	struct sv host, rest;
	const char *end;

	if (at) {
		auth.n -= (size_t)(at + 1 - auth.p);
		auth.p = at + 1;
	}
	if (auth.n && auth.p[0] == '[') {
		end = memchr(auth.p, ']', auth.n);
		if (!end)
			return -1;
		host = (struct sv){ auth.p + 1, (size_t)(end - auth.p - 1) };
		rest = (struct sv){ end + 1,
			auth.n - (size_t)(end + 1 - auth.p) };
	} else {
		end = memchr(auth.p, ':', auth.n);
		if (!end)
			end = auth.p + auth.n;
		host = (struct sv){ auth.p, (size_t)(end - auth.p) };
		rest = (struct sv){ end, auth.n - host.n };
	}
	if (!host.n || (rest.n && rest.p[0] != ':'))
		return -1;
	u->host = sv_dup(host);
	if (rest.n > 1) {
		int64_t port;

		u->port = xstrndup(rest.p + 1, rest.n - 1);
		if (!str_to_int64(u->port, &port) || port < 1 || port > 65535)
			return -1;
	}
	return 0;
}

static bool parse(const char *text, struct url *u)
{
	const char *p, *end, *query;

	if (strncasecmp(text, "http://", 7) == 0) {
		u->scheme = xstrdup("http");
		p = text + 7;
	} else if (strncasecmp(text, "https://", 8) == 0) {
		u->scheme = xstrdup("https");
		p = text + 8;
	} else {
		return false;
	}
	/* nothing that could start a second line or header */
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	}
	end = p + strcspn(p, "/?#");
	if (split_authority((struct sv){ p, (size_t)(end - p) }, u) < 0)
		return false;
	p = end;
	end = p + strcspn(p, "?#");
	u->path = xstrndup(p, (size_t)(end - p));
	if (*end == '?') {
		query = end + 1;
		u->query = xstrndup(query, strcspn(query, "#"));
	}
	return true;
}

int url_parse(const char *text, struct url *ret, struct err *err)
{
	struct url u = { 0 };

	if (!parse(text, &u)) {
		url_release(&u);
		return err_set(err, E_INVALID,
		    "'%s' is not an http or https URL", text);
	}
	*ret = u;
	return 0;
}

void url_release(struct url *u)
{
	free(u->scheme);
	free(u->host);
	free(u->port);
	free(u->path);
	free(u->query);
	*u = (struct url){ 0 };
}

char *url_authority(const struct url *u)
{
	bool v6 = strchr(u->host, ':') != NULL;

	return xasprintf("%s%s%s%s%s", v6 ? "[" : "", u->host, v6 ? "]" : "",
	    u->port ? ":" : "", u->port ? u->port : "");
}

bool url_is_loopback(const struct url *u)
{
	return strcasecmp(u->host, "localhost") == 0 ||
	    strncmp(u->host, "127.", 4) == 0 || streq(u->host, "::1");
}
