/*
 * What providers read: the output of a credential process, replies of
 * metadata addresses and of the sign-in services, and their cached tokens.
 * Pure and bounded. Errors never quote what was read; trees are wiped.
 */
#ifndef CCDK_AWS_CREDS_JSON_H
#define CCDK_AWS_CREDS_JSON_H

#include "aws/creds.h"
#include "util/json.h"

/* A token file, a reply, an output: all are far smaller. */
#define CREDS_JSON_MAX ((size_t)1 << 20)

/* Overwrites every text of the tree, then frees it. */
void creds_json_free(cJSON *j);
DEFINE_CLEANUP(cJSON, creds_json_free)

/* As json_text(), leaving no parts of it behind; for secret_free(). */
char *creds_json_text(const cJSON *j, int indent);
/* An object; E_INVALID for anything else, without a word about the text. */
MUST_USE int creds_json_read(struct sv text, cJSON **ret);

/* credential_process; now: UTC seconds */
MUST_USE int creds_json_process(struct sv text, const char *profile,
    int64_t now, struct creds *ret, struct err *err);
/* Container and instance metadata */
MUST_USE int creds_json_metadata(struct sv text, struct creds *ret,
    struct err *err);
/* GetRoleCredentials of the access portal */
MUST_USE int creds_json_sso_role(struct sv text, struct creds *ret,
    struct err *err);
/* accessToken of a login token: {accessKeyId, ..., expiresAt} */
MUST_USE int creds_json_login(const cJSON *doc, struct creds *ret,
    struct err *err);
/* An ISO time, also with "UTC" at its end as older versions of the AWS CLI
 * wrote it. */
bool creds_json_time(const char *text, int64_t *ret_ms);
/* "message", "Message" or "error_description" of an error reply, without
 * control characters and at most 200 bytes; yours, NULL when there is none */
char *creds_json_error(struct sv text);

#endif
