#include "cli/help.h"

#define WIDTH 80
#define MAX_LEFT 44

/* Length of the longest piece of s, cut at a space, that fits n columns. */
static size_t piece(const char *s, size_t n)
{
	size_t len = strlen(s), i;

	if (len <= n)
		return len;
	for (i = n; i > 0 && s[i] != ' '; i--)
		;
	return i ? i : n;
}

static void pad(FILE *out, size_t have, size_t want)
{
	while (have++ < want)
		fputc(' ', out);
}

/* Right-aligned, on the line where `at` columns are used if it fits there. */
static void put_tags(FILE *out, const char *tags, size_t at)
{
	size_t n = strlen(tags);

	if (!n) {
		fputc('\n', out);
		return;
	}
	if (at + n > WIDTH) {
		fputc('\n', out);
		at = 0;
	}
	while (n > WIDTH - 2) {
		size_t cut = piece(tags, WIDTH - 2);

		pad(out, cut, WIDTH);
		fprintf(out, "%.*s\n", (int)cut, tags);
		tags += cut + (tags[cut] == ' ');
		n = strlen(tags);
	}
	pad(out, at + n, WIDTH);
	fprintf(out, "%s\n", tags);
}

/* One entry: name at the left, text from column `col`, tags at the right. */
static void entry(FILE *out, const char *left, size_t col, const char *text,
    const char *tags)
{
	size_t at = strlen(left), n;

	fputs(left, out);
	if (at + 2 > col) {
		fputc('\n', out);
		at = 0;
	}
	for (;;) {
		pad(out, at, col);
		n = piece(text, WIDTH - col);
		fprintf(out, "%.*s", (int)n, text);
		at = col + n;
		text += n + (text[n] == ' ');
		if (!*text)
			break;
		fputc('\n', out);
		at = 0;
	}
	put_tags(out, tags, at);
}

static const char *type_word(enum opt_type t)
{
	static const char *const words[] = {
		[OPT_BOOL] = "boolean", [OPT_STR] = "string",
		[OPT_NUM] = "number", [OPT_LIST] = "array",
		[OPT_COUNT] = "count",
	};

	return words[t];
}

/* A letter means the command's own option, where both have it; the reference
 * shows it at both. */
static bool is_taken(char letter, const struct opt *by)
{
	for (; by && by->name; by++)
		if (by->letter == letter && (by->flags & OPT_NEW))
			return true;
	return false;
}

static char *left_of(const struct opt *o, const struct opt *hiding)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "  --%s", o->name);
	if (o->letter && !is_taken(o->letter, hiding))
		strbuf_addf(&b, ", -%c", o->letter);
	for (const char *a = o->aliases; a && *a;) {
		size_t n = strcspn(a, "|");

		strbuf_addf(&b, ", --%.*s", (int)n, a);
		a += n + (a[n] == '|');
	}
	return strbuf_detach(&b);
}

static void add_fallback(struct strbuf *b, const struct opt *o,
    const struct args *a)
{
	if (!o->fallback)
		return;
	if (streq(o->fallback, "CI"))
		strbuf_addf(b, " [default: %s]",
		    json_is_true(json_get(a->defaults, o->name)) ? "true" :
								   "false");
	else
		strbuf_addf(b, o->type == OPT_STR ? " [default: \"%s\"]" :
			" [default: %s]", o->fallback);
}

static char *tags_of(const struct opt *o, const struct args *a)
{
	struct strbuf b = STRBUF_INIT;

	if (o->flags & OPT_DEPRECATED)
		strbuf_adds(&b, "[deprecated] ");
	strbuf_addf(&b, "[%s]", type_word(o->type));
	if (o->choices) {
		CLEANUP(free_p) char *list =
		    str_replace(o->choices, "|", "\", \"");

		strbuf_addf(&b, " [choices: \"%s\"]", list);
	}
	add_fallback(&b, o, a);
	return strbuf_detach(&b);
}

static bool in_list(const struct opt *list, const struct opt *o)
{
	for (; list && list->name; list++)
		if (streq(list->name, o->name))
			return true;
	return false;
}

/* Shown? A command's own option hides the global one of the same name. */
static bool shown(const struct opt *o, const struct opt *hiding)
{
	return !(o->flags & OPT_HIDDEN) && !streq(o->name, "help") &&
	       !in_list(hiding, o);
}

static size_t widest(const struct opt *t, const struct opt *hiding)
{
	size_t max = 0;

	for (; t->name; t++) {
		CLEANUP(free_p) char *left = left_of(t, hiding);
		size_t n = strlen(left) + 2;

		if (shown(t, hiding) && n <= MAX_LEFT)
			max = MAX(max, n);
	}
	return max;
}

static void options(FILE *out, const struct opt *t, const struct opt *hiding,
    size_t col, const struct args *a)
{
	for (; t->name; t++) {
		CLEANUP(free_p) char *left = left_of(t, hiding);
		CLEANUP(free_p) char *tags = tags_of(t, a);

		if (shown(t, hiding))
			entry(out, left, col, t->help, tags);
	}
}

static void all_options(FILE *out, const struct args *a)
{
	const struct opt *own = a->command ? a->command->opts : NULL;
	size_t col = widest(opt_global, own);

	if (own)
		col = MAX(col, widest(own, NULL));
	fputs("Options:\n", out);
	options(out, opt_global, own, col, a);
	if (own)
		options(out, own, NULL, col, a);
	entry(out, "  -h, --help", col, "Print this help", "[boolean]");
}

static char *command_left(const char *program, const struct opt_command *c)
{
	if (!c->positional)
		return xasprintf("  %s %s", program, c->name);
	return xasprintf("  %s %s [%s]", program, c->name, c->positional);
}

static void commands(FILE *out, const char *program)
{
	const struct opt_command *c;
	size_t col = 0;

	fputs("Commands:\n", out);
	for (c = opt_commands; c->name; c++) {
		CLEANUP(free_p) char *left = command_left(program, c);

		col = MAX(col, strlen(left) + 2);
	}
	for (c = opt_commands; c->name; c++) {
		CLEANUP(free_p) char *left = command_left(program, c);
		CLEANUP(free_p) char *alias = c->aliases ?
		    xasprintf("[aliases: %s]", c->aliases) : xstrdup("");

		CLEANUP(free_p) char *text = xasprintf("%s%s", c->brief,
		    c->absent ? " (not in this version)" : "");

		if (!c->hidden)
			entry(out, left, col, text, alias);
	}
	fputc('\n', out);
}

void help_print(FILE *out, const char *program, const struct args *a)
{
	if (a->command && !a->command->hidden) {
		CLEANUP(free_p) char *left = command_left(program, a->command);

		fprintf(out, "%s\n\n%s%s\n\n", left + 2, a->command->brief,
		    a->command->absent ? " (not in this version)" : "");
		all_options(out, a);
		return;
	}
	fprintf(out, "Usage: %s -a <cdk-app> COMMAND\n\n", program);
	commands(out, program);
	all_options(out, a);
	fputs("\nThe stack name may be left out when the app has a single "
	      "stack.\n\nOptions can be set in cdk.json and ~/.cdk.json too; "
	      "cdk.json is stronger, and\nthe command line is stronger "
	      "still.\n", out);
}

/* ---- for tools ---- */

static const char *dash(const char *s)
{
	return s && *s ? s : "-";
}

static void dump_options(FILE *out, const char *command, const struct opt *t)
{
	for (; t->name; t++) {
		char letter[2] = { t->letter };
		CLEANUP(strbuf_release) struct strbuf flags = STRBUF_INIT;

		if (t->flags & OPT_HIDDEN)
			strbuf_adds(&flags, ",hidden");
		if (t->flags & OPT_DEPRECATED)
			strbuf_adds(&flags, ",deprecated");
		if (t->flags & OPT_NEEDS_VALUE)
			strbuf_adds(&flags, ",needs-value");
		if (t->flags & OPT_NEW)
			strbuf_adds(&flags, ",new");
		fprintf(out, "option\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
		    command, t->name, dash(letter), type_word(t->type),
		    dash(t->choices), dash(t->aliases), dash(t->value),
		    dash(flags.len ? flags.buf + 1 : ""), dash(t->fallback),
		    t->help);
	}
}

void help_dump(FILE *out)
{
	dump_options(out, "*", opt_global);
	for (const struct opt_command *c = opt_commands; c->name; c++) {
		fprintf(out, "command\t%s\t%s\t%s\t%s%s\t%s\t%s\n", c->name,
		    dash(c->aliases), dash(c->positional),
		    c->hidden ? "hidden" : "", c->unstable ? "unstable" :
		    c->hidden ? "" : "-", c->brief, dash(c->words));
		dump_options(out, c->name, c->opts);
	}
}
