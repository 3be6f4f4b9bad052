/*
 * Two templates and, behind a second line break, a change set: any JSON at
 * all. The difference of a template with itself must be empty.
 */
#include "diff/changeset.h"
#include "diff/diff.h"

#define SIZE_LIMIT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cJSON *next_json(struct sv *rest)
{
	struct sv line;
	cJSON *j = NULL;

	if (!sv_next(rest, '\n', &line) ||
	    json_parse(line, "input", &j, NULL) < 0)
		return NULL;
	return j;
}

static void format(const cJSON *old, const cJSON *new_, const cJSON *cs,
    bool color)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct diff_format_opts o = { .stack_name = "S",
		.color = color,
		.columns = color ? 60 : 0 };
	enum permission_change perm;
	size_t count;

	diff_format_stack(old, new_, cs, !cs && color, &o, &out, &count,
	    &perm);
	diff_format_security(old, new_, cs, &o, &out, &perm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size };
	CLEANUP(json_free_p) cJSON *a = NULL, *b = NULL, *cs = NULL;
	struct diff *d;

	if (size > SIZE_LIMIT)
		return 0;
	mem_init_json();
	a = next_json(&rest);
	b = next_json(&rest);
	cs = next_json(&rest);
	if (!a || !b)
		return 0;
	format(a, b, NULL, false);
	format(a, b, NULL, true);
	if (cs) {
		format(a, b, cs, false);
		(void)diff_has_hidden_properties(a, b, cs);
	}
	d = diff_templates(b, b, NULL, false);
	/* keys called DependsOn with other than names are never equal */
	if (!diff_is_empty(d) && !memmem(data, size, "DependsOn", 9) &&
	    !memchr(data, '\\', size))
		abort();
	diff_free(d);
	return 0;
}
