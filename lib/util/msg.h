/*
 * What library code has to say goes to one sink as a message with a level; it
 * never prints. The sink (lib/term/sink) routes: result to stdout; the others
 * to stderr, or to stdout with --ci except errors; hides debug and trace
 * unless asked for; holds messages back while a prompt is open. Thread-safe.
 *
 *	msg_info(app->sink, "%s: creating CloudFormation changeset...", name);
 *
 * The text gets one newline added. Styles in it come from term/style.h.
 */
#ifndef CCDK_UTIL_MSG_H
#define CCDK_UTIL_MSG_H

#include <pthread.h>

#include "util/err.h"

enum msg_level {
	MSG_DATA,  /* a line for programs: stdout, as it is */
	MSG_ERROR,
	MSG_REPORT, /* goes where errors go, in no colour but its own */
	MSG_RESULT,
	MSG_WARN,
	MSG_INFO,
	MSG_DEBUG,
	MSG_TRACE
};

struct msg {
	enum msg_level level;
	const char *text;
};

/* A yes/no question, see prompts in the reference's deploy. */
struct msg_confirm {
	const char *motivation; /* for the no-terminal error */
	const char *question;
	unsigned concurrency; /* > 1 refuses */
};

struct sink {
	void (*emit)(struct sink *s, const struct msg *m);
	/* 0 for yes, E_DECLINED for no, E_CONFIG when it cannot be asked */
	int (*confirm)(struct sink *s, const struct msg_confirm *q,
	    struct err *err);
	/* free text, e.g. an MFA token; *ret is yours */
	int (*ask)(struct sink *s, const char *motivation,
	    const char *question, char **ret, struct err *err);
	bool color;   /* style texts? */
	int verbose;  /* 0 info, 1 debug, 2 trace */
	bool ci;
	bool tty;     /* stdout is a terminal */
	bool data;    /* stdout is for MSG_DATA alone */
};

void msg_put(struct sink *s, enum msg_level level, const char *fmt, ...)
    PRINTF(3, 4);
#define msg_error(s, ...) msg_put((s), MSG_ERROR, __VA_ARGS__)
#define msg_result(s, ...) msg_put((s), MSG_RESULT, __VA_ARGS__)
#define msg_warn(s, ...) msg_put((s), MSG_WARN, __VA_ARGS__)
#define msg_info(s, ...) msg_put((s), MSG_INFO, __VA_ARGS__)
#define msg_debug(s, ...) msg_put((s), MSG_DEBUG, __VA_ARGS__)
/*
 * A sink for one of several jobs at once: what the job says is held back until
 * its turn, so that the output has an order. Questions are asked at once.
 */
struct msg_relay {
	struct sink base; /* first: the relay is a sink */
	struct sink *to;  /* borrowed */
	pthread_mutex_t lock;
	bool open;
	struct msg *held;
	size_t n, cap;
};
void msg_relay_init(struct msg_relay *r, struct sink *to);
/* It is its turn: what is held goes out, what follows goes straight through. */
void msg_relay_open(struct msg_relay *r);
/* What is still held is dropped. */
void msg_relay_release(struct msg_relay *r);

/* for texts too large or too arbitrary for a format */
void msg_text(struct sink *s, enum msg_level level, const char *text);

#endif
