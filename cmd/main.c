#include "cmd.h"

#include <fcntl.h>
#include <signal.h>

#include "app/identity.h"
#include "app/notices.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "deploy/ci.h"
#include "deploy/tell.h"
#include "net/proxy.h"
#include "term/term.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/timeutil.h"
#include "util/trace.h"
#include "version.h"

static const struct cmd *const commands[] = {
	&cmd_acknowledge,    &cmd_assets,    &cmd_bootstrap,
	&cmd_apply,	     &cmd_attach,    &cmd_resume,
	&cmd_cli_telemetry,
	&cmd_completion,     &cmd_config,    &cmd_context,
	&cmd_deploy,	     &cmd_destroy,   &cmd_diff,
	&cmd_docs,	     &cmd_doctor,    &cmd_flags,
	&cmd_init,	     &cmd_list,	     &cmd_login,
	&cmd_metadata,	     &cmd_notices,   &cmd_plan,
	&cmd_publish_assets, &cmd_rollback,
	&cmd_synth,	     &cmd_version,   &cmd_whoami,
};

static const struct cmd *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* ---- before there is a sink ---- */

/* A closed standard descriptor would be given to the next file opened. */
static void open_standard_fds(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd ? O_WRONLY : O_RDONLY);
}

/*
 * What we were started with stays with us: the app and other children get
 * their standard descriptors alone. As far as the reference looks, so that
 * both hand on the same.
 */
static void keep_inherited_fds(void)
{
	for (int fd = 3; fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 || fd < 16; fd++)
		;
}

/* Exit status after plain output; a reader that went away is no failure. */
static int finish_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "writing to standard output: %s\n", strerror(errno));
	return 1;
}

static int print_version(bool as_cdk)
{
	CLEANUP(free_p) char *text = version_text(as_cdk);

	printf("%s\n", text);
	return finish_stdout(0);
}

static int usage_error(const char *program, const struct args *a,
    const char *text)
{
	help_print(stderr, program, a);
	if (text)
		fprintf(stderr, "\n%s\n", text);
	return 1;
}

static int no_command(const char *program, const struct args *a)
{
	CLEANUP(free_p) char *hint = NULL;
	const char *near;

	if (!a->command_word)
		return usage_error(program, a, NULL);
	near = suggest_command(a->command_word);
	if (!near) {
		fprintf(stderr, "Unknown command: %s\n", a->command_word);
		return 1;
	}
	hint = xasprintf("Did you mean %s?", near);
	return usage_error(program, a, hint);
}

/* "help" and "help COMMAND"; anything else is left to others. */
static bool is_help_command(struct args *a)
{
	if (a->command || !a->command_word || !streq(a->command_word, "help"))
		return false;
	if (a->pos.n)
		a->command = opt_command_find(a->pos.v[0]);
	return true;
}

/* ---- with a sink ---- */

/* -1: as the terminal has it */
static int color_choice(const struct args *a)
{
	int color = args_tri(a, "color");

	if (args_bool(a, "noColor", false) || color == 0)
		return 0;
	return color;
}

/* The app and other children are to decide as we do. */
static void pass_color_on(int color)
{
	if (color == 1)
		setenv("FORCE_COLOR", "3", 1);
	else if (color == 0 || !term_is_tty(STDOUT_FILENO))
		setenv("FORCE_COLOR", "0", 1);
}

static struct sink *make_sink(const struct args *a)
{
	struct term_opts o = {
		.ci = args_bool(a, "ci", false),
		.verbose = (int)MIN(args_num(a, "verbose", 0), 100),
		.color = color_choice(a),
		.yes = args_bool(a, "yes", false),
	};
	struct sink *s;

	if (args_bool(a, "debug", false) || args_bool(a, "debugCli", false))
		o.verbose = MAX(o.verbose, 1);
	s = term_sink_new(&o);
	pass_color_on(o.color);
	return s;
}

static void suggest_options(struct sink *s, const struct args *a)
{
	CLEANUP(strvec_release) struct strvec near = { 0 };
	CLEANUP(free_p) char *names = NULL;

	for (size_t i = 0; i < a->unknown.n; i++) {
		const char *word = a->unknown.v[i];
		const char *name = suggest_option(a->command,
		    word + strspn(word, "-"));
		CLEANUP(free_p) char *option = xasprintf("--%s",
		    name ? name : "");

		if (name && !strvec_has(&near, option))
			strvec_add(&near, option);
	}
	names = strvec_join(&near, ", ");
	if (near.n)
		msg_warn(s, "Did you mean %s?", names);
}

static void warn_unknown(struct sink *s, const struct args *a)
{
	CLEANUP(free_p) char *names = strvec_join(&a->unknown, ", ");

	if (a->unknown.n)
		msg_warn(s, "Unknown option(s): %s. These will be ignored. Run "
		    "'cdk --help' to see available options.", names);
	suggest_options(s, a);
}

static bool has_option(const struct opt_command *c, const char *name)
{
	for (const struct opt *o = c->opts; o->name; o++)
		if (streq(o->name, name))
			return true;
	return false;
}

static int check_selection(const struct args *a, struct err *err)
{
	const char *pos = a->command->positional;

	if (!a->pos.n || !pos || !streq(pos, "STACKS..") ||
	    !has_option(a->command, "all") || !args_bool(a, "all", false))
		return 0;
	return err_set(err, E_CONFIG, "You must either specify a list of "
	    "Stacks or the `--all` argument");
}

static int check_unstable(const struct args *a, struct err *err)
{
	CLEANUP(strvec_release) struct strvec allowed = { 0 };
	const char *name = a->command->name;

	if (!a->command->unstable)
		return 0;
	(void)args_list(a, "unstable", &allowed);
	if (strvec_has(&allowed, name))
		return 0;
	return err_set(err, E_CONFIG, "Unstable feature use: '%s' is "
	    "unstable. It must be opted in via '--unstable', e.g. 'cdk %s "
	    "--unstable=%s'", name, name, name);
}

static int refuse_plugins(const struct settings *st, struct err *err)
{
	const cJSON *p = settings_get(st, "plugin");

	if (cJSON_IsArray(p))
		p = p->child;
	else if (cJSON_IsNumber(p) || cJSON_IsTrue(p) || cJSON_IsObject(p))
		return settings_bad_type(st, "plugin", "a string or a list of "
		    "strings", err);
	if (!cJSON_IsString(p) || !*p->valuestring)
		return 0;
	return err_set(err, E_CONFIG, "Unable to load plug-in '%s': ccdk is a "
	    "native program and cannot run JavaScript plug-ins; remove it "
	    "from --plugin and from cdk.json. Instead of a plug-in that finds "
	    "credentials use a profile per account (\"profiles\" in cdk.json), "
	    "with credential_process in ~/.aws/config where a program is to "
	    "provide them", p->valuestring);
}

static int check_proxy(const struct settings *st, struct err *err)
{
	const char *address = settings_str(st, "proxy");

	return address && *address ? proxy_parse(address, NULL, NULL, err) : 0;
}

static int load_settings(struct app *app, unsigned flags, struct err *err)
{
	int rc = settings_load(app->args, app->sink, &app->settings, err);

	if (rc < 0)
		return rc;
	identity_protect(&app->settings);
	if (!(flags & CMD_ANY_PLUGIN))
		rc = refuse_plugins(&app->settings, err);
	if (rc == 0)
		rc = identity_check(&app->settings, err);
	if (rc == 0)
		rc = check_proxy(&app->settings, err);
	if (rc < 0)
		return rc;
	return context_load(app->args, &app->settings, app->sink,
	    &app->context, err);
}

static int run_command(struct app *app, struct err *err)
{
	const struct opt_command *c = app->args->command;
	const struct cmd *cmd = find_command(c->name);
	int rc;

	msg_debug(app->sink, "ccdk version: " CCDK_VERSION
	    " (aws-cdk " CCDK_REFERENCE_VERSION ")");
	warn_unknown(app->sink, app->args);
	if (!cmd)
		return err_set(err, E_CONFIG,
		    "ccdk %s is not available in this version", c->name);
	rc = check_selection(app->args, err);
	if (rc == 0)
		rc = check_unstable(app->args, err);
	if (rc == 0 && !(cmd->flags & CMD_NO_SETTINGS))
		rc = load_settings(app, cmd->flags, err);
	if (rc < 0)
		return rc;
	notices_begin(app);
	return cmd->run(app, err);
}

/* Events go to stdout, all else is kept away from it. */
static void keep_stdout(struct app *app)
{
	app->sink->data = true;
	/* what moves can only move beside the events */
	app->sink->tty = term_is_tty(STDERR_FILENO) &&
	    !term_is_tty(STDOUT_FILENO);
	app->stdout_is_ours = true;
}

/* For --json, for the log of a build system, or for both. */
static void begin_feed(struct app *app, struct feed *feed, struct ci **ret_ci)
{
	const struct cmd *cmd = find_command(app->args->command->name);
	bool json = args_bool(app->args, "json", false);
	enum ci_format ci = ci_format_of(args_str(app->args, "ciFormat"));

	*ret_ci = NULL;
	if (!cmd || !(cmd->flags & CMD_FEED) || (!json && ci == CI_NONE))
		return;
	if (json)
		keep_stdout(app);
	feed_init(feed, json ? app->sink : NULL);
	*ret_ci = ci_new(ci, feed, app->sink);
	app->feed = feed;
}

static void end_feed(struct app *app, struct ci *ci, int rc,
    const struct err *err)
{
	if (!app->feed)
		return;
	tell_finished(app, rc < 0 ? 1 : app->status, rc < 0 ? err : NULL);
	feed_release(app->feed);
	ci_free(ci);
	app->feed = NULL;
}

static int run(const struct args *a, bool as_cdk)
{
	struct app app = { .args = a, .invoked_as_cdk = as_cdk,
		.started_ms = mono_ms() };
	CLEANUP(err_release) struct err err = { 0 };
	struct feed feed;
	struct ci *ci;
	int status, rc;

	app.sink = make_sink(a);
	begin_feed(&app, &feed, &ci);
	rc = run_command(&app, &err);
	if (!interrupt_kept())
		notices_end(&app);
	if (rc < 0) {
		term_print_error(app.sink, &err);
		app.status = 1;
	}
	end_feed(&app, ci, rc, &err);
	status = app.status;
	app_release(&app);
	context_release(&app.context);
	settings_release(&app.settings);
	err_release(&err);
	if (term_sink_free(app.sink, &err) < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		status = 1;
	}
	interrupt_raise();
	return status;
}

int main(int argc, char **argv)
{
	CLEANUP(args_release) struct args a = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	const char *program;
	int rc;

	open_standard_fds();
	keep_inherited_fds();
	signal(SIGPIPE, SIG_IGN);
	mem_init_json();
	trace_init();
	program = argc > 0 && streq(path_basename(argv[0]), "cdk") ? "cdk" :
								     "ccdk";
	rc = args_parse(argc, argv, environ, &a, &err);
	if (a.version)
		return print_version(streq(program, "cdk"));
	if (args_bool(&a, "dumpOptions", false)) {
		help_dump(stdout);
		return finish_stdout(0);
	}
	if (is_help_command(&a) || a.help) {
		help_print(stdout, program, &a);
		return finish_stdout(0);
	}
	if (rc == E_CONFIG)
		return usage_error(program, &a, err_text(&err));
	if (rc < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		return 1;
	}
	if (!a.command)
		return no_command(program, &a);
	return run(&a, streq(program, "cdk"));
}
