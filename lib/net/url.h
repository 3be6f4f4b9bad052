/*
 * Percent-encoding as AWS wants it (RFC 3986 unreserved characters stay,
 * upper-case hex) and the parts of an http(s) URL. Pure.
 */
#ifndef CCDK_NET_URL_H
#define CCDK_NET_URL_H

#include "util/err.h"
#include "util/strbuf.h"

/* keep: further characters that stay as they are ("/"), or NULL. */
void url_encode(struct strbuf *out, struct sv text, const char *keep);
/* "%41" becomes "A"; a '%' without two hex digits stays, '+' stays. */
void url_decode(struct strbuf *out, struct sv text);

struct url {
	char *scheme; /* "http" or "https" */
	char *host;   /* without port and brackets */
	char *port;   /* NULL: the scheme's */
	char *path;   /* "" or "/..." without query */
	char *query;  /* NULL when there is none */
};

/* E_INVALID when it is no absolute http or https URL. */
MUST_USE int url_parse(const char *text, struct url *ret, struct err *err);
void url_release(struct url *u);
/* "host" or "host:port", brackets around an IPv6 address; yours */
char *url_authority(const struct url *u);
/* localhost, 127.*, ::1 */
bool url_is_loopback(const struct url *u);

#endif
