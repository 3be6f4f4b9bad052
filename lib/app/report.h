/*
 * The unified validation report of some stacks: policy reports that the app
 * wrote (validation-report.json) and annotations from construct metadata, all
 * in the report's own JSON shape; and its text. Pure but for reading files of
 * the assembly.
 */
#ifndef CCDK_APP_REPORT_H
#define CCDK_APP_REPORT_H

#include "model/select.h"

/* A list of plugin reports; yours. */
MUST_USE int report_load(const struct assembly *a,
    const struct stack_list *stacks, cJSON **ret, struct err *err);
/* Any report with a failure? */
bool report_failed(const cJSON *reports);
/* Any violation that is a warning? */
bool report_warns(const cJSON *reports);
/*
 * The blocks with an empty line between them; yours. Source locations are
 * shown relative to root where that is shorter.
 */
char *report_text(const cJSON *reports, const char *root, bool color);

#endif
