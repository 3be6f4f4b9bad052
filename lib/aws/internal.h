/*
 * What the files of lib/aws share and nobody else sees.
 *
 * Locks, outermost first, never taken the other way round:
 *	aws.lock        one client: its start and the renewal of its credentials
 *	session.lock    base credentials and default account
 *	session.setup   configuration, region, HTTP: read once, no network
 * clients_lock only guards the map and is held for look-ups alone.
 */
#ifndef CCDK_AWS_INTERNAL_H
#define CCDK_AWS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/call.h"
#include "aws/config.h"
#include "net/http.h"

/* Credentials are renewed when they end within this time. */
#define CREDS_MARGIN_S 60

struct aws_session {
	char *profile, *region_option, *proxy, *ca_bundle, *version;
	struct sink *sink;

	pthread_mutex_t setup;
	bool configured;
	struct aws_config config;
	char *region;
	struct http *http;

	pthread_mutex_t lock;
	bool base_tried;
	struct creds base;
	struct err base_err;	/* why there are none */
	bool account_tried;
	char *account, *partition;
	struct err account_err;
	bool account_from_sts;
	int64_t base_since;	/* when they were fetched */

	pthread_mutex_t clients_lock;
	struct strmap clients;	/* key -> struct aws */

	_Atomic int64_t skew_s; /* AWS's clock minus ours */
};

struct aws {
	struct aws_session *session;
	char *account, *region, *partition;
	enum aws_mode mode;
	cJSON *assume;		/* AssumeRole input, NULL: base credentials */

	pthread_mutex_t lock;
	bool ready, fell_back;
	struct creds creds;	/* of an assumed role, or given */
	bool use_base;		/* the session's base credentials */
	unsigned attempts;	/* 0: by service */
};

/* ---- session.c ---- */
const struct aws_config *session_config(struct aws_session *s);
struct http *session_http(struct aws_session *s);
/* A copy of the base credentials, fresh; E_AUTH when there are none. */
MUST_USE int session_base_creds(struct aws_session *s, struct creds *ret,
    struct err *err);
/* The credentials to sign with now; a copy. */
MUST_USE int client_creds(struct aws *a, struct creds *ret, struct err *err);

/* A client of one moment with given credentials. */
void client_init(struct aws *a, struct aws_session *s, const char *region,
    const struct creds *creds);
void client_release(struct aws *a);

/* ---- creds_*.c ---- */

/* What the providers work with. */
struct creds_ctx {
	struct aws_session *session;
	const struct aws_config *config;
	const char *profile;	/* its name, also when it is "default" */
	bool profile_named;	/* by option or AWS_PROFILE */
	struct strvec visited;	/* source_profile chain */
};

struct creds_provider {
	const char *name;
	bool (*applies)(const struct creds_ctx *c);
	/* E_NOTFOUND: not configured after all, the next one may try; any
	 * other error is final */
	int (*fetch)(struct creds_ctx *c, struct creds *ret, struct err *err);
};

extern const struct creds_provider creds_env;
extern const struct creds_provider creds_profile;
/* The whole chain for the session's profile option. */
MUST_USE int creds_base(struct aws_session *s, struct creds *ret,
    struct err *err);
/* AMAZON_* names and AWS_EC2_METADATA_DISABLED, as children are to see them;
 * changes our environment, so before any thread. */
void creds_prepare_env(const char *profile_option);
/* AssumeRole with these base credentials; params is its input. */
MUST_USE int creds_assume(struct aws_session *s, const struct creds *base,
    const char *region, const cJSON *params, struct creds *ret,
    struct err *err);
/* Input for AssumeRole by a role as the CLI sends it. */
cJSON *creds_assume_input(const struct aws_role *role);
/* Does any provider we do not have apply to this profile? Its name. */
int creds_unsupported(const struct creds_ctx *c, const char *provider,
    struct err *err);

/* ---- account.c ---- */
/* Account and partition of these credentials: disk cache, then STS. */
MUST_USE int account_lookup(struct aws_session *s, const struct creds *c,
    char **ret_account, char **ret_partition, bool *ret_from_sts,
    struct err *err);
/* STS GetCallerIdentity with a client; outputs may be NULL. */
MUST_USE int account_identity(struct aws *a, char **ret_account,
    char **ret_partition, struct err *err);

#endif
