/*
 * What a finished deployment prints, and the outputs file.
 */
#ifndef CCDK_DEPLOY_OUTPUTS_H
#define CCDK_DEPLOY_OUTPUTS_H

#include "deploy/deploy.h"

/* Everything from the check mark to the ARN. plain: as the library path has
 * it, without blank lines, the mark on stdout and the ARN not. */
void outputs_print(struct sink *sink, const struct stack *s,
    const struct deploy_result *r, int64_t took_ms, bool plain);
/* all is {stack name: {key: value}}; folders are made, the file appears
 * whole. */
MUST_USE int outputs_write(const char *path, const cJSON *all,
    struct err *err);
/* Lays `all` over what the file holds: a stack's outputs are replaced as a
 * whole, those of stacks in `without` go, other stacks stay. */
MUST_USE int outputs_merge(const char *path, const cJSON *all,
    const struct strvec *without, struct err *err);
/* Before anything is deployed: could it be written, and merged into? */
MUST_USE int outputs_check(const char *path, bool merge, struct err *err);

#endif
