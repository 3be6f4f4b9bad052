#include "bootstrap/bootstrap.h"

#include "util/glob.h"

#define SCHEME "aws://"

static void env_release(struct boot_env *e)
{
	free(e->name);
	free(e->account);
	free(e->region);
}

void boot_envs_release(struct boot_envs *l)
{
	for (size_t i = 0; i < l->n; i++)
		env_release(&l->v[i]);
	free(l->v);
	*l = (struct boot_envs){ 0 };
}

/* Takes over e's strings. */
static void envs_add(struct boot_envs *l, struct boot_env e)
{
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = e;
}

static bool envs_have(const struct boot_envs *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].name, name))
			return true;
	return false;
}

int boot_env_parse(const char *spec, struct boot_env *ret, struct err *err)
{
	const char *rest = str_starts(spec, SCHEME) ?
	    spec + strlen(SCHEME) : spec;
	const char *slash = strchr(rest, '/');

	if (!slash || strchr(slash + 1, '/'))
		return err_set(err, E_CONFIG, "Expected environment name in "
		    "format 'aws://<account>/<region>', got: %s", spec);
	*ret = (struct boot_env){
		.name = xstrdup(spec),
		.account = xstrndup(rest, (size_t)(slash - rest)),
		.region = xstrdup(slash + 1),
	};
	return 0;
}

/* A '*' alone makes a pattern; '?' and '[' do not. */
static bool is_glob(const char *spec)
{
	return strchr(spec, '*') != NULL;
}

static bool matches(const struct strvec *globs, const char *name)
{
	for (size_t i = 0; i < globs->n; i++) {
		const char *g = globs->v[i];

		if (*g == '!' ? !glob_match(g + 1, name) :
		    glob_match(g, name))
			return true;
	}
	return false;
}

static int nothing_matched(const struct strvec *globs,
    const struct strvec *available, struct err *err)
{
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();
	CLEANUP(free_p) char *wanted = NULL, *names = NULL;

	for (size_t i = 0; i < globs->n; i++)
		json_push_take(list, cJSON_CreateString(globs->v[i]));
	wanted = json_text(list, 0);
	names = strvec_join(available, ", ");
	return err_set(err, E_CONFIG, "No environments were found when "
	    "selecting across %s (available: %s)", wanted,
	    available->n ? names : "<none>");
}

/* The environments of all stacks, stages included, that a pattern matches. */
static int add_matching(struct app *app, const struct assembly *a,
    const struct strvec *globs, struct boot_envs *l, struct err *err)
{
	CLEANUP(strvec_release) struct strvec available = { 0 };
	CLEANUP(boot_envs_release) struct boot_envs found = { 0 };

	for (size_t i = 0; i < a->n_all; i++) {
		const struct stack *s = a->all[i];
		struct boot_env e = { 0 };
		int rc = aws_session_resolve(app_aws(app), s->account,
		    s->region, &e.account, &e.region, err);

		if (rc < 0)
			return rc;
		e.name = xasprintf(SCHEME "%s/%s", e.account, e.region);
		strvec_add(&available, e.name);
		if (matches(globs, e.name) && !envs_have(&found, e.name))
			envs_add(&found, e);
		else
			env_release(&e);
	}
	if (!found.n)
		return nothing_matched(globs, &available, err);
	for (size_t i = 0; i < found.n; i++)
		envs_add(l, found.v[i]);
	found.n = 0;
	return 0;
}

static int need_app(const struct app *app, const struct strvec *globs,
    struct err *err)
{
	CLEANUP(free_p) char *typed = NULL;

	if (!app->args->pos.n)
		return err_set(err, E_CONFIG, "Specify an environment name "
		    "like 'aws://123456789012/us-east-1', or run in a "
		    "directory with 'cdk.json'.");
	typed = strvec_join(globs, ",");
	return err_set(err, E_CONFIG, "'%s' is not an environment name. "
	    "Specify an environment name like "
	    "'aws://123456789012/us-east-1', or run in a directory with "
	    "'cdk.json' to use wildcards.", typed);
}

static bool has_program(const struct app *app)
{
	const cJSON *v = settings_get(&app->settings, "app");

	return cJSON_IsArray(v) || (cJSON_IsString(v) && *v->valuestring);
}

int boot_envs_choose(struct app *app, struct boot_envs *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec globs = { 0 };
	CLEANUP(boot_envs_release) struct boot_envs envs = { 0 };
	const struct strvec *specs = &app->args->pos;
	bool has_app = has_program(app);
	int rc;

	if (!specs->n)
		strvec_add(&globs, "**");
	for (size_t i = 0; i < specs->n; i++)
		if (is_glob(specs->v[i]))
			strvec_add(&globs, specs->v[i]);
	if (globs.n && !has_app)
		return need_app(app, &globs, err);
	for (size_t i = 0; i < specs->n; i++) {
		struct boot_env e;

		if (is_glob(specs->v[i]))
			continue;
		rc = boot_env_parse(specs->v[i], &e, err);
		if (rc < 0)
			return rc;
		envs_add(&envs, e);
	}
	/* The app runs even when its result is not needed: it may fail. */
	if (has_app) {
		struct assembly *assembly;

		rc = app_assembly(app, &assembly, err);
		if (rc == 0 && globs.n)
			rc = add_matching(app, assembly, &globs, &envs, err);
		if (rc < 0)
			return rc;
	}
	*ret = envs;
	envs = (struct boot_envs){ 0 };
	return 0;
}
