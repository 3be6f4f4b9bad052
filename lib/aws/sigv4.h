/*
 * AWS Signature Version 4. Pure: time, credentials and request in, text out.
 * Source: AWS documentation "Signature Version 4 signing process"; checked
 * stage by stage against the published signing test suite.
 */
#ifndef CCDK_AWS_SIGV4_H
#define CCDK_AWS_SIGV4_H

#include "aws/creds.h"
#include "util/strbuf.h"

struct sigv4_request {
	const char *method;
	const char *path;  /* absolute, percent-encoded as sent on the wire */
	const char *query; /* without '?', as sent; may be NULL */
	const struct strvec *headers; /* "Name: value", Host included */
	const char *payload_sha256;   /* hex, or "UNSIGNED-PAYLOAD" */
};

struct sigv4_opts {
	const char *region;
	const char *service;
	int64_t utc;
	bool double_encode; /* every service but S3 */
	bool normalize;	    /* "." and "..", doubled slashes; not for S3 */
	bool omit_token_from_signature; /* token header added afterwards */
};

/* The stages, each alone testable. */
int sigv4_canonical_request(const struct sigv4_request *r,
    const struct sigv4_opts *o, struct strbuf *ret, struct strbuf *ret_signed,
    struct err *err);
void sigv4_string_to_sign(const char *canonical, const struct sigv4_opts *o,
    struct strbuf *ret);
void sigv4_signature(const struct creds *c, const char *string_to_sign,
    const struct sigv4_opts *o, char ret[65]);
/* All of them: the value of the Authorization header. X-Amz-Date, token and
 * payload headers must be in r->headers already. */
int sigv4_authorization(const struct sigv4_request *r,
    const struct sigv4_opts *o, const struct creds *c, struct strbuf *ret,
    struct err *err);

#endif
