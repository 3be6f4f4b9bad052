/*
 * The terminal: is it one, how wide, does it show colour; the sink that writes
 * messages; prompts. Only lib/term, lib/cli and cmd write to a terminal.
 */
#ifndef CCDK_TERM_TERM_H
#define CCDK_TERM_TERM_H

#include "util/msg.h"
#include "util/strbuf.h"

struct term_opts {
	bool ci;
	int verbose;	/* count of -v */
	int color;	/* -1 automatic, 0 off, 1 forced */
	bool yes;	/* --yes: confirm by itself */
	bool quiet_info; /* hide MSG_INFO */
};

bool term_is_tty(int fd);
/* Columns of stdout, else COLUMNS, else 0 (unknown). */
unsigned term_columns(void);
/* The same for the tables of a diff: a terminal that does not tell its width
 * is a narrow one, not one of any width, as in the reference. */
unsigned term_table_columns(void);
/* Of the terminal that a live display is on: stdout or else stderr. */
unsigned term_live_columns(void);
/* Of the same one. */
unsigned term_rows(void);
/* Display width: SGR codes 0, wide 2, combining 0. */
size_t term_width(struct sv text);

/* The sink of a run; prompts read the terminal. */
struct sink *term_sink_new(const struct term_opts *o);
/* Flushes; E_IO when stdout could not be written (EPIPE is quiet). */
int term_sink_free(struct sink *s, struct err *err);
/*
 * Lines ('\n' between) that stand below all messages and are redrawn in place
 * by the next call; messages in between go above them. They are drawn as they
 * are: at most columns-1 wide and rows-1 many is the caller's business, as is
 * asking only on a terminal. The block never shrinks. NULL lets go of it,
 * leaving it where it is. Hidden while a prompt is open.
 */
void term_sink_block(struct sink *s, const char *lines);
/* The error as the reference prints it, with its causes. */
void term_print_error(struct sink *s, const struct err *err);

#endif
