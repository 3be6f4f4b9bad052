/*
 * An S3 that has nothing and swallows everything, STS beside it, on a free
 * loopback port that it prints: in C, so that it is not what an upload waits
 * for. One thread a connection; it ends with its standard input.
 * usage: sink <fifo
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER ((size_t)512 << 10)

struct conn {
	int fd;
	size_t have; /* bytes in buf */
	char buf[BUFFER + 1];
};

static int fill(struct conn *c)
{
	ssize_t n = recv(c->fd, c->buf + c->have, BUFFER - c->have, 0);

	if (n <= 0)
		return -1;
	c->have += (size_t)n;
	c->buf[c->have] = '\0';
	return 0;
}

static void reply(struct conn *c, const char *headers, const char *body)
{
	char text[2048];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%s"
	    "content-length: %zu\r\n\r\n%s", headers, strlen(body), body);

	if (send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		shutdown(c->fd, SHUT_RDWR);
}

static void answer(struct conn *c, const char *head, const char *body)
{
	const char *query = strchr(head, '?');
	const char *line_end = strpbrk(head, "\r\n");
	int has_query = query && query < line_end;

	if (strncmp(head, "PUT ", 4) == 0)
		reply(c, "ETag: \"e\"\r\n", "");
	else if (strncmp(head, "GET ", 4) == 0 && has_query &&
	    strstr(query, "list-type"))
		reply(c, "", "<ListBucketResult></ListBucketResult>");
	else if (strncmp(head, "GET ", 4) == 0)
		reply(c, "", "<LocationConstraint/>");
	else if (strstr(body, "GetCallerIdentity"))
		reply(c, "", "<GetCallerIdentityResponse>"
		    "<GetCallerIdentityResult><Account>000000000000</Account>"
		    "<Arn>arn:aws:iam::000000000000:user/x</Arn>"
		    "<UserId>x</UserId></GetCallerIdentityResult>"
		    "</GetCallerIdentityResponse>");
	else if (has_query && strncmp(query, "?uploads", 8) == 0)
		reply(c, "", "<InitiateMultipartUploadResult><UploadId>u"
		    "</UploadId></InitiateMultipartUploadResult>");
	else
		reply(c, "", "<CompleteMultipartUploadResult/>");
}

static unsigned long long length_of(const char *head)
{
	const char *at = head;

	while ((at = strchr(at, '\n'))) {
		if (strncasecmp(++at, "content-length:", 15) == 0)
			return strtoull(at + 15, NULL, 10);
	}
	return 0;
}

/* One request; what came of its successor stays in the buffer. */
static int serve_one(struct conn *c)
{
	unsigned long long left;
	char head[8192], body[4096] = "";
	size_t head_n, n;
	char *end;

	while (!(end = strstr(c->buf, "\r\n\r\n")))
		if (c->have == BUFFER || fill(c) < 0)
			return -1;
	head_n = (size_t)(end - c->buf) + 4;
	if (head_n >= sizeof(head))
		return -1;
	memcpy(head, c->buf, head_n);
	head[head_n] = '\0';
	memmove(c->buf, c->buf + head_n, c->have - head_n);
	c->have -= head_n;
	if (strcasestr(head, "\nexpect: 100"))
		(void)!write(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	for (left = length_of(head); left; left -= n) {
		if (!c->have && fill(c) < 0)
			return -1;
		n = c->have < left ? c->have : (size_t)left;
		if (!*body)
			memcpy(body, c->buf, n < sizeof(body) - 1 ? n :
			    sizeof(body) - 1);
		memmove(c->buf, c->buf + n, c->have - n);
		c->have -= n;
	}
	c->buf[c->have] = '\0';
	answer(c, head, body);
	return 0;
}

static void *serve(void *arg)
{
	struct conn *c = calloc(1, sizeof(*c));

	c->fd = (int)(intptr_t)arg;
	while (serve_one(c) == 0)
		;
	close(c->fd);
	free(c);
	return NULL;
}

static void *accept_all(void *arg)
{
	int server = (int)(intptr_t)arg, one = 1, fd;
	pthread_t t;

	while ((fd = accept(server, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(t);
	}
	return NULL;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t t;
	char c;

	signal(SIGPIPE, SIG_IGN);
	if (server < 0 || bind(server, (struct sockaddr *)&a, n) < 0 ||
	    listen(server, 64) < 0 ||
	    getsockname(server, (struct sockaddr *)&a, &n) < 0 ||
	    pthread_create(&t, NULL, accept_all, (void *)(intptr_t)server))
		return 1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
