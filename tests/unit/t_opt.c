/* Command line parsing against what the reference was seen to do. */
#include "cli/help.h"
#include "cli/opt.h"
#include "cli/suggest.h"

#include <setjmp.h>
#include <cmocka.h>

struct line {
	struct args a;
	struct err err;
	int rc;
};

#define PARSE(l, ...)							\
	CLEANUP(line_release) struct line l = { 0 };			\
	parse(&l, NULL, (const char *[]){ "ccdk", __VA_ARGS__, NULL })
#define PARSE_ENV(l, env, ...)						\
	CLEANUP(line_release) struct line l = { 0 };			\
	parse(&l, env, (const char *[]){ "ccdk", __VA_ARGS__, NULL })
#define ENV(...) ((const char *[]){ __VA_ARGS__, NULL })

static void line_release(struct line *l)
{
	args_release(&l->a);
	err_release(&l->err);
}

/* Copies, as args_parse wants what main gets. */
static void parse(struct line *l, const char **env, const char **argv)
{
	CLEANUP(strvec_release) struct strvec av = { 0 }, ev = { 0 };

	for (; *argv; argv++)
		strvec_add(&av, *argv);
	for (; env && *env; env++)
		strvec_add(&ev, *env);
	l->rc = args_parse((int)av.n, strvec_argv(&av),
	    env ? strvec_argv(&ev) : NULL, &l->a, &l->err);
	/* the words of argv end with this function */
	l->a.command_word = l->a.command ? l->a.command->name : NULL;
}

static void assert_list(const struct args *a, const char *name,
    const char *want)
{
	CLEANUP(strvec_release) struct strvec got = { 0 };
	CLEANUP(free_p) char *text = NULL;

	assert_true(args_list(a, name, &got));
	text = strvec_join(&got, "|");
	assert_string_equal(text, want);
}

static void options_anywhere(void **state)
{
	(void)state;
	PARSE(l, "--app", "x y", "deploy", "A", "-e", "--outputs-file=o.json",
	    "B", "-fvv", "--", "--all");
	assert_int_equal(l.rc, 0);
	assert_string_equal(l.a.command->name, "deploy");
	assert_string_equal(args_str(&l.a, "app"), "x y");
	assert_string_equal(args_str(&l.a, "outputsFile"), "o.json");
	assert_int_equal(args_tri(&l.a, "exclusively"), 1);
	assert_int_equal(args_tri(&l.a, "force"), 1);
	assert_int_equal((int)args_num(&l.a, "verbose", 0), 2);
	assert_int_equal(l.a.pos.n, 3);
	assert_string_equal(l.a.pos.v[2], "--all");
	assert_false(args_bool(&l.a, "all", true));
	assert_int_equal(l.a.unknown.n, 0);
}

static void options_before_the_command(void **state)
{
	(void)state;
	/* -e is a switch of deploy: it does not swallow the command */
	PARSE(l, "-e", "--concurrency", "3", "deploy", "A");
	assert_string_equal(l.a.command->name, "deploy");
	assert_int_equal((int)args_num(&l.a, "concurrency", 0), 3);
	assert_int_equal(l.a.pos.n, 1);
}

static void booleans(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--no-rollback", "--all=false", "--execute", "true",
	    "X", "--noPreviousParameters", "--no-asset-prebuild", "--force",
	    "--no-force", "--yes=maybe");
	assert_int_equal(l.rc, 0);
	assert_int_equal(args_tri(&l.a, "rollback"), 0);
	assert_int_equal(args_tri(&l.a, "all"), 0);
	assert_int_equal(args_tri(&l.a, "execute"), 1);
	assert_int_equal(args_tri(&l.a, "assetPrebuild"), 0);
	assert_int_equal(args_tri(&l.a, "force"), 0);
	assert_int_equal(args_tri(&l.a, "yes"), 0);
	assert_int_equal(args_tri(&l.a, "hotswap"), -1);
	assert_int_equal(args_tri(&l.a, "watch"), -1);
	assert_true(args_bool(&l.a, "hotswap", true));
	assert_int_equal(l.a.pos.n, 1);

	PARSE(r, "watch", "-R");
	assert_int_equal(args_tri(&r.a, "rollback"), 0);
	assert_null(args_get(&r.a, "noRollback"));
	PARSE(c, "list", "--no-color");
	assert_int_equal(args_tri(&c.a, "noColor"), 1);
	assert_int_equal(args_tri(&c.a, "color"), -1);
}

static void camel_twins_and_aliases(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--requireApproval", "never", "--no-telemetry",
	    "--no-versionReporting=false", "--outputsFile", "o");
	assert_string_equal(args_str(&l.a, "requireApproval"), "never");
	assert_int_equal(args_tri(&l.a, "versionReporting"), 1);
	PARSE(b, "bootstrap", "--toolkit-bucket-name", "b", "--cpb", "p");
	assert_string_equal(args_str(&b.a, "bootstrapBucketName"), "b");
	assert_string_equal(args_str(&b.a, "customPermissionsBoundary"), "p");
	assert_int_equal(b.a.unknown.n, 0);
	PARSE(d, "diff", "--no-changeset");
	assert_int_equal(args_tri(&d.a, "changeSet"), 0);
}

static void lists_take_one_value_each(void **state)
{
	(void)state;
	PARSE(l, "bootstrap", "--trust", "000123", "aws://1/x", "--trust",
	    "2", "-t", "", "-ca=b", "-c", "k=--x");
	assert_int_equal(l.rc, 0);
	assert_list(&l.a, "trust", "000123|2");
	assert_list(&l.a, "tags", "");
	assert_list(&l.a, "context", "a=b|k=--x");
	assert_int_equal(l.a.pos.n, 1);
	CLEANUP(strvec_release) struct strvec none = { 0 };
	assert_false(args_list(&l.a, "untrust", &none));
}

static void missing_values(void **state)
{
	(void)state;
	PARSE(l, "list", "-a");
	assert_int_equal(l.rc, E_CONFIG);
	assert_string_equal(err_text(&l.err),
	    "Not enough arguments following: a");
	PARSE(t, "deploy", "--toolkitStackName", "--all");
	assert_string_equal(err_text(&t.err),
	    "Not enough arguments following: toolkitStackName");
	/* those that do without one */
	PARSE(p, "deploy", "--progress");
	assert_int_equal(p.rc, 0);
	assert_null(args_str(&p.a, "progress"));
	PARSE(q, "bootstrap", "--qualifier");
	assert_string_equal(args_str(&q.a, "qualifier"), "");
	/* an empty value is one */
	PARSE(o, "list", "--output=");
	assert_int_equal(o.rc, 0);
	assert_string_equal(args_str(&o.a, "output"), "");
}

static void choices(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--method", "bogus", "--progress", "x");
	PARSE(r, "deploy", "--progress", "x", "--method", "change-set");
	PARSE(near, "deploy", "--progress", "evnts");
	assert_int_equal(l.rc, E_CONFIG);
	assert_string_equal(err_text(&near.err), "Invalid values:\n"
	    "  Argument: progress, Given: \"evnts\", Choices: \"bar\", "
	    "\"events\", \"errors-only\"\nDid you mean events?");
	assert_string_equal(err_text(&r.err), "Invalid values:\n"
	    "  Argument: progress, Given: \"x\", Choices: \"bar\", "
	    "\"events\", \"errors-only\"");
	assert_string_equal(err_text(&l.err),
	    "Invalid values:\n"
	    "  Argument: method, Given: \"bogus\", Choices: \"direct\", "
	    "\"change-set\", \"prepare-change-set\", \"execute-change-set\"\n"
	    "  Argument: progress, Given: \"x\", Choices: \"bar\", "
	    "\"events\", \"errors-only\"");
}

static void only_once(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--profile", "a", "--profile=b");
	assert_int_equal(l.rc, E_INVALID);
	assert_string_equal(err_text(&l.err),
	    "--profile can only be specified once, but got: a, b");
	PARSE(n, "deploy", "--concurrency", "1", "--concurrency", "2");
	assert_string_equal(err_text(&n.err),
	    "--concurrency can only be specified once, but got: 1, 2");
	PARSE(x, "deploy", "--concurrency", "abc");
	assert_int_equal(x.rc, E_INVALID);
}

static void conflicts(void **state)
{
	(void)state;
	PARSE(l, "bootstrap", "--bootstrap-kms-key-id", "x",
	    "--no-bootstrap-customer-key");
	assert_int_equal(l.rc, E_CONFIG);
	assert_string_equal(err_text(&l.err), "Arguments "
	    "bootstrap-kms-key-id and bootstrap-customer-key are mutually "
	    "exclusive");
	PARSE(g, "gc", "--toolkit-stack-name", "a", "--bootstrap-stack-name",
	    "b");
	assert_string_equal(err_text(&g.err), "Arguments toolkit-stack-name "
	    "and bootstrap-stack-name are mutually exclusive");
}

static void unknown_options(void **state)
{
	(void)state;
	PARSE(l, "list", "--bogusOne", "--bogus-two=3", "S", "-Z");
	CLEANUP(free_p) char *names = strvec_join(&l.a.unknown, ", ");

	assert_int_equal(l.rc, 0);
	assert_string_equal(names,
	    "--bogusOne, --bogus-two, --bogusTwo, --Z");
	assert_int_equal(l.a.pos.n, 1);
	PARSE(c, "deploy", "-xyz");
	CLEANUP(free_p) char *letters = strvec_join(&c.a.unknown, ", ");
	assert_string_equal(letters, "--x, --z");
	PARSE(n, "list", "--no-profile", "A");
	assert_int_equal(n.a.unknown.n, 0);
	assert_int_equal(n.a.pos.n, 1);
	assert_null(args_str(&n.a, "profile"));
	/* the word after an unknown option is taken for its value */
	PARSE(v, "deploy", "--bogus", "A", "B");
	assert_int_equal(v.a.pos.n, 1);
	assert_string_equal(v.a.pos.v[0], "B");
}

static void environment(void **state)
{
	(void)state;
	PARSE_ENV(l, ENV("CDK_REQUIRE_APPROVAL=never", "CDK_OUTPUT=x",
	    "CDK_YES=1", "CDK_UNSTABLE=gc", "CDK_HOME=/nowhere", "CDK_=",
	    "CDK_TELEMETRY=true", "CDK_HELP=true", "CI="),
	    "deploy", "-o", "line");
	assert_int_equal(l.rc, 0);
	assert_string_equal(args_str(&l.a, "requireApproval"), "never");
	assert_string_equal(args_str(&l.a, "output"), "line");
	assert_int_equal(args_tri(&l.a, "yes"), 0);
	assert_int_equal(args_tri(&l.a, "versionReporting"), 1);
	assert_list(&l.a, "unstable", "gc");
	assert_true(args_bool(&l.a, "ci", false));
	assert_false(l.a.help);
	assert_int_equal(l.a.unknown.n, 0);

	PARSE_ENV(c, ENV("CI=false", "CDK_PROGRESS=bogus"), "deploy");
	assert_false(args_bool(&c.a, "ci", true));
	assert_int_equal(c.rc, E_CONFIG);
}

static void defaults_and_numbers(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--hotswap-ecs-minimum-healthy-percent", "50",
	    "--monitoring-time-minutes=-1");
	assert_true(args_num(&l.a, "hotswapEcsMinimumHealthyPercent", 0) ==
		    50.0);
	assert_true(args_num(&l.a, "monitoringTimeMinutes", 0) == -1.0);
	assert_true(args_num(&l.a, "concurrency", 7) == 1.0);
	assert_true(args_bool(&l.a, "previousParameters", false));
	assert_true(cJSON_IsArray(args_get(&l.a, "buildExclude")));
	assert_null(json_get(l.a.given, "concurrency"));
	PARSE(d, "docs");
	assert_string_equal(args_str(&d.a, "browser"), "xdg-open %u");
}

static void help_beats_errors(void **state)
{
	(void)state;
	PARSE(l, "deploy", "--method", "bogus", "-h");
	assert_int_equal(l.rc, 0);
	assert_true(l.a.help);
	PARSE(v, "--version", "list", "-a");
	assert_int_equal(v.rc, 0);
	assert_true(v.a.version);
}

static void positionals_are_cut(void **state)
{
	(void)state;
	PARSE(m, "metadata", "A", "B");
	assert_int_equal(m.a.pos.n, 1);
	PARSE(d, "doctor", "A");
	assert_int_equal(d.a.pos.n, 0);
	PARSE(none, "--all");
	assert_null(none.a.command);
}

static void suggestions(void **state)
{
	unsigned best = SUGGEST_FAR;

	(void)state;
	assert_string_equal(suggest_command("deplo"), "deploy");
	assert_string_equal(suggest_command("lst"), "list");
	assert_string_equal(suggest_command("dos"), "docs");
	assert_null(suggest_command("xyzzyxyz"));
	assert_int_equal(suggest_distance("abcd", "abdc"), 1);
	assert_int_equal(suggest_distance("", "abc"), 3);

	assert_true(suggest_nearer("pythn", "python", &best));
	assert_int_equal(best, 1);
	assert_false(suggest_nearer("pythn", "python", &best));
	best = SUGGEST_FAR;
	/* another word of three letters */
	assert_false(suggest_nearer("zzz", "dev", &best));
	assert_true(suggest_nearer("DEV", "dev", &best));
	assert_int_equal(best, 1);
}

static bool listed(const char *list, const char *name)
{
	CLEANUP(free_p) char *hay = xasprintf("|%s|", list ? list : "");
	CLEANUP(free_p) char *needle = xasprintf("|%s|", name);

	return strstr(hay, needle) != NULL;
}

/* The table itself: names unique, letters unique, defaults among choices,
 * conflicts that exist. */
static void table_is_consistent(void **state)
{
	(void)state;
	for (const struct opt_command *c = opt_commands; c->name; c++) {
		assert_non_null(c->brief);
		for (const struct opt *o = c->opts; o->name; o++) {
			assert_non_null(o->help);
			assert_true(o->type == OPT_BOOL ||
				    o->type == OPT_COUNT || o->value);
			if (o->choices && o->fallback)
				assert_true(listed(o->choices, o->fallback));
			for (const struct opt *p = o + 1; p->name; p++) {
				assert_string_not_equal(o->name, p->name);
				assert_true(!o->letter ||
					    o->letter != p->letter);
			}
		}
	}
}

static void help_fits_80_columns(void **state)
{
	(void)state;
	for (const struct opt_command *c = opt_commands; c->name; c++) {
		struct args a = { .command = c,
			.defaults = cJSON_CreateObject() };
		char *text = NULL;
		size_t n = 0, width = 0;
		FILE *f = open_memstream(&text, &n);

		help_print(f, "ccdk", &a);
		fclose(f);
		for (char *s = text; *s; s++) {
			width = *s == '\n' ? 0 : width + 1;
			if (width > 80)
				fail_msg("too wide: %s", c->name);
		}
		free(text);
		args_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_anywhere),
		cmocka_unit_test(options_before_the_command),
		cmocka_unit_test(booleans),
		cmocka_unit_test(camel_twins_and_aliases),
		cmocka_unit_test(lists_take_one_value_each),
		cmocka_unit_test(missing_values),
		cmocka_unit_test(choices),
		cmocka_unit_test(only_once),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(environment),
		cmocka_unit_test(defaults_and_numbers),
		cmocka_unit_test(help_beats_errors),
		cmocka_unit_test(positionals_are_cut),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(table_is_consistent),
		cmocka_unit_test(help_fits_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
