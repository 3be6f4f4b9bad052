/*
 * Why a request got no reply, in words that say what to do about it. Inside
 * lib/net only.
 */
#ifndef CCDK_NET_HTTP_ERROR_H
#define CCDK_NET_HTTP_ERROR_H

#include <curl/curl.h>

#include "util/err.h"

struct http_failure {
	CURLcode code;
	const char *reason;    /* libcurl's own words */
	const char *where;     /* host and port that were asked for */
	const char *proxy;     /* without its login; NULL: none */
	bool proxy_login;      /* its address has a user name */
	long connect_status;   /* what it answered to CONNECT, or 0 */
	long verify;	       /* X509_V_ERR_* of the server's certificate */
	long proxy_verify;     /* of the proxy's */
	const char *ca_bundle; /* the bundle that is asked for, or NULL */
};

/* E_NET when trying again may help, else E_CONFIG. */
int http_failure(const struct http_failure *f, struct err *err);
/* A proxy that answers 407 in the place of the server; E_CONFIG. */
int http_proxy_login(const struct http_failure *f, long status,
    struct err *err);

#endif
