/* What counts when a project is watched, and what is told of it. */
#include "util/file.h"
#include "watch/tree.h"

#include <setjmp.h>
#include <cmocka.h>
#include <sys/stat.h>

/* ---- patterns ------------------------------------------------------------ */

static void filter_make(const char *setting, const char *out_dir,
    struct watch_filter *ret)
{
	CLEANUP(json_free_p) cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(setting), "t", &j, NULL), 0);
	watch_filter_init(ret, j, out_dir);
}

static void check(const char *setting, const char *path, bool is_dir,
    bool wanted)
{
	CLEANUP(watch_filter_release) struct watch_filter f = { 0 };

	filter_make(setting, "cdk.out", &f);
	if (watch_filter_has(&f, path, is_dir) != wanted)
		fail_msg("%s: '%s' should%s count", setting, path,
		    wanted ? "" : " not");
}

static void test_filter(void **state)
{
	static const char all[] = "{}",
	    some[] = "{\"include\":[\"src/**/*.ts\",\"data\"],"
		     "\"exclude\":\"src/gen/\"}",
	    dots[] = "{\"include\":[\".hidden/**\"]}";

	(void)state;
	check(all, "", true, true);
	check(all, "a", false, true);
	check(all, "a/b", true, true);
	check(all, ".a", false, false);
	check(all, "a/.b/c", false, false);
	check(all, "a/.b", true, false);
	check(all, "node_modules", true, false);
	check(all, "a/node_modules/b.js", false, false);
	check(all, "cdk.out", true, false);
	check(all, "cdk.out/manifest.json", false, false);
	check(all, "cdk.output", true, true);
	check(some, "src", true, true);
	check(some, "src/a/b", true, true);
	check(some, "src/a/b/c.ts", false, true);
	check(some, "src/a/b/c.js", false, false);
	check(some, "src/gen", true, false);
	check(some, "src/gen/x.ts", false, false);
	check(some, "data", true, true);
	check(some, "data/x/y", false, true);
	check(some, "other", true, false);
	check(some, "other.ts", false, false);
	check(dots, ".hidden/a", false, false);
	check("{\"include\":5,\"exclude\":[null,{}]}", "a", false, true);
	check("[]", "a", false, true);
}

/* ---- a tree -------------------------------------------------------------- */

struct fixture {
	char *dir, *old;
	struct watch_filter filter;
	struct watch_tree *tree;
	struct strbuf told;
};

static void seen(void *arg, enum watch_event event, const char *path)
{
	struct fixture *f = arg;

	strbuf_addf(&f->told, "%s %s\n", watch_event_name(event), path);
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write(path, sv_from(text), 0666, NULL), 0);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->told = (struct strbuf)STRBUF_INIT;
	f->old = getcwd(NULL, 0);
	assert_int_equal(dir_temp("t_watch", &f->dir, NULL), 0);
	assert_int_equal(chdir(f->dir), 0);
	assert_int_equal(dir_make("p/sub/deep", NULL), 0);
	assert_int_equal(dir_make("p/node_modules/x", NULL), 0);
	put("p/a", "1");
	put("p/sub/b", "1");
	filter_make("{}", NULL, &f->filter);
	*state = f;
	return watch_tree_open("p", &f->filter, seen, f, &f->tree, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	watch_tree_free(f->tree);
	watch_filter_release(&f->filter);
	strbuf_release(&f->told);
	assert_int_equal(chdir(f->old), 0);
	assert_int_equal(dir_remove(f->dir, NULL), 0);
	free(f->dir);
	free(f->old);
	free(f);
	return 0;
}

static void expect(struct fixture *f, const char *told)
{
	assert_int_equal(watch_tree_read(f->tree, NULL), 0);
	assert_int_equal(watch_tree_tell(f->tree, NULL), 0);
	assert_string_equal(f->told.buf, told);
	strbuf_reset(&f->told);
}

static void test_files(void **state)
{
	struct fixture *f = *state;

	expect(f, "addDir \nadd a\naddDir sub\nadd sub/b\naddDir sub/deep\n");
	expect(f, "");
	put("p/sub/b", "12"); /* written beside and renamed */
	expect(f, "change sub/b\n");
	put("p/c", "1");
	put("p/.d", "1");
	put("p/node_modules/x/y", "1");
	expect(f, "add c\n");
	assert_int_equal(chmod("p/c", 0600), 0);
	expect(f, ""); /* the content counts */
	assert_int_equal(rename("p/c", "p/sub/c"), 0);
	expect(f, "unlink c\nadd sub/c\n");
	assert_int_equal(unlink("p/sub/c"), 0);
	expect(f, "unlink sub/c\n");
	put("p/e", "1");
	assert_int_equal(unlink("p/e"), 0);
	expect(f, ""); /* over before anybody looked */
}

static void test_folders(void **state)
{
	struct fixture *f = *state;

	strbuf_reset(&f->told);
	assert_int_equal(dir_make("p/new/below", NULL), 0);
	put("p/new/below/x", "1"); /* before its folder is observed */
	expect(f, "addDir new\naddDir new/below\nadd new/below/x\n");
	put("p/new/below/x", "2");
	expect(f, "change new/below/x\n");
	assert_int_equal(rename("p/new", "p/moved"), 0);
	expect(f, "unlinkDir new\nunlinkDir new/below\nunlink new/below/x\n"
	    "addDir moved\naddDir moved/below\nadd moved/below/x\n");
	put("p/moved/below/x", "3"); /* under its new name */
	expect(f, "change moved/below/x\n");
	assert_int_equal(rename("p/moved", "outside"), 0);
	expect(f, "unlinkDir moved\nunlinkDir moved/below\n"
	    "unlink moved/below/x\n");
	put("outside/below/x", "4");
	expect(f, "");
	/* a file where a folder was */
	assert_int_equal(rename("p/sub", "sub"), 0);
	put("p/sub", "1");
	expect(f, "unlinkDir sub\nunlink sub/b\nunlinkDir sub/deep\n"
	    "add sub\n");
}

static void test_links(void **state)
{
	struct fixture *f = *state;

	strbuf_reset(&f->told);
	assert_int_equal(dir_make("far", NULL), 0);
	put("far/x", "1");
	assert_int_equal(symlink("../far", "p/link"), 0);
	assert_int_equal(symlink(".", "p/loop"), 0);
	assert_int_equal(symlink("nowhere", "p/broken"), 0);
	expect(f, "addDir link\nadd link/x\naddDir loop\n");
	put("far/x", "12");
	expect(f, "change link/x\n");
}

static void test_root_gone(void **state)
{
	struct fixture *f = *state;
	CLEANUP(err_release) struct err err = { 0 };

	assert_int_equal(rename("p", "q"), 0);
	assert_int_equal(watch_tree_read(f->tree, &err), E_NOTFOUND);
	assert_string_equal(err_text(&err), "the watched folder 'p' is gone");
}

static void test_no_root(void **state)
{
	CLEANUP(watch_filter_release) struct watch_filter f = { 0 };
	struct watch_tree *t = NULL;

	(void)state;
	filter_make("{}", NULL, &f);
	assert_int_equal(watch_tree_open("/no/such", &f, NULL, NULL, &t, NULL),
	    E_NOTFOUND);
	assert_null(t);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		FRESH(test_files),
		FRESH(test_folders),
		FRESH(test_links),
		FRESH(test_root_gone),
		cmocka_unit_test(test_no_root),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
