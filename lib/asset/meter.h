/*
 * How far long uploads are: name, bytes, rate and time left, a line each below
 * the messages of a terminal. Off until meter_enable(); thread-safe.
 *
 *	struct meter *m = meter_begin("Code", size);
 *	meter_add(m, sent);	as often as there is something new
 *	meter_end(m);
 */
#ifndef CCDK_ASSET_METER_H
#define CCDK_ASSET_METER_H

#include "util/msg.h"

struct meter;

/* sink: the terminal's (term/term.h). Nothing else may draw a block on it. */
void meter_enable(struct sink *sink);
/* NULL when it is off or total is small; the others do nothing with NULL. */
struct meter *meter_begin(const char *name, int64_t total);
void meter_add(struct meter *m, int64_t bytes);
void meter_end(struct meter *m);
/* While others write to the terminal nothing is drawn; calls nest. */
void meter_pause(void);
void meter_resume(void);

/* One line, at most columns - 1 wide (0: any). Pure; yours. */
char *meter_line(const char *name, int64_t done, int64_t total,
    int64_t elapsed_ms, unsigned columns);

#endif
