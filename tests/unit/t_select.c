/* Which stacks patterns choose, in which order, and what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/select.h"
#include "util/file.h"

/* A sink that keeps what it was told. */
struct memory {
	struct sink sink;
	struct strbuf text;
};

static void remember(struct sink *s, const struct msg *m)
{
	struct memory *mem = (struct memory *)s;

	strbuf_addf(&mem->text, "%s:%s\n",
	    m->level == MSG_INFO ? "info" : "other", m->text);
}

static char *dir;

static void put(const char *name, const char *text)
{
	CLEANUP(free_p) char *path = path_join(dir, name);
	CLEANUP(free_p) char *folder = path_dirname(path);

	assert_int_equal(dir_make(folder, NULL), 0);
	assert_int_equal(file_write(path, sv_from(text), 0666, NULL), 0);
}

/* "A", "B<A" (B depends on A), "X=Prod/X" (a display name) */
static char *stacks_json(const char *const *specs)
{
	struct strbuf b = STRBUF_INIT;

	for (; *specs; specs++) {
		CLEANUP(free_p) char *spec = xstrdup(*specs);
		char *dep = strchr(spec, '<'), *shown = strchr(spec, '=');

		if (dep)
			*dep++ = '\0';
		if (shown)
			*shown++ = '\0';
		strbuf_addf(&b, "%s\"%s\":{\"type\":\"aws:cloudformation:"
		    "stack\",\"environment\":\"aws://1/r\",\"displayName\":"
		    "\"%s\",\"dependencies\":[%s%s%s],\"properties\":"
		    "{\"templateFile\":\"T\",\"stackName\":\"%s\"}}",
		    b.len ? "," : "", spec, shown ? shown : spec,
		    dep ? "\"" : "", dep ? dep : "", dep ? "\"" : "",
		    *spec == '2' ? "same" : spec);
	}
	return strbuf_detach(&b);
}

static struct assembly *load(const char *const *top, const char *const *stage)
{
	CLEANUP(free_p) char *own = stacks_json(top);
	CLEANUP(free_p) char *below = stacks_json(stage);
	CLEANUP(free_p) char *text = xasprintf("{\"version\":\"55.0.0\","
	    "\"artifacts\":{%s%s%s}}", own, *own && *stage ? "," : "",
	    *stage ? "\"p\":{\"type\":\"cdk:cloud-assembly\",\"properties\":"
		     "{\"directoryName\":\"p\"}}" : "");
	CLEANUP(free_p) char *nested = xasprintf("{\"version\":\"55.0.0\","
	    "\"artifacts\":{%s}}", below);
	struct assembly *a = NULL;

	put("manifest.json", text);
	put("p/manifest.json", nested);
	assert_int_equal(assembly_load(dir, &a, NULL), 0);
	return a;
}

static const char *const none[] = { NULL };
static const char *const chain[] = { "A<B", "B<C", "C", "D", NULL };
static const char *const stage[] = { "X=Prod/X<Y", "Y=Prod/Y", NULL };

static struct select_opts opts;
static struct strvec patterns;

static void ask(const char *const *words)
{
	strvec_release(&patterns);
	patterns = (struct strvec){ 0 };
	for (; words && *words; words++)
		strvec_add(&patterns, *words);
	opts.patterns = &patterns;
}

static void gives(const struct assembly *a, const char *expected,
    const char *said)
{
	CLEANUP(stack_list_release) struct stack_list l = { 0 };
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	struct memory mem = { .sink.emit = remember, .text = STRBUF_INIT };

	if (stacks_select(a, &opts, &mem.sink, &l, &err) < 0)
		fail_msg("%s", err_text(&err));
	for (size_t i = 0; i < l.n; i++)
		strbuf_addf(&got, "%s%s", i ? " " : "",
		    l.v[i]->hierarchical_id);
	assert_string_equal(got.buf, expected);
	assert_string_equal(mem.text.buf, said);
	strbuf_release(&mem.text);
}

static void fails(const struct assembly *a, const char *message)
{
	struct stack_list l = { 0 };
	CLEANUP(err_release) struct err err = { 0 };

	assert_int_equal(stacks_select(a, &opts, NULL, &l, &err), E_CONFIG);
	assert_string_equal(err_text(&err), message);
}

#define ASK(...) ask((const char *const[]){ __VA_ARGS__, NULL })

static void by_pattern(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = load(chain, stage);

	(void)state;
	opts = (struct select_opts){ 0 };
	ASK("D", "A");
	gives(a, "A D", "");
	ASK("D", "D", "*");
	gives(a, "A B C D", "");
	ASK("**");
	gives(a, "A B C D Prod/X Prod/Y", "");
	ASK("Prod/*");
	gives(a, "Prod/X Prod/Y", "");
	ASK("!A");
	gives(a, "B C D Prod/X Prod/Y", "");
	ASK("!A", "A", "B");
	gives(a, "B", "");
	ASK("!(A|B)");
	gives(a, "C D", "");
	ASK("!!A");
	gives(a, "A", "");
	ASK("{A,D}", "!D");
	gives(a, "A", "");
	ASK("a", "nope", "a");
	fails(a, "No stacks match the name(s) a,nope");
	ASK("A", "");
	fails(a, "Expected pattern to be a non-empty string");
	ASK("a", "nope");
	opts.allow_no_match = true;
	gives(a, "", "");
}

static void with_dependencies(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = load(chain, stage);

	(void)state;
	opts = (struct select_opts){ .expand = EXPAND_UPSTREAM };
	ASK("A");
	gives(a, "A B C", "info:Including dependency stacks: B, C\n");
	ASK("A", "C");
	gives(a, "A B C", "info:Including dependency stacks: B\n");
	ASK("D");
	gives(a, "D", "");
	ASK("Prod/X");
	gives(a, "Prod/X Prod/Y",
	    "info:Including dependency stacks: Prod/Y\n");
	opts.expand = EXPAND_DOWNSTREAM;
	ASK("C");
	gives(a, "A B C", "info:Including depending stacks: B, A\n");
	ASK("A");
	gives(a, "A", "");
}

static void circles_end(void **state)
{
	static const char *const circle[] = { "A<B", "B<A", NULL };
	CLEANUP(assembly_free_p) struct assembly *a = load(circle, none);

	(void)state;
	opts = (struct select_opts){ .expand = EXPAND_UPSTREAM };
	ASK("A");
	gives(a, "A B", "info:Including dependency stacks: B\n");
	opts.expand = EXPAND_DOWNSTREAM;
	gives(a, "A B", "info:Including depending stacks: B\n");
}

static void without_patterns(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = load(chain, stage);

	(void)state;
	ask(NULL);
	opts = (struct select_opts){ .none = SELECT_MAIN_ASSEMBLY,
		.patterns = &patterns };
	gives(a, "A B C D", "");
	opts.none = SELECT_ALL;
	gives(a, "A B C D Prod/X Prod/Y", "");
	opts.none = SELECT_ONLY_SINGLE;
	fails(a, "Since this app includes more than a single stack, specify "
	    "which stacks to use (wildcards are supported) or specify "
	    "`--all`\nStacks: A \xc2\xb7 B \xc2\xb7 C \xc2\xb7 D \xc2\xb7 "
	    "Prod/X \xc2\xb7 Prod/Y\nSome of these stacks are nested inside a "
	    "Stage. To select the stacks in a Stage, use a pattern that "
	    "matches their full path, e.g. 'Prod/*'");
	opts.all = true;
	gives(a, "A B C D", "");
}

static void single(void **state)
{
	static const char *const one[] = { "A", NULL };
	CLEANUP(assembly_free_p) struct assembly *a = load(one, stage);
	CLEANUP(assembly_free_p) struct assembly *stages = load(none, stage);

	(void)state;
	ask(NULL);
	opts = (struct select_opts){ .none = SELECT_ONLY_SINGLE };
	gives(a, "A", "");
	opts.none = SELECT_MAIN_ASSEMBLY;
	fails(stages, "No stack found in the main cloud assembly. Use "
	    "\"list\" to print manifest");
	opts.allow_no_main = true;
	gives(stages, "", "");
	opts = (struct select_opts){ .match_single = true };
	ASK("*", "**");
	fails(a, "Stack selection is ambiguous, please choose a specific "
	    "stack for import [A,Prod/X,Prod/Y]");
	ASK("A");
	gives(a, "A", "");
}

static void empty(void **state)
{
	CLEANUP(assembly_free_p) struct assembly *a = load(none, none);

	(void)state;
	opts = (struct select_opts){ 0 };
	ASK("A");
	fails(a, "This app contains no stacks");
	opts.ignore_no_stacks = true;
	gives(a, "", "");
}

static void same_names(void **state)
{
	static const char *const twice[] = { "2a", "B", "2b", NULL };
	CLEANUP(assembly_free_p) struct assembly *a = load(twice, none);
	struct stack_list all = { .v = a->all, .n = a->n_all };
	struct stack_list two = { .v = a->all, .n = 2 };
	CLEANUP(err_release) struct err err = { 0 };

	(void)state;
	assert_int_equal(stacks_check_names(&two, &err), 0);
	assert_int_equal(stacks_check_names(&all, &err), E_CONFIG);
	assert_non_null(strstr(err_text(&err), "'2a' and '2b' both deploy to "
	    "the stack 'same' in aws://1/r"));
}

static int set_up(void **state)
{
	(void)state;
	return dir_temp("t_select", &dir, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	strvec_release(&patterns);
	assert_int_equal(dir_remove(dir, NULL), 0);
	free(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_pattern),
		cmocka_unit_test(with_dependencies),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(without_patterns),
		cmocka_unit_test(single),
		cmocka_unit_test(empty),
		cmocka_unit_test(same_names),
	};

	mem_init_json();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
