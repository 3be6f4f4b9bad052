/*
 * Logging in to IAM Identity Center. With a device code (OAuth 2.0, RFC 8628):
 * a page is opened in any browser, we ask until somebody has agreed there. Or
 * with a browser of this machine, which comes back to us with a code (PKCE,
 * RFC 7636). The token is kept where and as the AWS CLI keeps it, so both
 * share it.
 */
#ifndef CCDK_AWS_SSO_LOGIN_H
#define CCDK_AWS_SSO_LOGIN_H

#include "aws/session.h"

struct sso_login {
	const char *session; /* an sso-session; NULL: that of the profile */
	bool pkce;
	/* the page to open and the code it is to show; NULL with PKCE */
	void (*show)(void *user, const char *url, const char *code);
	void *user;
};

struct sso_logged_in {
	char *start_url;
	int64_t expires; /* UTC seconds */
};

/* The profile is the session's, or what AWS_PROFILE says. Takes as long as a
 * person takes; ends on cancel. */
MUST_USE int sso_login(struct aws_session *s, const struct sso_login *q,
    struct sso_logged_in *ret, struct err *err);
void sso_logged_in_release(struct sso_logged_in *l);

#endif
