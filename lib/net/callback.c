#include "net/callback.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "net/url.h"
#include "util/file.h"
#include "util/timeutil.h"

#define HEAD_MAX ((size_t)16 << 10)
#define SLICE_MS 100	 /* how soon a cancel is seen */
#define CLIENT_S 2	 /* for a browser to say what it wants */

struct callback {
	int fd;
	int client; /* -1: none */
};

/* ---- what was asked for -------------------------------------------------- */

bool callback_parse(struct sv head, struct sv *ret_path, struct sv *ret_query)
{
	struct sv line, method, target;

	if (!sv_next(&head, '\n', &line) || !sv_next(&line, ' ', &method) ||
	    !sv_eq(method, "GET") || !sv_next(&line, ' ', &target) ||
	    !sv_starts(target, "/") || !sv_starts(line, "HTTP/1."))
		return false;
	*ret_query = target;
	if (!sv_next(ret_query, '?', ret_path))
		return false;
	return true;
}

char *callback_value(const char *query, const char *name)
{
	struct sv rest = sv_from(query), pair, key;

	while (sv_next(&rest, '&', &pair)) {
		struct strbuf out = STRBUF_SECRET;

		if (!sv_next(&pair, '=', &key) || !sv_eq(key, name))
			continue;
		url_decode(&out, pair);
		/* a zero byte would hide what follows */
		if (strlen(out.buf) == out.len)
			return strbuf_detach(&out);
		strbuf_release(&out);
		return NULL;
	}
	return NULL;
}

/* ---- the server ---------------------------------------------------------- */

int callback_open(struct callback **ret, unsigned *ret_port, struct err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		int saved = errno;

		if (fd >= 0)
			close(fd);
		return err_set(err, E_NET, "waiting for the browser on "
		    "127.0.0.1: %s", strerror(saved));
	}
	*ret = xmalloc(sizeof(**ret));
	**ret = (struct callback){ fd, -1 };
	*ret_port = ntohs(a.sin_port);
	return 0;
}

static void hang_up(struct callback *c)
{
	if (c->client >= 0)
		close(c->client);
	c->client = -1;
}

void callback_free(struct callback *c)
{
	if (!c)
		return;
	hang_up(c);
	close(c->fd);
	free(c);
}

static void reply(struct callback *c, int status, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (c->client < 0)
		return;
	strbuf_addf(&b, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; "
	    "charset=utf-8\r\nContent-Length: %zu\r\nCache-Control: "
	    "no-store\r\nConnection: close\r\n\r\n%s\n", status,
	    status == 200 ? "OK" : "Not Found", strlen(text) + 1, text);
	(void)!send(c->client, b.buf, b.len, MSG_NOSIGNAL);
	(void)shutdown(c->client, SHUT_WR);
	hang_up(c);
}

void callback_answer(struct callback *c, const char *text)
{
	reply(c, 200, text);
}

/* The whole head of the request, or as much as there is. */
static void read_head(struct callback *c, struct strbuf *head)
{
	const struct timeval patience = { .tv_sec = CLIENT_S };
	char part[2048];
	ssize_t n = 1;

	(void)setsockopt(c->client, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	(void)setsockopt(c->client, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	while (n > 0 && !head->overflow && !strstr(head->buf, "\r\n\r\n")) {
		n = recv(c->client, part, sizeof(part), 0);
		if (n > 0)
			strbuf_add(head, part, (size_t)n);
	}
	explicit_bzero(part, sizeof(part));
}

/* true when it was the request that is waited for */
static bool serve(struct callback *c, const char *path, char **ret_query)
{
	struct strbuf head = STRBUF_SECRET;
	struct sv at, query;
	bool ours;

	head.limit = HEAD_MAX;
	read_head(c, &head);
	ours = callback_parse(strbuf_sv(&head), &at, &query) &&
	    sv_eq(at, path) && query.n;
	if (ours)
		*ret_query = sv_dup(query);
	else
		reply(c, 404, "There is nothing here.");
	strbuf_release(&head);
	return ours;
}

int callback_wait(struct callback *c, const char *path, int64_t timeout_ms,
    char **ret_query, struct err *err)
{
	int64_t end = mono_ms() + timeout_ms;

	while (mono_ms() < end) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };

		if (cancel_requested())
			return err_set(err, E_CANCELLED, "the login was "
			    "stopped");
		if (poll(&p, 1, SLICE_MS) <= 0)
			continue;
		hang_up(c);
		c->client = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		if (c->client >= 0 && serve(c, path, ret_query))
			return 0;
	}
	return err_set(err, E_NOTFOUND, "the browser did not come back");
}
