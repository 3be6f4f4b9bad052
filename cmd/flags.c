#include "flags.h"

#include "diff/table.h"
#include "term/style.h"
#include "term/term.h"

static const char too_old[] = "The 'cdk flags' command is not compatible with "
    "the AWS CDK library used by your application. Please upgrade to 2.212.0 "
    "or above.";

/* ---- the table ----------------------------------------------------------- */

static void fill_row(struct table_row *row, const struct flag *f)
{
	row->cell[0] = xasprintf("  %s", f->name);
	row->cell[1] = flag_value_text(f->recommended);
	row->cell[2] = f->user ? flag_value_text(f->user) : xstrdup("<unset>");
	row->cell[3] = flag_effective_text(f);
}

static size_t fill_rows(const struct flag_list *l, bool color,
    struct table_row *rows)
{
	static const char *const heads[] = { "Feature Flag", "Recommended",
		"User", "Effective" };
	const char *module = "";
	size_t n = 1;

	for (size_t c = 0; c < ARRAY_SIZE(heads); c++)
		rows[0].cell[c] = xstrdup(heads[c]);
	for (size_t i = 0; i < l->n; i++) {
		if (!streq(l->v[i].module, module)) {
			CLEANUP(free_p) char *text =
			    xasprintf("Module: %s", l->v[i].module);

			module = l->v[i].module;
			rows[n].cell[0] = styled(color, STYLE_BOLD, text);
			for (size_t c = 1; c < ARRAY_SIZE(heads); c++)
				rows[n].cell[c] = xstrdup("");
			n++;
		}
		fill_row(&rows[n++], &l->v[i]);
	}
	return n;
}

void flags_table(struct app *app, const struct flag_list *flags)
{
	struct flag_list sorted = { .n = flags->n };
	struct table_row *rows = xcalloc(2 * flags->n + 1, sizeof(*rows));
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool color = app->sink->color;
	size_t n;

	sorted.v = xcalloc(flags->n + 1, sizeof(*sorted.v));
	for (size_t i = 0; i < flags->n; i++)
		sorted.v[i] = flags->v[i];
	flags_sort(&sorted);
	n = fill_rows(&sorted, color, rows);
	table_draw_list(&text, rows, n, 4, 0, color);
	msg_text(app->sink, MSG_INFO, text.buf);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < 4; c++)
			free(rows[i].cell[c]);
	free(rows);
	flag_list_release(&sorted);
}

/* ---- showing ------------------------------------------------------------- */

static void show_one(struct app *app, const struct flag *f)
{
	CLEANUP(free_p) char *want = flag_value_text(f->recommended);
	CLEANUP(free_p) char *unset = flag_fallback_text(f);
	CLEANUP(free_p) char *user = flag_value_text(f->user);
	CLEANUP(free_p) char *now = flag_effective_text(f);

	msg_info(app->sink, "Flag name: %s", f->name);
	msg_info(app->sink, "Description: %s", f->explanation);
	msg_info(app->sink, "Recommended value: %s", want);
	msg_info(app->sink, "Default value: %s", unset);
	msg_info(app->sink, "User value: %s", user);
	msg_info(app->sink, "Effective value: %s", now);
}

static bool is_named(const struct flag *f, const struct strvec *names)
{
	CLEANUP(free_p) char *name = str_lower(f->name);

	for (size_t i = 0; i < names->n; i++) {
		CLEANUP(free_p) char *part = str_lower(names->v[i]);

		if (strstr(name, part))
			return true;
	}
	return false;
}

static void show_named(const struct flags_request *q)
{
	CLEANUP(flag_list_release) struct flag_list found = { 0 };
	CLEANUP(free_p) char *words = strvec_join(q->names, ", ");

	found.v = xcalloc(q->flags->n + 1, sizeof(*found.v));
	for (size_t i = 0; i < q->flags->n; i++)
		if (is_named(&q->flags->v[i], q->names))
			found.v[found.n++] = q->flags->v[i];
	if (found.n == 0) {
		msg_error(q->app->sink, "Flag matching \"%s\" not found.",
		    words);
	} else if (found.n == 1) {
		show_one(q->app, &found.v[0]);
	} else {
		msg_info(q->app->sink, "Found %zu flags matching \"%s\"",
		    found.n, words);
		flags_table(q->app, &found);
	}
}

static void show_many(const struct flags_request *q)
{
	CLEANUP(flag_list_release) struct flag_list shown = { 0 };
	struct sink *sink = q->app->sink;

	shown.v = xcalloc(q->flags->n + 1, sizeof(*shown.v));
	for (size_t i = 0; i < q->flags->n; i++)
		if (q->all || flag_needs_attention(&q->flags->v[i]))
			shown.v[shown.n++] = q->flags->v[i];
	msg_info(sink, "%s feature flags", q->all ? "All" : "Unconfigured");
	flags_table(q->app, &shown);
	if (q->all || shown.n)
		return;
	msg_text(sink, MSG_INFO, "");
	msg_info(sink, "✅ All feature flags are already set to their "
	    "recommended values.");
	msg_info(sink, "Use 'cdk flags --all --unstable=flags' to see all "
	    "flags and their current values.");
}

static void show_options(struct sink *sink)
{
	static const char *const lines[] = {
		"  cdk flags --interactive     # Interactive menu to manage "
		"flags",
		"  cdk flags --all             # Show all flags (including "
		"configured ones)",
		"  cdk flags --set --all --recommended    # Set all flags to "
		"recommended values",
		"  cdk flags --set --all --default       # Set all flags to "
		"default values",
		"  cdk flags --set --unconfigured --recommended  # Set "
		"unconfigured flags to recommended",
		"  cdk flags --set <flag-name> --value <true|false>  # Set "
		"specific flag",
		"  cdk flags --safe            # Safely set flags that don't "
		"change templates",
	};
	CLEANUP(free_p) char *title = styled(sink->color, STYLE_BOLD,
	    "Available options:");

	msg_info(sink, "\n%s", title);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		msg_text(sink, MSG_INFO, lines[i]);
}

/* ---- options that do not go together ------------------------------------- */

/* What the reference says, or NULL; it is no failure there. */
static const char *mistake(const struct flags_request *q)
{
	bool named = q->names->n > 0, value = q->value && *q->value;
	bool which = q->recommended || q->fallback;

	if (named && q->all)
		return "Cannot use both --all and a specific flag name. "
		    "Please use either --all to show all flags or specify a "
		    "single flag name.";
	if ((value || which || q->unconfigured) && !q->set)
		return "This option can only be used with --set.";
	if (value && !named)
		return "--value requires a specific flag name. Please specify "
		    "a flag name when providing a value.";
	if (q->recommended && q->fallback)
		return "Cannot use both --recommended and --default. Please "
		    "choose one option.";
	if (q->unconfigured && q->all)
		return "Cannot use both --unconfigured and --all. Please "
		    "choose one option.";
	if (q->unconfigured && named)
		return "Cannot use --unconfigured with a specific flag name. "
		    "--unconfigured works with multiple flags.";
	if (q->set && named && !value)
		return "When setting a specific flag, you must provide a "
		    "--value.";
	if (q->set && q->all && !which)
		return "When using --set with --all, you must specify either "
		    "--recommended or --default.";
	if (q->set && q->unconfigured && !which)
		return "When using --set with --unconfigured, you must "
		    "specify either --recommended or --default.";
	if (q->set && !q->all && !q->unconfigured && !named)
		return "When using --set, you must specify either --all, "
		    "--unconfigured, or provide a specific flag name.";
	return NULL;
}

/* ---- the dialogue -------------------------------------------------------- */

/* Of n numbered lines one; 0 when the answer is none of them. */
static int choose(struct app *app, const char *title,
    const struct strvec *lines, size_t *ret, struct err *err)
{
	CLEANUP(free_p) char *question = NULL, *answer = NULL;
	int64_t n = 0;
	int rc;

	for (size_t i = 0; i < lines->n; i++)
		msg_info(app->sink, "%3zu  %s", i + 1, lines->v[i]);
	question = xasprintf("%s (1-%zu)", title, lines->n);
	rc = app->sink->ask(app->sink, "User input is needed", question,
	    &answer, err);
	if (rc < 0)
		return rc;
	*ret = str_to_int64(answer, &n) && n >= 1 && (uint64_t)n <= lines->n ?
	    (size_t)n : 0;
	return 0;
}

static int choose_flag(struct flags_request *q, struct strvec *name,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec flags = { 0 }, values = { 0 };
	size_t flag = 0, value = 0;
	int rc;

	for (size_t i = 0; i < q->flags->n; i++)
		if (flag_is_boolean(&q->flags->v[i]))
			strvec_add(&flags, q->flags->v[i].name);
	strvec_add(&values, "true");
	strvec_add(&values, "false");
	rc = choose(q->app, "Select which flag you would like to modify:",
	    &flags, &flag, err);
	if (rc == 0 && flag)
		rc = choose(q->app, "Select a value:", &values, &value, err);
	if (rc < 0 || !flag || !value)
		return rc;
	strvec_add(name, flags.v[flag - 1]);
	q->value = value == 1 ? "true" : "false";
	q->set = true;
	return 0;
}

static void show_differing(const struct flags_request *q)
{
	CLEANUP(flag_list_release) struct flag_list l = { 0 };

	l.v = xcalloc(q->flags->n + 1, sizeof(*l.v));
	for (size_t i = 0; i < q->flags->n; i++)
		if (!q->flags->v[i].user ||
		    !flag_as_recommended(&q->flags->v[i]))
			l.v[l.n++] = q->flags->v[i];
	if (l.n)
		flags_table(q->app, &l);
}

enum menu { MENU_NONE, MENU_ALL, MENU_UNCONFIGURED, MENU_RECORD, MENU_ONE };

static int interactive(const struct flags_request *base, struct err *err)
{
	static const char *const lines[] = {
		"Set all flags to recommended values",
		"Set unconfigured flags to recommended values",
		("Set unconfigured flags to their implied configuration "
		 "(record current behavior)"),
		"Modify a specific flag", "Exit" };
	CLEANUP(strvec_release) struct strvec menu = { 0 };
	size_t pick = 0;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		strvec_add(&menu, lines[i]);
	do {
		CLEANUP(strvec_release) struct strvec name = { 0 };
		struct flags_request q = { .app = base->app,
			.flags = base->flags, .names = &name };

		show_differing(&q);
		rc = choose(q.app, "Menu", &menu, &pick, err);
		q.set = q.recommended = pick == MENU_ALL ||
		    pick == MENU_UNCONFIGURED;
		q.all = pick == MENU_ALL;
		q.unconfigured = pick == MENU_UNCONFIGURED ||
		    pick == MENU_RECORD;
		q.fallback = pick == MENU_RECORD;
		if (rc == 0 && pick == MENU_ONE)
			rc = choose_flag(&q, &name, err);
		if (rc == 0 && pick == MENU_ONE && q.set)
			rc = flags_set_one(&q, err);
		else if (rc == 0 && pick >= MENU_ALL && pick <= MENU_RECORD)
			rc = flags_set_many(&q, err);
	} while (rc == 0 && pick == MENU_ONE);
	return rc;
}

/* ---- the command --------------------------------------------------------- */

static int act(const struct flags_request *q, struct err *err)
{
	const char *wrong;

	if (q->safe)
		return flags_set_safe(q, err);
	wrong = mistake(q);
	if (wrong) {
		msg_error(q->app->sink, "Error: %s", wrong);
		return 0;
	}
	if (q->set)
		return q->names->n ? flags_set_one(q, err) :
		    flags_set_many(q, err);
	if (q->names->n) {
		show_named(q);
		return 0;
	}
	show_many(q);
	if (!q->all)
		show_options(q->app->sink);
	return 0;
}

static int run(struct app *app, struct err *err)
{
	const struct args *a = app->args;
	CLEANUP(flag_list_release) struct flag_list flags = { 0 };
	const struct flags_request q = { .app = app, .flags = &flags,
		.names = &a->pos, .value = args_str(a, "value"),
		.set = args_bool(a, "set", false),
		.all = args_bool(a, "all", false),
		.unconfigured = args_bool(a, "unconfigured", false),
		.recommended = args_bool(a, "recommended", false),
		.fallback = args_bool(a, "default", false),
		.safe = args_bool(a, "safe", false) };
	struct assembly *assembly;
	int rc = app_assembly(app, &assembly, err);

	if (rc < 0)
		return rc;
	flags_read(assembly, &flags);
	if (!flags.n) {
		msg_text(app->sink, MSG_ERROR, too_old);
		return 0;
	}
	return args_bool(a, "interactive", false) ? interactive(&q, err) :
	    act(&q, err);
}

const struct cmd cmd_flags = { .name = "flags", .run = run };
