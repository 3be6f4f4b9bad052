/*
 * Endpoints against botocore's rules (tests/vectors/endpoints.tsv), and the
 * overrides by environment and profile.
 */
#include "aws/endpoint.h"

#include <setjmp.h>

#include <cmocka.h>

#include "util/file.h"

static char *field(struct sv *line)
{
	struct sv f = SV("");

	/* a line may end in empty fields */
	if (line->n && line->p[0] == '\t') {
		line->p++;
		line->n--;
		return xstrdup("");
	}
	(void)sv_next(line, '\t', &f);
	return sv_dup(f);
}

static bool check_line(struct sv line)
{
	char *f[8], *got;
	struct endpoint e = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	bool ok;

	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		f[i] = field(&line);
	struct endpoint_params p = {
		.service = f[0], .region = f[1], .fips = streq(f[2], "1"),
		.dual_stack = streq(f[3], "1"),
		.bucket = *f[4] ? f[4] : NULL,
		.force_path_style = streq(f[5], "1"),
	};

	if (endpoint_find(&p, &e, &err) < 0)
		fail_msg("%s", err_text(&err));
	got = xasprintf("%s%s", e.origin, e.path);
	ok = streq(got, f[6]) && streq(e.signing_region, f[7]);
	if (!ok)
		print_message("%s %s fips %s dual %s bucket '%s' path %s: "
		    "%s (%s), not %s (%s)\n", f[0], f[1], f[2], f[3], f[4],
		    f[5], got, e.signing_region, f[6], f[7]);
	free(got);
	endpoint_release(&e);
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		free(f[i]);
	return ok;
}

static void t_rules(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct sv rest, line;
	size_t n = 0, bad = 0;

	(void)state;
	assert_int_equal(file_read("tests/vectors/endpoints.tsv", 0, &text,
	    NULL), 0);
	rest = strbuf_sv(&text);
	while (sv_next(&rest, '\n', &line)) {
		n++;
		bad += !check_line(line);
	}
	assert_true(n > 500);
	assert_int_equal(bad, 0);
}

static void check_override(const char *url, const char *bucket,
    bool path_style, const char *origin, const char *path)
{
	struct endpoint_params p = { .service = "s3", .region = "eu-west-1",
		.override = url, .bucket = bucket,
		.force_path_style = path_style };
	struct endpoint e;

	assert_int_equal(endpoint_find(&p, &e, NULL), 0);
	assert_string_equal(e.origin, origin);
	assert_string_equal(e.path, path);
	assert_string_equal(e.signing_region, "eu-west-1");
	endpoint_release(&e);
}

static void t_override(void **state)
{
	struct endpoint_params p = { .service = "s3", .region = "eu-west-1" };
	CLEANUP(err_release) struct err err = { 0 };
	struct endpoint e;

	(void)state;
	check_override("http://localhost:5000/", "b-1", false,
	    "http://localhost:5000", "/b-1");
	check_override("http://127.0.0.2:5000", "b-1", false,
	    "http://127.0.0.2:5000", "/b-1");
	check_override("http://[::1]:5000", "b-1", false, "http://[::1]:5000",
	    "/b-1");
	check_override("https://s3.example.com/base/", "bkt", false,
	    "https://bkt.s3.example.com", "/base");
	check_override("https://s3.example.com", "bkt", true,
	    "https://s3.example.com", "/bkt");
	check_override("https://s3.example.com", "a.b", false,
	    "https://s3.example.com", "/a.b");
	check_override("https://s3.example.com", NULL, false,
	    "https://s3.example.com", "");
	p.override = "localhost:5000";
	assert_int_equal(endpoint_find(&p, &e, &err), E_CONFIG);
	assert_string_equal(err_text(&err), "the endpoint of s3: "
	    "'localhost:5000' is not an http or https URL");
	p.override = NULL;
	p.region = "x/../y";
	assert_int_equal(endpoint_find(&p, &e, &err), E_CONFIG);
	assert_string_equal(err_text(&err), "'x/../y' is not a region");
}

static void check_partition(const char *region, const char *name)
{
	assert_string_equal(endpoint_partition(region)->name, name);
}

static void t_partitions(void **state)
{
	(void)state;
	check_partition("us-east-1", "aws");
	check_partition("mx-central-1", "aws");
	check_partition("cn-north-1", "aws-cn");
	check_partition("us-gov-east-1", "aws-us-gov");
	check_partition("us-iso-west-1", "aws-iso");
	check_partition("us-isob-east-1", "aws-iso-b");
	check_partition("eu-isoe-west-1", "aws-iso-e");
	check_partition("us-isof-south-1", "aws-iso-f");
	check_partition("eusc-de-east-1", "aws-eusc");
	check_partition("nowhere", "aws");
}

static void check_url(const struct aws_config *c, const char *service,
    const char *want)
{
	CLEANUP(free_p) char *got = endpoint_override(c, service);

	assert_true(streq0(got, want));
}

static void t_environment(void **state)
{
	static const char text[] = "[default]\nendpoint_url = http://p\n"
	    "services = s\nuse_fips_endpoint = true\n[services s]\n"
	    "ssm =\n  endpoint_url = http://ssm\n";
	CLEANUP(err_release) struct err err = { 0 };
	struct aws_config c = { 0 };
	bool fips, dual;

	(void)state;
	check_url(&c, "s3", NULL);
	ini_parse(sv_from(text), &c.config);
	check_url(&c, "s3", "http://p");
	check_url(&c, "ssm", "http://ssm");
	assert_int_equal(endpoint_flags(&c, &fips, &dual, &err), 0);
	assert_true(fips);
	assert_false(dual);
	setenv("AWS_ENDPOINT_URL", "http://all", 1);
	setenv("AWS_ENDPOINT_URL_ROUTE_53", "http://r53", 1);
	check_url(&c, "ssm", "http://all");
	check_url(&c, "route53", "http://r53");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	check_url(&c, "route53", NULL);
	setenv("AWS_USE_DUALSTACK_ENDPOINT", "yes", 1);
	assert_int_equal(endpoint_flags(&c, &fips, &dual, &err), E_CONFIG);
	assert_string_equal(err_text(&err), "Cannot load env "
	    "\"AWS_USE_DUALSTACK_ENDPOINT\". Expected \"true\" or \"false\", "
	    "got yes.");
	unsetenv("AWS_ENDPOINT_URL");
	unsetenv("AWS_ENDPOINT_URL_ROUTE_53");
	unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	unsetenv("AWS_USE_DUALSTACK_ENDPOINT");
	config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_rules),
		cmocka_unit_test(t_override),
		cmocka_unit_test(t_partitions),
		cmocka_unit_test(t_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
