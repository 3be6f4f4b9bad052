/*
 * What each CloudFormation stack status means to us: one table for deploying,
 * destroying and watching.
 */
#ifndef CCDK_CFN_STATUS_H
#define CCDK_CFN_STATUS_H

#include "util/base.h"

enum status_flags {
	STATUS_BUSY = 1u << 0,	   /* an operation is under way */
	STATUS_DEPLOYED = 1u << 1, /* what a deployment wants to end in */
	STATUS_FAILED = 1u << 2,
	STATUS_ROLLBACK = 1u << 3, /* part or end of a rollback */
	STATUS_RECREATE = 1u << 4, /* creation failed: delete, then create */
	STATUS_PAUSED = 1u << 5,   /* a rollback has to come first */
	STATUS_REVIEW = 1u << 6,   /* only a change set so far */
	STATUS_GONE = 1u << 7,
};

/* Flags of a status; one we do not know is classed by its ending. */
unsigned status_flags(const char *status);

#endif
