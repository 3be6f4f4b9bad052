#include "config.h"

#include "app/settings_list.h"
#include "app/synth.h"
#include "scaffold/tools.h"
#include "term/style.h"
#include "version.h"

static char *blue(const struct app *app, const char *text)
{
	return styled(app->sink->color, STYLE_BLUE, text);
}

static char *green(const struct app *app, const char *text)
{
	return styled(app->sink->color, STYLE_GREEN, text);
}

static void show_version(struct app *app)
{
	CLEANUP(free_p) char *text = version_text(app->invoked_as_cdk);
	CLEANUP(free_p) char *shown = green(app, text);

	msg_info(app->sink, "ℹ️ CDK CLI Version: %s", shown);
}

static void show_verbosity(struct app *app)
{
	const struct settings *st = &app->settings;
	bool both = settings_bool(st, "debug", false);
	bool for_app = both || settings_bool(st, "debugApp", false);
	bool for_cli = both || settings_bool(st, "debugCli", false);
	size_t n = (size_t)MIN(args_num(app->args, "verbose", 0), 100);
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *italic = NULL, *shown = NULL;

	if (n) {
		strbuf_adds(&b, "extra verbosity (-");
		strbuf_addn(&b, 'v', n);
		strbuf_adds(&b, "), ");
	} else {
		strbuf_adds(&b, "normal verbosity, ");
	}
	if (for_app || for_cli)
		strbuf_addf(&b, "debugging %s%s%s", for_app ? "CDK app" : "",
		    for_app && for_cli ? " & " : "", for_cli ? "CLI" : "");
	else
		strbuf_adds(&b, "no debugging");
	italic = styled(app->sink->color, STYLE_ITALIC, b.buf);
	shown = styled(app->sink->color, STYLE_GRAY, italic);
	msg_text(app->sink, MSG_INFO, shown);
}

/* What must not be seen when the output is pasted somewhere. */
static char *anonymous(const char *name, const char *value)
{
	static const char *const secret[] = { "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN" };

	if (streq(name, "AWS_ACCESS_KEY_ID"))
		return xasprintf("%.4s<redacted>", value);
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		if (streq(name, secret[i]))
			return xstrdup("<redacted>");
	return xstrdup(value);
}

static bool is_reserved(const char *name)
{
	static const char *const names[] = { "CDK_CONTEXT_JSON",
		"CONTEXT_OVERFLOW_LOCATION_ENV", "CDK_OUTDIR" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

/* "NAME=value"; false for a variable that must not be set. */
static bool show_variable(struct app *app, const char *var)
{
	const char *eq = strchr(var, '=');
	CLEANUP(free_p) char *name = xstrndup(var, (size_t)(eq - var));
	CLEANUP(free_p) char *value = anonymous(name, eq + 1);
	CLEANUP(free_p) char *shown = green(app, value), *left = NULL;
	bool reserved = is_reserved(name);

	left = reserved ? styled(app->sink->color, STYLE_RED, name) :
	    blue(app, name);
	msg_info(app->sink, "  - %s = %s%s", left, shown,
	    reserved ? " (⚠️ reserved for use by the CDK toolkit)" : "");
	return !reserved;
}

static bool show_variables(struct app *app, const struct strvec *all,
    const char *prefix, const char *what, bool sorted)
{
	CLEANUP(strvec_release) struct strvec vars = { 0 };
	bool fine = true;

	for (size_t i = 0; i < all->n; i++)
		if (str_starts(all->v[i], prefix) && strchr(all->v[i], '='))
			strvec_add(&vars, all->v[i]);
	if (sorted)
		strvec_sort(&vars);
	if (!vars.n) {
		msg_info(app->sink, "ℹ️ No %s environment variables", what);
		return true;
	}
	msg_info(app->sink, "ℹ️ %s environment variables:", what);
	for (size_t i = 0; i < vars.n; i++)
		fine &= show_variable(app, vars.v[i]);
	return fine;
}

/* ---- what the project's language needs; the reference does not look ---- */

static bool show_tool(struct app *app, const struct tool *t)
{
	CLEANUP(free_p) char *version = NULL, *shown = NULL, *name = NULL;
	enum tool_state state = tool_check(t, &version);

	if (state == TOOL_FINE) {
		name = blue(app, t->name);
		shown = green(app, version);
		msg_info(app->sink, "  - %s = %s", name, shown);
		return true;
	}
	name = styled(app->sink->color, STYLE_RED, t->name);
	if (state == TOOL_MISSING)
		msg_info(app->sink, "  - %s is missing (⚠️ %s: %s)", name,
		    t->purpose, t->get);
	else
		msg_info(app->sink, "  - %s = %s (⚠️ %u.%u or newer is "
		    "needed: %s)", name, version, t->major, t->minor, t->get);
	return false;
}

static bool show_tools(struct app *app, const struct language *l)
{
	const struct tool *const *t = tools_for(l);
	bool fine = true;

	msg_info(app->sink, "ℹ️ Tools for %s projects:", l->name);
	for (; *t; t++)
		fine &= show_tool(app, *t);
	if (l->family == FAMILY_NODE && tool_of_lock_file("."))
		fine &= show_tool(app, tool_of_lock_file("."));
	return fine;
}

/* Of --language or the setting, else of the project we stand in. */
static const struct language *language_here(const struct app *app)
{
	const char *word = settings_str(&app->settings, "language");

	return word && *word ? language_find(word) : language_of_project(".");
}

/* With -v: what the reference's doctor does not tell. */
static void show_settings(struct app *app)
{
	CLEANUP(json_free_p) cJSON *all = settings_list(&app->settings,
	    app->args, environ);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	config_table(app, all, &text);
	msg_info(app->sink, "ℹ️ Settings:");
	msg_text(app->sink, MSG_INFO, text.buf);
}

static int run(struct app *app, struct err *err)
{
	const struct language *l = language_here(app);
	struct proc_env env = { 0 };

	(void)err;
	show_version(app);
	show_verbosity(app);
	proc_env_init(&env);
	synth_env_inherited(app, &env);
	(void)show_variables(app, &env.vars, "AWS_", "AWS", false);
	if (!show_variables(app, &env.vars, "CDK_", "CDK", true))
		app->status = 255;
	if (l && !show_tools(app, l))
		app->status = 255;
	proc_env_release(&env);
	if (args_num(app->args, "verbose", 0) > 0)
		show_settings(app);
	return 0;
}

const struct cmd cmd_doctor = { .name = "doctor", .run = run };
