/*
 * Unified differences of two texts by lines. Greedy shortest edit script with
 * the reference's tie rules, so that hunks come out the same; libgit2's xdiff
 * slides and compacts and so does not serve here.
 */
#ifndef CCDK_DIFF_TEXTDIFF_H
#define CCDK_DIFF_TEXTDIFF_H

#include "util/strbuf.h"

/* One printed line. */
struct text_line {
	char kind;	/* '@' hunk header, ' ', '+', '-' */
	struct sv text; /* without newline; of a header: see header */
	char header[64];
};

/* Calls each() per line; the texts must differ to get any. */
void text_diff(struct sv old, struct sv new_, unsigned context,
    void (*each)(void *u, const struct text_line *l), void *u);

#endif
