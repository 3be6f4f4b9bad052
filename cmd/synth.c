#include "cmd.h"

#include "app/validation.h"
#include "deploy/run.h"
#include "model/flags.h"
#include "model/select.h"
#include "term/style.h"
#include "term/term.h"
#include "util/file.h"
#include "util/timeutil.h"
#include "util/yaml.h"
#include "watch/watch.h"

/* ---- what is printed ----------------------------------------------------- */

/*
 * The template without the rule that every stack carries and nobody wants to
 * see; yours.
 */
static cJSON *template_shown(const cJSON *template)
{
	cJSON *t = json_dup(template);
	cJSON *rules = json_get(t, "Rules");

	if (!json_get(rules, "CheckBootstrapVersion"))
		return t;
	if (rules->child->next)
		json_del(rules, "CheckBootstrapVersion");
	else
		json_del(t, "Rules");
	return t;
}

static int print_template(struct app *app, struct stack *s, struct err *err)
{
	CLEANUP(json_free_p) cJSON *shown = NULL;
	CLEANUP(free_p) char *text = NULL;
	const cJSON *template;
	int r = stack_template(s, &template, err);

	if (r < 0)
		return r;
	shown = template_shown(template);
	text = args_bool(app->args, "json", false) ? json_text(shown, 2) :
	    yaml_text(shown);
	msg_text(app->sink, MSG_RESULT, text);
	return 0;
}

static char *done_line(struct app *app, const struct assembly *a, bool green)
{
	bool color = app->sink->color;
	CLEANUP(free_p) char *abs = path_abs(a->dir);
	CLEANUP(free_p) char *dir = path_normal(abs);
	CLEANUP(free_p) char *blue = styled(color, STYLE_BLUE, dir);
	CLEANUP(free_p) char *line =
	    xasprintf("Successfully synthesized to %s", blue);

	return green ? styled(color, STYLE_GREEN, line) : TAKE(line);
}

static void print_ids(struct app *app, const struct stack_list *stacks)
{
	CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;

	for (size_t i = 0; i < stacks->n; i++) {
		if (i)
			strbuf_adds(&ids, ", ");
		style_add(&ids, app->sink->color, STYLE_GREEN,
		    stacks->v[i]->hierarchical_id);
	}
	msg_info(app->sink, "Supply a stack id (%s) to display its template.",
	    ids.buf);
}

static void print_done(struct app *app, const struct assembly *a,
    const struct stack_list *stacks)
{
	CLEANUP(free_p) char *line = done_line(app, a, true);

	msg_text(app->sink, MSG_INFO, line);
	print_ids(app, stacks);
}

/* ---- feature flags ------------------------------------------------------- */

static void print_flags(struct app *app, const struct assembly *a)
{
	CLEANUP(flag_list_release) struct flag_list flags = { 0 };
	size_t n = 0;

	flags_read(a, &flags);
	for (size_t i = 0; i < flags.n; i++)
		n += flag_needs_attention(&flags.v[i]);
	if (flags.tells_fallback && n)
		msg_warn(app->sink, "%zu feature flags are not configured. Run "
		    "'cdk flags --unstable=flags' to learn more.", n);
}

/* ---- checking ------------------------------------------------------------ */

/* The selected stacks and those that always want to be checked. */
static int validate(struct app *app, const struct assembly *a,
    const struct stack_list *stacks, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list all = {
		.v = xcalloc(stacks->n + a->n_all + 1, sizeof(*all.v)) };

	for (size_t i = 0; i < stacks->n; i++)
		all.v[all.n++] = stacks->v[i];
	for (size_t i = 0; i < a->n_all; i++)
		if (args_bool(app->args, "validation", true) &&
		    json_bool(a->all[i]->artifact->props, "validateOnSynth",
			false))
			all.v[all.n++] = a->all[i];
	return app_validate(app, a, &all, err);
}

/* ---- --watch ------------------------------------------------------------- */

/* A run of the loop; the first one has its assembly already. */
struct watching {
	struct app *app;
	bool again;
};

/* Always said, even with a single stack; never a template. */
static void print_watched(struct app *app, const struct assembly *a,
    const struct stack_list *stacks)
{
	CLEANUP(free_p) char *line = done_line(app, a, stacks->n != 1);

	msg_text(app->sink, MSG_RESULT, line);
	if (stacks->n != 1)
		print_ids(app, stacks);
}

static int watched(struct watching *w, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	const struct select_opts o = { .patterns = &w->app->args->pos,
		.none = SELECT_MAIN_ASSEMBLY, .allow_no_main = true };
	struct assembly *a;
	int64_t began = mono_ms();
	char took[32];
	int r = w->again ? app_assembly_drop(w->app, err) : 0;

	if (r == 0)
		r = app_assembly(w->app, &a, err);
	if (w->again) {
		run_seconds(mono_ms() - began, took);
		msg_info(w->app->sink, "\xe2\x9c\xa8  Synthesis time: %ss",
		    took);
	}
	w->again = true;
	if (r == 0)
		r = stacks_select(a, &o, w->app->sink, &stacks, err);
	if (r == 0)
		r = validate(w->app, a, &stacks, err);
	if (r == 0)
		print_watched(w->app, a, &stacks);
	return r;
}

/* Failures are told and the loop goes on: files are being edited. */
static void watched_run(void *arg)
{
	struct watching *w = arg;
	CLEANUP(err_release) struct err err = { 0 };

	if (watched(w, &err) < 0)
		term_print_error(w->app->sink, &err);
	/* nobody has to wait for us until the next change */
	dir_lock_release(&w->app->lock);
}

/* The assembly's folder as seen from the project; NULL: not inside. Yours. */
static char *inside(const char *dir)
{
	CLEANUP(free_p) char *here = path_abs("."), *abs = path_abs(dir);
	CLEANUP(free_p) char *root = path_normal(here);
	CLEANUP(free_p) char *full = path_normal(abs);
	size_t n = strlen(root);

	if (streq(root, "/"))
		n = 0;
	return strncmp(full, root, n) == 0 && full[n] == '/' && full[n + 1] ?
	    xstrdup(full + n + 1) : NULL;
}

static int watch(struct app *app, struct err *err)
{
	const cJSON *setting = settings_get(&app->settings, "watch");
	CLEANUP(watch_filter_release) struct watch_filter filter = { 0 };
	CLEANUP(free_p) char *out = NULL;
	struct watching w = { .app = app };
	const struct watch_opts o = { .root = ".", .filter = &filter,
		.command = "cdk synth", .activity = "synthesis",
		.sink = app->sink, .run = watched_run, .arg = &w };
	struct assembly *a;
	int r;

	if (!settings_bool(&app->settings, "watch", false))
		return err_set(err, E_CONFIG, "Cannot use '--watch' without "
		    "specifying at least one directory to monitor. Make sure "
		    "to add a \"watch\" key to your cdk.json");
	/* what is wrong from the start ends the command */
	r = app_assembly(app, &a, err);
	if (r < 0)
		return r;
	out = inside(a->dir);
	watch_filter_init(&filter, setting, out);
	return watch_run(&o, err);
}

/* ---- the command --------------------------------------------------------- */

static int run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	const struct select_opts o = { .patterns = &app->args->pos,
		.none = SELECT_MAIN_ASSEMBLY, .allow_no_main = true };
	/* the file beats the line here, as in the reference */
	bool quiet = settings_bool(&app->settings, "quiet",
	    args_bool(app->args, "quiet", false));
	struct assembly *a;
	int r;

	if (args_bool(app->args, "watch", false))
		return watch(app, err);
	r = app_assembly(app, &a, err);
	if (r == 0)
		r = stacks_select(a, &o, app->sink, &stacks, err);
	if (r == 0)
		r = validate(app, a, &stacks, err);
	if (r == 0 && stacks.n == 1 && !quiet)
		r = print_template(app, stacks.v[0], err);
	if (r < 0)
		return r;
	if (stacks.n != 1)
		print_done(app, a, &stacks);
	if (stacks.n != 1 || quiet || !app->sink->ci)
		print_flags(app, a);
	return 0;
}

const struct cmd cmd_synth = { .name = "synth", .run = run };
