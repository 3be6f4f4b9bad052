/*
 * HTTP over one network thread that owns the only curl multi handle: one
 * connection pool, one DNS cache, one CA store. http_do() queues a request,
 * wakes the loop and waits; it may be called from any thread. The thread and
 * libcurl start with the first request, so commands without network pay
 * nothing.
 *
 * Plain transport: no signing, no retries (aws/call.c). Redirects are not
 * followed. TLS 1.2 or newer, verification cannot be turned off.
 */
#ifndef CCDK_NET_HTTP_H
#define CCDK_NET_HTTP_H

#include "util/err.h"
#include "util/strbuf.h"
#include "util/strmap.h"

struct http;

struct http_opts {
	/* NULL: what the environment says (net/proxy.h); "": none */
	const char *proxy;
	const char *ca_bundle; /* NULL: the system's store */
	const char *user_agent;
};

struct http_req {
	const char *method;
	const char *url;
	struct strvec headers; /* "Name: value"; borrowed by http_do */
	/* body: memory, or a range of an open file when fd >= 0 is asked for */
	struct sv body;
	bool body_from_fd;
	int fd;
	off_t fd_off, fd_len;
	size_t reply_max;      /* 0: 64 MiB; more is E_TOOBIG */
	int64_t connect_timeout_ms; /* 0: 10 s */
	int64_t idle_timeout_ms;    /* 0: 300 s without a byte */
	int64_t total_timeout_ms;   /* 0: none */
	bool no_proxy;	       /* metadata addresses */
	/* set to true when a server was reached and then said nothing within
	 * the time; may be NULL */
	bool *no_answer;
};

struct http_res {
	int status;
	struct strmap headers; /* lower-case name -> char * (owned) */
	struct strbuf body;
};

/* Copies the options; starts nothing. */
struct http *http_new(const struct http_opts *opts);
/* Ends the thread; no request may be under way. NULL is fine. */
void http_free(struct http *h);
DEFINE_CLEANUP(struct http, http_free)
/* 0 with any HTTP status; E_NET when there was no complete reply and there may
 * be one next time; E_CONFIG when not: certificate, TLS version, proxy;
 * E_CANCELLED when the run was, some seconds ago. The message names host and
 * reason, and what to do. */
MUST_USE int http_do(struct http *h, const struct http_req *req,
    struct http_res *ret, struct err *err);
/* Can nobody read or change on the way what is sent there? TLS, or a server of
 * this machine that is reached without a proxy. */
bool http_is_private(const struct http *h, const char *url);
void http_res_release(struct http_res *r);
const char *http_res_header(const struct http_res *r, const char *lower_name);

#endif
