/*
 * What the files of lib/aws share and nobody else sees.
 *
 * Locks, outermost first, never taken the other way round:
 *	aws.lock        one client: its start and the renewal of its credentials
 *	base.lock       base credentials of a profile, and their account
 *	session.setup   configuration, region, HTTP: once; no network, but for
 *			the region of an EC2 machine
 * clients_lock only guards the map and is held for look-ups alone; the locks
 * inside throttles (throttle.h) are held for no other lock.
 */
#ifndef CCDK_AWS_INTERNAL_H
#define CCDK_AWS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/call.h"
#include "aws/config.h"
#include "aws/throttle.h"
#include "net/http.h"
#include "util/timeutil.h"

/* --oidc-role and what goes with it. */
struct oidc_opts {
	char *role, *variable;
	bool wanted;
};

/*
 * One place that base credentials come from: the run's own, or the profile
 * that the settings name for an account (base.c).
 */
struct base {
	struct aws_session *session;
	char *profile;		/* asked for; NULL: the chain */
	char *profile_from;	/* "--profile", "cdk.json"; NULL: none */

	pthread_mutex_t lock;
	bool tried;
	struct creds creds;
	struct err err;		/* why there are none */
	char *advice;		/* a warning that is due, or NULL */
	bool told_expired;
	bool account_tried;
	char *account, *partition;
	struct err account_err;
	bool account_from_sts;
	int64_t sso_refreshed;	/* mono_ms of the last attempt */
};

struct aws_session {
	char *profile, *region_option, *proxy, *ca_bundle, *version;
	char *region_from;
	struct oidc_opts oidc;
	struct sink *sink;

	pthread_mutex_t setup;
	bool configured;
	struct aws_config config;
	char *region;
	struct http *http;

	struct base base;	/* the run's own */
	struct strmap profiles;	/* profile -> struct base *: of accounts */
	struct strmap accounts;	/* account -> one of them; not changed later */

	pthread_mutex_t clients_lock;
	struct strmap clients;	/* key -> struct aws */

	struct throttles *throttles;
	_Atomic int64_t skew_s; /* AWS's clock minus ours */
};

struct aws {
	struct aws_session *session;
	struct base *base;	/* NULL: the credentials are given */
	char *account, *region, *partition;
	enum aws_mode mode;
	cJSON *assume;		/* AssumeRole input, NULL: base credentials */

	pthread_mutex_t lock;
	bool ready, fell_back;
	struct err why;		/* it fell back */
	struct creds creds;	/* of an assumed role, or given */
	bool use_base;		/* the session's base credentials */
};

/* AWS's time in UTC seconds, as far as it is known; what ends at AWS ends by
 * it. */
static inline UNUSED int64_t session_now(const struct aws_session *s)
{
	return now_utc() + atomic_load(&s->skew_s);
}

/* ---- session.c ---- */
const struct aws_config *session_config(struct aws_session *s);
struct http *session_http(struct aws_session *s);

/* ---- base.c ---- */
void base_init(struct base *b, struct aws_session *s, const char *profile,
    const char *from);
void base_release(struct base *b);
/* The base for work on an account; NULL or another account: the run's own. */
struct base *session_base(struct aws_session *s, const char *account);
/* A copy of the base credentials, fresh; E_AUTH when there are none. */
MUST_USE int base_creds(struct base *b, struct creds *ret, struct err *err);
/* AWS says that the credentials with this key have ended: fetches them from
 * their source again. false when that gave nothing new. */
bool base_renew(struct base *b, const char *key_id);
/* Their account and partition, borrowed; E_NOTFOUND. Asked once. */
int base_account(struct base *b, const char **ret_account,
    const char **ret_partition, struct err *err);
/* Why there are no base credentials, once per run and only where they are
 * missed; the reference says it with -v alone. */
void base_explain(struct base *b);
/* Warns once that they have expired, and says what to do. */
void base_tell_expired(struct base *b);
/* Credentials that AWS does not take any more? */
bool err_is_expired(const struct err *e);

/* The credentials to sign with now; a copy. */
MUST_USE int client_creds(struct aws *a, struct creds *ret, struct err *err);
/* AWS says that the credentials with this key have ended: true when the call
 * is worth another try with others. */
bool client_renew(struct aws *a, const char *key_id);

/* A client of one moment with given credentials. */
void client_init(struct aws *a, struct aws_session *s, const char *region,
    const struct creds *creds);
void client_release(struct aws *a);

/* ---- creds_*.c ---- */

/* What the providers work with. */
struct creds_ctx {
	struct aws_session *session;
	struct base *base;
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

extern const struct creds_provider creds_oidc;
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
/* AssumeRoleWithWebIdentity; session and region may be NULL. */
MUST_USE int creds_web_identity_exchange(struct aws_session *s,
    const char *role, const char *session, const char *region,
    const char *token, struct creds *ret, struct err *err);
MUST_USE int creds_sso_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);
MUST_USE int creds_login_fetch(struct creds_ctx *c, const char *p,
    struct creds *ret, struct err *err);

/* A token file; E_NOTFOUND, E_IO, E_INVALID: no JSON object. */
MUST_USE int creds_file_read(const char *path, cJSON **ret);
/* With its folder; readable for the user alone. */
MUST_USE int creds_file_write(const char *path, const cJSON *doc,
    struct err *err);
/* The file of a session's token; key: its name, or the start URL of a profile
 * of the old form. Yours. */
char *creds_sso_file(const struct aws_config *config, const char *key);

/* A request of a provider: small reply, few attempts. */
struct creds_request {
	const char *method, *url;
	const char *body;	/* JSON, or NULL */
	struct strvec headers;	/* wiped and released by creds_send */
	bool metadata;		/* no proxy, everything within a second */
	int64_t patience_ms;	/* or within this, if not 0 */
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
/* The whole chain, or the profile that the base names. */
MUST_USE int creds_find(struct base *b, const struct aws_config *config,
    struct creds *ret, struct err *err);
/* AMAZON_* names and AWS_EC2_METADATA_DISABLED, as children are to see them;
 * changes our environment, so before any thread. */
void creds_prepare_env(const char *profile_option);
/* AssumeRole with these base credentials; params is its input. */
MUST_USE int creds_assume(struct aws_session *s, const struct creds *base,
    const char *region, const cJSON *params, struct creds *ret,
    struct err *err);
/* Input for AssumeRole by a role as the CLI sends it. */
cJSON *creds_assume_input(const struct aws_role *role);
/* ---- account.c ---- */
/* Account and partition of these credentials: disk cache, then STS. */
MUST_USE int account_lookup(struct aws_session *s, const struct creds *c,
    char **ret_account, char **ret_partition, bool *ret_from_sts,
    struct err *err);
/* STS GetCallerIdentity with a client. */
MUST_USE int account_identity(struct aws *a, struct aws_identity *ret,
    struct err *err);

#endif
