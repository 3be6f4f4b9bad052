/*
 * The requests of providers: small replies, a second's patience with metadata
 * addresses, nothing secret left behind in memory.
 */
#include "aws/endpoint.h"
#include "aws/internal.h"
#include "net/retry.h"
#include "util/digest.h"
#include "util/timeutil.h"

#define METADATA_MS 1000
#define SERVICE_MS 30000
#define REPLY_MAX ((size_t)1 << 20)

int creds_header(struct creds_request *r, const char *name, const char *value,
    struct err *err)
{
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(err, E_INVALID, "the value for the "
			    "header %s contains control characters", name);
	}
	strvec_addf(&r->headers, "%s: %s", name, value);
	return 0;
}

static void wipe_headers(struct strvec *h)
{
	for (size_t i = 0; i < h->n; i++)
		explicit_bzero(h->v[i], strlen(h->v[i]));
	strvec_release(h);
}

void creds_reply_release(struct http_res *res)
{
	if (res->body.cap)
		explicit_bzero(res->body.buf, res->body.len);
	http_res_release(res);
}

static bool worth_again(int rc, const struct http_res *res)
{
	if (rc < 0)
		return rc == E_NET;
	return res->status >= 500 || res->status == 429;
}

static bool pause_before(const struct creds_request *r, unsigned n)
{
	static const struct retry_policy policy = { 3, 100, 20000, false };
	uint32_t random;

	rand_bytes(&random, sizeof(random));
	return wait_ms(r->pause_ms ? r->pause_ms :
	    retry_pause_ms(&policy, n, random));
}

static int send_until(struct http *h, const struct creds_request *r,
    struct http_res *ret, struct err *err)
{
	int64_t patience = r->patience_ms ? r->patience_ms : METADATA_MS;
	struct http_req q = {
		.method = r->method, .url = r->url, .headers = r->headers,
		.reply_max = REPLY_MAX,
		.connect_timeout_ms = r->metadata ? patience : 0,
		.total_timeout_ms = r->metadata ? patience : SERVICE_MS,
		.no_proxy = r->metadata,
		.no_answer = r->no_answer,
	};
	int rc;

	if (r->body)
		q.body = sv_from(r->body);
	for (unsigned n = 1;; n++) {
		CLEANUP(err_release) struct err e = { 0 };

		*ret = (struct http_res){ .body = STRBUF_INIT };
		rc = http_do(h, &q, ret, &e);
		if (worth_again(rc, ret) && n < r->attempts &&
		    pause_before(r, n)) {
			creds_reply_release(ret);
			continue;
		}
		if (rc < 0)
			err_move(err, &e);
		return rc;
	}
}

int creds_send(struct http *h, struct creds_request *r, struct http_res *ret,
    struct err *err)
{
	int rc;

	if (r->body)
		strvec_add(&r->headers, "Content-Type: application/json");
	rc = send_until(h, r, ret, err);
	wipe_headers(&r->headers);
	return rc;
}

int creds_endpoint(const struct aws_config *config, const char *service,
    const char *id, const char *region, char **ret, struct err *err)
{
	CLEANUP(free_p) char *override = endpoint_override(config, id);
	struct endpoint_params p = { .service = service, .region = region,
		.override = override };
	struct endpoint e;
	int rc;

	rc = endpoint_flags(config, &p.fips, &p.dual_stack, err);
	if (rc == 0)
		rc = endpoint_find(&p, &e, err);
	if (rc < 0)
		return rc;
	*ret = xasprintf("%s%s", e.origin, e.path);
	endpoint_release(&e);
	return 0;
}
