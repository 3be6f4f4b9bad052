#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/lookup.h"
#include "app/notices.h"
#include "app/settings_list.h"
#include "util/file.h"

/* ---- the construct tree -------------------------------------------------- */

static char *tree_text(const char *text)
{
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();

	notices_tree(sv_from(text), list);
	return json_text(list, 0);
}

static void tree(void **state)
{
	static const char *const rows[][2] = {
		{ "", "[]" },
		{ "{\"constructInfo\":{\"fqn\":\"a.B\",\"version\":\"1.0.0\"}}",
		    "[{\"name\":\"a.B\",\"version\":\"1.0.0\"}]" },
		/* white space, members after the two, each kind once */
		{ "\"constructInfo\" : \n{\"fqn\":\"a\",\"version\":\"1\","
		  "\"metadata\":[{\"x\":\"}\\\"\"}]} \"constructInfo\":"
		  "{\"version\":\"1\",\"fqn\":\"a\"}",
		    "[{\"name\":\"a\",\"version\":\"1\"}]" },
		{ "\"constructInfo\":{\"fqn\":\"\",\"version\":\"1\"}", "[]" },
		{ "\"constructInfo\":{\"fqn\":1,\"version\":\"1\"}", "[]" },
		{ "\"constructInfo\":{\"fqn\":\"a\",\"ver", "[]" },
		{ "\"constructInfo\"", "[]" },
		{ "\"constructInfo\":7", "[]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *got = tree_text(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

/* However it is cut, the same is found. */
static void tree_in_pieces(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 2000; i++)
		strbuf_addf(&b, "%*s\"constructInfo\": {\"fqn\": \"a.C%d\", "
		    "\"version\": \"1.0.0\"},", i % 97, "", i);
	for (size_t piece = 70000; piece < b.len; piece += 12345) {
		CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();
		CLEANUP(strmap_release) struct strmap seen = { 0 };
		size_t at = 0;
		bool last;

		do {
			size_t n = MIN(piece, b.len - at);

			last = at + n == b.len;
			at += notices_tree_part((struct sv){ b.buf + at, n },
			    last, &seen, list);
		} while (!last);
		assert_int_equal(cJSON_GetArraySize(list), 2000);
	}
}

/* ---- the language -------------------------------------------------------- */

static void language(void **state)
{
	static const struct {
		const char *file, *text, *language;
	} rows[] = {
		{ "go.mod", "", "go" },
		{ "sub/x.csproj", "", "dotnet" },
		{ "pom.xml", "", "java" },
		{ "setup.py", "", "python" },
		{ "package.json", "{}", "javascript" },
		{ "package.json", "nonsense", NULL },
		{ "package.json", "{\"devDependencies\":{\"tsx\":\"1\"}}",
		    "typescript" },
	};
	CLEANUP(free_p) char *dir = NULL, *sub = NULL;

	(void)state;
	assert_int_equal(dir_temp("notices", &dir, NULL), 0);
	assert_null(notices_language(dir));
	sub = path_join(dir, "sub");
	assert_int_equal(dir_make(sub, NULL), 0);
	/* each one counts more than those before */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *path = path_join(dir, rows[i].file);
		const char *found;

		assert_int_equal(file_write(path, sv_from(rows[i].text), 0666,
		    NULL), 0);
		found = notices_language(dir);
		assert_true(streq0(found, rows[i].language));
	}
	assert_int_equal(dir_remove(dir, NULL), 0);
	assert_null(notices_language("/no/such/folder"));
}

/* ---- keys of lookups ----------------------------------------------------- */

static void keys(void **state)
{
	static const char *const rows[][2] = {
		{ "ssm:account=1:parameterName=/a=b:region=r",
		    "{\"account\":\"1\",\"parameterName\":\"/a=b\","
		    "\"region\":\"r\"}" },
		{ "vpc-provider:account=1:filter.cidr-block.x=c$:d:"
		  "filter.tag:Name=a$:b:region=r:returnAsymmetricSubnets=true",
		    "{\"account\":\"1\",\"filter\":{\"cidr-block.x\":\"c:d\","
		    "\"tag:Name\":\"a:b\"},\"region\":\"r\","
		    "\"returnAsymmetricSubnets\":true}" },
		{ "ami:account=1:filters.name.0=a:filters.name.1=b:owners.0=c",
		    "{\"account\":\"1\",\"filters\":{\"name\":[\"a\",\"b\"]},"
		    "\"owners\":[\"c\"]}" },
		{ "load-balancer-listener:account=1:listenerPort=80:"
		  "loadBalancerTags.0.key=k:loadBalancerTags.0.value=v",
		    "{\"account\":\"1\",\"listenerPort\":80,"
		    "\"loadBalancerTags\":[{\"key\":\"k\",\"value\":\"v\"}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(json_free_p) cJSON *e = NULL;
		CLEANUP(free_p) char *props = NULL;

		assert_int_equal(lookup_parse_key(rows[i][0], &e, NULL), 0);
		props = json_text(json_get(e, "props"), 0);
		assert_string_equal(props, rows[i][1]);
	}
}

static void no_keys(void **state)
{
	static const struct {
		const char *key;
		int code;
	} rows[] = {
		{ "acknowledged-issue-numbers", E_INVALID },
		{ "nope:account=1:region=r", E_INVALID },
		{ "ssm", E_INVALID },
		{ "ssm:account=1:nonsense", E_INVALID },
		{ "cc-api-provider:account=1:region=r", E_NOTFOUND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cJSON *e = NULL;

		assert_int_equal(lookup_parse_key(rows[i].key, &e, NULL),
		    rows[i].code);
		assert_null(e);
	}
}

/* ---- secrets in settings ------------------------------------------------- */

static void secrets(void **state)
{
	static const char *const rows[][3] = {
		{ NULL, "node app.js", "node app.js" },
		{ NULL, " a  b\n", " a  b\n" },
		{ NULL, "API_KEY=1 x", "API_KEY=<redacted> x" },
		{ NULL, "--github-token=1", "--github-token=<redacted>" },
		{ NULL, "A=1", "A=1" },
		{ NULL, "http://proxy:1/", "http://proxy:1/" },
		{ NULL, "http://u:p@proxy:1/a@b",
		    "http://<redacted>@proxy:1/a@b" },
		{ NULL, "http://u:p@x@proxy", "http://<redacted>@proxy" },
		{ NULL, "https://h/a@b", "https://h/a@b" },
		{ "dbPassword", "x", "<redacted>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *got = settings_hide(rows[i][0],
		    rows[i][1]);

		assert_string_equal(got, rows[i][2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree),
		cmocka_unit_test(tree_in_pieces),
		cmocka_unit_test(language),
		cmocka_unit_test(keys),
		cmocka_unit_test(no_keys),
		cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
