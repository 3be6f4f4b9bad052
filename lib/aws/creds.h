/*
 * AWS credentials. There is no formatter for them on purpose; memory is wiped
 * on release. Providers (environment, shared files, assume role, ...) sit
 * behind one interface, one file each: creds_<provider>.c.
 */
#ifndef CCDK_AWS_CREDS_H
#define CCDK_AWS_CREDS_H

#include "util/err.h"

struct creds {
	char *access_key_id;
	char *secret_access_key;
	char *session_token; /* may be NULL */
	int64_t expires;     /* UTC seconds, 0: never */
	char *source;	     /* "environment", "profile 'x'": for messages */
};

void creds_release(struct creds *c);
void creds_copy(struct creds *dst, const struct creds *src);

#endif
