/*
 * The shared files merged, and where the region and the CA bundle come from.
 */
#include "aws/config.h"

#include <setjmp.h>

#include <cmocka.h>

#include "util/file.h"

static const char config_text[] =
    "[default]\nregion = eu-north-1\nca_bundle = /c/default\n"
    "[profile default]\nregion = eu-west-1\nsource = config\n"
    "[profile a]\nregion = ap-south-1 # mine\nrole_arn = r\n"
    "aws_access_key_id = from-config\nempty =\n"
    "[plain]\nregion = nowhere\n"
    "[sso-session s]\nsso_region = us-west-1\n";
static const char credentials_text[] =
    "[a]\naws_access_key_id = AKIDA\n[profile b]\nregion = x\n"
    "[c]\nregion = sa-east-1\n";

static void make(struct aws_config *c)
{
	*c = (struct aws_config){ 0 };
	ini_parse(sv_from(config_text), &c->config);
	ini_parse(sv_from(credentials_text), &c->credentials);
}

static void check(const struct aws_config *c, const char *profile,
    const char *key, const char *want)
{
	const char *got = config_get(c, profile, key);

	if (!streq0(got, want))
		fail_msg("%s of %s is %s", key, profile, got ? got : "absent");
}

static void t_merge(void **state)
{
	struct aws_config c;

	(void)state;
	make(&c);
	check(&c, "a", "aws_access_key_id", "AKIDA");
	check(&c, "a", "role_arn", "r");
	check(&c, "a", "region", "ap-south-1");
	check(&c, "a", "empty", NULL);
	check(&c, "default", "region", "eu-west-1");
	check(&c, "default", "ca_bundle", NULL);
	check(&c, "c", "region", "sa-east-1");
	assert_true(config_has_profile(&c, "a"));
	assert_false(config_has_profile(&c, "b"));
	assert_false(config_has_profile(&c, "plain"));
	assert_false(config_has_profile(&c, "s"));
	assert_string_equal(ini_get(config_named(&c, "sso-session", "s"),
	    "sso_region"), "us-west-1");
	config_release(&c);
}

static void check_region(const struct aws_config *c, const char *option,
    const char *profile, const char *want)
{
	CLEANUP(free_p) char *from = NULL;
	const char *got = config_region(c, option, profile, &from);

	assert_int_equal(got != NULL, from != NULL);
	if (!streq0(got, want))
		fail_msg("region is %s, not %s", got ? got : "absent", want);
}

static void t_region(void **state)
{
	struct aws_config c, none = { 0 };

	(void)state;
	make(&c);
	check_region(&none, NULL, NULL, NULL);
	check_region(&c, NULL, NULL, "eu-west-1");
	check_region(&c, NULL, "a", "ap-south-1");
	/* a profile without one takes the default profile's */
	check_region(&c, NULL, "nobody", "eu-west-1");
	setenv("AWS_PROFILE", "c", 1);
	check_region(&c, NULL, NULL, "sa-east-1");
	check_region(&c, NULL, "a", "ap-south-1");
	/* variables beat even a named profile */
	setenv("AMAZON_DEFAULT_REGION", "r4", 1);
	check_region(&c, NULL, "a", "r4");
	setenv("AWS_DEFAULT_REGION", "r3", 1);
	check_region(&c, NULL, "a", "r3");
	setenv("AMAZON_REGION", "r2", 1);
	check_region(&c, NULL, "a", "r2");
	setenv("AWS_REGION", "", 1);
	check_region(&c, NULL, "a", "r2");
	setenv("AWS_REGION", "r1", 1);
	check_region(&c, NULL, "a", "r1");
	check_region(&c, "r0", "a", "r0");
	unsetenv("AWS_PROFILE");
	unsetenv("AMAZON_DEFAULT_REGION");
	unsetenv("AWS_DEFAULT_REGION");
	unsetenv("AMAZON_REGION");
	unsetenv("AWS_REGION");
	config_release(&c);
}

static void check_ca(const struct aws_config *c, const char *want)
{
	assert_true(streq0(config_ca_bundle(c, NULL), want));
}

static void t_ca_bundle(void **state)
{
	struct aws_config c = { 0 };

	(void)state;
	check_ca(&c, NULL);
	setenv("REQUESTS_CA_BUNDLE", "/r", 1);
	check_ca(&c, "/r");
	ini_parse(SV("[default]\nca_bundle = /p\n"), &c.config);
	check_ca(&c, "/p");
	setenv("AWS_CA_BUNDLE", "/A", 1);
	check_ca(&c, "/A");
	setenv("aws_ca_bundle", "/a", 1);
	check_ca(&c, "/a");
	unsetenv("REQUESTS_CA_BUNDLE");
	unsetenv("AWS_CA_BUNDLE");
	unsetenv("aws_ca_bundle");
	config_release(&c);
}

static void check_retry(const struct aws_config *c, enum retry_mode mode,
    unsigned attempts, const char *bad)
{
	CLEANUP(strvec_release) struct strvec l = { 0 };
	struct config_retry r;

	config_retry(c, &r, &l);
	assert_int_equal(r.mode, mode);
	assert_int_equal(r.attempts, attempts);
	assert_int_equal(l.n, bad != NULL);
	if (bad)
		assert_string_equal(l.v[0], bad);
}

static void t_retry(void **state)
{
	struct aws_config c = { 0 };

	(void)state;
	check_retry(&c, RETRY_UNSET, 0, NULL);
	ini_parse(SV("[default]\nretry_mode = standard\nmax_attempts=4\n"
	    "[profile x]\nretry_mode = Adaptive\nmax_attempts=-1\n"),
	    &c.config);
	check_retry(&c, RETRY_STANDARD, 4, NULL);
	setenv("AWS_PROFILE", "x", 1);
	check_retry(&c, RETRY_ADAPTIVE, 0, "max_attempts is '-1' and is not "
	    "used: it must be a number from 1 to 1000");
	setenv("AWS_MAX_ATTEMPTS", "9", 1);
	setenv("AWS_RETRY_MODE", "legacy", 1);
	check_retry(&c, RETRY_LEGACY, 9, NULL);
	setenv("AWS_RETRY_MODE", "none", 1);
	check_retry(&c, RETRY_UNSET, 9, "AWS_RETRY_MODE is 'none' and is not "
	    "used: it can be legacy, standard or adaptive");
	unsetenv("AWS_PROFILE");
	unsetenv("AWS_MAX_ATTEMPTS");
	unsetenv("AWS_RETRY_MODE");
	config_release(&c);
}

static void t_files(void **state)
{
	CLEANUP(free_p) char *dir = NULL, *file = NULL, *sub = NULL;
	struct aws_config c;

	(void)state;
	assert_int_equal(dir_temp("config", &dir, NULL), 0);
	sub = path_join(dir, ".aws");
	file = path_join(dir, ".aws/config");
	setenv("HOME", dir, 1);
	unsetenv("AWS_CONFIG_FILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	config_load(&c);
	assert_false(config_has_profile(&c, "default"));
	config_release(&c);
	assert_int_equal(dir_make(sub, NULL), 0);
	assert_int_equal(file_write(file, SV("[default]\nregion = here\n"),
	    0600, NULL), 0);
	config_load(&c);
	check(&c, "default", "region", "here");
	config_release(&c);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/config", 1);
	setenv("AWS_CONFIG_FILE", "/nowhere/config", 1);
	config_load(&c);
	assert_null(config_section(&c, "default"));
	check(&c, "default", "region", "here");
	config_release(&c);
	unsetenv("AWS_CONFIG_FILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	assert_int_equal(dir_remove(dir, NULL), 0);
}

static int clear(void **state)
{
	static const char *const names[] = { "AWS_PROFILE",
		"AWS_DEFAULT_PROFILE", "AWS_REGION", "AMAZON_REGION",
		"AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION",
		"AWS_CA_BUNDLE", "aws_ca_bundle", "REQUESTS_CA_BUNDLE",
		"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_merge),
		cmocka_unit_test(t_region),
		cmocka_unit_test(t_ca_bundle),
		cmocka_unit_test(t_retry),
		cmocka_unit_test(t_files),
	};

	return cmocka_run_group_tests(tests, clear, NULL);
}
