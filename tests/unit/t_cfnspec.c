#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "spec/cfnspec.h"
#include "util/share.h"

static void test_known_types(void **state)
{
	struct cfn_type t;

	(void)state;
	assert_true(cfn_type_find("AWS::S3::Bucket", &t));
	assert_true(sv_eq(t.name, "AWS::S3::Bucket"));
	assert_int_equal(cfn_type_replacement(&t, "BucketName"),
	    CFN_REPLACE_YES);
	assert_int_equal(cfn_type_replacement(&t, "Tags"), CFN_REPLACE_NO);
	assert_int_equal(cfn_type_replacement(&t, "Bucket"), CFN_REPLACE_NO);
	assert_int_equal(cfn_type_replacement(&t, ""), CFN_REPLACE_NO);
	assert_true(cfn_type_find("AWS::EC2::Instance", &t));
	assert_int_equal(cfn_type_replacement(&t, "UserData"),
	    CFN_REPLACE_MAYBE);
	assert_true(cfn_type_find("AWS::Lambda::Permission", &t));
	assert_int_equal(t.scrutiny, CFN_LAMBDA_PERMISSION);
}

static void test_unknown_types(void **state)
{
	static const char *const names[] = { "", "#", "AWS", "AWS::S3::Bucke",
		"AWS::S3::Buckets", "zzz", "\n", "AWS::S3::Bucket\t" };
	struct cfn_type t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(cfn_type_find(names[i], &t));
}

/* Each line of the table is found, in the order a search relies on. */
static void test_every_line(void **state)
{
	struct sv table, line, name, last = { "", 0 };
	struct cfn_type t;
	size_t n = 0;

	(void)state;
	assert_int_equal(share_get("data/cfn-spec.tsv", &table, NULL), 0);
	while (sv_next(&table, '\n', &line)) {
		CLEANUP(free_p) char *key = NULL;
		int order;

		if (line.p[0] == '#')
			continue;
		assert_true(sv_next(&line, '\t', &name));
		key = sv_dup(name);
		order = memcmp(last.p, name.p, MIN(last.n, name.n));
		assert_true(order < 0 || (order == 0 && last.n < name.n));
		assert_true(cfn_type_find(key, &t));
		assert_true(sv_eq(t.name, key));
		last = name;
		n++;
	}
	assert_true(n > 1000);
}

static void test_scrutinised_order(void **state)
{
	static const char *const want[] = { "AssumeRolePolicyDocument",
		"ManagedPolicyArns", "Policies" };
	static const enum cfn_scrutiny kinds[] = { CFN_INLINE_RESOURCE_POLICY,
		CFN_MANAGED_POLICIES, CFN_INLINE_IDENTITY_POLICIES };
	struct cfn_type t;
	struct sv rest, name;
	enum cfn_scrutiny kind;
	size_t n = 0;

	(void)state;
	assert_true(cfn_type_find("AWS::IAM::Role", &t));
	rest = t.scrutinised;
	while (cfn_next_scrutinised(&rest, &name, &kind)) {
		assert_true(n < ARRAY_SIZE(want));
		assert_true(sv_eq(name, want[n]));
		assert_int_equal(kind, kinds[n]);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_types),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_every_line),
		cmocka_unit_test(test_scrutinised_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
