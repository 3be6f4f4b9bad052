/*
 * Annotations (info, warning, error metadata) and policy reports of selected
 * stacks, printed as one block before a command acts.
 */
#ifndef CCDK_APP_VALIDATION_H
#define CCDK_APP_VALIDATION_H

#include "app/app.h"
#include "model/select.h"

/* Prints; E_FAIL "Synthesis finished with errors" (or with --strict ...). */
MUST_USE int app_validate(struct app *app, const struct assembly *a,
    const struct stack_list *stacks, struct err *err);

#endif
