#include "spec/cfnspec.h"

#include <pthread.h>

#include "spec/lines.h"
#include "util/share.h"

static const char *const kinds[] = {
	[CFN_SCRUTINY_NONE] = "",
	[CFN_INLINE_RESOURCE_POLICY] = "InlineResourcePolicy",
	[CFN_INLINE_IDENTITY_POLICIES] = "InlineIdentityPolicies",
	[CFN_MANAGED_POLICIES] = "ManagedPolicies",
	[CFN_INGRESS_RULES] = "IngressRules",
	[CFN_EGRESS_RULES] = "EgressRules",
	[CFN_RESOURCE_POLICY_RESOURCE] = "ResourcePolicyResource",
	[CFN_IDENTITY_POLICY_RESOURCE] = "IdentityPolicyResource",
	[CFN_LAMBDA_PERMISSION] = "LambdaPermission",
	[CFN_INGRESS_RULE_RESOURCE] = "IngressRuleResource",
	[CFN_EGRESS_RULE_RESOURCE] = "EgressRuleResource",
	[CFN_SSO_ASSIGNMENT] = "SsoAssignmentResource",
	[CFN_SSO_INSTANCE_ACA_CONFIG] = "SsoInstanceACAConfigResource",
	[CFN_SSO_PERMISSION_SET] = "SsoPermissionSet",
};

static struct sv table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_open(void)
{
	if (share_get("data/cfn-spec.tsv", &table, NULL) < 0)
		table = (struct sv){ "", 0 };
}

static enum cfn_scrutiny kind_of(struct sv name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (sv_eq(name, kinds[i]))
			return (enum cfn_scrutiny)i;
	return CFN_SCRUTINY_NONE;
}

static void fill(struct sv line, struct cfn_type *ret)
{
	ret->name = lines_field(&line);
	ret->scrutiny = kind_of(lines_field(&line));
	ret->replacing = lines_field(&line);
	ret->maybe = lines_field(&line);
	ret->scrutinised = lines_field(&line);
}

bool cfn_type_find(const char *type, struct cfn_type *ret)
{
	struct sv line;

	pthread_once(&table_once, table_open);
	if (!lines_find(table, type, &line))
		return false;
	fill(line, ret);
	return true;
}

static bool has_word(struct sv list, struct sv word)
{
	struct sv one;

	while (sv_next(&list, ' ', &one))
		if (one.n == word.n && memcmp(one.p, word.p, one.n) == 0)
			return true;
	return false;
}

enum cfn_replace cfn_type_replacement(const struct cfn_type *t,
    const char *property)
{
	struct sv name = sv_from(property);

	if (has_word(t->replacing, name))
		return CFN_REPLACE_YES;
	return has_word(t->maybe, name) ? CFN_REPLACE_MAYBE : CFN_REPLACE_NO;
}

bool cfn_next_scrutinised(struct sv *rest, struct sv *ret_property,
    enum cfn_scrutiny *ret_kind)
{
	struct sv one;

	if (!sv_next(rest, ' ', &one) || !sv_next(&one, ':', ret_property))
		return false;
	*ret_kind = kind_of(one);
	return true;
}
