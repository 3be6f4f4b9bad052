/*
 * What the files of lib/aws share and nobody else sees.
 *
 * Locks, outermost first, never taken the other way round:
 *	aws.lock        one client: its start and the renewal of its credentials
 *	session.lock    base credentials and default account
 *	session.setup   configuration, region, HTTP: once; no network, but for
 *			the region of an EC2 machine
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
	bool base_explain;	/* and that is worth a warning */
	bool account_tried;
	char *account, *partition;
	struct err account_err;
	bool account_from_sts;
	int64_t base_since;	/* when they were fetched */
	int64_t sso_refreshed;	/* mono_ms of the last attempt */

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
	/* E_NOTFOUND: not configured after all; E_INVALID: configured, but
	 * of no use. The next one may try after these; others are final. */
	int (*fetch)(struct creds_ctx *c, struct creds *ret, struct err *err);
};

extern const struct creds_provider creds_env;
extern const struct creds_provider creds_profile;
extern const struct creds_provider creds_web_identity;
extern const struct creds_provider creds_container;
extern const struct creds_provider creds_imds;

/*
 * The kinds of profile that have a file of their own; p is the profile with
 * the keys, which a chain of source_profile may have led to.
 */
MUST_USE int creds_process_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);
MUST_USE int creds_web_identity_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);
MUST_USE int creds_sso_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);
MUST_USE int creds_login_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);

/* A request of a provider: small reply, few attempts. */
struct creds_request {
	const char *method, *url;
	const char *body;	/* JSON, or NULL */
	struct strvec headers;	/* wiped and released by creds_send */
	bool metadata;		/* no proxy, everything within a second */
	unsigned attempts;	/* 0: one */
	int64_t pause_ms;	/* between attempts; 0: growing, random */
	bool *no_answer;	/* as in http_req */
};
/* 0 with any status after the last attempt; E_NET. */
MUST_USE int creds_send(struct http *h, struct creds_request *r,
    struct http_res *ret, struct err *err);
/* Adds a header; E_INVALID when the value cannot be in one. Its text is not
 * named. */
MUST_USE int creds_header(struct creds_request *r, const char *name,
    const char *value, struct err *err);
/* Wipes the body. */
void creds_reply_release(struct http_res *res);
/* "https://portal.sso.eu-west-1.amazonaws.com"; id: of AWS_ENDPOINT_URL_X */
MUST_USE int creds_endpoint(const struct aws_config *config,
    const char *service, const char *id, const char *region, char **ret,
    struct err *err);
/* Credentials of an AssumeRole* reply */
MUST_USE int creds_take_reply(const cJSON *out, struct creds *ret,
    struct err *err);

/* Looks at the machine, not at the network. */
bool creds_on_ec2(void);
/* AWS_EC2_METADATA_DISABLED */
bool creds_imds_disabled(void);
/* The region of the machine we run on. */
MUST_USE int creds_imds_region(struct http *h, const struct aws_config *c,
    char **ret, struct err *err);
/* The proof that a sign-in token request carries: a signed "dpop+jwt". key is
 * PEM of a P-256 private key; *ret is yours. */
MUST_USE int creds_dpop(const char *key, const char *method, const char *url,
    char **ret, struct err *err);
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
/* Why there are no base credentials, once per run and only where they are
 * missed; the reference says it with -v alone. */
void session_explain(struct aws_session *s);

/* ---- account.c ---- */
/* Account and partition of these credentials: disk cache, then STS. */
MUST_USE int account_lookup(struct aws_session *s, const struct creds *c,
    char **ret_account, char **ret_partition, bool *ret_from_sts,
    struct err *err);
/* STS GetCallerIdentity with a client; outputs may be NULL. */
MUST_USE int account_identity(struct aws *a, char **ret_account,
    char **ret_partition, struct err *err);

#endif
