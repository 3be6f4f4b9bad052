/* Options to parameters, template choice and environment names. */
#include "bootstrap/bootstrap.h"

#include <setjmp.h>
#include <cmocka.h>

#define PARTITION_ADMIN "arn:aws:iam::aws:policy/AdministratorAccess"

static struct strbuf said = STRBUF_INIT;

static void emit(struct sink *s, const struct msg *m)
{
	(void)s;
	if (m->level == MSG_DEBUG || m->level == MSG_TRACE)
		return;
	strbuf_addf(&said, "%s%s\n", m->level == MSG_WARN ? "! " : "",
	    m->text);
}

static struct sink sink = { .emit = emit };

/* A run with these words after "ccdk bootstrap". */
struct run {
	struct args args;
	struct app app;
	struct boot_opts opts;
	cJSON *template_, *stack, *params;
	struct err err;
	int rc;
};

static void run_release(struct run *r)
{
	boot_opts_release(&r->opts);
	app_release(&r->app);
	args_release(&r->args);
	json_free(r->template_);
	json_free(r->stack);
	json_free(r->params);
	err_release(&r->err);
}

static void begin(struct run *r, const char *const *words)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 };

	strvec_add(&argv, "ccdk");
	strvec_add(&argv, "bootstrap");
	for (; *words; words++)
		strvec_add(&argv, *words);
	assert_int_equal(args_parse((int)argv.n, strvec_argv(&argv), NULL,
	    &r->args, &r->err), 0);
	r->args.command_word = "bootstrap";
	r->app.args = &r->args;
	r->app.sink = &sink;
	boot_opts_read(&r->app, &r->opts);
	assert_int_equal(boot_template_load(&r->app, &r->opts, &r->template_,
	    &r->err), 0);
}

/* A deployed stack with the parameters "Name=value", and its version. */
static cJSON *stack_with(const char *const *parameters)
{
	cJSON *stack = cJSON_CreateObject(), *list = cJSON_CreateArray();

	for (; parameters && *parameters; parameters++) {
		const char *eq = strchr(*parameters, '=');
		CLEANUP(free_p) char *key = xstrndup(*parameters,
		    (size_t)(eq - *parameters));
		cJSON *p = cJSON_CreateObject();

		json_put_str(p, "ParameterKey", key);
		json_put_str(p, "ParameterValue", eq + 1);
		json_push_take(list, p);
	}
	json_add_take(stack, "Parameters", list);
	return stack;
}

static void params_for(struct run *r, const char *const *deployed,
    const char *const *words)
{
	char account[] = "123456789012", region[] = "us-east-1";
	struct stack_access a = { .account = account, .region = region };

	strbuf_reset(&said);
	begin(r, words);
	if (deployed)
		r->stack = stack_with(deployed);
	r->rc = boot_params(&r->app, &r->opts, &a, r->template_, r->stack,
	    &r->params, &r->err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })
#define RUN(r, deployed, ...)						\
	CLEANUP(run_release) struct run r = { 0 };			\
	params_for(&r, deployed, WORDS(__VA_ARGS__))

static void assert_params(const struct run *r, const char *want)
{
	CLEANUP(free_p) char *got = NULL;

	if (r->rc < 0)
		fail_msg("%s", err_text(&r->err));
	got = json_text(r->params, 0);
	assert_string_equal(got, want);
}

static void first_time(void **state)
{
	(void)state;
	RUN(r, NULL);
	assert_params(&r, "{\"TrustedAccounts\":\"\","
	    "\"TrustedAccountsForLookup\":\"\","
	    "\"CloudFormationExecutionPolicies\":\"\","
	    "\"FileAssetsBucketKmsKeyId\":\"AWS_MANAGED_KEY\","
	    "\"PublicAccessBlockConfiguration\":\"true\"}");
	assert_string_equal(said.buf,
	    "Trusted accounts for deployment: (none)\n"
	    "Trusted accounts for lookup: (none)\n"
	    "! Using default execution policy of '" PARTITION_ADMIN "'. Pass "
	    "'--cloudformation-execution-policies' to customize.\n");
}

static void what_is_deployed_stays(void **state)
{
	(void)state;
	RUN(r, WORDS("TrustedAccounts=1,2", "TrustedAccountsForLookup=3",
	    "CloudFormationExecutionPolicies=P,Q",
	    "FileAssetsBucketKmsKeyId=", "InputPermissionsBoundary="));
	assert_params(&r, "{\"TrustedAccounts\":\"1,2\","
	    "\"TrustedAccountsForLookup\":\"3\","
	    "\"CloudFormationExecutionPolicies\":\"P,Q\","
	    "\"PublicAccessBlockConfiguration\":\"true\"}");
	assert_string_equal(said.buf,
	    "Trusted accounts for deployment: 1, 2\n"
	    "Trusted accounts for lookup: 3\n"
	    "Execution policies: P, Q\n");
}

static void lists_replace_and_clear(void **state)
{
	(void)state;
	RUN(r, WORDS("TrustedAccounts=1,2", "TrustedAccountsForLookup=3,4",
	    "CloudFormationExecutionPolicies=P",
	    "FileAssetsBucketKmsKeyId=AWS_MANAGED_KEY"),
	    "--trust", "007", "--trust", "8,9", "--trust-for-lookup", "",
	    "--untrust", "2");
	assert_string_equal(json_str(r.params, "TrustedAccounts"),
	    "007,8,9");
	assert_string_equal(json_str(r.params, "TrustedAccountsForLookup"),
	    "");
}

static void untrust_drops_single_accounts(void **state)
{
	(void)state;
	RUN(r, WORDS("TrustedAccounts=1,02,3", "TrustedAccountsForLookup=02",
	    "CloudFormationExecutionPolicies=P"), "--untrust", "02");
	assert_string_equal(json_str(r.params, "TrustedAccounts"), "1,3");
	assert_string_equal(json_str(r.params, "TrustedAccountsForLookup"),
	    "");
}

static void trust_needs_policies(void **state)
{
	(void)state;
	RUN(r, NULL, "--trust", "1");
	assert_int_equal(r.rc, E_CONFIG);
	assert_string_equal(err_text(&r.err), "Please pass "
	    "'--cloudformation-execution-policies' when using '--trust' to "
	    "specify deployment permissions. Try a managed policy of the form "
	    "'arn:aws:iam::aws:policy/<PolicyName>'.");
}

static void lookup_trust_alone_needs_none(void **state)
{
	(void)state;
	RUN(r, NULL, "--trust-for-lookup", "1");
	assert_int_equal(r.rc, 0);
}

static void trusted_and_untrusted(void **state)
{
	(void)state;
	RUN(r, NULL, "--trust", "1", "--trust-for-lookup", "2", "--untrust",
	    "2", "--untrust", "1");
	assert_string_equal(err_text(&r.err), "Accounts cannot be both "
	    "trusted and untrusted. Found: 2,1");
}

static void keys(void **state)
{
	const char *name = "FileAssetsBucketKmsKeyId";

	(void)state;
	RUN(own, WORDS("FileAssetsBucketKmsKeyId=AWS_MANAGED_KEY"),
	    "--bootstrap-customer-key");
	assert_string_equal(json_str(own.params, name), "");
	RUN(managed, WORDS("FileAssetsBucketKmsKeyId="),
	    "--no-bootstrap-customer-key");
	assert_string_equal(json_str(managed.params, name),
	    "AWS_MANAGED_KEY");
	RUN(given, NULL, "--bootstrap-kms-key-id", "my-key");
	assert_string_equal(json_str(given.params, name), "my-key");
}

static void switches(void **state)
{
	(void)state;
	RUN(r, NULL, "--no-deny-external-id",
	    "--no-public-access-block-configuration", "--qualifier", "q",
	    "-b", "bucket", "--custom-permissions-boundary", "a/b",
	    "--apply-permissions-boundary-to-all-roles");
	assert_params(&r, "{\"TrustedAccounts\":\"\","
	    "\"TrustedAccountsForLookup\":\"\","
	    "\"CloudFormationExecutionPolicies\":\"\","
	    "\"FileAssetsBucketName\":\"bucket\","
	    "\"FileAssetsBucketKmsKeyId\":\"AWS_MANAGED_KEY\","
	    "\"Qualifier\":\"q\","
	    "\"PublicAccessBlockConfiguration\":\"false\","
	    "\"InputPermissionsBoundary\":\"a/b\","
	    "\"DenyExternalId\":\"false\","
	    "\"ApplyPermissionsBoundaryToAllRoles\":\"true\"}");
	assert_non_null(strstr(said.buf,
	    "! Adding new permissions boundary a/b\n"));
}

static void boundary_messages(void **state)
{
	(void)state;
	{
		RUN(r, WORDS("InputPermissionsBoundary=old"));
		assert_non_null(strstr(said.buf,
		    "! Removing existing permissions boundary old\n"));
		assert_null(json_get(r.params, "InputPermissionsBoundary"));
	}
	{
		RUN(r, WORDS("InputPermissionsBoundary=old"), "--cpb", "new");
		assert_non_null(strstr(said.buf, "! Changing permissions "
		    "boundary from old to new\n"));
	}
	{
		RUN(r, WORDS("InputPermissionsBoundary=old"), "--cpb", "old");
		assert_null(strstr(said.buf, "permissions boundary"));
	}
	{
		RUN(r, NULL, "--apply-permissions-boundary-to-all-roles");
		assert_non_null(strstr(said.buf,
		    "! --apply-permissions-boundary-to-all-roles has no "
		    "effect without --custom-permissions-boundary or "
		    "--example-permissions-boundary\n"));
	}
	{
		RUN(r, NULL, "--cpb", "a b");
		assert_string_equal(err_text(&r.err), "The permissions "
		    "boundary name a b does not match the IAM conventions.");
	}
}

static void names_of_boundaries(void **state)
{
	(void)state;
	assert_true(boot_boundary_name_ok("team/Limits_2+=,.@-"));
	assert_false(boot_boundary_name_ok(""));
	assert_false(boot_boundary_name_ok("a:b"));
	assert_false(boot_boundary_name_ok("caf\xc3\xa9"));
}

static void environment_names(void **state)
{
	static const char *const bad[] = { "", "aws://", "aws://1", "1/2/3",
		"aws://1/2/3", "x" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		CLEANUP(boot_envs_release) struct boot_envs l = { 0 };
		const char *spec = i ? "aws://1/us-x" : "1/us-x";

		l.v = xcalloc(1, sizeof(*l.v));
		l.n = 1;
		assert_int_equal(boot_env_parse(spec, l.v, NULL), 0);
		assert_string_equal(l.v->name, spec);
		assert_string_equal(l.v->account, "1");
		assert_string_equal(l.v->region, "us-x");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		CLEANUP(free_p) char *want = xasprintf("Expected environment "
		    "name in format 'aws://<account>/<region>', got: %s",
		    bad[i]);
		struct boot_env e;

		assert_int_equal(boot_env_parse(bad[i], &e, &err), E_CONFIG);
		assert_string_equal(err_text(&err), want);
	}
}

static void template_facts(void **state)
{
	(void)state;
	CLEANUP(run_release) struct run r = { 0 };
	begin(&r, WORDS());
	assert_int_equal(boot_template_version(r.template_), 33);
	assert_string_equal(boot_template_variant(r.template_),
	    "AWS CDK: Default Resources");
	assert_true(boot_template_has_parameter(r.template_,
	    "DenyExternalId"));
	assert_false(boot_template_has_parameter(r.template_, "Other"));
}

static void versions(void **state)
{
	static const struct {
		const char *json;
		int want;
	} cases[] = {
		{ "{}", 0 },
		{ "{\"Outputs\":{\"BootstrapVersion\":{\"Value\":12}}}", 12 },
		{ "{\"Outputs\":{\"BootstrapVersion\":{\"Value\":\"7b\"}}}",
		    7 },
		{ "{\"Outputs\":{\"BootstrapVersion\":{\"Value\":"
		  "{\"Ref\":\"x\"}}}}", 0 },
		{ "{\"Resources\":{\"CdkBootstrapVersion\":{\"Properties\":"
		  "{\"Value\":\"9\"}}}}", 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(json_free_p) cJSON *t = NULL;

		assert_int_equal(json_parse(sv_from(cases[i].json), "t", &t,
		    NULL), 0);
		assert_int_equal(boot_template_version(t), cases[i].want);
	}
}

static void legacy_literals(void **state)
{
	(void)state;
	setenv("CDK_LEGACY_BOOTSTRAP", "1", 1);
	CLEANUP(run_release) struct run r = { 0 };
	begin(&r, WORDS("-b", "old", "--bootstrap-kms-key-id", "key",
	    "--no-public-access-block-configuration"));
	unsetenv("CDK_LEGACY_BOOTSTRAP");
	assert_int_equal(boot_template_version(r.template_), 0);
	assert_string_equal(json_str(r.template_,
	    "Resources.StagingBucket.Properties.BucketName"), "old");
	assert_string_equal(json_str(r.template_, "Resources.StagingBucket."
	    "Properties.BucketEncryption.ServerSideEncryptionConfiguration.0."
	    "ServerSideEncryptionByDefault.KMSMasterKeyID"), "key");
	assert_string_equal(json_str(r.template_, "Conditions."
	    "UsePublicAccessBlockConfiguration.Fn::Equals.0"), "false");
}

static void tags(void **state)
{
	struct app app = { .sink = &sink };
	struct boot_opts o = { 0 };
	struct args args = { 0 };
	CLEANUP(free_p) char *got = NULL;

	(void)state;
	app.args = &args;
	assert_int_equal(json_parse(SV("{\"tags\":[{\"Key\":\"a\","
	    "\"Value\":\"b=c\"},{\"Key\":\"e\",\"Value\":\"\"}]}"),
	    "t", &app.settings.merged, NULL), 0);
	boot_opts_read(&app, &o);
	got = json_text(o.tags, 0);
	assert_string_equal(got, "{\"a\":\"b=c\",\"e\":\"\"}");
	boot_opts_release(&o);
	settings_release(&app.settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_time),
		cmocka_unit_test(what_is_deployed_stays),
		cmocka_unit_test(lists_replace_and_clear),
		cmocka_unit_test(untrust_drops_single_accounts),
		cmocka_unit_test(trust_needs_policies),
		cmocka_unit_test(lookup_trust_alone_needs_none),
		cmocka_unit_test(trusted_and_untrusted),
		cmocka_unit_test(keys),
		cmocka_unit_test(switches),
		cmocka_unit_test(boundary_messages),
		cmocka_unit_test(names_of_boundaries),
		cmocka_unit_test(environment_names),
		cmocka_unit_test(template_facts),
		cmocka_unit_test(versions),
		cmocka_unit_test(legacy_literals),
		cmocka_unit_test(tags),
	};
	int failed;

	/* no credentials, and nowhere to look for any */
	setenv("HOME", "/nonexistent", 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_PROFILE");
	mem_init_json();
	failed = cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
	strbuf_release(&said);
	return failed;
}
