/*
 * A server in the test's own process: one request per connection, answered by
 * a function of the test. Requests are kept as text (head and body).
 */
#ifndef CCDK_TESTS_STUBHTTP_H
#define CCDK_TESTS_STUBHTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "util/strbuf.h"

struct stub {
	/* fills out with a whole reply (stub_reply); nothing: connection lost */
	void (*answer)(struct stub *s, const char *request,
	    struct strbuf *out);
	void *user;
	int fd, port;
	pthread_t thread;
	/* held while a request is taken and answered */
	pthread_mutex_t lock;
	struct strvec requests;
};

static inline void stub_reply(struct strbuf *out, int status,
    const char *headers, const char *body)
{
	strbuf_addf(out, "HTTP/1.1 %d X\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers,
	    body);
}

static inline bool stub_fill(int fd, struct strbuf *in)
{
	char part[4096];
	ssize_t n = recv(fd, part, sizeof(part), 0);

	if (n > 0)
		strbuf_add(in, part, (size_t)n);
	return n > 0;
}

static inline void stub_one(struct stub *s, int fd)
{
	CLEANUP(strbuf_release) struct strbuf in = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *end, *len;
	size_t want, did = 0;

	while (!(end = strstr(in.buf, "\r\n\r\n"))) {
		if (!stub_fill(fd, &in))
			return;
	}
	len = strcasestr(in.buf, "\r\ncontent-length:");
	want = (size_t)(end - in.buf) + 4 +
	    (len ? strtoul(len + 17, NULL, 10) : 0);
	while (in.len < want) {
		if (!stub_fill(fd, &in))
			return;
	}
	pthread_mutex_lock(&s->lock);
	strvec_add(&s->requests, in.buf);
	s->answer(s, in.buf, &out);
	pthread_mutex_unlock(&s->lock);
	while (did < out.len) {
		ssize_t n = send(fd, out.buf + did, out.len - did,
		    MSG_NOSIGNAL);

		if (n <= 0)
			return;
		did += (size_t)n;
	}
}

static inline void *stub_loop(void *arg)
{
	struct stub *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		stub_one(s, fd);
		close(fd);
	}
	return NULL;
}

static inline int stub_start(struct stub *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	pthread_mutex_init(&s->lock, NULL);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s->fd, 64) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	s->port = ntohs(a.sin_port);
	return pthread_create(&s->thread, NULL, stub_loop, s);
}

static inline size_t stub_count(struct stub *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->requests.n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static inline void stub_stop(struct stub *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	strvec_release(&s->requests);
}

#endif
