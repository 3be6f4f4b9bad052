/*
 * Pages of the AWS console, in the partition of the ARN. Pure.
 */
#ifndef CCDK_CFN_CONSOLE_H
#define CCDK_CFN_CONSOLE_H

#include "util/base.h"

/* The events of a stack; NULL when the text is no ARN of a partition with a
 * console that we know. Yours. */
char *console_stack_events(const char *stack_arn);

#endif
