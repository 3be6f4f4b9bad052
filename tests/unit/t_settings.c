/* Precedence of settings, and what broken files say. */
#include "app/settings.h"
#include "util/file.h"

#include <setjmp.h>
#include <cmocka.h>

struct fixture {
	char *dir, *home, *old;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->old = getcwd(NULL, 0);
	assert_int_equal(dir_temp("t_settings", &f->dir, NULL), 0);
	f->home = path_join(f->dir, "home");
	assert_int_equal(dir_make(f->home, NULL), 0);
	assert_int_equal(chdir(f->dir), 0);
	setenv("HOME", f->home, 1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chdir(f->old), 0);
	assert_int_equal(dir_remove(f->dir, NULL), 0);
	free(f->old);
	free(f->home);
	free(f->dir);
	free(f);
	return 0;
}

static void project(const char *text)
{
	assert_int_equal(file_write("cdk.json", sv_from(text), 0644, NULL), 0);
}

static void home(const char *text)
{
	assert_int_equal(file_write("home/.cdk.json", sv_from(text), 0644,
	    NULL), 0);
}

struct loaded {
	struct args args;
	struct settings s;
	struct err err;
	int rc;
};

static void loaded_release(struct loaded *l)
{
	args_release(&l->args);
	settings_release(&l->s);
	err_release(&l->err);
}

struct memo {
	struct sink base;
	struct strbuf text;
};

static void memo_emit(struct sink *s, const struct msg *m)
{
	strbuf_addf(&((struct memo *)s)->text, "%s\n", m->text);
}

#define LOAD(l, m, ...)							\
	CLEANUP(loaded_release) struct loaded l = { 0 };		\
	struct memo m = { .base.emit = memo_emit, .text = STRBUF_INIT };	\
	load(&l, &m, (const char *[]){ "ccdk", __VA_ARGS__, NULL })

static void load(struct loaded *l, struct memo *m, const char **argv)
{
	CLEANUP(strvec_release) struct strvec av = { 0 };

	for (; *argv; argv++)
		strvec_add(&av, *argv);
	assert_int_equal(args_parse((int)av.n, strvec_argv(&av), NULL,
	    &l->args, NULL), 0);
	l->rc = settings_load(&l->args, &m->base, &l->s, &l->err);
}

static void precedence(void **state)
{
	(void)state;
	home("{\"app\":\"h\",\"profile\":\"h\",\"region\":\"h\","
	     "\"hotswap\":{\"ecs\":{\"minimumHealthyPercent\":1}}}");
	project("\xef\xbb\xbf{\"app\":\"p\",\"profile\":\"p\","
		"\"staging\":false,\"debug\":true,\"context\":{\"a\":1},"
		"\"pathMetadata\":false,\"notices\":\"false\","
		"\"hotswap\":{\"ecs\":{\"maximumHealthyPercent\":2}}}");
	LOAD(l, m, "deploy", "--app", "l",
	    "--hotswap-ecs-stabilization-timeout-seconds", "3");
	assert_int_equal(l.rc, 0);
	assert_string_equal(settings_str(&l.s, "app"), "l");
	assert_string_equal(settings_str(&l.s, "profile"), "p");
	assert_string_equal(settings_str(&l.s, "region"), "h");
	assert_string_equal(settings_str(&l.s, "output"), "cdk.out");
	assert_string_equal(settings_origin(&l.s, "app"), "command line");
	assert_string_equal(settings_origin(&l.s, "profile"), "cdk.json");
	assert_string_equal(settings_origin(&l.s, "region"), "~/.cdk.json");
	assert_string_equal(settings_origin(&l.s, "output"), "default");
	/* objects merge deeply */
	CLEANUP(free_p) char *ecs =
	    json_text(settings_get(&l.s, "hotswap.ecs"), 0);
	assert_string_equal(ecs, "{\"minimumHealthyPercent\":1,"
	    "\"maximumHealthyPercent\":2,\"stabilizationTimeoutSeconds\":3}");
	/* an option with a default beats the files, debug does not */
	assert_true(settings_bool(&l.s, "staging", false));
	assert_true(settings_bool(&l.s, "debug", false));
	assert_false(settings_bool(&l.s, "pathMetadata", true));
	assert_true(settings_bool(&l.s, "assetMetadata", false));
	assert_false(settings_bool(&l.s, "notices", true));
	assert_null(settings_get(&l.s, "context"));
	assert_non_null(json_get(l.s.project, "context"));
	strbuf_release(&m.text);
}

static void missing_files_are_empty(void **state)
{
	(void)state;
	LOAD(l, m, "list");
	assert_int_equal(l.rc, 0);
	assert_null(settings_get(&l.s, "app"));
	assert_int_equal(cJSON_GetArraySize(l.s.project), 0);
}

static void tags(void **state)
{
	(void)state;
	project("{\"tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}");
	LOAD(l, m, "bootstrap");
	CLEANUP(free_p) char *file = json_text(settings_get(&l.s, "tags"), 0);
	assert_string_equal(file, "[{\"Key\":\"a\",\"Value\":\"b\"}]");

	LOAD(g, mg, "deploy", "-t", "k=v=w", "-t", "bad");
	CLEANUP(free_p) char *given = json_text(settings_get(&g.s, "tags"), 0);
	assert_string_equal(given, "[{\"Key\":\"k\",\"Value\":\"v=w\"}]");
	assert_string_equal(mg.text.buf,
	    "Tags argument is not an assignment (key=value): bad\n");
	strbuf_release(&mg.text);

	LOAD(n, mn, "deploy", "--tags", "");
	CLEANUP(free_p) char *none = json_text(settings_get(&n.s, "tags"), 0);
	assert_string_equal(none, "[]");
	assert_string_equal(mn.text.buf, "");
}

static void broken_files(void **state)
{
	(void)state;
	project("{\"app\": \n");
	LOAD(l, m, "list");
	assert_true(l.rc < 0);
	assert_true(str_starts(err_text(&l.err), "cdk.json:"));
	assert_null(l.s.merged);

	project("[1]");
	LOAD(a, ma, "list");
	assert_int_equal(a.rc, E_INVALID);

	project("{}");
	home("{\"build\":\"make\"}");
	LOAD(b, mb, "list");
	assert_int_equal(b.rc, E_CONFIG);
	assert_string_equal(err_text(&b.err), "The `build` key cannot be "
	    "specified in the user config (~/.cdk.json), specify it in the "
	    "project config (cdk.json) instead");
}

static void cdk_home(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_p) char *want = path_join(f->dir, "c");
	CLEANUP(free_p) char *cwd = getcwd(NULL, 0);

	setenv("CDK_HOME", "c", 1);
	CLEANUP(free_p) char *got = settings_cdk_home();
	CLEANUP(free_p) char *real = path_join(cwd, "c");
	assert_true(streq(got, want) || streq(got, real));
	unsetenv("CDK_HOME");
	CLEANUP(free_p) char *plain = settings_cdk_home();
	assert_true(str_ends(plain, "/.cdk"));
	/* the password file's home, not $HOME */
	assert_false(str_starts(plain, f->home));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(precedence),
		TEST(missing_files_are_empty),
		TEST(tags),
		TEST(broken_files),
		TEST(cdk_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
