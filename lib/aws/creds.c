#include "aws/creds.h"

void creds_release(struct creds *c)
{
	if (!c)
		return;
	secret_free(c->access_key_id);
	secret_free(c->secret_access_key);
	secret_free(c->session_token);
	free(c->source);
	*c = (struct creds){ 0 };
}

void creds_copy(struct creds *dst, const struct creds *src)
{
	struct creds copy = {
		.access_key_id = xstrdup0(src->access_key_id),
		.secret_access_key = xstrdup0(src->secret_access_key),
		.session_token = xstrdup0(src->session_token),
		.expires = src->expires,
		.source = xstrdup0(src->source),
	};

	creds_release(dst);
	*dst = copy;
}
