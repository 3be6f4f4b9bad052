#include "aws/call.h"

#include "aws/endpoint.h"
#include "aws/internal.h"
#include "aws/sigv4.h"
#include "aws/wire.h"
#include "net/retry.h"
#include "util/digest.h"
#include "util/timeutil.h"
#include "util/trace.h"

/* further than this from AWS's clock and signatures are refused */
#define SKEW_MAX_S 240
/* in the place of the payload's hash */
#define UNSIGNED "UNSIGNED-PAYLOAD"
#define LOST_MAX 100 /* attempts in all, of which some do not count */
/* without a byte of a reply that is small and made at once */
#define IDLE_MS 60000

/* One call: everything its attempts have in common. */
struct call {
	struct aws *a;
	const struct aws_op *op;
	struct wire_request wire;
	const struct aws_body *body; /* NULL: wire.body */
	struct endpoint at;
	char *url;
	char payload[SHA256_HEX];
	bool skew_corrected;
	char *key_id;	/* of the last attempt's credentials */
	bool renewed;
	unsigned attempts;
	bool told_attempts; /* by the settings */
	struct throttle *throttle, *service;
	int64_t entered; /* throttle_enter() of the last attempt */
	int retry_cost; /* what the last retry took from the quota */
};

static void call_release(struct call *c)
{
	wire_request_release(&c->wire);
	endpoint_release(&c->at);
	free(c->url);
	secret_free(c->key_id);
}

/* ---- building ------------------------------------------------------------ */

static int find_endpoint(struct call *c, struct err *err)
{
	const struct aws_config *config = session_config(c->a->session);
	const char *path_style = getenv("CDK_S3_FORCE_PATH_STYLE");
	CLEANUP(free_p) char *override = endpoint_override(config,
	    c->op->service);
	struct endpoint_params p = {
		.service = c->op->service,
		.region = c->a->region,
		.override = override,
		.bucket = c->wire.bucket,
		.force_path_style = path_style && *path_style,
	};

	if (endpoint_flags(config, &p.fips, &p.dual_stack, err) < 0)
		return E_CONFIG;
	return endpoint_find(&p, &c->at, err);
}

static int hash_payload(struct call *c, struct err *err)
{
	unsigned char raw[SHA256_LEN];

	if (!c->body) {
		sha256_hex(strbuf_sv(&c->wire.body), c->payload);
		return 0;
	}
	if (c->body->checked &&
	    http_is_private(session_http(c->a->session), c->url)) {
		memcpy(c->payload, UNSIGNED, sizeof(UNSIGNED));
		return 0;
	}
	if (c->body->sha256_hex && strlen(c->body->sha256_hex) == 64) {
		memcpy(c->payload, c->body->sha256_hex, 65);
		return 0;
	}
	if (!c->body->from_fd) {
		sha256_hex(c->body->data, c->payload);
		return 0;
	}
	if (sha256_fd(c->body->fd, c->body->off, c->body->len, raw, err) < 0)
		return err_wrap(err, "%s", c->op->name);
	hex_encode(raw, sizeof(raw), c->payload);
	return 0;
}

static bool has_header(const struct strvec *l, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < l->n; i++) {
		if (strncasecmp(l->v[i], name, n) == 0 && l->v[i][n] == ':')
			return true;
	}
	return false;
}

static int prepare(struct call *c, const cJSON *in, struct err *err)
{
	bool bare;

	if (wire_build(c->op, in, &c->wire, err) < 0 ||
	    find_endpoint(c, err) < 0)
		return err ? err->code : E_FAIL;
	if (c->body && c->body->content_type &&
	    !has_header(&c->wire.headers, "Content-Type"))
		strvec_addf(&c->wire.headers, "Content-Type: %s",
		    c->body->content_type);
	/* "/bucket" rather than "/bucket/" for the bucket itself */
	bare = c->wire.bucket && *c->at.path && streq(c->wire.path.buf, "/");
	strbuf_insert(&c->wire.path, 0, c->at.path, strlen(c->at.path));
	if (bare)
		strbuf_setlen(&c->wire.path, c->wire.path.len - 1);
	c->url = xasprintf("%s%s%s%s", c->at.origin, c->wire.path.buf,
	    c->wire.query.len ? "?" : "", c->wire.query.buf);
	return hash_payload(c, err);
}

/* ---- sending ------------------------------------------------------------- */

static void common_headers(const struct call *c, const struct creds *creds,
    int64_t utc, struct strvec *h)
{
	char stamp[17];

	time_amz(utc, stamp);
	strvec_addf(h, "Host: %s", c->at.authority);
	for (size_t i = 0; i < c->wire.headers.n; i++)
		strvec_add(h, c->wire.headers.v[i]);
	strvec_addf(h, "X-Amz-Date: %s", stamp);
	strvec_addf(h, "X-Amz-Content-Sha256: %s", c->payload);
	if (creds->session_token)
		strvec_addf(h, "X-Amz-Security-Token: %s",
		    creds->session_token);
}

static int sign(const struct call *c, const struct creds *creds,
    struct strvec *headers, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf auth = STRBUF_INIT;
	bool s3 = c->op->flags & OP_S3;
	struct sigv4_opts o = {
		.region = c->at.signing_region,
		.service = c->op->signing ? c->op->signing : c->op->service,
		.utc = session_now(c->a->session),
		.double_encode = !s3,
		.normalize = !s3,
	};
	struct sigv4_request r = {
		.method = c->wire.method,
		.path = c->wire.path.buf,
		.query = c->wire.query.buf,
		.headers = headers,
		.payload_sha256 = c->payload,
	};

	common_headers(c, creds, o.utc, headers);
	if (sigv4_authorization(&r, &o, creds, &auth, err) < 0)
		return E_INVALID;
	strvec_addf(headers, "Authorization: %s", auth.buf);
	return 0;
}

static void wipe_headers(struct strvec *h)
{
	for (size_t i = 0; i < h->n; i++)
		explicit_bzero(h->v[i], strlen(h->v[i]));
	strvec_release(h);
}

static int send_once(struct call *c, struct http_res *ret,
    struct err *err)
{
	CLEANUP(creds_release) struct creds creds = { 0 };
	CLEANUP(wipe_headers) struct strvec headers = { 0 };
	struct http_req r = { .method = c->wire.method, .url = c->url };
	int rc;

	if (c->op->flags & OP_UNSIGNED) {
		for (size_t i = 0; i < c->wire.headers.n; i++)
			strvec_add(&headers, c->wire.headers.v[i]);
	} else {
		rc = client_creds(c->a, &creds, err);
		if (rc < 0)
			return rc;
		rc = sign(c, &creds, &headers, err);
		if (rc < 0)
			return rc;
		secret_free(c->key_id);
		c->key_id = xstrdup0(creds.access_key_id);
	}
	r.headers = headers;
	if (c->body && c->body->from_fd) {
		r.body_from_fd = true;
		r.fd = c->body->fd;
		r.fd_off = c->body->off;
		r.fd_len = c->body->len;
	} else {
		r.body = c->body ? c->body->data : strbuf_sv(&c->wire.body);
	}
	if (!(c->op->flags & OP_S3))
		r.idle_timeout_ms = IDLE_MS;
	return http_do(session_http(c->a->session), &r, ret, err);
}

/* ---- trying again -------------------------------------------------------- */

static bool in_list(const char *code, const char *const *list, size_t n)
{
	for (size_t i = 0; code && i < n; i++) {
		if (streq(code, list[i]))
			return true;
	}
	return false;
}

static bool is_throttling(const struct err *e)
{
	static const char *const codes[] = {
		"BandwidthLimitExceeded", "EC2ThrottledException",
		"LimitExceededException", "PriorRequestNotComplete",
		"ProvisionedThroughputExceededException",
		"RequestLimitExceeded", "RequestThrottled",
		"RequestThrottledException", "SlowDown",
		"ThrottledException", "Throttling", "ThrottlingException",
		"TooManyRequestsException", "TransactionInProgressException",
	};

	return e->http_status == 429 ||
	    in_list(e->aws_code, codes, ARRAY_SIZE(codes));
}

static bool is_transient(const struct err *e)
{
	static const char *const codes[] = { "IDPCommunicationError",
		"RequestTimeout", "RequestTimeoutException" };

	switch (e->http_status) {
	case 500:
	case 502:
	case 503:
	case 504:
		return true;
	}
	return in_list(e->aws_code, codes, ARRAY_SIZE(codes));
}

static bool is_clock_error(const struct err *e)
{
	static const char *const codes[] = { "AuthFailure",
		"InvalidSignatureException", "RequestExpired",
		"RequestInTheFuture", "RequestTimeTooSkewed",
		"SignatureDoesNotMatch", };

	return in_list(e->aws_code, codes, ARRAY_SIZE(codes));
}

bool aws_may_pass(const struct err *e)
{
	return e->code == E_NET ||
	    (e->code == E_AWS && (is_throttling(e) || is_transient(e)));
}

/* Once per call: the credentials have ended; are there new ones? */
static bool new_credentials(struct call *c, const struct err *e)
{
	if (c->renewed || !c->key_id || !err_is_expired(e))
		return false;
	c->renewed = true;
	return client_renew(c->a, c->key_id);
}

/* Once per call: takes AWS's time over ours when they are far apart. */
static bool correct_clock(struct call *c, const struct http_res *res)
{
	const char *date = http_res_header(res, "date");
	int64_t theirs, off;

	if (c->skew_corrected || !date || !time_parse_http(date, &theirs))
		return false;
	off = theirs - session_now(c->a->session);
	if (off < SKEW_MAX_S && off > -SKEW_MAX_S)
		return false;
	c->skew_corrected = true;
	atomic_store(&c->a->session->skew_s, theirs - now_utc());
	TRACE(TRACE_AWS, "clock corrected by %lld s", (long long)off);
	return true;
}

static const struct retry_policy *policy(const struct call *c)
{
	static const struct retry_policy cfn = { 7, 1000, 15000, false };
	static const struct retry_policy sts = { 3, 100, 15000, true };
	static const struct retry_policy other = { 7, 300, 15000, false };

	if (streq(c->op->service, "cloudformation"))
		return &cfn;
	return streq(c->op->service, "sts") ? &sts : &other;
}

/* false when the quota is used up or the run was cancelled meanwhile */
static bool pause_before_retry(struct call *c, unsigned n, bool throttled,
    int64_t asked)
{
	uint32_t random;
	int64_t ms;

	if (!throttle_retry(c->service, !throttled, &c->retry_cost)) {
		TRACE(TRACE_AWS, "%s.%s: no retry, too many have failed",
		    c->op->service, c->op->name);
		return false;
	}
	rand_bytes(&random, sizeof(random));
	ms = retry_pause_asked(retry_pause_ms(policy(c), n, random), asked);
	TRACE(TRACE_AWS, "%s.%s: retry %u in %lld ms", c->op->service,
	    c->op->name, n, (long long)ms);
	return wait_ms(ms);
}

static int64_t asked_pause(const struct http_res *res)
{
	const char *ms = http_res_header(res, "x-amz-retry-after");
	int64_t v;

	if (ms && str_to_int64(ms, &v) && v >= 0)
		return MIN(v, 3600 * 1000);
	return retry_after_ms(http_res_header(res, "retry-after"), now_utc());
}

enum outcome { DONE, RETRY, RETRY_THROTTLED, RETRY_AT_ONCE };

static enum outcome judge(struct call *c, const struct http_res *res,
    const struct err *e)
{
	if ((is_clock_error(e) && correct_clock(c, res)) ||
	    new_credentials(c, e))
		return RETRY_AT_ONCE;
	if (is_throttling(e))
		return RETRY_THROTTLED;
	/* an error in a 200 is S3's late one */
	return is_transient(e) || res->status / 100 == 2 ? RETRY : DONE;
}

/* The error is in e unless it is DONE with *rc 0. */
static enum outcome attempt(struct call *c, cJSON **ret_out, int *rc,
    int64_t *pause, struct err *e)
{
	struct http_res res = { .body = STRBUF_INIT };
	enum outcome next = DONE;

	*pause = -1;
	*rc = send_once(c, &res, e);
	if (*rc == E_NET)
		return RETRY;
	if (*rc < 0)
		return DONE;
	if (res.status >= 200 && res.status < 300)
		*rc = wire_reply(c->op, &res, ret_out, e);
	else
		*rc = wire_error(c->op, &res, e);
	if (*rc == E_NET)
		next = RETRY;
	if (*rc == E_AWS) {
		*pause = asked_pause(&res);
		next = judge(c, &res, e);
	}
	/* the replies of STS are credentials */
	if (res.body.cap && streq(c->op->service, "sts"))
		explicit_bzero(res.body.buf, res.body.len);
	http_res_release(&res);
	return next;
}

/* An attempt at its turn. */
static enum outcome attempt_in_turn(struct call *c, cJSON **ret_out, int *rc,
    int64_t *pause, struct err *e)
{
	int64_t entered = c->entered = throttle_enter(c->throttle);
	enum outcome next = attempt(c, ret_out, rc, pause, e);
	enum throttle_answer how = THROTTLE_OTHER;

	if (next == RETRY_THROTTLED)
		how = THROTTLE_THROTTLED;
	else if (next == DONE && (*rc == 0 || *rc == E_AWS))
		how = THROTTLE_GOOD;
	throttle_leave(c->throttle, entered, how);
	TRACE(TRACE_AWS, "%s.%s -> %s%s%s", c->op->service, c->op->name,
	    *rc ? e->aws_code ? e->aws_code : "" : "OK", *rc ? ": " : "",
	    *rc ? err_text(e) : "");
	return next;
}

/* Only attempts that say something about the service are counted: in a fleet
 * one may lose its turn to the others many times. */
static bool counts(const struct call *c, enum outcome o, unsigned n)
{
	return o != RETRY_THROTTLED || c->told_attempts || n >= LOST_MAX ||
	    !throttle_is_shared(c->throttle, c->entered);
}

/*
 * What was tried in vain, and how to go on: a request that was lost may have
 * been carried out, but nothing that is sent again is carried out twice. AWS's
 * own message stays as it is, programs read it.
 */
static void add_attempts(const struct call *c, unsigned n, int rc,
    struct err *e)
{
	CLEANUP(free_p) char *text = NULL;

	if (rc != E_NET) {
		text = xasprintf("%s was tried %u time%s", c->op->name, n,
		    n == 1 ? "" : "s");
		err_add_note(e, text, NULL);
		return;
	}
	text = e->msg;
	e->msg = xasprintf("%s (%s, tried %u time%s); check the connection, "
	    "then run the command again", text, c->op->name, n,
	    n == 1 ? "" : "s");
}

static int run(struct call *c, cJSON **ret_out, struct err *err)
{
	unsigned tried = 0;
	int64_t pause;
	int rc = 0;

	for (unsigned n = 1;; n++) {
		CLEANUP(err_release) struct err e = { 0 };
		enum outcome next = attempt_in_turn(c, ret_out, &rc, &pause,
		    &e);

		if (next == RETRY_AT_ONCE)
			continue;
		tried += counts(c, next, n);
		if (next != DONE && tried < c->attempts &&
		    pause_before_retry(c, n, next == RETRY_THROTTLED, pause))
			continue;
		if (rc < 0) {
			if (next != DONE)
				add_attempts(c, n, rc, &e);
			err_move(err, &e);
		} else {
			throttle_good(c->service, c->retry_cost);
		}
		return rc;
	}
}

/* What it shares with other calls, and how often it is tried. */
static void find_throttle(struct call *c)
{
	struct aws *a = c->a;
	struct aws_session *s = a->session;
	const char *scope = a->account ? a->account : a->creds.access_key_id;
	unsigned set = throttles_attempts(s->throttles, session_config(s),
	    s->sink);

	if (!scope)
		scope = "-";
	c->told_attempts = set > 0;
	c->attempts = set ? set : policy(c)->attempts;
	c->throttle = throttle_get(s->throttles, scope, a->region,
	    c->op->service, c->op->name);
	c->service = throttle_get(s->throttles, scope, a->region,
	    c->op->service, NULL);
}

int aws_call_body(struct aws *a, enum aws_op_id op, const cJSON *in,
    const struct aws_body *body, cJSON **ret_out, struct err *err)
{
	CLEANUP(call_release) struct call c = {
		.a = a, .op = &aws_ops[op], .body = body,
		.wire = WIRE_REQUEST_INIT,
	};
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err own = { 0 };
	int rc;

	/* unsigned requests carry a token instead */
	c.wire.body.secret = c.op->flags & OP_UNSIGNED;
	rc = prepare(&c, in, &own);
	if (rc == 0) {
		find_throttle(&c);
		rc = run(&c, &out, &own);
	}
	if (rc < 0) {
		err_move(err, &own);
		return rc;
	}
	if (ret_out)
		*ret_out = TAKE(out);
	return 0;
}

int aws_call(struct aws *a, enum aws_op_id op, const cJSON *in,
    cJSON **ret_out, struct err *err)
{
	return aws_call_body(a, op, in, NULL, ret_out, err);
}
