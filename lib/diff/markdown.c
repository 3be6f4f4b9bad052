/*
 * A difference as a comment on a pull request: a line of counts per stack,
 * the text folded away beneath.
 */
#include "diff/report.h"
#include "diff/tree.h"

static size_t count_impact(const cJSON *stack, const char *impact)
{
	size_t n = 0;

	JSON_EACH(c, json_get(stack, "changes"))
		if (json_get(c, "logicalId") &&
		    streq0(json_str(c, "impact"), impact))
			n++;
	return n;
}

static size_t count_moves(const cJSON *stack)
{
	size_t n = 0;

	JSON_EACH(c, json_get(stack, "changes"))
		n += json_get(c, "couldMoveTo") || json_get(c, "couldMoveFrom");
	return n;
}

static void add_counts(struct strbuf *out, const cJSON *stack)
{
	size_t moves = count_moves(stack);

	static const struct {
		const char *impact, *word;
	} kinds[] = {
		{ "replace", "replaced" }, { "destroy", "removed" },
		{ "orphan", "left behind" },
		{ "may-replace", "possibly replaced" },
		{ "create", "added" }, { "update", "updated" },
		{ "none", "changed" }, { "import", "imported" },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = count_impact(stack, kinds[i].impact);
		bool loud = i < 3;

		if (!n)
			continue;
		strbuf_addf(out, "%s%s%zu %s%s", any ? ", " : "",
		    loud ? "<b>" : "", n, kinds[i].word, loud ? "</b>" : "");
		any = true;
	}
	if (!any)
		strbuf_adds(out, "no resource changes");
	if (moves)
		strbuf_addf(out, ", %zu of them could move", moves);
	if (streq0(json_str(stack, "permissions"), "broadening"))
		strbuf_adds(out, ", <b>permissions broadened</b>");
}

static void add_escaped(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			strbuf_adds(out, "&lt;");
		else if (*text == '>')
			strbuf_adds(out, "&gt;");
		else if (*text == '&')
			strbuf_adds(out, "&amp;");
		else
			strbuf_addc(out, *text);
	}
}

/* One more than the longest run of backticks, at least three. */
static size_t fence_length(const char *text)
{
	size_t longest = 2, run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = MAX(longest, run);
	}
	return longest + 1;
}

void diff_markdown(const cJSON *stack, const char *text, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	const char *name = json_str(stack, "name");
	size_t fence = fence_length(text);

	strbuf_adds(&body, text);
	strbuf_rtrim(&body);
	strbuf_adds(out, "<details>\n<summary><b>");
	add_escaped(out, name ? name : "");
	strbuf_adds(out, "</b>: ");
	add_counts(out, stack);
	strbuf_adds(out, "</summary>\n\n");
	strbuf_addn(out, '`', fence);
	strbuf_addf(out, "text\n%s\n", body.buf);
	strbuf_addn(out, '`', fence);
	strbuf_adds(out, "\n\n</details>\n\n");
}
