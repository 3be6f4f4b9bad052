#include "asset/registry.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "asset/meter.h"
#include "net/retry.h"
#include "net/url.h"
#include "util/digest.h"
#include "util/pool.h"
#include "util/timeutil.h"
#include "util/trace.h"

#define BLOBS_AT_ONCE 4
/* A blob up to this goes in one request; ECR takes chunks of 5 to 10 MiB. */
#define CHUNK ((int64_t)10 << 20)
#define CHUNK_MAX ((int64_t)1 << 30)
#define ATTEMPTS 5
#define REPLY_MAX ((size_t)1 << 20)

struct push {
	const struct registry_target *t;
	const struct oci_image *im;
	atomic_bool failed;
	pthread_mutex_t lock; /* the token */
	char *token;	      /* "Bearer ..."; NULL: Basic is tried */
};

struct blob_job {
	struct push *p;
	const struct oci_blob *b;
	struct err err;
	int rc;
};

/* One request and what there is to say about it. */
struct ask {
	const char *method, *url;
	const char *accept, *type; /* may be NULL */
	char *range;		   /* Content-Range, may be NULL */
	struct sv body;
	const struct oci_blob *blob; /* or bytes of it */
	int fd;
	int64_t off, len;
	bool once; /* the caller sees to repeating it */
};

static void say(const struct push *p, const char *fmt, ...) PRINTF(2, 3);
static void say(const struct push *p, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	if (!p->t->say)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	p->t->say(p->t->say_arg, text);
}

static void wipe(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(TAKE(*s));
}

static void wipe_headers(struct strvec *h)
{
	for (size_t i = 0; i < h->n; i++)
		explicit_bzero(h->v[i], strlen(h->v[i]));
	strvec_release(h);
}

/* ---- one request --------------------------------------------------------- */

/* Uploads may be sent to other hosts, with what is in their address. */
static bool is_ours(const struct push *p, const char *url)
{
	size_t n = strlen(p->t->origin);

	return strncmp(url, p->t->origin, n) == 0 && url[n] == '/';
}

static void authorize(struct push *p, const struct ask *a,
    struct strvec *headers)
{
	if (!is_ours(p, a->url))
		return;
	pthread_mutex_lock(&p->lock);
	if (p->token)
		strvec_addf(headers, "Authorization: %s", p->token);
	else if (p->t->basic)
		strvec_addf(headers, "Authorization: Basic %s", p->t->basic);
	pthread_mutex_unlock(&p->lock);
}

static int send_once(struct push *p, const struct ask *a,
    struct http_res *ret, struct err *err)
{
	CLEANUP(wipe_headers) struct strvec headers = { 0 };
	struct http_req r = { .method = a->method, .url = a->url,
		.body = a->body, .reply_max = REPLY_MAX };

	authorize(p, a, &headers);
	if (a->accept)
		strvec_addf(&headers, "Accept: %s", a->accept);
	if (a->type)
		strvec_addf(&headers, "Content-Type: %s", a->type);
	if (a->range)
		strvec_addf(&headers, "Content-Range: %s", a->range);
	r.headers = headers;
	if (a->blob) {
		r.body_from_fd = true;
		r.fd = a->fd;
		r.fd_off = a->blob->off + a->off;
		r.fd_len = a->len;
	}
	return http_do(p->t->http, &r, ret, err);
}

/* What the registry says: {"errors": [{"code", "message"}]} */
static int refused(const struct push *p, const struct ask *a,
    const struct http_res *res, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *code = NULL, *text = NULL;

	if (json_parse(strbuf_sv(&res->body), "reply", &doc, NULL) == 0) {
		code = json_str(doc, "errors.0.code");
		text = json_str(doc, "errors.0.message");
	}
	(void)err_set(err, res->status == 401 || res->status == 403 ?
	    E_AUTH : E_FAIL, "registry '%s' answered %s %s with status %d%s%s"
	    "%s%.300s", p->t->origin, a->method, p->t->repository,
	    res->status, code ? ": " : "", code ? code : "",
	    text ? ": " : "", text ? text : "");
	if (err)
		err->http_status = res->status;
	return err ? err->code : E_FAIL;
}

/* ---- tokens -------------------------------------------------------------- */

static char *token_url(const struct push *p,
    const struct registry_challenge *c)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *scope = xasprintf("repository:%s:pull,push",
	    p->t->repository);

	strbuf_addf(&b, "%s%cscope=", c->realm,
	    strchr(c->realm, '?') ? '&' : '?');
	url_encode(&b, sv_from(scope), NULL);
	if (c->service) {
		strbuf_adds(&b, "&service=");
		url_encode(&b, sv_from(c->service), NULL);
	}
	return strbuf_detach(&b);
}

/* A password is only sent where nobody can listen. */
static bool may_be_trusted(const char *address)
{
	struct url u = { 0 };
	bool fine = url_parse(address, &u, NULL) == 0 &&
	    (streq(u.scheme, "https") || url_is_loopback(&u));

	url_release(&u);
	return fine;
}

static int fetch_token(struct push *p, const struct registry_challenge *c,
    char **ret, struct err *err)
{
	CLEANUP(free_p) char *url = token_url(p, c);
	CLEANUP(wipe_headers) struct strvec headers = { 0 };
	struct http_res res = { .body = STRBUF_INIT };
	struct http_req r = { .method = "GET", .url = url,
		.reply_max = REPLY_MAX };
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *token;
	int rc;

	if (!may_be_trusted(c->realm))
		return err_set(err, E_AUTH, "registry '%s' wants a token from "
		    "'%s', which is not HTTPS", p->t->origin, c->realm);
	if (p->t->basic)
		strvec_addf(&headers, "Authorization: Basic %s", p->t->basic);
	r.headers = headers;
	if ((rc = http_do(p->t->http, &r, &res, err)) < 0)
		return rc;
	if (res.status != 200) {
		const struct ask a = { .method = "GET", .url = url };

		rc = refused(p, &a, &res, err);
		http_res_release(&res);
		return rc;
	}
	rc = json_parse(strbuf_sv(&res.body), "token", &doc, err);
	if (rc == 0) {
		token = json_str(doc, "token");
		token = token ? token : json_str(doc, "access_token");
		if (token && !strpbrk(token, "\r\n"))
			*ret = xasprintf("Bearer %s", token);
		else
			rc = err_set(err, E_AUTH, "'%s' gave no token",
			    c->realm);
	}
	if (res.body.cap)
		explicit_bzero(res.body.buf, res.body.len);
	http_res_release(&res);
	return rc;
}

/* 1 when there is a new token to try with. */
static int answer_challenge(struct push *p, const struct http_res *res,
    struct err *err)
{
	struct registry_challenge c = { 0 };
	const char *header = http_res_header(res, "www-authenticate");
	CLEANUP(wipe) char *token = NULL;
	int rc;

	if (!header || !registry_challenge_parse(header, &c))
		return 0;
	rc = fetch_token(p, &c, &token, err);
	registry_challenge_release(&c);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&p->lock);
	wipe(&p->token);
	p->token = TAKE(token);
	pthread_mutex_unlock(&p->lock);
	return 1;
}

/* ---- trying again -------------------------------------------------------- */

static bool wait_again(unsigned n, const struct http_res *res)
{
	static const struct retry_policy policy = { ATTEMPTS, 200, 10000,
		false };
	const char *after = res ? http_res_header(res, "retry-after") : NULL;
	int64_t ms = after ? retry_after_ms(after, now_utc()) : -1;
	uint32_t random;

	rand_bytes(&random, sizeof(random));
	return wait_ms(MAX(ms, retry_pause_ms(&policy, n, random)));
}

static bool is_transient(int status)
{
	return status == 429 || status == 408 || status / 100 == 5;
}

/*
 * 0 with any status but 401, transient ones only when the attempts are used
 * up; ret is the caller's to release then. A reply that never came is E_NET.
 */
static int ask(struct push *p, const struct ask *a, struct http_res *ret,
    struct err *err)
{
	bool asked = false;

	for (unsigned n = 1;; n++) {
		bool last = a->once || n >= ATTEMPTS;
		int rc = send_once(p, a, ret, err);

		if (rc == E_NET && !last && wait_again(n, NULL))
			continue;
		if (rc < 0)
			return rc;
		if (ret->status == 401 && !asked) {
			asked = true;
			rc = answer_challenge(p, ret, err);
			if (rc > 0) {
				http_res_release(ret);
				continue;
			}
		} else if (is_transient(ret->status) && !last &&
		    wait_again(n, ret)) {
			http_res_release(ret);
			continue;
		}
		if (rc == 0 && ret->status == 401)
			rc = refused(p, a, ret, err);
		if (rc < 0)
			http_res_release(ret);
		return rc;
	}
}

/* The same where only some statuses are fine (0 ends the list). */
static int ask_for(struct push *p, const struct ask *a, const int *fine,
    struct http_res *ret, struct err *err)
{
	int rc = ask(p, a, ret, err);

	if (rc < 0)
		return rc;
	for (; *fine; fine++)
		if (ret->status == *fine)
			return 0;
	rc = refused(p, a, ret, err);
	http_res_release(ret);
	return rc;
}

static char *repo_url(const struct push *p, const char *rest)
{
	return xasprintf("%s/v2/%s/%s", p->t->origin, p->t->repository, rest);
}

/* ---- what other repositories have ---------------------------------------- */

static pthread_mutex_t pushed_lock = PTHREAD_MUTEX_INITIALIZER;
static struct strmap pushed; /* "origin digest" -> char *repository */

static void remember(const struct push *p, const char *digest)
{
	CLEANUP(free_p) char *key = xasprintf("%s %s", p->t->origin, digest);

	pthread_mutex_lock(&pushed_lock);
	pushed.free_value = free;
	if (!strmap_has(&pushed, key))
		strmap_set(&pushed, key, xstrdup(p->t->repository));
	pthread_mutex_unlock(&pushed_lock);
}

/* Another repository of the registry that has it; yours, or NULL. */
static char *who_has(const struct push *p, const char *digest)
{
	CLEANUP(free_p) char *key = xasprintf("%s %s", p->t->origin, digest);
	char *found;

	pthread_mutex_lock(&pushed_lock);
	found = xstrdup0(strmap_get(&pushed, key));
	pthread_mutex_unlock(&pushed_lock);
	if (found && streq(found, p->t->repository))
		free(TAKE(found));
	return found;
}

/* One of several images at once sends what they share; the others wait and
 * find it there. */
static pthread_cond_t claims_cond = PTHREAD_COND_INITIALIZER;
static struct strmap claims; /* under pushed_lock: "origin repository digest" */

static char *claim(const struct push *p, const char *digest)
{
	char *key = xasprintf("%s %s %s", p->t->origin, p->t->repository,
	    digest);

	pthread_mutex_lock(&pushed_lock);
	while (!strmap_add(&claims, key, NULL))
		pthread_cond_wait(&claims_cond, &pushed_lock);
	pthread_mutex_unlock(&pushed_lock);
	return key;
}

static void unclaim(char **key)
{
	pthread_mutex_lock(&pushed_lock);
	strmap_del(&claims, *key);
	pthread_cond_broadcast(&claims_cond);
	pthread_mutex_unlock(&pushed_lock);
	free(*key);
}

/* ---- uploading a blob ---------------------------------------------------- */

struct session {
	char *url; /* of the upload, as the registry last said */
	int64_t chunk;
	struct meter *meter;
};

static void session_release(struct session *s)
{
	meter_end(s->meter);
	free(s->url);
}

/* Location: absolute, or relative to the registry. */
static int take_location(const struct push *p, const struct http_res *res,
    struct session *s, struct err *err)
{
	const char *to = http_res_header(res, "location");

	if (!to && s->url)
		return 0; /* it stays where it is */
	if (!to || (to[0] != '/' && !may_be_trusted(to)))
		return err_set(err, E_INVALID, "registry '%s' names no usable "
		    "address for the upload", p->t->origin);
	free(s->url);
	s->url = to[0] == '/' ? xasprintf("%s%s", p->t->origin, to) :
				xstrdup(to);
	return 0;
}

/* 1: it was there and is mounted; 0: s is where to send it. */
static int begin(struct push *p, const struct oci_blob *b, struct session *s,
    struct err *err)
{
	static const int fine[] = { 201, 202, 0 };
	CLEANUP(free_p) char *from = who_has(p, b->digest);
	CLEANUP(free_p) char *rest = from ? xasprintf("blobs/uploads/?mount=%s"
	    "&from=%s", b->digest, from) : xstrdup("blobs/uploads/");
	CLEANUP(free_p) char *url = repo_url(p, rest);
	const struct ask a = { .method = "POST", .url = url };
	struct http_res res = { .body = STRBUF_INIT };
	const char *least;
	int64_t min;
	int rc = ask_for(p, &a, fine, &res, err);

	if (rc < 0)
		return rc;
	if (res.status == 201) {
		rc = 1;
		say(p, "Mounted %s from %s", b->digest, from ? from : "?");
	} else {
		free(TAKE(s->url));
		rc = take_location(p, &res, s, err);
	}
	least = http_res_header(&res, "oci-chunk-min-length");
	s->chunk = CHUNK;
	if (least && str_to_int64(least, &min) && min > CHUNK)
		s->chunk = MIN(min, CHUNK_MAX);
	http_res_release(&res);
	return rc;
}

/* "0-1048575" -> 1048576; -1: nothing one can go on from */
static int64_t next_offset(const struct http_res *res)
{
	const char *range = http_res_header(res, "range");
	const char *dash;
	int64_t end;

	if (!range)
		return -1;
	if (str_starts(range, "bytes="))
		range += strlen("bytes=");
	dash = strchr(range, '-');
	if (!dash || !str_to_int64(dash + 1, &end) || end < 0)
		return -1;
	/* the protocol cannot say "nothing yet" other than by 0-0 */
	return end ? end + 1 : 0;
}

/* After a chunk that went wrong: how much of it all has arrived. */
static int ask_offset(struct push *p, struct session *s, int64_t *ret,
    struct err *err)
{
	static const int fine[] = { 204, 202, 0 };
	CLEANUP(free_p) char *url = xstrdup(s->url);
	const struct ask a = { .method = "GET", .url = url };
	struct http_res res = { .body = STRBUF_INIT };
	int rc = ask_for(p, &a, fine, &res, err);

	if (rc < 0)
		return rc;
	*ret = MAX(next_offset(&res), (int64_t)0);
	rc = take_location(p, &res, s, err);
	http_res_release(&res);
	return rc;
}

/* One chunk from *off on; *off moves as far as the registry got it. */
static int send_chunk(struct push *p, const struct oci_blob *b, int fd,
    struct session *s, int64_t *off, struct err *err)
{
	int64_t len = MIN(s->chunk, b->size - *off);
	CLEANUP(free_p) char *range = xasprintf("%lld-%lld", (long long)*off,
	    (long long)(*off + len - 1));
	CLEANUP(free_p) char *url = xstrdup(s->url);
	const struct ask a = { .method = "PATCH", .url = url, .once = true,
		.type = "application/octet-stream", .range = range,
		.blob = b, .fd = fd, .off = *off, .len = len };
	struct http_res res = { .body = STRBUF_INIT };
	int64_t next;
	int rc = ask(p, &a, &res, err);

	if (rc < 0)
		return rc;
	if (res.status != 202 && res.status != 201 && res.status != 204) {
		rc = refused(p, &a, &res, err);
	} else {
		next = next_offset(&res);
		*off = next > *off && next <= b->size ? next : *off + len;
		rc = take_location(p, &res, s, err);
	}
	http_res_release(&res);
	return rc;
}

/* May what failed go better next time? */
static bool is_passing(int rc, const struct err *e)
{
	return rc == E_NET || is_transient(e->http_status) ||
	    e->http_status == 416;
}

/* E_NOTFOUND: this registry does not take chunks. */
static int send_chunks(struct push *p, const struct oci_blob *b, int fd,
    struct session *s, struct err *err)
{
	int64_t off = 0;

	for (unsigned tries = 1; off < b->size;) {
		CLEANUP(err_release) struct err why = { 0 };
		int64_t before = off;
		int rc = send_chunk(p, b, fd, s, &off, &why);

		if (atomic_load(&p->failed) || cancel_requested())
			return err_set(err, E_CANCELLED, "interrupted");
		if (rc == 0) {
			meter_add(s->meter, off - before);
			tries = off > before ? 1 : tries + 1;
			continue;
		}
		if (before == 0 && (why.http_status == 404 ||
			why.http_status == 405))
			return E_NOTFOUND;
		if (!is_passing(rc, &why) || tries++ >= ATTEMPTS ||
		    !wait_again(tries - 1, NULL)) {
			err_move(err, &why);
			return rc;
		}
		say(p, "Again from byte %lld of %s: %s", (long long)off,
		    b->digest, err_text(&why));
		if ((rc = ask_offset(p, s, &off, err)) < 0)
			return rc;
	}
	return 0;
}

/* Closes an upload, with the whole blob in it or after its chunks. */
static int finish(struct push *p, const struct oci_blob *b, int fd,
    const struct session *s, bool whole, struct err *err)
{
	static const int fine[] = { 201, 204, 0 };
	CLEANUP(free_p) char *url = xasprintf("%s%cdigest=%s", s->url,
	    strchr(s->url, '?') ? '&' : '?', b->digest);
	struct ask a = { .method = "PUT", .url = url, .once = whole,
		.type = "application/octet-stream" };
	struct http_res res = { .body = STRBUF_INIT };
	int rc;

	if (whole && b->size) {
		a.blob = b;
		a.fd = fd;
		a.len = b->size;
	}
	rc = ask_for(p, &a, fine, &res, err);
	if (rc == 0)
		http_res_release(&res);
	return rc;
}

static int send_blob_once(struct push *p, const struct oci_blob *b, int fd,
    bool chunks, struct err *err)
{
	CLEANUP(session_release) struct session s = { 0 };
	CLEANUP(free_p) char *name = NULL;
	struct meter_of of = p->t->of;
	int rc = begin(p, b, &s, err);

	if (rc != 0)
		return MIN(rc, 0);
	if (!chunks || b->size <= s.chunk)
		return finish(p, b, fd, &s, true, err);
	name = xasprintf("%s %.19s", of.name ? of.name : "", b->digest);
	of.name = name;
	s.meter = meter_begin(&of, b->size);
	rc = send_chunks(p, b, fd, &s, err);
	return rc < 0 ? rc : finish(p, b, fd, &s, false, err);
}

/* From the beginning again when an upload was lost as a whole. */
static int send_blob(struct push *p, const struct oci_blob *b, int fd,
    struct err *err)
{
	bool chunks = true;

	for (unsigned n = 1;; n++) {
		CLEANUP(err_release) struct err why = { 0 };
		int rc = send_blob_once(p, b, fd, chunks, &why);

		if (rc == 0)
			return 0;
		if (rc == E_NOTFOUND && chunks) {
			chunks = false;
			continue;
		}
		if (!is_passing(rc, &why) || n >= ATTEMPTS ||
		    atomic_load(&p->failed) || !wait_again(n, NULL)) {
			err_move(err, &why);
			return rc;
		}
		say(p, "Again %s: %s", b->digest, err_text(&why));
	}
}

static int has_blob(struct push *p, const struct oci_blob *b, bool *ret,
    struct err *err)
{
	/* 307: it is there, kept elsewhere */
	static const int fine[] = { 200, 307, 404, 0 };
	CLEANUP(free_p) char *rest = xasprintf("blobs/%s", b->digest);
	CLEANUP(free_p) char *url = repo_url(p, rest);
	const struct ask a = { .method = "HEAD", .url = url };
	struct http_res res = { .body = STRBUF_INIT };
	int rc = ask_for(p, &a, fine, &res, err);

	if (rc < 0)
		return rc;
	*ret = res.status != 404;
	http_res_release(&res);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int push_blob(struct push *p, const struct oci_blob *b,
    struct err *err)
{
	CLEANUP(unclaim) UNUSED char *mine = claim(p, b->digest);
	CLEANUP(close_fd) int fd = -1;
	bool there = false;
	int rc = has_blob(p, b, &there, err);

	if (rc < 0)
		return rc;
	if (there) {
		say(p, "Found %s", b->digest);
		remember(p, b->digest);
		return 0;
	}
	fd = open(b->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, E_IO, "cannot open '%s': %m", b->path);
	if ((rc = oci_blob_verify(b, fd, err)) < 0)
		return rc;
	say(p, "Upload %s, %lld bytes", b->digest, (long long)b->size);
	rc = send_blob(p, b, fd, err);
	if (rc == 0)
		remember(p, b->digest);
	return rc;
}

static void blob_job(void *arg)
{
	struct blob_job *j = arg;

	if (atomic_load(&j->p->failed) || cancel_requested())
		j->rc = err_set(&j->err, E_CANCELLED, "interrupted");
	else
		j->rc = push_blob(j->p, j->b, &j->err);
	if (j->rc < 0)
		atomic_store(&j->p->failed, true);
}

static int push_blobs(struct push *p, struct err *err)
{
	size_t n = p->im->n_blobs;
	CLEANUP(free_p) struct blob_job *jobs = xcalloc(n + 1, sizeof(*jobs));
	struct pool *pool = pool_new(BLOBS_AT_ONCE);
	struct blob_job *first = NULL;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct blob_job){ .p = p, .b = &p->im->blobs[i] };
		pool_submit(pool, blob_job, &jobs[i]);
	}
	pool_free(pool);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].rc < 0 && (!first || first->rc == E_CANCELLED))
			first = &jobs[i];
	if (first) {
		rc = first->rc;
		err_move(err, &first->err);
	}
	for (size_t i = 0; i < n; i++)
		err_release(&jobs[i].err);
	return rc;
}

/* ---- manifests ----------------------------------------------------------- */

static int push_manifest(struct push *p, const struct oci_manifest *m,
    const char *name, struct err *err)
{
	static const int fine[] = { 201, 200, 202, 0 };
	CLEANUP(free_p) char *rest = xasprintf("manifests/%s", name);
	CLEANUP(free_p) char *url = repo_url(p, rest);
	const struct ask a = { .method = "PUT", .url = url,
		.type = m->media_type, .body = strbuf_sv(&m->text) };
	struct http_res res = { .body = STRBUF_INIT };
	const char *theirs;
	int rc = ask_for(p, &a, fine, &res, err);

	if (rc < 0)
		return rc;
	theirs = http_res_header(&res, "docker-content-digest");
	if (theirs && !streq(theirs, m->digest))
		rc = err_set(err, E_INVALID, "registry '%s' has stored '%s' "
		    "with the digest %s, not %s", p->t->origin, name, theirs,
		    m->digest);
	else
		say(p, "Pushed %s as %s", m->digest, name);
	http_res_release(&res);
	return rc;
}

int registry_push(const struct registry_target *t, const struct oci_image *im,
    struct err *err)
{
	struct push p = { .t = t, .im = im };
	int rc;

	if (!may_be_trusted(t->origin))
		return err_set(err, E_CONFIG, "registry '%s' is not HTTPS",
		    t->origin);
	pthread_mutex_init(&p.lock, NULL);
	rc = push_blobs(&p, err);
	for (size_t i = 0; i < im->n_manifests && rc == 0; i++) {
		const struct oci_manifest *m = &im->manifests[i];
		bool last = i + 1 == im->n_manifests;

		rc = push_manifest(&p, m, last ? t->tag : m->digest, err);
	}
	wipe(&p.token);
	pthread_mutex_destroy(&p.lock);
	return rc;
}
