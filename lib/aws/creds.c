#include "aws/creds.h"

#define MARGIN_S 60

void creds_release(struct creds *c)
{
	if (!c)
		return;
	secret_free(c->access_key_id);
	secret_free(c->secret_access_key);
	secret_free(c->session_token);
	free(c->source);
	free(c->mend);
	*c = (struct creds){ 0 };
}

void creds_copy(struct creds *dst, const struct creds *src)
{
	struct creds copy = {
		.access_key_id = xstrdup0(src->access_key_id),
		.secret_access_key = xstrdup0(src->secret_access_key),
		.session_token = xstrdup0(src->session_token),
		.expires = src->expires,
		.fetched = src->fetched,
		.source = xstrdup0(src->source),
		.mend = xstrdup0(src->mend),
	};

	creds_release(dst);
	*dst = copy;
}

bool creds_stale(const struct creds *c, int64_t now)
{
	int64_t life = MAX(c->expires - c->fetched, 0);

	return c->expires && c->expires - MIN(MARGIN_S, life / 4) <= now;
}

bool creds_expired(const struct creds *c, int64_t now)
{
	return c->expires && c->expires <= now;
}
