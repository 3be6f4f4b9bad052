/*
 * Prints the difference of two template files as `cdk diff --template` does,
 * without an assembly: for trying the differ alone.
 *
 *	difftool OLD NEW [--strict] [--quiet] [--color] [--security-only]
 *		[--context-lines N] [--change-set FILE] [--name STACK]
 */
#include "diff/diff.h"
#include "term/term.h"
#include "util/file.h"
#include "util/yaml.h"

static int load(const char *path, cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (file_read(path, 0, &b, err) < 0)
		return err->code;
	if (str_ends(path, ".yaml"))
		return yaml_parse(strbuf_sv(&b), path, ret, err);
	return json_parse(strbuf_sv(&b), path, ret, err);
}

int main(int argc, char **argv)
{
	struct diff_format_opts o = { .stack_name = "S1" };
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(json_free_p) cJSON *old = NULL, *new_ = NULL, *cs = NULL;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	enum permission_change perm = PERM_NONE;
	bool security = false;
	size_t count = 0;

	mem_init_json();
	if (argc < 3)
		return 2;
	o.columns = term_columns();
	for (int i = 3; i < argc; i++) {
		int64_t n = 0;

		if (streq(argv[i], "--strict"))
			o.strict = true;
		else if (streq(argv[i], "--quiet"))
			o.quiet = true;
		else if (streq(argv[i], "--color"))
			o.color = true;
		else if (streq(argv[i], "--security-only"))
			security = true;
		else if (i + 1 == argc)
			return 2;
		else if (streq(argv[i], "--name"))
			o.stack_name = argv[++i];
		else if (streq(argv[i], "--context-lines") &&
		    str_to_int64(argv[++i], &n))
			o.context_lines = (unsigned)n;
		else if (!streq(argv[i], "--change-set") ||
		    load(argv[++i], &cs, &err) < 0)
			return 2;
	}
	if (load(argv[1], &old, &err) < 0 || load(argv[2], &new_, &err) < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		return 1;
	}
	if (security) {
		diff_format_security(old, new_, cs, &o, &out, &perm);
		count = perm == PERM_BROADENING;
		if (perm != PERM_BROADENING)
			strbuf_reset(&out);
	} else {
		diff_format_stack(old, new_, cs, false, &o, &out, &count,
		    &perm);
	}
	if (security && count)
		fputs("This deployment will make potentially sensitive changes "
		      "according to your current security approval level.\n"
		      "Please confirm you intend to make the following "
		      "modifications:\n\n",
		    stderr);
	if (!security || count)
		fprintf(stderr, "%s\n", out.buf);
	fprintf(stderr, "\n✨  Number of stacks with differences: %zu\n\n",
	    count);
	return 0;
}
