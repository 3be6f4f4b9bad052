#include "net/http.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "net/http_error.h"
#include "net/proxy.h"
#include "net/tlsca.h"
#include "util/timeutil.h"
#include "util/trace.h"

#define REPLY_MAX (64u << 20)
#define HEADERS_MAX 1000
#define CONNECT_MS 10000
#define IDLE_MS 300000
#define PARTING_MS 5000 /* for a request once the run is cancelled */
#define LARGE ((off_t)1 << 20)
#define LARGE_STEP (512L << 10) /* of a large body handed over at once */
#define IDLE_HANDLES 16 /* finished easy handles kept for reuse */
/* A thousand threads must not open a thousand connections: what comes on top
 * waits, and its time-outs begin when it is sent. */
#define AT_ONCE 64

/* One request, on the stack of the thread that waits for it. */
struct job {
	const struct http_req *req;
	char *where;	   /* host and port */
	char *proxy;	   /* NULL: none; may carry a password */
	char *proxy_shown; /* without it */
	struct http_res res;
	CURL *easy;
	struct curl_slist *headers;
	off_t sent; /* body bytes handed to curl */
	char reason[CURL_ERROR_SIZE];
	CURLcode code;
	long verify, proxy_verify, connect_status;
	int64_t parting_ms; /* since when the run is cancelled, or 0 */
	int read_errno;
	bool done, no_answer, fresh;
	pthread_cond_t cond;
	struct job *next;
};

struct http {
	char *proxy, *user_agent;
	struct tlsca ca;
	char *ca_bundle;

	pthread_mutex_t lock; /* guards the next four and job.done */
	bool started, stop;
	struct job *first, *last;

	pthread_t thread;
	CURLM *multi;
	CURL *idle[IDLE_HANDLES]; /* only the network thread uses these */
	size_t n_idle, n_active;
};

DEFINE_CLEANUP(char, secret_free)

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http *http_new(const struct http_opts *opts)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->proxy = xstrdup0(opts->proxy);
	h->ca_bundle = xstrdup0(opts->ca_bundle);
	h->user_agent = xstrdup0(opts->user_agent);
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

/* ---- callbacks, on the network thread ------------------------------------ */

static void reset_reply(struct job *j)
{
	size_t max = j->req->reply_max ? j->req->reply_max : REPLY_MAX;

	http_res_release(&j->res);
	j->res.headers.free_value = free;
	j->res.body = (struct strbuf)STRBUF_LIMIT(max);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;

	strbuf_add(&j->res.body, p, size * n);
	return j->res.body.overflow ? 0 : size * n;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;
	struct sv line = sv_trim((struct sv){ p, size * n });
	const char *colon = memchr(line.p, ':', line.n);
	CLEANUP(free_p) char *name = NULL;
	CLEANUP(free_p) char *lower = NULL;
	const char *old;
	struct sv value;

	/* a status line starts a reply anew: 100 Continue, proxies */
	if (sv_starts(line, "HTTP/") && !colon)
		reset_reply(j);
	if (!colon || j->res.headers.n >= HEADERS_MAX)
		return size * n;
	name = xstrndup(line.p, (size_t)(colon - line.p));
	lower = str_lower(name);
	value = sv_trim((struct sv){ colon + 1,
	    line.n - (size_t)(colon + 1 - line.p) });
	old = strmap_get(&j->res.headers, lower);
	strmap_set(&j->res.headers, lower, old ?
	    xasprintf("%s, %.*s", old, SV_FMT(value)) : sv_dup(value));
	return size * n;
}

static off_t body_len(const struct http_req *r)
{
	return r->body_from_fd ? r->fd_len : (off_t)r->body.n;
}

static size_t on_read(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;
	const struct http_req *r = j->req;
	size_t want = (size_t)MIN((off_t)(size * n), body_len(r) - j->sent);
	ssize_t got;

	if (!r->body_from_fd) {
		memcpy(p, r->body.p + j->sent, want);
		j->sent += (off_t)want;
		return want;
	}
	do
		got = pread(r->fd, p, want, r->fd_off + j->sent);
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got == 0 && want > 0)) {
		/* a file that shrank would leave the server waiting */
		j->read_errno = got < 0 ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	j->sent += got;
	return (size_t)got;
}

/* curl sends the body again when a kept connection turned out dead. */
static int on_seek(void *arg, curl_off_t off, int whence)
{
	struct job *j = arg;

	if (whence != SEEK_SET || off < 0 || off > body_len(j->req))
		return CURL_SEEKFUNC_CANTSEEK;
	j->sent = (off_t)off;
	return CURL_SEEKFUNC_OK;
}

/* Called about once a second. A cancelled run still cleans up, but it does not
 * wait for a server that says nothing. */
static int on_progress(void *arg, curl_off_t dl_total, curl_off_t dl,
    curl_off_t ul_total, curl_off_t ul)
{
	struct job *j = arg;

	(void)dl_total;
	(void)dl;
	(void)ul_total;
	(void)ul;
	if (!cancel_requested())
		return 0;
	if (!j->parting_ms)
		j->parting_ms = mono_ms();
	return mono_ms() - j->parting_ms > PARTING_MS;
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose,
    struct curl_sockaddr *a)
{
	(void)arg;
	(void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* ---- one request's handle ------------------------------------------------ */

static void set_callbacks(CURL *e, struct job *j)
{
	curl_easy_setopt(e, CURLOPT_PRIVATE, j);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, j->reason);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, j);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, j);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

static void set_trust(CURL *e, const struct tlsca *ca)
{
	struct curl_blob both = { ca->both.buf, ca->both.len,
		CURL_BLOB_NOCOPY };

	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_CAINFO, ca->file);
	curl_easy_setopt(e, CURLOPT_CAPATH, ca->path);
	curl_easy_setopt(e, CURLOPT_PROXY_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, ca->file);
	curl_easy_setopt(e, CURLOPT_PROXY_CAPATH, ca->path);
	if (ca->both.len) {
		curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &both);
		curl_easy_setopt(e, CURLOPT_PROXY_CAINFO_BLOB, &both);
	}
}

/* CCDK_IDLE_SECONDS (for tests) shortens it. */
static int64_t idle_ms(const struct http_req *r)
{
	int64_t idle = r->idle_timeout_ms ? r->idle_timeout_ms : IDLE_MS, s;
	const char *test = getenv("CCDK_IDLE_SECONDS");

	if (test && str_to_int64(test, &s) && s > 0 && s < idle / 1000)
		return s * 1000;
	return idle;
}

static void set_connection(CURL *e, const struct http *h, const struct job *j)
{
	const struct http_req *r = j->req;
	int64_t connect = r->connect_timeout_ms ? r->connect_timeout_ms :
	    CONNECT_MS;
	int64_t idle = idle_ms(r);

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)((idle + 999) / 1000));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->total_timeout_ms);
	if (h->user_agent)
		curl_easy_setopt(e, CURLOPT_USERAGENT, h->user_agent);
	/* never libcurl's own reading of the environment */
	curl_easy_setopt(e, CURLOPT_PROXY, j->proxy ? j->proxy : "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
}

static void set_method(CURL *e, struct job *j)
{
	const struct http_req *r = j->req;
	off_t len = body_len(r);

	if (streq(r->method, "HEAD")) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
		return;
	}
	if (len > 0 || streq(r->method, "PUT") || streq(r->method, "POST")) {
		curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(e, CURLOPT_READDATA, j);
		curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(e, CURLOPT_SEEKDATA, j);
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)len);
		if (len > LARGE)
			curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE,
			    LARGE_STEP);
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_headers(CURL *e, struct job *j)
{
	/* curl would ask for leave before large bodies, a round trip each */
	struct curl_slist *l = curl_slist_append(NULL, "Expect:");

	/* not asked for, but understood when a proxy packs a reply */
	l = curl_slist_append(l, "Accept-Encoding:");
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	for (size_t i = 0; i < j->req->headers.n; i++)
		l = curl_slist_append(l, j->req->headers.v[i]);
	j->headers = l;
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, l);
}

static void start_job(struct http *h, struct job *j)
{
	CURL *e = h->n_idle ? h->idle[--h->n_idle] : curl_easy_init();

	j->easy = e;
	set_callbacks(e, j);
	set_connection(e, h, j);
	set_trust(e, &h->ca);
	set_method(e, j);
	set_headers(e, j);
	/* object keys may hold "..": sent as they are, or signatures break */
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_URL, j->req->url);
	curl_multi_add_handle(h->multi, e);
}

/* After this the waiting thread owns j again. */
static void end_job(struct http *h, struct job *j, CURLcode code)
{
	curl_off_t connected = 0;
	long status = 0, connects = 0;

	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(j->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	curl_easy_getinfo(j->easy, CURLINFO_SSL_VERIFYRESULT, &j->verify);
	curl_easy_getinfo(j->easy, CURLINFO_PROXY_SSL_VERIFYRESULT,
	    &j->proxy_verify);
	curl_easy_getinfo(j->easy, CURLINFO_HTTP_CONNECTCODE,
	    &j->connect_status);
	curl_easy_getinfo(j->easy, CURLINFO_NUM_CONNECTS, &connects);
	j->res.status = (int)status;
	j->fresh = connects > 0;
	j->code = code;
	j->no_answer = code == CURLE_OPERATION_TIMEDOUT && connected > 0;
	curl_multi_remove_handle(h->multi, j->easy);
	/* they carry tokens */
	for (struct curl_slist *l = j->headers; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(j->headers);
	curl_easy_reset(j->easy);
	if (h->n_idle < IDLE_HANDLES)
		h->idle[h->n_idle++] = j->easy;
	else
		curl_easy_cleanup(j->easy);
	pthread_mutex_lock(&h->lock);
	j->done = true;
	pthread_cond_signal(&j->cond);
	pthread_mutex_unlock(&h->lock);
}

/* ---- the loop ------------------------------------------------------------ */

static bool take_queue(struct http *h)
{
	bool stop;

	pthread_mutex_lock(&h->lock);
	while (h->first && h->n_active < AT_ONCE) {
		struct job *j = h->first;

		h->first = j->next;
		if (!h->first)
			h->last = NULL;
		h->n_active++;
		start_job(h, j);
	}
	stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return !stop;
}

/* How many have. */
static size_t finish_ended(struct http *h)
{
	CURLMsg *m;
	size_t n = 0;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct job *j = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
		    (char **)&j);
		end_job(h, j, code);
		h->n_active--;
		n++;
	}
	return n;
}

static void *network_thread(void *arg)
{
	struct http *h = arg;
	int running;

	while (take_queue(h)) {
		curl_multi_perform(h->multi, &running);
		/* their places may be waited for */
		if (finish_ended(h))
			continue;
		curl_multi_poll(h->multi, NULL, 0, 10000, NULL);
	}
	while (h->n_idle)
		curl_easy_cleanup(h->idle[--h->n_idle]);
	return NULL;
}

#define FDS_LOOKED_AT 256

static void open_fds(bool ret[FDS_LOOKED_AT])
{
	for (int i = 0; i < FDS_LOOKED_AT; i++)
		ret[i] = fcntl(i, F_GETFD) >= 0;
}

/*
 * The loop's wake-up sockets are libcurl's own, and it leaves them open for
 * children. What appeared since `before` is marked; another thread's new
 * descriptor among them is close-on-exec already.
 */
static CURLM *new_multi(void)
{
	bool before[FDS_LOOKED_AT], after[FDS_LOOKED_AT];
	CURLM *m;

	open_fds(before);
	m = curl_multi_init();
	open_fds(after);
	for (int i = 0; i < FDS_LOOKED_AT; i++) {
		if (after[i] && !before[i])
			(void)fcntl(i, F_SETFD, FD_CLOEXEC);
	}
	return m;
}

/* With the lock held. */
static int start_thread(struct http *h, struct err *err)
{
	const curl_version_info_data *v;
	sigset_t all, old;
	int rc;

	pthread_once(&curl_once, init_curl);
	v = curl_version_info(CURLVERSION_NOW);
	h->multi = new_multi();
	if (!h->multi)
		return err_set(err, E_NET, "cannot start the network: "
		    "no multi handle");
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)AT_ONCE);
	tlsca_pick(h->ca_bundle, getenv("NODE_EXTRA_CA_CERTS"), v->cainfo,
	    v->capath, &h->ca);
	/* signals belong to the main thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, network_thread, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		curl_multi_cleanup(h->multi);
		tlsca_release(&h->ca);
		return err_set(err, E_NET, "cannot start the network "
		    "thread: %s", strerror(rc));
	}
	h->started = true;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	if (h->started) {
		pthread_mutex_lock(&h->lock);
		h->stop = true;
		pthread_mutex_unlock(&h->lock);
		curl_multi_wakeup(h->multi);
		pthread_join(h->thread, NULL);
		curl_multi_cleanup(h->multi);
	}
	pthread_mutex_destroy(&h->lock);
	tlsca_release(&h->ca);
	secret_free(h->proxy);
	free(h->ca_bundle);
	free(h->user_agent);
	free(h);
}

/* ---- callers' side ------------------------------------------------------- */

static bool names_a_user(const char *proxy)
{
	return proxy && strchr(proxy, '@');
}

static int job_error(const struct http *h, const struct job *j,
    struct err *err)
{
	struct http_failure f = {
		.code = j->code,
		.reason = *j->reason ? j->reason : curl_easy_strerror(j->code),
		.where = j->where,
		.proxy = j->proxy_shown,
		.proxy_login = names_a_user(j->proxy),
		.connect_status = j->connect_status,
		.verify = j->verify,
		.proxy_verify = j->proxy_verify,
		/* a bundle that is not there is not used */
		.ca_bundle = streq0(h->ca.file, h->ca_bundle) ?
		    h->ca_bundle : NULL,
	};

	if (j->res.body.overflow)
		return err_set(err, E_TOOBIG, "the reply of '%s' is larger "
		    "than %zu bytes", j->where, j->res.body.limit);
	if (j->read_errno)
		return err_set(err, E_IO, "reading the data to send to "
		    "'%s': %s", j->where, strerror(j->read_errno));
	if (j->code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(err, E_CANCELLED, "interrupted while waiting "
		    "for '%s'", j->where);
	if (j->code == CURLE_OK)
		return http_proxy_login(&f, j->res.status, err);
	return http_failure(&f, err);
}

/* The address of a proxy, or NULL or "". Yours. */
static char *proxy_for(const struct http *h, const struct url *u)
{
	return h->proxy ? xstrdup(h->proxy) : proxy_from_env(u, getenv);
}

bool http_is_private(const struct http *h, const char *url)
{
	CLEANUP(secret_free_p) char *proxy = NULL;
	struct url u = { 0 };
	bool tls, here;

	if (url_parse(url, &u, NULL) < 0)
		return false;
	tls = streq(u.scheme, "https");
	here = url_is_loopback(&u);
	if (here && !tls)
		proxy = proxy_for(h, &u);
	url_release(&u);
	return tls || (here && (!proxy || !*proxy));
}

/* Where the request goes: host, proxy. */
static int find_way(const struct http *h, struct job *j, struct err *err)
{
	CLEANUP(secret_free_p) char *address = NULL;
	struct url u = { 0 };

	if (url_parse(j->req->url, &u, err) < 0)
		return E_CONFIG;
	j->where = url_authority(&u);
	if (!j->req->no_proxy)
		address = proxy_for(h, &u);
	url_release(&u);
	if (!address || !*address)
		return 0;
	return proxy_parse(address, &j->proxy, &j->proxy_shown, err);
}

static int run(struct http *h, struct job *j, struct err *err)
{
	pthread_mutex_lock(&h->lock);
	if (!h->started && start_thread(h, err) < 0) {
		pthread_mutex_unlock(&h->lock);
		return E_NET;
	}
	if (h->last)
		h->last->next = j;
	else
		h->first = j;
	h->last = j;
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
	pthread_mutex_lock(&h->lock);
	while (!j->done)
		pthread_cond_wait(&j->cond, &h->lock);
	pthread_mutex_unlock(&h->lock);
	return 0;
}

static void job_release(struct job *j)
{
	pthread_cond_destroy(&j->cond);
	free(j->where);
	free(j->proxy_shown);
	secret_free(j->proxy);
}

/* 407 is the proxy's answer, never AWS's. */
static int perform(struct http *h, struct job *j, struct err *err)
{
	int rc = find_way(h, j, err);

	if (rc == 0)
		rc = run(h, j, err);
	if (rc == 0 && (j->code != CURLE_OK ||
	    (j->proxy && j->res.status == 407)))
		rc = job_error(h, j, err);
	return rc;
}

int http_do(struct http *h, const struct http_req *req, struct http_res *ret,
    struct err *err)
{
	CLEANUP(job_release) struct job j = { .req = req };
	CLEANUP(err_release) struct err own = { 0 };
	int rc;

	reset_reply(&j);
	pthread_cond_init(&j.cond, NULL);
	TRACE(TRACE_HTTP, "%s %s", req->method, req->url);
	rc = perform(h, &j, &own);
	if (req->no_answer)
		*req->no_answer = j.no_answer;
	if (rc < 0) {
		TRACE(TRACE_HTTP, "%s %s: %s", req->method, req->url,
		    err_text(&own));
		http_res_release(&j.res);
		err_move(err, &own);
		return rc;
	}
	TRACE(TRACE_HTTP, "%s %s%s%s: %d, %zu bytes%s", req->method, req->url,
	    j.proxy ? " through " : "", j.proxy ? j.proxy_shown : "",
	    j.res.status, j.res.body.len, j.fresh ? ", new connection" : "");
	*ret = j.res;
	return 0;
}

void http_res_release(struct http_res *r)
{
	strmap_release(&r->headers);
	strbuf_release(&r->body);
	*r = (struct http_res){ .body = STRBUF_INIT };
}

const char *http_res_header(const struct http_res *r, const char *lower_name)
{
	return strmap_get(&r->headers, lower_name);
}
