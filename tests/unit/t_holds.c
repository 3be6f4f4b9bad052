/* What the reasons of failed deletions mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deploy/holds.h"

static void t_holds(void **state)
{
	static const struct {
		const char *type, *reason, *held_by; /* a part of it */
	} rows[] = {
		{ "AWS::S3::Bucket", "The bucket you tried to delete is not "
		  "empty (Service: S3, Status Code: 409)", "objects" },
		{ "AWS::ECR::Repository", "The repository with name 'x' in "
		  "registry with id '1' cannot be deleted because it still "
		  "contains images", "images" },
		{ "AWS::EC2::SecurityGroup", "resource sg-1 has a dependent "
		  "object (Service: Ec2)", "network interface" },
		{ "AWS::EC2::Subnet", "The subnet 'subnet-1' has dependencies "
		  "and cannot be deleted.", "network interfaces" },
		{ "AWS::IAM::Role", "Cannot delete entity, must detach all "
		  "policies first.", "policies" },
		{ "AWS::RDS::DBInstance", "Cannot delete protected DB "
		  "Instance, please disable deletion protection and try "
		  "again.", "deletion protection" },
		{ "Custom::X", "CloudFormation did not receive a response "
		  "from your Custom Resource.", "function" },
		{ "AWS::SQS::Queue", "User: arn:r is not authorized to "
		  "perform: sqs:DeleteQueue", "rights" },
		{ "AWS::SQS::Queue", "nothing known", NULL },
		/* of another type it means something else */
		{ "AWS::SQS::Queue", "it is not empty", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hold h = hold_of(rows[i].type, rows[i].reason);

		if (!rows[i].held_by) {
			assert_null(h.held_by);
			assert_null(h.mend);
			continue;
		}
		assert_non_null(h.held_by);
		assert_non_null(h.mend);
		assert_non_null(strstr(h.held_by, rows[i].held_by));
	}
}

static void t_exports(void **state)
{
	static const struct {
		const char *reason, *names;
	} rows[] = {
		{ "Delete canceled. Cannot delete export Net:Vpc as it is in "
		  "use by Web.", "Net:Vpc" },
		{ "Export A-b cannot be deleted as it is in use by X and Y. "
		  "Export C cannot be deleted as it is in use by X.",
		  "A-b C" },
		{ "Export A cannot be deleted as it is in use by X, Export A "
		  "cannot be deleted as it is in use by X", "A" },
		{ " as it is in use by X", "" },
		{ " cannot be deleted as it is in use by X", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strvec names = { 0 };
		CLEANUP(free_p) char *all = NULL;

		hold_exports(rows[i].reason, &names);
		all = strvec_join(&names, " ");
		assert_string_equal(all, rows[i].names);
		strvec_release(&names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_holds),
		cmocka_unit_test(t_exports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
