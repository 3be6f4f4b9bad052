/*
 * The network thread against a server in this process: bodies both ways, caps,
 * lost connections, and eight threads at once (run it under
 * -fsanitize=thread too).
 */
#include "net/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/retry.h"
#include "net/tlsca.h"
#include "net/url.h"
#include "util/file.h"
#include "util/pool.h"
#include "util/timeutil.h"

/* ---- server -------------------------------------------------------------- */

struct server {
	int fd;
	int port;
	atomic_int accepted;
	pthread_t thread;
};

static bool fill(int fd, struct strbuf *in)
{
	char part[4096];
	ssize_t n = recv(fd, part, sizeof(part), 0);

	if (n <= 0)
		return false;
	strbuf_add(in, part, (size_t)n);
	return true;
}

static void send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t did = send(fd, p, n, MSG_NOSIGNAL);

		if (did <= 0)
			return;
		p += did;
		n -= (size_t)did;
	}
}

static void reply(int fd, const char *status, const char *headers,
    struct sv body)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n",
	    status, body.n, headers);
	strbuf_addsv(&out, body);
	send_all(fd, out.buf, out.len);
}

static size_t content_length(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* false: close the connection */
static bool answer(int fd, const char *head, struct sv body)
{
	if (strstr(head, "/echo ")) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		strbuf_addf(&b, "%s\n", head);
		strbuf_addsv(&b, body);
		reply(fd, "200 OK", "X-One: a\r\nx-one: b\r\nX-Two:  c  \r\n",
		    strbuf_sv(&b));
		return true;
	}
	if (strstr(head, "/len "))
		return reply(fd, "200 OK", "", sv_from(body.n == 300000 ?
		    "300000" : "other")), true;
	if (strstr(head, "/teapot "))
		return reply(fd, "418 I'm a teapot", "", SV("short")), true;
	if (strstr(head, "/big ")) {
		char *big = xmalloc(100000);

		memset(big, 'x', 100000);
		reply(fd, "200 OK", "", (struct sv){ big, 100000 });
		free(big);
		return true;
	}
	/* "packed", as gzip has it; and what only says so */
	if (strstr(head, "/gzip "))
		return reply(fd, "200 OK", "Content-Encoding: gzip\r\n",
		    SV("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x48\x4c"
		    "\xce\x4e\x4d\x01\x00\x10\xb4\xf6\x21\x06\x00\x00\x00")), true;
	if (strstr(head, "/gzip-not "))
		return reply(fd, "200 OK", "Content-Encoding: gzip\r\n",
		    SV("plain")), true;
	if (strstr(head, "/early "))
		return send_all(fd, SV("HTTP/1.1 100 Continue\r\nX-A: 1\r\n"
		    "\r\n").p, 33), reply(fd, "200 OK", "X-B: 2\r\n",
		    SV("ok")), true;
	if (strstr(head, "/half "))
		send_all(fd, SV("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
		    "abc").p, 42);
	if (strstr(head, "/stall "))
		send_all(fd, SV("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
		    "abc").p, 42);
	if (strstr(head, "/mute ") || strstr(head, "/stall "))
		sleep(3);
	return false;
}

static void *connection(void *arg)
{
	CLEANUP(strbuf_release) struct strbuf in = STRBUF_INIT;
	int fd = (int)(intptr_t)arg;
	bool go = true;

	while (go) {
		char *end;
		size_t head, body;
		CLEANUP(free_p) char *text = NULL;

		while (!(end = strstr(in.buf, "\r\n\r\n"))) {
			if (!fill(fd, &in))
				goto out;
		}
		head = (size_t)(end - in.buf) + 4;
		text = xstrndup(in.buf, head);
		body = content_length(text);
		while (in.len < head + body) {
			if (!fill(fd, &in))
				goto out;
		}
		go = answer(fd, text, (struct sv){ in.buf + head, body });
		memmove(in.buf, in.buf + head + body,
		    in.len - head - body);
		strbuf_setlen(&in, in.len - head - body);
	}
out:
	close(fd);
	return NULL;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pthread_t t;

		s->accepted++;
		if (pthread_create(&t, NULL, connection, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(t);
	}
	return NULL;
}

static int start(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	struct server *s = xcalloc(1, sizeof(*s));

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s->fd, 64) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	s->port = ntohs(a.sin_port);
	*state = s;
	return pthread_create(&s->thread, NULL, serve, s);
}

static int stop(void **state)
{
	struct server *s = *state;

	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	free(s);
	return 0;
}

static char *at(void **state, const char *path)
{
	return xasprintf("http://127.0.0.1:%d%s",
	    ((struct server *)*state)->port, path);
}

static struct http *client(void)
{
	struct http_opts o = { .user_agent = "unit/1" };

	return http_new(&o);
}

/* ---- cases --------------------------------------------------------------- */

static void t_get(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/a/../b//%20/echo");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = url };
	struct http_res res;

	strvec_add(&r.headers, "X-Mine: 1");
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_int_equal(res.status, 200);
	assert_true(str_starts(res.body.buf,
	    "GET /a/../b//%20/echo HTTP/1.1\r\n"));
	assert_non_null(strstr(res.body.buf, "X-Mine: 1\r\n"));
	assert_non_null(strstr(res.body.buf, "User-Agent: unit/1\r\n"));
	assert_null(strcasestr(res.body.buf, "\r\nexpect"));
	assert_string_equal(http_res_header(&res, "x-one"), "a, b");
	assert_string_equal(http_res_header(&res, "x-two"), "c");
	http_res_release(&res);
	strvec_release(&r.headers);
}

static void t_bodies(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/echo");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "POST", .url = url,
		.body = SV("a=b") };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_true(str_starts(res.body.buf, "POST /echo "));
	assert_true(str_ends(res.body.buf, "\r\n\r\n\na=b"));
	assert_null(strcasestr(res.body.buf, "chunked"));
	http_res_release(&res);

	/* no body still says so */
	r.body = SV("");
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_non_null(strcasestr(res.body.buf, "content-length: 0\r\n"));
	assert_null(strcasestr(res.body.buf, "content-type"));
	http_res_release(&res);

	r.method = "HEAD";
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_int_equal(res.body.len, 0);
	assert_string_equal(http_res_header(&res, "x-one"), "a, b");
	http_res_release(&res);
}

static void t_file_range(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/echo");
	CLEANUP(free_p) char *lens = at(state, "/len");
	CLEANUP(err_release) struct err err = { 0 };
	char name[] = "/tmp/t_http_XXXXXX", zero[1000] = { 0 };
	int fd = mkstemp(name);
	struct http_req r = { .method = "PUT", .url = url,
		.body_from_fd = true, .fd = fd, .fd_off = 3, .fd_len = 4 };
	struct http_res res;

	unlink(name);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_true(str_ends(res.body.buf, "\n3456"));
	http_res_release(&res);

	/* a range that is not there is our error, not a hang */
	r.fd_len = 100;
	assert_int_equal(http_do(h, &r, &res, &err), E_IO);

	for (int i = 0; i < 300; i++)
		assert_int_equal(write(fd, zero, 1000), 1000);
	r.url = lens;
	r.fd_off = 10;
	r.fd_len = 300000;
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_string_equal(res.body.buf, "300000");
	http_res_release(&res);
	close(fd);
}

static void t_statuses(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *tea = at(state, "/teapot");
	CLEANUP(free_p) char *early = at(state, "/early");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = tea };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_int_equal(res.status, 418);
	assert_string_equal(res.body.buf, "short");
	http_res_release(&res);
	r.url = early;
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_int_equal(res.status, 200);
	assert_null(http_res_header(&res, "x-a"));
	assert_string_equal(http_res_header(&res, "x-b"), "2");
	http_res_release(&res);
}

static void t_limits(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *big = at(state, "/big");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = big,
		.reply_max = 50000 };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), E_TOOBIG);
	assert_non_null(strstr(err_text(&err), "larger than 50000 bytes"));
	r.reply_max = 100000;
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_int_equal(res.body.len, 100000);
	http_res_release(&res);
}

static void t_lost(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *half = at(state, "/half");
	CLEANUP(free_p) char *drop = at(state, "/drop");
	CLEANUP(free_p) char *mute = at(state, "/mute");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = half };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	assert_true(str_starts(err_text(&err), "no reply from '127.0.0.1:"));
	r.url = drop;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	r.url = mute;
	r.idle_timeout_ms = 1000;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	r.url = "http://127.0.0.1:1/";
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	assert_non_null(strstr(err_text(&err), "'127.0.0.1:1': "));
	/* nothing that another attempt could mend */
	r.url = "file:///etc/hostname";
	assert_int_equal(http_do(h, &r, &res, &err), E_CONFIG);
}

static void t_packed(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *good = at(state, "/gzip");
	CLEANUP(free_p) char *bad = at(state, "/gzip-not");
	CLEANUP(free_p) char *echo = at(state, "/echo");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = good };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_string_equal(res.body.buf, "packed");
	http_res_release(&res);
	/* the limit is for what comes out */
	r.reply_max = 5;
	assert_int_equal(http_do(h, &r, &res, &err), E_TOOBIG);
	r.url = bad;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	/* it is not asked for */
	r.url = echo;
	r.reply_max = 0;
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_null(strcasestr(res.body.buf, "accept-encoding"));
	http_res_release(&res);
}

static void t_kept(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/echo");
	struct server *s = *state;
	int before = s->accepted;

	for (int i = 0; i < 50; i++) {
		struct http_req r = { .method = i % 2 ? "POST" : "GET",
			.url = url };
		struct http_res res;

		assert_int_equal(http_do(h, &r, &res, NULL), 0);
		http_res_release(&res);
	}
	assert_int_equal(s->accepted - before, 1);
}

/* Somebody listens and never accepts. */
static int deaf_port(int *ret_fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_fd = fd;
	return ntohs(a.sin_port);
}

/* Each stage of a request has an end: connecting, the TLS handshake, the
 * proxy's answer, the first byte (t_lost), a body that stops. */
static void t_timeouts(void **state)
{
	CLEANUP(free_p) char *stall = at(state, "/stall");
	int deaf, port = deaf_port(&deaf), fill[8];
	CLEANUP(free_p) char *tls = xasprintf("https://127.0.0.1:%d/", port);
	CLEANUP(free_p) char *plain = xasprintf("http://127.0.0.1:%d/", port);
	struct http_opts via = { .proxy = plain };
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(http_free_p) struct http *p = http_new(&via);
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = tls,
		.connect_timeout_ms = 300, .idle_timeout_ms = 1000 };
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct http_res res;

	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	r.url = "https://localhost:1/";
	assert_int_equal(http_do(p, &r, &res, &err), E_NET);
	assert_non_null(strstr(err_text(&err), " through the proxy "));
	r.url = stall;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	/* its queue is full: no connection comes about */
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < ARRAY_SIZE(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
		(void)!connect(fill[i], (struct sockaddr *)&a, sizeof(a));
	}
	r.url = plain;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);
	for (size_t i = 0; i < ARRAY_SIZE(fill); i++)
		close(fill[i]);
	close(deaf);
}

static void t_proxy(void **state)
{
	CLEANUP(free_p) char *proxy = at(state, "");
	CLEANUP(err_release) struct err err = { 0 };
	struct http_opts o = { .proxy = proxy };
	CLEANUP(http_free_p) struct http *h = http_new(&o);
	struct http_req r = { .method = "GET",
		.url = "http://localhost:1/echo" };
	struct http_res res;

	/* an explicit proxy is used for loopback hosts too, whatever the
	 * environment says; libcurl reads none of it */
	setenv("no_proxy", "*", 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	assert_true(str_starts(res.body.buf,
	    "GET http://localhost:1/echo HTTP/1.1\r\n"));
	http_res_release(&res);
	r.no_proxy = true;
	assert_int_equal(http_do(h, &r, &res, &err), E_NET);

	/* of the environment, with a login, which no header of ours carries */
	{
		CLEANUP(http_free_p) struct http *e = client();
		CLEANUP(free_p) char *login = str_replace(proxy, "http://",
		    "http://me:p%40ss@");

		setenv("http_proxy", login, 1);
		unsetenv("no_proxy");
		r.no_proxy = false;
		assert_int_equal(http_do(e, &r, &res, &err), 0);
		assert_non_null(strstr(res.body.buf,
		    "Proxy-Authorization: Basic bWU6cEBzcw==\r\n"));
		http_res_release(&res);
	}
	unsetenv("http_proxy");
}

struct many {
	struct http *h;
	const char *url;
	int ok;
};

static void many_requests(void *arg)
{
	struct many *m = arg;

	for (int i = 0; i < 20; i++) {
		CLEANUP(err_release) struct err err = { 0 };
		CLEANUP(free_p) char *body = xasprintf("%d of %p", i, arg);
		struct http_req r = { .method = "POST", .url = m->url,
			.body = sv_from(body) };
		struct http_res res;

		if (http_do(m->h, &r, &res, &err) < 0)
			continue;
		m->ok += str_ends(res.body.buf, body);
		http_res_release(&res);
	}
}

static void t_threads(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/echo");
	struct many m[8];
	struct pool *p = pool_new(8);

	for (size_t i = 0; i < ARRAY_SIZE(m); i++) {
		m[i] = (struct many){ h, url, 0 };
		pool_submit(p, many_requests, &m[i]);
	}
	pool_wait(p);
	pool_free(p);
	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		assert_int_equal(m[i].ok, 20);
}

/* Children must not inherit what the network has open. */
static void t_descriptors(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *url = at(state, "/echo");
	struct http_req r = { .method = "GET", .url = url };
	struct http_res res;
	bool before[256];

	for (int i = 0; i < 256; i++)
		before[i] = fcntl(i, F_GETFD) >= 0;
	assert_int_equal(http_do(h, &r, &res, NULL), 0);
	http_res_release(&res);
	for (int i = 0; i < 256; i++) {
		char name[64], to[256] = "";
		int flags = fcntl(i, F_GETFD);
		ssize_t n;

		if (before[i] || flags < 0 || (flags & FD_CLOEXEC))
			continue;
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", i);
		n = readlink(name, to, sizeof(to) - 1);
		fail_msg("descriptor %d is inherited: %.*s", i,
		    n > 0 ? (int)n : 0, to);
	}
}

/* Last of all: it cannot be undone. What cleans up still gets through. */
static void t_cancelled(void **state)
{
	CLEANUP(http_free_p) struct http *h = client();
	CLEANUP(free_p) char *echo = at(state, "/echo");
	int deaf, port = deaf_port(&deaf);
	CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%d/", port);
	CLEANUP(err_release) struct err err = { 0 };
	struct http_req r = { .method = "GET", .url = echo };
	struct http_res res;

	cancel_request();
	assert_int_equal(http_do(h, &r, &res, &err), 0);
	http_res_release(&res);
	r.url = url;
	assert_int_equal(http_do(h, &r, &res, &err), E_CANCELLED);
	assert_non_null(strstr(err_text(&err), "interrupted while waiting"));
	close(deaf);
}

static void t_unused(void **state)
{
	(void)state;
	http_free(client());
	http_free(NULL);
}

/* ---- the small parts ----------------------------------------------------- */

static void check_url(const char *text, const char *scheme, const char *host,
    const char *port, const char *path, const char *query)
{
	struct url u;

	assert_int_equal(url_parse(text, &u, NULL), 0);
	assert_string_equal(u.scheme, scheme);
	assert_string_equal(u.host, host);
	assert_true(streq0(u.port, port));
	assert_string_equal(u.path, path);
	assert_true(streq0(u.query, query));
	url_release(&u);
}

static void t_url(void **state)
{
	static const char *const bad[] = { "", "http://", "ftp://a", "a:80",
		"http://a b", "http://a:b", "http://a:70000", "http://[::1",
		"http://a\r\nX: y", "http://:80" };
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct url u;

	(void)state;
	check_url("http://localhost:5000", "http", "localhost", "5000", "",
	    NULL);
	check_url("HTTPS://u:p@h.example/a%20b?c=d#e", "https", "h.example",
	    NULL, "/a%20b", "c=d");
	check_url("http://[::1]:9/", "http", "::1", "9", "/", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(url_parse(bad[i], &u, NULL), E_INVALID);
	url_encode(&b, SV("a b/~+\xc3\xa9"), "/");
	assert_string_equal(b.buf, "a%20b/~%2B%C3%A9");
	strbuf_reset(&b);
	url_decode(&b, SV("a%20b%2f%zz+%4"));
	assert_string_equal(b.buf, "a b/%zz+%4");
}

static void t_retry(void **state)
{
	const struct retry_policy p = { 7, 1000, 15000, false };
	const struct retry_policy exact = { 3, 100, 15000, true };

	(void)state;
	assert_int_equal(retry_pause_ms(&p, 1, 0), 1000);
	assert_int_equal(retry_pause_ms(&p, 1, UINT32_MAX), 2000);
	assert_int_equal(retry_pause_ms(&p, 6, 0), 7500);
	assert_int_equal(retry_pause_ms(&p, 60, UINT32_MAX), 15000);
	assert_int_equal(retry_pause_ms(&exact, 1, 77), 200);
	assert_int_equal(retry_pause_ms(&exact, 2, 77), 400);
	assert_int_equal(retry_after_ms("2", 0), 2000);
	assert_int_equal(retry_after_ms("1.25", 0), 1250);
	assert_int_equal(retry_after_ms("0.0009", 0), 0);
	assert_int_equal(retry_after_ms("1.", 0), -1);
	assert_int_equal(retry_after_ms("1.5s", 0), -1);
	assert_int_equal(retry_after_ms("", 0), -1);
	assert_int_equal(retry_after_ms("999999999", 0), 3600000);
	assert_int_equal(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT",
	    784111767), 10000);
	assert_int_equal(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT",
	    999999999), 0);
	assert_int_equal(retry_after_ms("soon", 0), -1);
	assert_int_equal(retry_after_ms(NULL, 0), -1);
	assert_int_equal(retry_pause_asked(1000, -1), 1000);
	assert_int_equal(retry_pause_asked(1000, 500), 1000);
	assert_int_equal(retry_pause_asked(1000, 4000), 4000);
	assert_int_equal(retry_pause_asked(1000, 3600000), 6000);
}

static void t_tlsca(void **state)
{
	CLEANUP(free_p) char *dir = NULL, *file = NULL, *other = NULL;
	struct tlsca t;

	(void)state;
	assert_int_equal(dir_temp("tlsca", &dir, NULL), 0);
	file = path_join(dir, "0a1b2c3d.0");
	tlsca_pick(NULL, NULL, "/b/c.crt", dir, &t);
	assert_string_equal(t.file, "/b/c.crt");
	assert_null(t.path);
	tlsca_release(&t);
	assert_int_equal(file_write(file, SV("x"), 0600, NULL), 0);
	tlsca_pick(NULL, "", "/b/c.crt", dir, &t);
	assert_null(t.file);
	assert_string_equal(t.path, dir);
	tlsca_release(&t);
	tlsca_pick(file, NULL, "/b/c.crt", dir, &t);
	assert_string_equal(t.file, file);
	assert_null(t.path);
	tlsca_release(&t);
	tlsca_pick("/nowhere/x", file, "/b/c.crt", dir, &t);
	assert_string_equal(t.file, file);
	assert_string_equal(t.path, dir);
	tlsca_release(&t);
	/* two bundles become one; one's own is not added to */
	other = path_join(dir, "other");
	assert_int_equal(file_write(other, SV("y"), 0600, NULL), 0);
	tlsca_pick(NULL, other, file, NULL, &t);
	assert_string_equal(t.both.buf, "x\ny");
	tlsca_release(&t);
	/* the same twice is once */
	tlsca_pick(NULL, file, file, dir, &t);
	assert_null(t.file);
	assert_string_equal(t.path, dir);
	tlsca_release(&t);
	tlsca_pick(file, file, "/b/c.crt", dir, &t);
	assert_string_equal(t.file, file);
	assert_null(t.path);
	assert_int_equal(t.both.len, 0);
	tlsca_release(&t);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_url),
		cmocka_unit_test(t_retry),
		cmocka_unit_test(t_tlsca),
		cmocka_unit_test(t_unused),
		cmocka_unit_test(t_descriptors),
		cmocka_unit_test(t_get),
		cmocka_unit_test(t_bodies),
		cmocka_unit_test(t_file_range),
		cmocka_unit_test(t_statuses),
		cmocka_unit_test(t_limits),
		cmocka_unit_test(t_lost),
		cmocka_unit_test(t_packed),
		cmocka_unit_test(t_kept),
		cmocka_unit_test(t_timeouts),
		cmocka_unit_test(t_proxy),
		cmocka_unit_test(t_threads),
		cmocka_unit_test(t_cancelled),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
