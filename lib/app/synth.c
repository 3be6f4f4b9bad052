#include "app/synth.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "app/identity.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/trace.h"

/* What Linux takes as one string of the environment. */
#define ENV_STRING_MAX ((size_t)131072)
#define TIMEOUT_MAX 1e9 /* seconds */

/* ---- the command --------------------------------------------------------- */

static void quote_add(struct strbuf *out, const char *part)
{
	size_t safe = strspn(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_+=:,.@/-");

	if (*part && !part[safe]) {
		strbuf_adds(out, part);
		return;
	}
	strbuf_addc(out, '"');
	for (; *part; part++) {
		if (strchr("\\\"$`", *part))
			strbuf_addc(out, '\\');
		strbuf_addc(out, *part);
	}
	strbuf_addc(out, '"');
}

/* An existing file as a command; false when there is none. */
static bool file_command(struct strbuf *out, const char *file)
{
	struct stat st;

	if (!*file || stat(file, &st) < 0)
		return false;
	if (streq(path_ext(file), ".js") && !(st.st_mode & 0111))
		strbuf_adds(out, "node ");
	quote_add(out, file);
	return true;
}

/* Splits off the first word, or what stands in the first double quotes. */
static char *first_word(struct sv line, struct sv *ret_rest)
{
	const char *end, *at = line.p;
	size_t skip = 0;

	line = sv_trim(line);
	at = line.p;
	if (line.n && *at == '"') {
		end = memchr(at + 1, '"', line.n - 1);
		skip = 1;
	} else {
		end = memchr(at, ' ', line.n);
	}
	if (!end) {
		*ret_rest = (struct sv){ "", 0 };
		return sv_dup(line);
	}
	*ret_rest = (struct sv){ end + 1,
		line.n - (size_t)(end + 1 - at) };
	if (skip)
		*ret_rest = sv_trim(*ret_rest);
	return xstrndup(at + skip, (size_t)(end - at) - skip);
}

char *synth_command(const char *app)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(free_p) char *word = NULL;
	struct sv rest;

	if (file_command(&out, app))
		return strbuf_detach(&out);
	word = first_word(sv_from(app), &rest);
	if (!file_command(&out, word))
		return xstrdup(app);
	strbuf_addc(&out, ' ');
	strbuf_addsv(&out, rest);
	strbuf_rtrim(&out);
	return strbuf_detach(&out);
}

/* ---- the environment ----------------------------------------------------- */

static bool file_starts(const char *path, const char *prefix)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *lower = NULL;
	int r = file_read(path, 4096, &text, &err);

	if (r < 0)
		return r != E_NOTFOUND; /* unreadable counts as a yes */
	lower = str_lower(text.buf);
	return str_starts(lower, prefix);
}

static bool on_ec2(void)
{
	return file_starts("/sys/devices/virtual/dmi/id/board_asset_tag",
		   "i-") ||
	    file_starts("/sys/hypervisor/uuid", "ec2");
}

/* Older names of credentials, where there is a whole pair of keys. */
static void copy_amazon_names(struct proc_env *e)
{
	static const char *const names[] = { "ACCESS_KEY_ID",
		"SECRET_ACCESS_KEY", "SESSION_TOKEN" };
	CLEANUP(strvec_release) struct strvec values = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *aws = xasprintf("AWS_%s", names[i]);
		CLEANUP(free_p) char *old = xasprintf("AMAZON_%s", names[i]);
		const char *v = proc_env_get(e, aws);

		/* an empty token is one, an empty key is none */
		if (!v || (!*v && i < 2))
			v = proc_env_get(e, old);
		strvec_add(&values, v ? v : "");
	}
	if (!*values.v[0] || !*values.v[1])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *aws = xasprintf("AWS_%s", names[i]);

		if (*values.v[i])
			proc_env_set(e, aws, values.v[i]);
	}
}

/* The reference changes its own environment, and the app inherits that. */
void synth_env_inherited(const struct app *app, struct proc_env *e)
{
	int color = args_tri(app->args, "color");

	if (color == 1)
		proc_env_set(e, "FORCE_COLOR", "3");
	else if (color == 0 || !app->sink->tty)
		proc_env_set(e, "FORCE_COLOR", "0");
	if (settings_str(&app->settings, "profile"))
		return;
	copy_amazon_names(e);
	if (!proc_env_get(e, "AWS_EC2_METADATA_DISABLED") && !on_ec2())
		proc_env_set(e, "AWS_EC2_METADATA_DISABLED", "true");
}

static bool debug_app(const struct app *app)
{
	return settings_bool(&app->settings, "debugApp", false) ||
	    settings_bool(&app->settings, "debug", false);
}

/* An option with a default, as synth has it, beats cdk.json. */
static bool validation(const struct app *app)
{
	return args_get(app->args, "validation") ?
	    args_bool(app->args, "validation", true) :
	    settings_bool(&app->settings, "validation", true);
}

/* What the app and the build command both get. */
static void env_common(struct app *app, struct proc_env *e)
{
	struct aws_session *aws = app_aws(app);
	CLEANUP(err_release) struct err silent = { 0 };
	const char *account, *partition;

	proc_env_init(e);
	synth_env_inherited(app, e);
	if (!proc_env_get(e, "PYTHONIOENCODING"))
		proc_env_set(e, "PYTHONIOENCODING", "utf-8");
	proc_env_set(e, "CDK_DEFAULT_REGION", aws_session_region(aws));
	if (aws_session_account(aws, &account, &partition, &silent) == 0)
		proc_env_set(e, "CDK_DEFAULT_ACCOUNT", account);
	else
		msg_debug(app->sink, "Unable to determine the default AWS "
		    "account: %s", err_text(&silent));
	if (debug_app(app)) {
		proc_env_set(e, "CDK_DEBUG", "true");
		if (!proc_env_get(e, "JSII_HOST_STACK_TRACES"))
			proc_env_set(e, "JSII_HOST_STACK_TRACES", "1");
	}
	if (!validation(app))
		proc_env_set(e, "CDK_VALIDATION", "false");
	if (identity_isolated(&app->settings))
		identity_isolate(&app->settings, e);
}

static bool is_bundling_command(const char *word)
{
	static const char *const words[] = { "deploy", "diff", "synth",
		"synthesize", "watch", "import", "publish-assets",
		"refactor" };

	for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
		if (streq(word, words[i]))
			return true;
	return false;
}

/* Which stacks' code assets the app shall bundle. */
static cJSON *bundling_stacks(const struct args *args)
{
	cJSON *list = cJSON_CreateArray();

	if (!is_bundling_command(args->command_word))
		return list;
	if (!args_bool(args, "exclusively", false) || !args->pos.n) {
		json_push_take(list, cJSON_CreateString("**"));
		return list;
	}
	for (size_t i = 0; i < args->pos.n; i++)
		json_push_take(list, cJSON_CreateString(args->pos.v[i]));
	return list;
}

/* The room that is left for the context's value. */
static size_t env_space(const struct proc_env *e)
{
	static const char context[] = "CDK_CONTEXT_JSON=";
	size_t used = 0;

	for (size_t i = 0; i < e->vars.n; i++) {
		const char *v = e->vars.v[i];

		used += str_starts(v, context) ? strlen(context) - 1 :
		    strlen(v) - (strchr(v, '=') != NULL);
	}
	return used > ENV_STRING_MAX ? 0 : ENV_STRING_MAX - used;
}

static int overflow_write(struct proc_env *e, const cJSON *rest,
    char **ret_dir, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = NULL;
	int r = dir_temp("cdk-context", ret_dir, err);

	if (r < 0)
		return r;
	path = path_join(*ret_dir, "context-overflow.json");
	json_write(&text, rest, 0);
	strbuf_addc(&text, '\n');
	proc_env_set(e, "CONTEXT_OVERFLOW_LOCATION_ENV", path);
	return file_write(path, strbuf_sv(&text), 0600, err);
}

/* *ret_dir is a folder to remove afterwards, or NULL. */
static int env_context(struct app *app, struct proc_env *e, char **ret_dir,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *bundling = bundling_stacks(app->args);
	CLEANUP(json_free_p) cJSON *all =
	    context_for_app(&app->context, &app->settings, bundling);
	CLEANUP(json_free_p) cJSON *fits = NULL, *rest = NULL;

	context_split(all, env_space(e), &fits, &rest);
	if (fits) {
		CLEANUP(free_p) char *text = json_text(fits, 0);

		proc_env_set(e, "CDK_CONTEXT_JSON", text);
	} else {
		proc_env_unset(e, "CDK_CONTEXT_JSON");
	}
	return rest ? overflow_write(e, rest, ret_dir, err) : 0;
}

/* ---- running ------------------------------------------------------------- */

/* --app-timeout or the setting, in milliseconds; 0: none. */
static int timeout_read(const struct app *app, int64_t *ret, struct err *err)
{
	const cJSON *v = settings_get(&app->settings, "appTimeout");
	double seconds = 0;

	*ret = 0;
	if (!v || cJSON_IsNull(v))
		return 0;
	if (!json_num(app->settings.merged, "appTimeout", &seconds) ||
	    !(seconds > 0 && seconds <= TIMEOUT_MAX))
		return settings_bad_type(&app->settings, "appTimeout",
		    "a number of seconds above 0", err);
	*ret = (int64_t)(seconds * 1000) + (seconds < 0.001);
	return 0;
}

static int took_too_long(const char *command, int64_t timeout_ms,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf seconds = STRBUF_INIT;

	json_write_number(&seconds, (double)timeout_ms / 1000);
	return err_set(err, E_FAIL, "%s: Subprocess was still running after %s "
	    "seconds and was killed with all it had started (--app-timeout). "
	    "Run the command by itself to see what it waits for, or give it "
	    "more time.", command, seconds.buf);
}

static int shell(struct app *app, const char *command, struct proc_env *e,
    struct err *err)
{
	char sh[] = "/bin/sh", c[] = "-c";
	CLEANUP(free_p) char *line = xstrdup(command);
	char *argv[] = { sh, c, line, NULL };
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	struct proc p = { .argv = argv, .envp = strvec_argv(&e->vars),
		.out = app->stdout_is_ours ? PROC_STDERR : PROC_INHERIT };
	int r = timeout_read(app, &p.timeout_ms, err);

	if (r < 0)
		return r;
	TRACE(TRACE_APP, "sh -c %s", command);
	dir_locks_renew();
	r = proc_run(&p, &res, err);
	if (r < 0)
		return r;
	if (res.timed_out)
		return took_too_long(command, p.timeout_ms, err);
	if (!res.signal && res.status == 0)
		return 0;
	msg_debug(app->sink, "failed command: %s", command);
	if (res.signal)
		return err_set(err, E_FAIL, "%s: Subprocess was killed with "
		    "signal %s", command, proc_signal_name(res.signal));
	return err_set(err, E_FAIL, "%s: Subprocess exited with error %d",
	    command, res.status);
}

int synth_build(struct app *app, const char *command, struct err *err)
{
	CLEANUP(proc_env_release) struct proc_env e = { 0 };

	env_common(app, &e);
	return shell(app, command, &e, err);
}

/* Left over from another run, they would be taken for this one's. */
static void outdir_clean(struct proc_env *e, const char *outdir)
{
	CLEANUP(free_p) char *j1 = path_join(outdir, "error.txt");
	CLEANUP(free_p) char *j2 =
	    path_join(outdir, "performance-counters.json");
	CLEANUP(free_p) char *error = path_normal(j1);
	CLEANUP(free_p) char *counters = path_normal(j2);

	(void)unlink(error);
	(void)unlink(counters);
	proc_env_set(e, "CDK_ERROR_FILE", error);
	proc_env_set(e, "CDK_PERF_COUNTERS_FILE", counters);
}

int synth_run(struct app *app, const char *command, const char *outdir,
    struct err *err)
{
	CLEANUP(proc_env_release) struct proc_env e = { 0 };
	CLEANUP(free_p) char *overflow = NULL;
	int r;

	if (debug_app(app))
		msg_info(app->sink, "\xf0\x9f\x94\x8d Synthesizing with debug "
		    "information. This may take a bit longer.");
	env_common(app, &e);
	proc_env_set(&e, "CDK_OUTDIR", outdir);
	proc_env_set(&e, "CDK_CLI_ASM_VERSION", ASSEMBLY_SCHEMA_VERSION);
	proc_env_set(&e, "CDK_CLI_VERSION", CCDK_REFERENCE_VERSION);
	outdir_clean(&e, outdir);
	r = env_context(app, &e, &overflow, err);
	if (r == 0)
		r = shell(app, command, &e, err);
	if (overflow) {
		CLEANUP(err_release) struct err ignored = { 0 };

		if (dir_remove(overflow, &ignored) < 0)
			msg_debug(app->sink, "%s", err_text(&ignored));
	}
	return r;
}
