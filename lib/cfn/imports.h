/*
 * Which stacks import what a stack exports.
 */
#ifndef CCDK_CFN_IMPORTS_H
#define CCDK_CFN_IMPORTS_H

#include "aws/call.h"

/* The names of the stacks that import an export are added to ret; none is no
 * error. */
MUST_USE int imports_of(struct aws *aws, const char *export_name,
    struct strvec *ret, struct err *err);

#endif
