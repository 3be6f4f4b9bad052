/*
 * The report of `ccdk whoami` as JSON; its schema is in ccdk-whoami(1). The
 * roles are assumed for real, through the clients that a deployment would use.
 */
#ifndef CCDK_APP_WHOAMI_H
#define CCDK_APP_WHOAMI_H

#include "app/app.h"
#include "model/select.h"

#define WHOAMI_VERSION 1

/*
 * Always gives a report, yours; what did not work is in it. stacks may be
 * empty. *ret_ok: everything works. err: why the run's own credentials do not.
 */
cJSON *whoami_report(struct app *app, const struct stack_list *stacks,
    bool *ret_ok, struct err *err);
/* The report for people, without the run's own error; yours. */
char *whoami_text(const cJSON *report);

#endif
