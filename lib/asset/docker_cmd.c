#include "asset/docker_cmd.h"

#include "term/live.h"
#include "util/deadline.h"
#include "util/file.h"
#include "util/proc.h"

/* The run is cancelled first, which ends the engine. */
#define AFTER_DEADLINE_MS 1000

void docker_release(struct docker *d)
{
	if (d->config_dir)
		(void)!dir_remove(d->config_dir, NULL);
	free(TAKE(d->config_dir));
	free(TAKE(d->label));
}

static const char *program(void)
{
	const char *cmd = getenv("CDK_DOCKER");

	return cmd && *cmd ? cmd : "docker";
}

bool docker_is_there(void)
{
	const char *path = getenv("PATH");
	struct sv rest = sv_from(path ? path : ""), dir;

	if (strchr(program(), '/'))
		return file_is_regular(program());
	while (sv_next(&rest, ':', &dir)) {
		CLEANUP(free_p) char *folder = sv_dup(dir);
		CLEANUP(free_p) char *full = path_join(folder, program());

		if (dir.n && file_is_regular(full) &&
		    eaccess(full, X_OK) == 0)
			return true;
	}
	return false;
}

/* ---- for the eye --------------------------------------------------------- */

static void add_quoted(struct strbuf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_%+=:,.@/-";

	if (*s && strspn(s, plain) == strlen(s)) {
		strbuf_adds(b, s);
		return;
	}
	strbuf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			strbuf_adds(b, "'\"'\"'");
		else
			strbuf_addc(b, *s);
	}
	strbuf_addc(b, '\'');
}

/* "K=<redacted>" */
static void add_redacted(struct strbuf *b, const char *s)
{
	const char *eq = strchr(s, '=');
	CLEANUP(free_p) char *text = xasprintf("%.*s<redacted>",
	    eq ? (int)(eq - s + 1) : 0, s);

	add_quoted(b, text);
}

char *command_text(char *const *argv)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	bool secret = false;

	for (size_t i = 0; argv[i]; i++) {
		if (i)
			strbuf_addc(&b, ' ');
		if (secret)
			add_redacted(&b, argv[i]);
		else
			add_quoted(&b, argv[i]);
		secret = !secret && (streq(argv[i], "--build-arg") ||
			streq(argv[i], "--secret"));
	}
	return strbuf_detach(&b);
}

/* ---- running ------------------------------------------------------------- */

struct run {
	struct strvec args;
	const char *dir;
	struct sv input;
	bool silent;	/* its output is not for the user */
	bool building;
};

static void run_release(struct run *r)
{
	strvec_release(&r->args);
}

/* Credential helpers that stand beside us are found first. */
static void set_path(struct proc_env *env)
{
	const char *path = proc_env_get(env, "PATH");
	CLEANUP(free_p) char *dir = NULL, *value = NULL;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return;
	self[n] = '\0';
	dir = path_dirname(self);
	value = xasprintf("%s:%s", dir, path ? path : "");
	proc_env_set(env, "PATH", value);
}

/* 0 with *ret filled whatever its exit status; *ret_text is the command for
 * messages, yours. */
static int start(struct docker *d, const struct run *r,
    struct proc_result *ret, char **ret_text, struct err *err)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	CLEANUP(proc_env_release) struct proc_env env = { 0 };
	int64_t left = deadline_left_ms();
	struct proc proc = { .dir = r->dir, .input = r->input,
		.out = r->silent ? PROC_CAPTURE : PROC_TEE,
		.tee_prefix = d->label,
		.timeout_ms = left ? left + AFTER_DEADLINE_MS : 0,
		.share_group = true };
	int rc;

	strvec_add(&argv, program());
	if (d->config_dir) {
		strvec_add(&argv, "--config");
		strvec_add(&argv, d->config_dir);
	}
	for (size_t i = 0; i < r->args.n; i++)
		strvec_add(&argv, r->args.v[i]);
	proc_env_init(&env);
	set_path(&env);
	if (r->building)
		proc_env_set(&env, "BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
	proc.err_out = proc.out;
	proc.argv = strvec_argv(&argv);
	proc.envp = strvec_argv(&env.vars);
	*ret_text = command_text(proc.argv);
	publisher_say(d->p, MSG_DEBUG, "shell_open", "%s", *ret_text);
	if (!r->silent)
		live_pause();
	rc = proc_run(&proc, ret, err);
	if (!r->silent)
		live_resume();
	if (rc == 0 && deadline_passed() && (ret->signal || ret->timed_out))
		return err_set(err, E_CANCELLED, "%s was stopped when the time "
		    "was over (--timeout)", *ret_text);
	if (rc == E_NOTFOUND)
		return err_set(err, E_NOTFOUND, "Failed to find and execute "
		    "'%s' while attempting to build a container asset. Please "
		    "install '%s' and try again. (Or set the 'CDK_DOCKER ' "
		    "environment variable to choose a different compatible "
		    "container client.)", program(), program());
	return rc;
}

int command_check(const struct proc_result *r, const char *text,
    struct err *err)
{
	struct sv why = sv_trim(strbuf_sv(&r->err_out));

	if (r->status == 0)
		return 0;
	if (r->signal)
		return err_set(err, E_FAIL, "%s exited with signal %s%s%.*s",
		    text, proc_signal_name(r->signal), why.n ? ": " : "",
		    SV_FMT(why));
	return err_set(err, E_FAIL, "%s exited with error code %d%s%.*s", text,
	    r->status, why.n ? ": " : "", SV_FMT(why));
}

static int run(struct docker *d, const struct run *r, struct err *err)
{
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	CLEANUP(free_p) char *text = NULL;
	int rc = start(d, r, &res, &text, err);

	return rc < 0 ? rc : command_check(&res, text, err);
}

int docker_has(struct docker *d, const char *tag, bool *ret, struct err *err)
{
	CLEANUP(run_release) struct run r = { .silent = true };
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	CLEANUP(free_p) char *text = NULL;
	int rc;

	strvec_add(&r.args, "inspect");
	strvec_add(&r.args, tag);
	if ((rc = start(d, &r, &res, &text, err)) < 0)
		return rc;
	/* docker says 1 for "no such image", podman 125 */
	if (res.status != 1 && res.status != 125 &&
	    (rc = command_check(&res, text, err)) < 0)
		return rc;
	*ret = res.status == 0;
	return 0;
}

/* ---- build --------------------------------------------------------------- */

static void add_option(struct strvec *v, const char *name, const char *value)
{
	if (value && *value) {
		strvec_add(v, name);
		strvec_add(v, value);
	}
}

/* NAME prefixKEY<sep>VALUE for every member */
static void add_map(struct strvec *v, const cJSON *map, const char *name,
    const char *prefix, char sep)
{
	JSON_EACH(m, map) {
		strvec_add(v, name);
		strvec_addf(v, "%s%s%c%s", prefix, m->string, sep,
		    cJSON_IsString(m) ? m->valuestring : "");
	}
}

static void add_cache(struct strvec *v, const char *name, const cJSON *cache)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const char *type = json_str(cache, "type");

	strbuf_addf(&b, "type=%s", type ? type : "");
	JSON_EACH(m, json_get(cache, "params"))
		strbuf_addf(&b, ",%s=%s", m->string,
		    cJSON_IsString(m) ? m->valuestring : "");
	strvec_add(v, name);
	strvec_add(v, b.buf);
}

/* buildx's words. A cache is a help: that it cannot be written (tags that do
 * not change, no permission) fails no build. */
static void add_registry_cache(struct strvec *v, const cJSON *src,
    const char *cache)
{
	if (json_bool(src, "cacheDisabled", false))
		return;
	if (!json_get(src, "cacheFrom"))
		strvec_addf(v, "--cache-from=type=registry,ref=%s", cache);
	if (!json_get(src, "cacheTo"))
		strvec_addf(v, "--cache-to=type=registry,ref=%s,mode=max,"
		    "image-manifest=true,oci-mediatypes=true,"
		    "ignore-error=true", cache);
}

/* The order is the reference's. */
static void build_args(struct strvec *v, const cJSON *src, const char *tag,
    const char *cache)
{
	strvec_add(v, "build");
	add_map(v, json_get(src, "dockerBuildArgs"), "--build-arg", "", '=');
	add_map(v, json_get(src, "dockerBuildContexts"), "--build-context", "",
	    '=');
	add_map(v, json_get(src, "dockerBuildSecrets"), "--secret", "id=",
	    ',');
	add_option(v, "--ssh", json_str(src, "dockerBuildSsh"));
	add_option(v, "--tag", tag);
	add_option(v, "--target", json_str(src, "dockerBuildTarget"));
	add_option(v, "--file", json_str(src, "dockerFile"));
	add_option(v, "--network", json_str(src, "networkMode"));
	add_option(v, "--platform", json_str(src, "platform"));
	JSON_EACH(o, json_get(src, "dockerOutputs"))
		strvec_addf(v, "--output=%s",
		    cJSON_IsString(o) ? o->valuestring : "");
	JSON_EACH(c, json_get(src, "cacheFrom"))
		add_cache(v, "--cache-from", c);
	if (json_get(src, "cacheTo"))
		add_cache(v, "--cache-to", json_get(src, "cacheTo"));
	if (cache)
		add_registry_cache(v, src, cache);
	if (json_bool(src, "cacheDisabled", false))
		strvec_add(v, "--no-cache");
	strvec_add(v, ".");
}

int docker_build(struct docker *d, const cJSON *source, const char *dir,
    const char *tag, const char *cache, struct err *err)
{
	CLEANUP(run_release) struct run r = { .dir = dir, .building = true };

	build_args(&r.args, source, tag, cache);
	return run(d, &r, err);
}

/* ---- the others ---------------------------------------------------------- */

int docker_tag(struct docker *d, const char *from, const char *to,
    struct err *err)
{
	CLEANUP(run_release) struct run r = { 0 };

	strvec_add(&r.args, "tag");
	strvec_add(&r.args, from);
	strvec_add(&r.args, to);
	return run(d, &r, err);
}

int docker_push(struct docker *d, const char *tag, struct err *err)
{
	CLEANUP(run_release) struct run r = { 0 };

	strvec_add(&r.args, "push");
	strvec_add(&r.args, tag);
	return run(d, &r, err);
}

int docker_login(struct docker *d, const char *user, const char *password,
    const char *host, struct err *err)
{
	CLEANUP(run_release) struct run r = { .silent = true,
		.input = sv_from(password) };

	strvec_add(&r.args, "login");
	add_option(&r.args, "--username", user);
	strvec_add(&r.args, "--password-stdin");
	strvec_add(&r.args, host);
	return run(d, &r, err);
}

char *docker_find(struct docker *d, const char *tag)
{
	CLEANUP(run_release) struct run r = { .silent = true };
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	CLEANUP(free_p) char *text = NULL;
	struct sv rest, line;

	strvec_add(&r.args, "images");
	strvec_add(&r.args, "--format");
	strvec_add(&r.args, "{{.Repository}}:{{.Tag}}");
	strvec_add(&r.args, "--filter");
	strvec_addf(&r.args, "reference=*/*:%s", tag);
	if (start(d, &r, &res, &text, NULL) < 0 || res.status != 0)
		return NULL;
	rest = sv_trim(strbuf_sv(&res.out));
	if (!sv_next(&rest, '\n', &line))
		return NULL;
	line = sv_trim(line);
	return line.n ? sv_dup(line) : NULL;
}
