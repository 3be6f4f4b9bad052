#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <git2.h>
#include <sys/stat.h>

#include "scaffold/render.h"
#include "scaffold/steps.h"
#include "scaffold/tools.h"
#include "util/file.h"
#include "util/gitrepo.h"
#include "util/json.h"
#include "util/share.h"
#include "util/strmap.h"
#include "util/timeutil.h"

/* Folder names and, but for the last three columns of those marked '!', what
 * the reference makes of them; there its result does not compile. */
static const struct {
	const char *given, *name, *pascal, *module, *construct, *go_file;
} rows[] = {
	{ "my-app", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "MyApp", "my_app", "MyApp", "my_app", "my-app", "my_app" },
	{ "myAppTwo", "my_app_two", "MyAppTwo", "my_app_two", "my-app-two",
	    "my_app_two" },
	{ "HTTPServer", "http_server", "HttpServer", "http_server",
	    "http-server", "http_server" },
	{ "My-App", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "my_app", "my_app", "MyApp", "my_app", "my-app", "my_app" },
	{ "foo--bar", "foo--bar", "FooBar", "foo__bar", "foo--bar",
	    "foo--bar" },
	{ "foo-", "foo-", "Foo", "foo_", "foo-", "foo-" },
	{ "a", "a", "A", "a", "a", "a" },
	{ "UPPER", "upper", "Upper", "upper", "upper", "upper" },
	{ "MyApp2Go", "my_app2_go", "MyApp2Go", "my_app2_go", "my-app2-go",
	    "my_app2_go" },
	{ "fooBAR2baz", "foo_bar2baz", "FooBar2Baz", "foo_bar2baz",
	    "foo-bar2baz", "foo_bar2baz" },
	{ "A1B2", "a1_b2", "A1B2", "a1_b2", "a1-b2", "a1_b2" },
	{ "func", "func", "Func", "func", "func", "func" },
	{ "test", "test", "Test", "test", "test", "test" },
	{ "my.app", "my.app", "MyApp", "my_app", "my-app", "my.app" }, /* ! */
	{ "class", "class", "Class", "class_", "class", "class" }, /* ! */
	{ "import", "import", "Import", "import_", "import", "import" },
	{ "aws-cdk", "aws-cdk", "AwsCdk", "aws_cdk_", "aws-cdk", "aws-cdk" },
	{ "json", "json", "Json", "json_", "json", "json" },
	{ "tests", "tests", "Tests", "tests_", "tests", "tests" },
	{ "123abc", "123abc", "App123Abc", "app_123abc", "app-123abc",
	    "123abc" },
	{ "42", "42", "App42", "app_42", "app-42", "42" },
	{ "my app", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "My App", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "-foo", "foo", "Foo", "foo", "foo", "foo" },
	{ "_foo", "foo", "Foo", "foo", "foo", "foo" },
	{ ".hidden", "hidden", "Hidden", "hidden", "hidden", "hidden" },
	{ "my@app", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "my'app", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "my\"app", "my-app", "MyApp", "my_app", "my-app", "my-app" },
	{ "my$(id)", "my-id", "MyId", "my_id", "my-id", "my-id" },
	{ "%name%", "name", "Name", "name", "name", "name" },
	{ "a\nb", "a-b", "AB", "a_b", "a-b", "a-b" },
	{ "\303\251t\303\251", "ete", "Ete", "ete", "ete", "ete" },
	{ "na\303\257ve app", "naive-app", "NaiveApp", "naive_app",
	    "naive-app", "naive-app" },
	{ "\357\274\241pp", "app", "App", "app", "app", "app" },
	{ "x\377y", "x-y", "XY", "x_y", "x-y", "x-y" },
	{ "shop_test", "shop_test", "ShopTest", "shop_test", "shop-test",
	    "shop-test" },
	{ "MyWindows", "my_windows", "MyWindows", "my_windows", "my-windows",
	    "my-windows" },
	{ "linux", "linux", "Linux", "linux", "linux", "linux" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(project_names_release) struct project_names n = { 0 };
		CLEANUP(free_p) char *stack =
		    xasprintf("%sStack", rows[i].pascal);

		assert_int_equal(project_names_init(rows[i].given, NULL, &n,
		    NULL), 0);
		assert_string_equal(n.name, rows[i].name);
		assert_string_equal(n.pascal, rows[i].pascal);
		assert_string_equal(n.module, rows[i].module);
		assert_string_equal(n.construct, rows[i].construct);
		assert_string_equal(n.go_file, rows[i].go_file);
		assert_string_equal(n.stack, stack);
		assert_int_equal(tolower(n.pascal[0]), n.camel[0]);
		assert_string_equal(n.pascal + 1, n.camel + 1);
	}
}

static void test_no_names(void **state)
{
	static const char *const bad[] = { "", ".", "..", "---", "\346\227\245",
		"!!!", "_", "\xff" };
	CLEANUP(err_release) struct err err = { 0 };
	struct project_names n = { 0 };
	char longest[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(project_names_init(bad[i], NULL, &n, &err),
		    E_CONFIG);
		assert_non_null(strstr(err_text(&err), "--project-name"));
		assert_null(n.name);
	}
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(project_names_init(longest, NULL, &n, &err),
	    E_CONFIG);
	longest[123] = '\0';
	assert_int_equal(project_names_init(longest, NULL, &n, &err), 0);
	project_names_release(&n);
	assert_int_equal(project_names_init("a", "1x", &n, &err), E_CONFIG);
	assert_int_equal(project_names_init("a", "x_y", &n, &err), E_CONFIG);
	assert_int_equal(project_names_init("a", "-x", &n, &err), E_CONFIG);
	assert_int_equal(project_names_init("a", "X-1", &n, &err), 0);
	assert_string_equal(n.stack, "X-1");
	project_names_release(&n);
}

/* "%name%" and the like, anywhere */
static bool has_placeholder(const char *text)
{
	for (const char *s = text; (s = strchr(s, '%')); s++) {
		size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

		if (n && s[n + 1] == '%')
			return true;
	}
	return false;
}

static void check_settings(const struct init_file *f)
{
	CLEANUP(json_free_p) cJSON *j = NULL;

	assert_int_equal(json_parse(strbuf_sv(&f->data), "cdk.json", &j, NULL),
	    0);
	assert_non_null(json_str(j, "app"));
	assert_int_equal(cJSON_GetArraySize(json_get(j, "context")), 89);
	assert_int_equal(cJSON_GetArraySize(j), 3);
}

static void check_files(const struct init_files *files)
{
	CLEANUP(strmap_release) struct strmap seen = { 0 };

	assert_non_null(init_files_find(files, "README.md"));
	assert_non_null(init_files_find(files, ".gitignore"));
	for (size_t i = 0; i < files->n; i++) {
		const struct init_file *f = &files->v[i];

		assert_false(has_placeholder(f->path));
		assert_false(has_placeholder(f->data.buf));
		assert_false(path_escapes(f->path));
		assert_true(strmap_add(&seen, f->path, NULL));
		/* an empty version would look like this */
		assert_null(strstr(f->data.buf, "\"^\""));
		assert_null(strstr(f->data.buf, "<version></version>"));
		if (streq(f->path, "cdk.json"))
			check_settings(f);
	}
}

static void render_all(const struct project_names *n, const char *lib_version)
{
	for (const struct init_template *t = init_templates; t->name; t++) {
		for (const struct language *l = languages; l->name; l++) {
			CLEANUP(init_files_release) struct init_files f = {
				0 };
			const struct render r = { t, l, n, lib_version,
				"npm" };

			if (!init_template_has(t, l)) {
				assert_int_equal(render_files(&r, &f, NULL),
				    E_NOTFOUND);
				continue;
			}
			assert_int_equal(render_files(&r, &f, NULL), 0);
			check_files(&f);
		}
	}
}

static void test_every_template_by_every_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(project_names_release) struct project_names n = { 0 };

		assert_int_equal(project_names_init(rows[i].given, NULL, &n,
		    NULL), 0);
		render_all(&n, i % 2 ? "2.200.0" : NULL);
	}
}

/* The flags are those of the library that projects get. */
static void test_flags_match_the_library(void **state)
{
	CLEANUP(json_free_p) cJSON *flags = NULL;
	CLEANUP(free_p) char *line = NULL;
	struct sv data, versions;

	(void)state;
	assert_int_equal(share_get("data/feature-flags.json", &data, NULL), 0);
	assert_int_equal(share_get("data/init-versions.tsv", &versions, NULL),
	    0);
	assert_int_equal(json_parse(data, "flags", &flags, NULL), 0);
	line = xasprintf("\nlib\t%s\n", json_str(flags, "aws-cdk-lib"));
	assert_non_null(memmem(versions.p, versions.n, line, strlen(line)));
}

static void test_catalog(void **state)
{
	(void)state;
	assert_string_equal(init_template_find("default")->name, "app");
	assert_string_equal(init_template_find("example")->name, "sample-app");
	assert_null(init_template_find("ap"));
	assert_string_equal(init_template_suggest("ap"), "app");
	assert_string_equal(init_template_suggest("sample-ap"), "sample-app");
	assert_null(init_template_suggest("website"));
	assert_string_equal(language_find("fs")->name, "fsharp");
	assert_null(language_find("ruby"));
}

static void test_versions(void **state)
{
	static const struct {
		const char *text, *found;
		unsigned major, minor;
	} v[] = {
		{ "v20.20.2", "20.20.2", 20, 20 },
		{ "go version go1.26.8 linux/amd64", "1.26.8", 1, 26 },
		{ "javac 17.0.15", "17.0.15", 17, 0 },
		{ "Apache Maven 3.8.7 (x)", "3.8.7", 3, 8 },
		{ "Python 3.11.7\n", "3.11.7", 3, 11 },
		{ "8.0.100-rc.1", "8.0.100", 8, 0 },
		{ "build 7, version 1.2", "1.2", 1, 2 },
		{ "99999999999999999999.1", "99999999999999999999.1", 100000,
		    1 },
		{ "1.", "", 0, 0 },
		{ "", "", 0, 0 },
		{ "none", "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		unsigned major = 0, minor = 0;
		struct sv found = version_find(sv_from(v[i].text), &major,
		    &minor);

		assert_true(sv_eq(found, v[i].found));
		assert_int_equal(major, v[i].major);
		assert_int_equal(minor, v[i].minor);
	}
}

/* ---- writing all or nothing ---- */

static char *temp(void)
{
	char *dir;

	assert_int_equal(dir_temp("t-scaffold-", &dir, NULL), 0);
	return dir;
}

static void put_file(struct init_files *f, const char *path, const char *text)
{
	strbuf_adds(&init_files_add(f, path, 0644)->data, text);
}

static void expect_text(const char *dir, const char *name, const char *text)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	assert_int_equal(file_read(path, 0, &b, NULL), 0);
	assert_string_equal(b.buf, text);
}

static void test_write(void **state)
{
	CLEANUP(init_files_release) struct init_files f = { 0 };
	CLEANUP(free_p) char *dir = temp();
	CLEANUP(free_p) char *run = path_join(dir, "bin/run");
	struct stat st;

	(void)state;
	put_file(&f, "a/b/c.txt", "c");
	put_file(&f, ".ignore", "i");
	put_file(&f, "bin/run", "#!");
	init_files_find(&f, "bin/run")->mode = 0755;
	assert_int_equal(init_files_write(&f, dir, NULL), 0);
	expect_text(dir, "a/b/c.txt", "c");
	assert_int_equal(stat(run, &st), 0);
	assert_true(st.st_mode & 0100);
	assert_int_equal(dir_remove(dir, NULL), 0);
}

static void test_write_takes_back(void **state)
{
	CLEANUP(init_files_release) struct init_files f = { 0 };
	CLEANUP(free_p) char *dir = temp();
	CLEANUP(free_p) char *mine = path_join(dir, ".ignore");
	CLEANUP(free_p) char *way = path_join(dir, "z");
	CLEANUP(free_p) char *made = path_join(dir, "a");
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	assert_int_equal(file_write(mine, SV("mine"), 0600, NULL), 0);
	assert_int_equal(file_write(way, SV("a file"), 0600, NULL), 0);
	put_file(&f, ".ignore", "other");
	put_file(&f, "a/b/c.txt", "c");
	put_file(&f, "z/d.txt", "d");
	assert_int_equal(init_files_write(&f, dir, &err), E_IO);
	assert_non_null(strstr(err_text(&err), "cannot make folder"));
	assert_false(file_exists(made));
	expect_text(dir, ".ignore", "mine");
	expect_text(dir, "z", "a file");
	assert_int_equal(dir_remove(dir, NULL), 0);
}

/* The last test: a request to stop stays. */
static void test_cancelled(void **state)
{
	CLEANUP(init_files_release) struct init_files f = { 0 };
	CLEANUP(free_p) char *dir = temp();
	CLEANUP(free_p) char *made = path_join(dir, "a");

	(void)state;
	put_file(&f, "a/b", "c");
	put_file(&f, "c", "d");
	cancel_request();
	assert_int_equal(init_files_write(&f, dir, NULL), E_CANCELLED);
	assert_false(file_exists(made));
	assert_int_equal(rmdir(dir), 0);
}

/* ---- git ---- */

static void expect_commit(const char *dir)
{
	git_repository *repo = NULL;
	git_reference *head = NULL;
	git_commit *commit = NULL;
	git_tree *tree = NULL;

	git_libgit2_init();
	assert_int_equal(git_repository_open(&repo, dir), 0);
	assert_int_equal(git_repository_head(&head, repo), 0);
	assert_string_equal(git_reference_shorthand(head), "trunk");
	assert_int_equal(git_commit_lookup(&commit, repo,
	    git_reference_target(head)), 0);
	assert_int_equal(git_commit_parentcount(commit), 0);
	assert_string_equal(git_commit_message(commit), "Initial commit\n");
	assert_string_equal(git_commit_author(commit)->name, "Jane Doe");
	assert_string_equal(git_commit_committer(commit)->email,
	    "ci@example.com");
	assert_int_equal(git_commit_tree(&tree, commit), 0);
	assert_int_equal(git_tree_entrycount(tree), 2);
	assert_non_null(git_tree_entry_byname(tree, ".gitignore"));
	assert_non_null(git_tree_entry_byname(tree, "a"));
	git_tree_free(tree);
	git_commit_free(commit);
	git_reference_free(head);
	git_repository_free(repo);
	git_libgit2_shutdown();
}

static void test_commit(void **state)
{
	CLEANUP(init_files_release) struct init_files f = { 0 };
	CLEANUP(free_p) char *home = temp(), *dir = temp();
	CLEANUP(free_p) char *config = path_join(home, ".gitconfig");
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL,
	    home);
	git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_SYSTEM,
	    home);
	git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_XDG, home);
	unsetenv("GIT_AUTHOR_NAME");
	unsetenv("EMAIL");
	put_file(&f, ".gitignore", "ignored\n");
	put_file(&f, "a/b", "b");
	put_file(&f, "ignored/c", "c");
	assert_int_equal(init_files_write(&f, dir, NULL), 0);
	assert_false(git_is_around(dir));
	assert_int_equal(git_first_commit(dir, "x\n", &err), E_NOTFOUND);
	assert_true(git_is_around(dir));
	assert_int_equal(file_write(config, SV("[init]\n"
	    "\tdefaultBranch = trunk\n[user]\n\tname = Jane Doe\n\temail = "
	    "jane@example.com\n[committer]\n\temail = ci@example.com\n"), 0600,
	    NULL), 0);
	{
		CLEANUP(free_p) char *git = path_join(dir, ".git");

		assert_int_equal(dir_remove(git, NULL), 0);
	}
	assert_int_equal(git_first_commit(dir, "Initial commit\n", &err), 0);
	expect_commit(dir);
	git_libgit2_shutdown();
	assert_int_equal(dir_remove(dir, NULL), 0);
	assert_int_equal(dir_remove(home, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_every_template_by_every_name),
		cmocka_unit_test(test_flags_match_the_library),
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_takes_back),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_cancelled),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
