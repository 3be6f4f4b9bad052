/* Context: precedence, order, what the app gets, what is saved; locks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "app/context.h"
#include "app/lock_owner.h"
#include "app/locks.h"
#include "app/synth.h"
#include "util/file.h"

static cJSON *parsed(const char *text)
{
	cJSON *j = NULL;

	assert_int_equal(json_parse(sv_from(text), "in", &j, NULL), 0);
	return j;
}

static void put(const char *name, const char *text)
{
	assert_int_equal(file_write(name, sv_from(text), 0666, NULL), 0);
}

static void assert_json(cJSON *j, const char *expected)
{
	CLEANUP(free_p) char *text = j ? json_text(j, 0) : xstrdup("none");

	assert_string_equal(text, expected);
	json_free(j);
}

static void precedence(void **state)
{
	struct context c = {
		.home = parsed("{\"a\":1,\"b\":1,\"c\":1,\"d\":1}"),
		.file = parsed("{\"e\":2,\"b\":2,\"c\":2,\"d\":2}"),
		.project = parsed("{\"c\":{\"x\":3},\"d\":3,\"f\":3}"),
		.line = parsed("{\"g\":\"4\",\"d\":\"4\"}"),
	};

	(void)state;
	assert_json(context_merged(&c), "{\"a\":1,\"b\":2,\"c\":{\"x\":3},"
	    "\"d\":\"4\",\"e\":2,\"f\":3,\"g\":\"4\"}");
	assert_string_equal(context_get(&c, "d")->valuestring, "4");
	assert_int_equal(context_get(&c, "b")->valueint, 2);
	assert_null(context_get(&c, "nope"));
	context_release(&c);
}

static void injected(void **state)
{
	struct context c = { .line = parsed("{\"a\":\"1\","
	    "\"@aws-cdk/core:failSynthOnValidationErrors\":\"x\"}") };
	struct settings on = { .merged = cJSON_CreateObject() };
	struct settings off = { .merged = parsed("{\"versionReporting\":false,"
	    "\"pathMetadata\":false,\"assetMetadata\":false,"
	    "\"staging\":false}") };
	CLEANUP(json_free_p) cJSON *bundling = parsed("[\"S\"]");

	(void)state;
	assert_json(context_for_app(&c, &on, bundling), "{\"a\":\"1\","
	    "\"@aws-cdk/core:failSynthOnValidationErrors\":false,"
	    "\"aws:cdk:enable-path-metadata\":true,"
	    "\"aws:cdk:enable-asset-metadata\":true,"
	    "\"aws:cdk:version-reporting\":true,"
	    "\"aws:cdk:bundling-stacks\":[\"S\"]}");
	assert_json(context_for_app(&c, &off, bundling), "{\"a\":\"1\","
	    "\"@aws-cdk/core:failSynthOnValidationErrors\":false,"
	    "\"aws:cdk:disable-version-reporting\":true,"
	    "\"aws:cdk:disable-asset-staging\":true,"
	    "\"aws:cdk:bundling-stacks\":[\"S\"]}");
	context_release(&c);
	settings_release(&on);
	settings_release(&off);
}

static void split(void **state)
{
	/* each entry is 7 bytes on its own: {"a":1} */
	static const struct {
		size_t space;
		const char *fits, *rest;
	} rows[] = {
		{ 0, "none", "{\"a\":1,\"b\":2,\"c\":3}" },
		{ 1, "none", "{\"a\":1,\"b\":2,\"c\":3}" },
		{ 2, "{}", "{\"a\":1,\"b\":2,\"c\":3}" },
		{ 7, "{\"a\":1}", "{\"b\":2,\"c\":3}" },
		{ 20, "{\"a\":1,\"b\":2}", "{\"c\":3}" },
		{ 21, "{\"a\":1,\"b\":2,\"c\":3}", "none" },
	};
	CLEANUP(json_free_p) cJSON *all =
	    parsed("{\"a\":1,\"b\":2,\"c\":3}");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cJSON *fits, *rest;

		context_split(all, rows[i].space, &fits, &rest);
		assert_json(fits, rows[i].fits);
		assert_json(rest, rows[i].rest);
	}
}

/* One large entry takes all later ones along, however small. */
static void split_is_a_cut(void **state)
{
	CLEANUP(json_free_p) cJSON *all =
	    parsed("{\"a\":1,\"big\":\"xxxxxxxxxxxxxxxxxxxx\",\"c\":3}");
	cJSON *fits, *rest;

	(void)state;
	context_split(all, 20, &fits, &rest);
	assert_json(fits, "{\"a\":1}");
	assert_json(rest, "{\"big\":\"xxxxxxxxxxxxxxxxxxxx\",\"c\":3}");
}

static void saved(void **state)
{
	struct context c = { 0 };
	struct settings st = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	put("cdk.context.json", "{\"old\":1,\"gone\":{\"$dontSaveContext\":"
	    "true},\"kept\":{\"$dontSaveContext\":false}}");
	assert_int_equal(context_load(NULL, &st, NULL, &c, &err), 0);
	context_set_take(&c, "new", parsed("[\"a\"]"));
	context_set_take(&c, "old", parsed("2"));
	context_set_take(&c, "error", parsed("{\"$providerError\":\"x\","
	    "\"$dontSaveContext\":true}"));
	assert_int_equal(context_save(&c, &err), 0);
	assert_int_equal(file_read("cdk.context.json", 0, &text, &err), 0);
	assert_string_equal(text.buf, "{\n  \"old\": 2,\n  \"kept\": {\n"
	    "    \"$dontSaveContext\": false\n  },\n  \"new\": [\n    \"a\"\n"
	    "  ]\n}\n");
	context_release(&c);
}

static void broken_files(void **state)
{
	struct context c = { 0 };
	struct settings st = { 0 };
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	put("cdk.context.json", "{\n x}");
	assert_true(context_load(NULL, &st, NULL, &c, &err) < 0);
	assert_non_null(strstr(err_text(&err), "cdk.context.json:2:2: "));
	put("cdk.context.json", "[]");
	assert_int_equal(context_load(NULL, &st, NULL, &c, &err), E_INVALID);
	assert_null(c.file);
	assert_int_equal(unlink("cdk.context.json"), 0);
	assert_int_equal(context_load(NULL, &st, NULL, &c, &err), 0);
	assert_json(context_merged(&c), "{}");
	context_release(&c);
}

/* ---- the app's command line ---------------------------------------------- */

static void commands(void **state)
{
	static const char *const rows[][2] = {
		{ "npx ts-node x.ts && y", "npx ts-node x.ts && y" },
		{ "plain.js", "node plain.js" },
		{ "plain.js --a  'b c'", "node plain.js --a  'b c'" },
		{ "run.js x", "run.js x" },
		{ "tool", "tool" },
		{ "with space.js", "node \"with space.js\"" },
		{ "\"with space.js\"   -x ", "node \"with space.js\" -x" },
		{ "\"open", "\"open" },
		{ "do$llar", "\"do\\$llar\"" },
		{ "  tool  a", "tool  a" },
		{ "missing.js a", "missing.js a" },
	};

	(void)state;
	put("plain.js", "");
	put("run.js", "");
	assert_int_equal(chmod("run.js", 0755), 0);
	put("tool", "");
	put("with space.js", "");
	put("do$llar", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_p) char *got = synth_command(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

/* ---- locks --------------------------------------------------------------- */

static void own_pid(const char *path)
{
	CLEANUP(free_p) char *pid = xasprintf("%d", (int)getpid());
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	struct lock_owner o;

	assert_int_equal(file_read(path, 0, &text, NULL), 0);
	/* alone in its line, for the reference */
	assert_int_equal(strncmp(text.buf, pid, strlen(pid)), 0);
	assert_int_equal(text.buf[strlen(pid)], '\n');
	assert_true(lock_owner_parse(strbuf_sv(&text), &o));
	assert_int_equal(o.pid, getpid());
	assert_true(o.placed && o.start);
}

static void locks(void **state)
{
	struct dir_lock w = { 0 }, w2 = { 0 }, r = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *busy = xasprintf("Another CLI (PID=%d) is "
	    "currently synthing to out/deep. Invoke the CLI in sequence, or "
	    "use '--output' to synth into different directories.",
	    (int)getpid());
	CLEANUP(free_p) char *read = xasprintf("Other CLIs (PID=%d) are "
	    "currently reading from out/deep. Invoke the CLI in sequence, or "
	    "use '--output' to synth into different directories.",
	    (int)getpid());

	(void)state;
	assert_int_equal(dir_lock_write("out/deep", &w, &err), 0);
	own_pid("out/deep/synth.lock");
	assert_int_equal(dir_lock_write("out/deep", &w2, &err), E_FAIL);
	assert_string_equal(err_text(&err), busy);
	assert_int_equal(dir_lock_read("out/deep", &r, &err), E_FAIL);
	assert_string_equal(err_text(&err), busy);
	assert_int_equal(dir_lock_downgrade("out/deep", &w, &err), 0);
	assert_false(file_exists("out/deep/synth.lock"));
	own_pid(w.path);
	assert_int_equal(dir_lock_write("out/deep", &w2, &err), E_FAIL);
	assert_string_equal(err_text(&err), read);
	assert_int_equal(dir_lock_read("out/deep", &r, &err), 0);
	dir_lock_release(&w);
	dir_lock_release(&r);
	dir_lock_release(&r);
	assert_int_equal(dir_lock_write("out/deep", &w2, &err), 0);
	dir_lock_release(&w2);
	assert_false(file_exists("out/deep/synth.lock"));
}

static void lock_owners(void **state)
{
	static const char *const bad[] = { "", "x", "-1", "0", "1x", "1 2",
		"99999999999", "\n1" };
	struct lock_owner o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(lock_owner_parse(sv_from(bad[i]), &o));
	assert_true(lock_owner_parse(sv_from(" 12 "), &o));
	assert_true(o.pid == 12 && !o.placed);
	assert_true(lock_owner_parse(sv_from("12\nhost=a\x1b[1m boot=b "
	    "pidns=3 start=4 more=5"), &o));
	assert_true(o.placed && o.pidns == 3 && o.start == 4);
	assert_string_equal(o.host, "a?[1m"); /* it gets printed */
	assert_true(lock_owner_parse(sv_from("12\nhost= boot=b pidns=3"), &o));
	assert_false(o.placed);
}

static void stale_locks(void **state)
{
	CLEANUP(free_p) char *mine = xasprintf("%d", (int)getpid());
	struct dir_lock w = { 0 };
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	assert_int_equal(dir_make("out", NULL), 0);
	/* our own number on a file we did not make: a reused pid */
	put("out/synth.lock", mine);
	put("out/read.1.1.lock", "999999999");
	put("out/read.x.lock", "not a lock of ours");
	put("out/read.2.1.lock", "garbage");
	assert_int_equal(dir_lock_write("out", &w, &err), 0);
	assert_false(file_exists("out/read.1.1.lock"));
	assert_false(file_exists("out/read.2.1.lock"));
	assert_true(file_exists("out/read.x.lock"));
	dir_lock_release(&w);
}

/* ---- each in a fresh folder ---------------------------------------------- */

struct fixture {
	char *dir, *old;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->old = getcwd(NULL, 0);
	assert_int_equal(dir_temp("t_context", &f->dir, NULL), 0);
	*state = f;
	return chdir(f->dir);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chdir(f->old), 0);
	assert_int_equal(dir_remove(f->dir, NULL), 0);
	free(f->dir);
	free(f->old);
	free(f);
	return 0;
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precedence),
		cmocka_unit_test(injected),
		cmocka_unit_test(split),
		cmocka_unit_test(split_is_a_cut),
		FRESH(saved),
		FRESH(broken_files),
		FRESH(commands),
		FRESH(locks),
		cmocka_unit_test(lock_owners),
		FRESH(stale_locks),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
