/*
 * Where a browser comes back to after a login: a server on 127.0.0.1, at a
 * port of the system's choice, for one request. Nobody else can reach it.
 *
 *	callback_open(&c, &port, err);
 *	... the browser is sent to "http://127.0.0.1:<port>/path?..." ...
 *	callback_wait(c, "/path", timeout_ms, &query, err);
 *	callback_answer(c, "You may close this page.");
 *	callback_free(c);
 */
#ifndef CCDK_NET_CALLBACK_H
#define CCDK_NET_CALLBACK_H

#include "util/err.h"
#include "util/strbuf.h"

struct callback;

MUST_USE int callback_open(struct callback **ret, unsigned *ret_port,
    struct err *err);
/*
 * Other paths are answered with 404 while it waits. E_NOTFOUND when the time
 * is over, E_CANCELLED. *ret_query is yours, to be wiped: "code=...".
 */
MUST_USE int callback_wait(struct callback *c, const char *path,
    int64_t timeout_ms, char **ret_query, struct err *err);
/* Text for the person in front of the browser; plain characters only. */
void callback_answer(struct callback *c, const char *text);
void callback_free(struct callback *c);
DEFINE_CLEANUP(struct callback, callback_free)

/* Pure: the first line of a request, "GET /path?query HTTP/1.1". */
bool callback_parse(struct sv head, struct sv *ret_path, struct sv *ret_query);
/* Pure: a value of a query, percent-decoded; NULL when absent, else yours. */
char *callback_value(const char *query, const char *name);

#endif
