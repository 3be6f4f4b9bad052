/*
 * Differences for programs and in words: one object per change, and why
 * resources are replaced. Ours; the reference has no such thing.
 */
#ifndef CCDK_DIFF_REPORT_H
#define CCDK_DIFF_REPORT_H

#include "diff/diff.h"

/* Of the objects that diff_report() makes, see ccdk-diff(1). */
#define DIFF_REPORT_VERSION 1

/*
 * Appends the object of one displayed difference to list. parent names the
 * stack it is nested in, NULL at the top.
 */
void diff_report(const struct diff *d, const struct diff_format_opts *o,
    const char *parent, cJSON *list);
/* "create", "may-replace" and the like */
const char *diff_impact_word(enum diff_impact impact);

/* Appends a paragraph per resource that is or may be replaced: which property
 * causes it, and what else it drags along; and one per resource that could
 * move instead (diff_annotate()). Nothing when there is none. */
void diff_explain(const struct diff *d, const struct diff_format_opts *o,
    struct strbuf *out);

/* Appends a folded section of one stack: its report and its plain text. */
void diff_markdown(const cJSON *stack, const char *text, struct strbuf *out);

#endif
