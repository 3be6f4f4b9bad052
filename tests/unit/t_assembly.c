/* Reading manifests: what is taken, what is refused and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/asset_manifest.h"
#include "util/file.h"

#define STACK(more) "{\"type\":\"aws:cloudformation:stack\"," \
	"\"environment\":\"aws://123456789012/eu-west-1\"," \
	"\"properties\":{\"templateFile\":\"T.json\"" more "}"
#define MANIFEST(artifacts) \
	"{\"version\":\"55.0.0\",\"artifacts\":{" artifacts "}}"

static struct assembly *parsed(const char *text)
{
	struct err err = { 0 };
	struct assembly *a = NULL;

	if (assembly_parse(sv_from(text), "out", &a, &err) < 0)
		fail_msg("%s: %s", text, err_text(&err));
	return a;
}

static void refused(const char *text, const char *message)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct assembly *a = NULL;

	assert_true(assembly_parse(sv_from(text), "out", &a, &err) < 0);
	assert_null(a);
	if (!strstr(err_text(&err), message))
		fail_msg("'%s' instead of '%s'", err_text(&err), message);
}

static void versions(void **state)
{
	static const struct {
		const char *text;
		int major;
	} rows[] = {
		{ "0.36.0", 0 }, { "1.10.0", 1 }, { "55.0.0", 55 },
		{ "v2.0.0", 2 }, { "3.0.0-rc.1+b", 3 }, { "1000.2.3", 1000 },
		{ "", -1 }, { "foo", -1 }, { "1", -1 }, { "1.2", -1 },
		{ "1.2.3.4", -1 }, { "01.2.3", -1 }, { "1.2.3-", -1 },
		{ "1.2.3 ", -1 }, { "-1.2.3", -1 },
		{ "99999999999999999999.0.0", -1 }, { "1.2.3-\xc3\xa4", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (assembly_version_major(rows[i].text) != rows[i].major)
			fail_msg("'%s' gives %d", rows[i].text,
			    assembly_version_major(rows[i].text));
}

static void newer(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = parsed(
	    "{\"version\":\"56.0.0\",\"minimumCliVersion\":\"9.9.9\","
	    "\"artifacts\":{\"N\":" STACK(",\"novel\":[1]") "},\"q\":"
	    "{\"type\":\"cdk:quantum\"}}}");
	CLEANUP(assembly_free_p) struct assembly *known =
	    parsed("{\"version\":\"55.9.9\"}");

	(void)state;
	assert_non_null(a->newer_warning);
	assert_non_null(strstr(a->newer_warning, "56.0.0"));
	assert_non_null(strstr(a->newer_warning, "9.9.9"));
	assert_int_equal(a->n_stacks, 1);
	assert_int_equal(a->artifacts[1].type, ARTIFACT_UNKNOWN);
	assert_null(known->newer_warning);
}

static void fields(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = parsed(MANIFEST(
	    "\"A\":" STACK(",\"stackName\":\"my-a\","
		"\"terminationProtection\":true,"
		"\"lookupRole\":{\"arn\":\"x\"}")
	    ",\"displayName\":\"Prod/A\",\"dependencies\":"
	    "[\"F\",\"B\",\"T\"]},"
	    "\"B\":" STACK("") "},"
	    "\"F\":{\"type\":\"cdk:asset-manifest\","
	    "\"properties\":{\"file\":\"F.json\"}},"
	    "\"T\":{\"type\":\"cdk:tree\"},\"X\":{\"type\":\"none\"}"));
	struct stack *s = a->stacks[0], *deps[1];
	struct artifact *assets[1];

	(void)state;
	assert_int_equal(a->n_all, 2);
	assert_string_equal(s->id, "A");
	assert_string_equal(s->name, "my-a");
	assert_string_equal(s->hierarchical_id, "Prod/A");
	assert_string_equal(s->display_name, "Prod/A (my-a)");
	assert_string_equal(s->account, "123456789012");
	assert_string_equal(s->region, "eu-west-1");
	assert_string_equal(s->template_path, "out/T.json");
	assert_true(s->termination_protection);
	assert_string_equal(stack_prop(s, "lookupRole.arn"), "x");
	assert_null(stack_prop(s, "nope"));
	assert_string_equal(a->stacks[1]->display_name, "B");
	assert_int_equal(stack_deps(s, NULL, 0), 1);
	assert_int_equal(stack_deps(s, deps, 1), 1);
	assert_ptr_equal(deps[0], a->stacks[1]);
	assert_int_equal(stack_asset_artifacts(s, assets, 1), 1);
	assert_string_equal(assets[0]->id, "F");
	assert_int_equal(a->artifacts[3].type, ARTIFACT_TREE);
	assert_int_equal(a->artifacts[4].type, ARTIFACT_UNKNOWN);
	assert_null(assembly_missing(a));
}

static void environments(void **state)
{
	static const char *const rows[][3] = {
		{ "aws://unknown-account/unknown-region", "unknown-account",
		    "unknown-region" },
		{ "x aws://1/r!", "1", "r" },
		{ "aws:///r aws://a@b._-/eu-1/", "a@b._-", "eu-1" },
		{ "aws://1/REGION aws://2/r", "2", "r" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *text = str_replace(MANIFEST("\"A\":"
		    STACK("") "}"), "aws://123456789012/eu-west-1",
		    rows[i][0]);
		CLEANUP(assembly_free_p) struct assembly *a = parsed(text);

		assert_string_equal(a->stacks[0]->account, rows[i][1]);
		assert_string_equal(a->stacks[0]->region, rows[i][2]);
	}
}

static void refusals(void **state)
{
	(void)state;
	refused("", "out/manifest.json:1:1: ");
	refused("{\n \"version\": tru}", "out/manifest.json:2:13: ");
	refused("[]", "not a cloud assembly manifest");
	refused("{}", "Invalid semver string: \"undefined\"");
	refused("{\"version\":\"foo\"}", "Invalid semver string: \"foo\"");
	refused("{\"version\":\"1.0.0\",\"artifacts\":[]}",
	    "'artifacts' is not an object");
	refused(MANIFEST("\"A\":1"), "artifact 'A' is not an object");
	refused(MANIFEST("\"A\":" STACK("") ",\"dependencies\":[1]}"),
	    "the dependencies of artifact 'A' are not all strings");
	refused(MANIFEST("\"A\":" STACK("") ",\"dependencies\":[\"Q\"]}"),
	    "Artifact A depends on non-existing artifact Q");
	refused(MANIFEST("\"A\":{\"type\":\"aws:cloudformation:stack\"}"),
	    "Missing \"templateFile\" property");
	refused(MANIFEST("\"A\":{\"type\":\"aws:cloudformation:stack\","
		"\"properties\":{\"templateFile\":\"T\"}}"),
	    "Missing environment");
	refused(MANIFEST("\"A\":{\"type\":\"aws:cloudformation:stack\","
		"\"environment\":\"aws://1\","
		"\"properties\":{\"templateFile\":\"T\"}}"),
	    "Unable to parse environment specification \"aws://1\"");
}

static void paths_stay_inside(void **state)
{
	static const char *const bad[] = { "../T.json", "/T.json",
		"a/../../T.json", "..", "" };
	CLEANUP(assembly_free_p) struct assembly *a =
	    parsed("{\"version\":\"55.0.0\"}");
	CLEANUP(free_p) char *fine = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(free_p) char *text = str_replace(
		    MANIFEST("\"Evil\":" STACK("") "}"), "T.json", bad[i]);

		if (*bad[i])
			refused(text, bad[i]);
		refused(text, "artifact 'Evil': ");
	}
	assert_int_equal(assembly_file(a, "a/../b.json", &fine, NULL), 0);
	assert_string_equal(fine, "out/b.json");
}

/* ---- files --------------------------------------------------------------- */

static void put(const char *dir, const char *name, const char *text)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	CLEANUP(free_p) char *folder = path_dirname(path);

	assert_int_equal(dir_make(folder, NULL), 0);
	assert_int_equal(file_write(path, sv_from(text), 0666, NULL), 0);
}

static void nested(void **state)
{
	CLEANUP(free_p) char *dir = NULL;
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;

	(void)state;
	assert_int_equal(dir_temp("t_assembly", &dir, NULL), 0);
#define SUB(name) "{\"type\":\"cdk:cloud-assembly\",\"properties\":" \
	"{\"directoryName\":\"" name "\"}}"
	put(dir, "manifest.json", MANIFEST("\"p\":" SUB("p") ",\"q\":" SUB("q")
	    ",\"Top\":" STACK("") "}"));
	put(dir, "p/manifest.json", MANIFEST("\"P\":" STACK("") "},\"r\":"
	    SUB("r")));
	put(dir, "p/r/manifest.json", MANIFEST("\"R\":" STACK("") "}"));
	put(dir, "q/manifest.json", MANIFEST("\"Q\":" STACK("") "}"));
	assert_int_equal(assembly_load(dir, &a, NULL), 0);
	for (size_t i = 0; i < a->n_all; i++)
		strbuf_addf(&ids, "%s%s ", a->all[i]->id,
		    a->all[i]->nested_assembly ? "*" : "");
	assert_string_equal(ids.buf, "Top P* Q* R* ");
	assert_int_equal(a->n_stacks, 1);
	assert_string_equal(a->nested[0]->display_name, "p");
	assert_int_equal(dir_remove(dir, NULL), 0);
}

static void old_schemas_have_no_stages(void **state)
{
	CLEANUP(free_p) char *dir = NULL;
	CLEANUP(assembly_free_p) struct assembly *a = NULL;

	(void)state;
	assert_int_equal(dir_temp("t_assembly", &dir, NULL), 0);
	put(dir, "manifest.json", "{\"version\":\"9.9.9\",\"artifacts\":"
	    "{\"p\":" SUB("p") "}}");
	put(dir, "p/manifest.json", MANIFEST("\"P\":" STACK("") "}"));
	assert_int_equal(assembly_load(dir, &a, NULL), 0);
	assert_int_equal(a->n_all, 0);
	assert_int_equal(a->nested[0]->n_stacks, 1);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

/* A link to itself must not be followed for ever. */
static void endless(void **state)
{
	CLEANUP(free_p) char *dir = NULL, *link = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct assembly *a = NULL;

	(void)state;
	assert_int_equal(dir_temp("t_assembly", &dir, NULL), 0);
	put(dir, "manifest.json", MANIFEST("\"x\":" SUB("x") ",\"y\":"
	    SUB("x/x")));
	link = path_join(dir, "x");
	assert_int_equal(symlink(".", link), 0);
	assert_int_equal(assembly_load(dir, &a, &err), E_INVALID);
	assert_non_null(strstr(err_text(&err), "nested too deep"));
	assert_null(a);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

static void templates(void **state)
{
	CLEANUP(free_p) char *dir = NULL;
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *missing = NULL;
	const cJSON *t = NULL, *again = NULL;

	(void)state;
	assert_int_equal(dir_temp("t_assembly", &dir, NULL), 0);
	put(dir, "manifest.json", MANIFEST("\"A\":" STACK("") "}"));
	assert_int_equal(assembly_load(dir, &a, NULL), 0);
	assert_int_equal(stack_template(a->all[0], &t, &err), E_NOTFOUND);
	missing = xasprintf("ENOENT: no such file or directory, open "
	    "'%s/T.json'", dir);
	assert_string_equal(err_text(&err), missing);
	put(dir, "T.json", "{\"Description\":\"d\"}");
	assert_int_equal(stack_template(a->all[0], &t, &err), 0);
	assert_string_equal(json_str(t, "Description"), "d");
	put(dir, "T.json", "broken");
	assert_int_equal(stack_template(a->all[0], &again, &err), 0);
	assert_ptr_equal(t, again);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

static void metadata(void **state)
{
	CLEANUP(free_p) char *dir = NULL, *text = NULL;
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(json_free_p) cJSON *all = NULL;
	struct strmap ids = { 0 };

	(void)state;
	assert_int_equal(dir_temp("t_assembly", &dir, NULL), 0);
	put(dir, "manifest.json", MANIFEST("\"A\":" STACK(
	    ",\"stackName\":\"Name\"") ",\"additionalMetadataFile\":"
	    "\"m.json\",\"metadata\":{\"/Name/Q/Resource\":[{\"type\":\"i\"}],"
	    "\"/B\":[{\"type\":\"aws:cdk:logicalId\",\"data\":\"B1\"}]}}"));
	put(dir, "m.json", "{\"/Name/Q/Resource\":[{\"type\":"
	    "\"aws:cdk:logicalId\",\"data\":\"Q1\"}],\"/A/Resource/X\":"
	    "[{\"type\":\"aws:cdk:logicalId\",\"data\":\"X1\"}]}");
	assert_int_equal(assembly_load(dir, &a, NULL), 0);
	assert_int_equal(artifact_metadata(a->all[0]->artifact, &all, NULL),
	    0);
	text = json_text(all, 0);
	assert_string_equal(text, "{\"/Name/Q/Resource\":[{\"type\":"
	    "\"aws:cdk:logicalId\",\"data\":\"Q1\"},{\"type\":\"i\"}],"
	    "\"/A/Resource/X\":[{\"type\":\"aws:cdk:logicalId\",\"data\":"
	    "\"X1\"}],\"/B\":[{\"type\":\"aws:cdk:logicalId\",\"data\":"
	    "\"B1\"}]}");
	assert_int_equal(stack_construct_paths(a->all[0], &ids, NULL), 0);
	assert_string_equal(strmap_get(&ids, "Q1"), "Q");
	assert_string_equal(strmap_get(&ids, "X1"), "A/Resource/X");
	assert_string_equal(strmap_get(&ids, "B1"), "B");
	strmap_release(&ids);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

/* ---- asset manifests ----------------------------------------------------- */

static void assets(void **state)
{
	CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;
	const char *text = "{\"version\":\"36.0.0\",\"dockerImages\":{\"i\":"
	    "{\"source\":{},\"destinations\":{\"d\":{}}}},\"files\":{\"f\":"
	    "{\"displayName\":\"Code\",\"source\":{\"path\":\"p\"},"
	    "\"destinations\":{\"x\":{\"bucketName\":\"b\"},\"y\":{}}}}}";

	(void)state;
	assert_int_equal(asset_manifest_parse(sv_from(text), "o/a.json", &m,
	    NULL), 0);
	assert_string_equal(m->dir, "o");
	assert_int_equal(m->n, 3);
	assert_int_equal(m->v[0].kind, ASSET_FILE);
	assert_string_equal(m->v[0].display_name, "Code");
	assert_string_equal(m->v[0].display_with_dest, "Code (x)");
	assert_string_equal(json_str(m->v[0].dest, "bucketName"), "b");
	assert_string_equal(json_str(m->v[1].source, "path"), "p");
	assert_int_equal(m->v[2].kind, ASSET_IMAGE);
	assert_string_equal(m->v[2].display_name, "i");
	assert_string_equal(m->v[2].display_with_dest, "i:d");
	assert_ptr_equal(m->v[2].manifest, m);
}

static void asset_refusals(void **state)
{
	static const char *const rows[][2] = {
		{ "{", "Cannot read asset manifest 'o/a.json': o/a.json:1:" },
		{ "[]", "not a JSON object" },
		{ "{}", "Invalid semver string: \"undefined\"" },
		{ "{\"version\":\"1.0.0\",\"files\":[]}",
		    "'files' is not an object" },
		{ "{\"version\":\"1.0.0\",\"files\":{\"f\":{}}}",
		    "file asset 'f' has no source" },
		{ "{\"version\":\"1.0.0\",\"dockerImages\":{\"i\":"
		  "{\"source\":{}}}}", "image asset 'i' has no destinations" },
		{ "{\"version\":\"1.0.0\",\"files\":{\"f\":{\"source\":{},"
		  "\"destinations\":{\"d\":1}}}}",
		    "has a destination that is not an object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(err_release) struct err err = { 0 };
		struct asset_manifest *m = NULL;

		assert_true(asset_manifest_parse(sv_from(rows[i][0]),
		    "o/a.json", &m, &err) < 0);
		assert_null(m);
		if (!strstr(err_text(&err), rows[i][1]))
			fail_msg("'%s' instead of '%s'", err_text(&err),
			    rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(newer),
		cmocka_unit_test(fields),
		cmocka_unit_test(environments),
		cmocka_unit_test(refusals),
		cmocka_unit_test(paths_stay_inside),
		cmocka_unit_test(nested),
		cmocka_unit_test(old_schemas_have_no_stages),
		cmocka_unit_test(endless),
		cmocka_unit_test(templates),
		cmocka_unit_test(metadata),
		cmocka_unit_test(assets),
		cmocka_unit_test(asset_refusals),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
