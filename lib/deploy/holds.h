/*
 * Why something could not be deleted, and what to do about it: read out of
 * the reasons that CloudFormation gives.
 */
#ifndef CCDK_DEPLOY_HOLDS_H
#define CCDK_DEPLOY_HOLDS_H

#include "cfn/monitor.h"

/* What keeps a resource, and what lets go of it. Constants; a "%s" in mend
 * stands for the resource's physical id. NULLs when the reason says enough. */
struct hold {
	const char *held_by, *mend;
};
/* Pure. type: "AWS::S3::Bucket". */
struct hold hold_of(const char *type, const char *reason);

/* "Export X cannot be deleted as it is in use by A and B": the names of the
 * exports that stand in a reason, each once. Pure. */
void hold_exports(const char *reason, struct strvec *ret);

/*
 * After a deletion that failed: each resource that stays, with what holds it,
 * the exports that others use, and how to go on. again: the command line that
 * names the stack, "ccdk destroy S1". Appends nothing when nothing is known.
 * aws is asked who imports an export; failing that the reason has to do.
 */
void hold_report(struct aws *aws, const struct monitor *m,
    const struct cfnstack *end, const char *again, struct strbuf *out);

#endif
