/*
 * What moves at the bottom of the terminal while work goes on: parts, one
 * below the other, drawn again every second and whenever one of them asks.
 * Messages go above them. Only for a sink of term_sink_new() whose stream is a
 * terminal. Thread-safe.
 */
#ifndef CCDK_TERM_LIVE_H
#define CCDK_TERM_LIVE_H

#include "util/msg.h"
#include "util/strbuf.h"

struct live_part {
	/* Appends lines of at most columns - 1 characters. Called by any
	 * thread; must not call back here. */
	void (*draw)(void *arg, unsigned columns, struct strvec *out);
	void *arg;
	struct live_part *next; /* ours */
};

/* p stays the caller's and has to stay until it is taken away. */
void live_add(struct sink *sink, struct live_part *p);
/* Soon: at once, or within a second when it was done just now. */
void live_redraw(void);
/* last (may be NULL) are lines that stay, if no other part is left. */
void live_remove(struct live_part *p, const struct strvec *last);
/* While a program writes to the terminal itself nothing is drawn; calls
 * nest. */
void live_pause(void);
void live_resume(void);

#endif
