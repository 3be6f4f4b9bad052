/*
 * What CloudFormation hooks found wrong.
 */
#ifndef CCDK_CFN_HOOK_H
#define CCDK_CFN_HOOK_H

#include "aws/call.h"
#include "util/msg.h"

/* The rules that were broken, else the reason of a hook that failed; NULL:
 * neither. result is GetHookResult's answer or one of ListHookResults. Pure;
 * yours. */
char *hook_details(const cJSON *result);
/* The same of one invocation; NULL, after a warning, when it cannot be asked
 * about. Yours. */
char *hook_fetch(struct aws *aws, struct sink *sink, const char *id);
bool hook_failed(const char *status);

#endif
