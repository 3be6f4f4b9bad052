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
	int64_t fetched;     /* UTC seconds */
	char *source;	     /* "environment", "profile 'x'": for messages */
	char *mend;	     /* what to do when they have expired, or NULL */
};

void creds_release(struct creds *c);
void creds_copy(struct creds *dst, const struct creds *src);
/* Is it time for new ones? A minute before they expire; with a short life a
 * quarter of it, so that they are not asked for all the time. */
bool creds_stale(const struct creds *c, int64_t now);
bool creds_expired(const struct creds *c, int64_t now);

#endif
