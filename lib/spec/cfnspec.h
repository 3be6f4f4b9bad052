/*
 * Facts about CloudFormation resource types that a template difference uses:
 * which properties replace the resource, and which deserve a security review.
 * The table (share/data/cfn-spec.tsv) is searched where it lies; nothing is
 * parsed at start-up. All views live as long as the program. Thread-safe.
 */
#ifndef CCDK_SPEC_CFNSPEC_H
#define CCDK_SPEC_CFNSPEC_H

#include "util/strbuf.h"

enum cfn_replace { CFN_REPLACE_NO, CFN_REPLACE_MAYBE, CFN_REPLACE_YES };

enum cfn_scrutiny {
	CFN_SCRUTINY_NONE,
	/* properties */
	CFN_INLINE_RESOURCE_POLICY,
	CFN_INLINE_IDENTITY_POLICIES,
	CFN_MANAGED_POLICIES,
	CFN_INGRESS_RULES,
	CFN_EGRESS_RULES,
	/* resources */
	CFN_RESOURCE_POLICY_RESOURCE,
	CFN_IDENTITY_POLICY_RESOURCE,
	CFN_LAMBDA_PERMISSION,
	CFN_INGRESS_RULE_RESOURCE,
	CFN_EGRESS_RULE_RESOURCE,
	CFN_SSO_ASSIGNMENT,
	CFN_SSO_INSTANCE_ACA_CONFIG,
	CFN_SSO_PERMISSION_SET
};

struct cfn_type {
	struct sv name;
	enum cfn_scrutiny scrutiny;
	struct sv replacing, maybe; /* names, a blank between */
	struct sv scrutinised;	    /* "name:kind", a blank between */
};

/* false: nothing known about it (not a type, or no fact worth a line). */
bool cfn_type_find(const char *type, struct cfn_type *ret);
enum cfn_replace cfn_type_replacement(const struct cfn_type *t,
    const char *property);
/* Walks t->scrutinised (a copy in *rest) in the database's order. */
bool cfn_next_scrutinised(struct sv *rest, struct sv *ret_property,
    enum cfn_scrutiny *ret_kind);

#endif
