/*
 * A stack as CloudFormation has it: state, outputs, template.
 */
#ifndef CCDK_CFN_CFNSTACK_H
#define CCDK_CFN_CFNSTACK_H

#include "aws/call.h"
#include "cfn/status.h"

struct cfnstack {
	cJSON *json; /* an entry of DescribeStacks; NULL: there is none */
	const char *name, *arn, *status, *reason; /* borrowed from json */
	unsigned flags;	  /* of status */
	cJSON *template_; /* once read */
};

/* A missing stack is no error: json stays NULL, flags say STATUS_GONE. */
MUST_USE int cfnstack_get(struct aws *aws, const char *name,
    struct cfnstack *ret, struct err *err);
/* Of an entry of DescribeStacks, which is taken over. */
struct cfnstack cfnstack_of(cJSON *json);
void cfnstack_release(struct cfnstack *s);
/* The template as it was sent (stage Original), read once; {} of a missing
 * stack. Borrowed. */
MUST_USE int cfnstack_template(struct aws *aws, struct cfnstack *s,
    const cJSON **ret, struct err *err);
/* The same of a stage ("Original", "Processed", NULL: CloudFormation's own
 * choice), read each time; yours. */
MUST_USE int cfnstack_template_stage(struct aws *aws, const char *name,
    const char *stage, cJSON **ret, struct err *err);
/* A template's text: JSON, else YAML; an empty one is {}. Yours. */
MUST_USE int cfnstack_parse_template(struct sv text, const char *what,
    cJSON **ret, struct err *err);
/* {key: value} in API order; yours */
cJSON *cfnstack_outputs(const struct cfnstack *s);
/* "UPDATE_FAILED (reason)"; yours */
char *cfnstack_state_text(const struct cfnstack *s);
/* DeleteStack by ARN with a fresh token, then polls until it settles. */
MUST_USE int cfnstack_delete_wait(struct aws *aws, const char *arn,
    struct cfnstack *ret, struct err *err);
/* The two halves of it. */
MUST_USE int cfnstack_delete(struct aws *aws, const char *arn,
    const char *token, struct err *err);
MUST_USE int cfnstack_settle(struct aws *aws, const char *arn,
    struct cfnstack *ret, struct err *err);
/* Does this error say that the stack `name` does not exist? */
bool cfnstack_is_missing(const struct err *e, const char *name);

/* The same of an entry of DescribeStacks (or NULL); yours */
cJSON *cfn_outputs(const cJSON *stack);
/* A boolean of a reply: XML has it as the text "true". */
bool cfn_true(const cJSON *o, const char *path);

#define CFN_POLL_STACK_MS 5000
#define CFN_POLL_EVENTS_MS 2000

#endif
