/*
 * Command lines, one word per line; words that look like environment entries
 * ("CDK_...=", "CI=") are handed in as such.
 */
#include "cli/help.h"
#include "cli/opt.h"
#include "cli/suggest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 200

static void read_back(const struct args *a)
{
	CLEANUP(strvec_release) struct strvec list = { 0 };

	JSON_EACH(v, a->given) {
		(void)args_bool(a, v->string, false);
		(void)args_num(a, v->string, 0);
		(void)args_str(a, v->string);
		(void)args_list(a, v->string, &list);
		if (args_get(a, v->string) != v)
			abort(); /* what was given comes first */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 }, envp = { 0 };
	CLEANUP(args_release) struct args a = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct sv rest = { (const char *)data, size }, word;
	int rc;

	strvec_add(&argv, "ccdk");
	while (sv_next(&rest, '\n', &word) && argv.n < WORDS_MAX) {
		char *text = sv_dup(word);

		if (str_starts(text, "CDK_") || str_starts(text, "CI="))
			strvec_add_take(&envp, text);
		else
			strvec_add_take(&argv, text);
	}
	rc = args_parse((int)argv.n, strvec_argv(&argv), strvec_argv(&envp),
	    &a, &err);
	if (rc < 0 && !err.msg)
		abort(); /* a failure says why */
	read_back(&a);
	if (a.command_word && !a.command)
		(void)suggest_command(a.command_word);
	return 0;
}
