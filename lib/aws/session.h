/*
 * One run's way into AWS: configuration, base credentials, the HTTP thread and
 * a cache of clients per (account, region, mode, role). Thread-safe; clients
 * are borrowed from the session and live as long as it does.
 *
 *	struct aws *cfn;
 *	if (aws_client(s, "123456789012", "eu-west-1", AWS_WRITE, &role, &cfn,
 *	    err) < 0) ...
 *	aws_call(cfn, OP_CFN_DESCRIBE_STACKS, in, &out, err);
 *
 * Nothing is resolved before it is needed.
 */
#ifndef CCDK_AWS_SESSION_H
#define CCDK_AWS_SESSION_H

#include "aws/creds.h"
#include "util/err.h"
#include "util/json.h"
#include "util/msg.h"

struct aws_session;
struct aws; /* region + credentials + client */
struct http;

struct aws_session_opts {
	const char *profile;   /* --profile or setting */
	const char *region;    /* --region or setting */
	/* who says so: "--profile", "cdk.json"; may be NULL */
	const char *profile_from, *region_from;
	/* {account: profile}: whose credentials serve which account */
	const cJSON *profiles;
	/* a role for the token of a build system; see creds_oidc.c */
	const char *oidc_role;
	const char *oidc_variable; /* with the token; NULL: the usual one */
	bool oidc_wanted;	   /* asked for by option: no token, no go */
	const char *proxy, *ca_bundle;
	const char *version;   /* for the user agent */
	struct sink *sink;
};

enum aws_mode { AWS_READ, AWS_WRITE };

/* Placeholders are replaced already. options: assumeRoleAdditionalOptions. */
struct aws_role {
	const char *arn;
	const char *external_id;
	const cJSON *options;
};

struct aws_session *aws_session_new(const struct aws_session_opts *o);
void aws_session_free(struct aws_session *s);
DEFINE_CLEANUP(struct aws_session, aws_session_free)

/* Never fails: us-east-1 at the end. Borrowed. */
const char *aws_session_region(struct aws_session *s);
/* The run's one HTTP client, for what is no AWS API. Borrowed. */
struct http *aws_session_http(struct aws_session *s);
/* Account and partition of the base credentials; E_NOTFOUND when there are
 * none or STS does not answer (remembered). Borrowed. */
int aws_session_account(struct aws_session *s, const char **ret_account,
    const char **ret_partition, struct err *err);
/* The same for the base credentials that serve a target account: those of its
 * profile, when it has one. */
int aws_session_account_for(struct aws_session *s, const char *target,
    const char **ret_account, struct err *err);
/* "aws" when unknown */
const char *aws_session_partition(struct aws_session *s);
/* Who says so: "--region", "AWS_REGION", "profile 'x'". Borrowed. */
const char *aws_session_region_from(struct aws_session *s);

/* Who we are: by STS, not by what was remembered. */
struct aws_identity {
	char *account, *partition, *arn, *user_id;
	char *access_key_id;
	char *source;	/* of the credentials: "environment" */
	char *profile;	/* asked for, NULL: none */
	char *profile_from;
	int64_t expires; /* UTC seconds, 0: never, or nobody knows */
};
/*
 * The identity behind the base credentials that serve an account; NULL: the
 * run's own. When STS fails what is known without it is filled in all the
 * same. Released by aws_identity_release in any case.
 */
int aws_session_identify(struct aws_session *s, const char *account,
    struct aws_identity *ret, struct err *err);
void aws_identity_release(struct aws_identity *i);
/* The accounts that have a profile of their own; borrowed names added. */
void aws_session_accounts(struct aws_session *s, struct strvec *ret);
/*
 * unknown-account / unknown-region become the defaults; *ret_* are yours.
 * Fails with the reference's "Unable to resolve AWS account to use..." text.
 */
int aws_session_resolve(struct aws_session *s, const char *account,
    const char *region, char **ret_account, char **ret_region,
    struct err *err);
/* ${AWS::Partition}, ${AWS::Region}, ${AWS::AccountId} replaced; yours. */
char *aws_session_fill(struct aws_session *s, const char *text,
    const char *account, const char *region);

/*
 * A client for an account and region. role NULL: base credentials, which must
 * be for that account. With a role it is assumed at once; when that fails and
 * the base credentials are for the right account, a warning and those
 * (fell_back is set, may be NULL). Messages are the reference's.
 */
int aws_client_get(struct aws_session *s, const char *account,
    const char *region, enum aws_mode mode, const struct aws_role *role,
    struct aws **ret, bool *fell_back, struct err *err);

/* Why the role was not assumed, of a client that fell back. Borrowed. */
const char *aws_fallback_reason(const struct aws *a);
/* When the credentials in use expire, UTC seconds; 0: never or unknown */
int64_t aws_expires(struct aws *a);
const char *aws_region(const struct aws *a);
const char *aws_account(const struct aws *a);
const char *aws_partition(const struct aws *a);
struct aws_session *aws_session_of(struct aws *a);
/* "https://s3.eu-west-1.amazonaws.com" as CloudFormation is to fetch from
 * (AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION honoured); yours */
char *aws_s3_url_for_cfn(struct aws *a);

#endif
