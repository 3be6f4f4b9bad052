#include "deploy/against.h"

#include "util/file.h"
#include "util/gitrepo.h"
#include "util/proc.h"

void against_release(struct against *a)
{
	int left = a->temp ? dir_remove(a->temp, NULL) : 0;

	(void)left; /* a temporary folder that stays is no failure */
	assembly_free(a->assembly);
	free(a->temp);
}

struct stack *against_find(const struct against *a, const struct stack *s)
{
	for (size_t i = 0; i < a->assembly->n_all; i++)
		if (streq(a->assembly->all[i]->hierarchical_id,
			s->hierarchical_id))
			return a->assembly->all[i];
	return NULL;
}

bool against_remains(const struct stack *old, const struct assembly *a)
{
	for (size_t i = 0; i < a->n_all; i++)
		if (streq(a->all[i]->hierarchical_id, old->hierarchical_id))
			return true;
	return false;
}

/* Installed packages are no part of a revision: the app of the old one uses
 * those of the work tree. */
static void link_packages(const char *root, const char *copy,
    const char *prefix)
{
	static const char *const names[] = { "node_modules", ".venv", "venv" };
	CLEANUP(free_p) char *at = xstrdup(prefix);

	for (;;) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			CLEANUP(free_p) char *rel = path_join(at, names[i]);
			const char *name = *at ? rel : names[i];
			CLEANUP(free_p) char *from = path_join(root, name);
			CLEANUP(free_p) char *to = path_join(copy, name);

			/* one that is there is the revision's own */
			if (file_is_dir(from) && symlink(from, to) < 0)
				continue;
		}
		if (!*at)
			return;
		char *slash = strrchr(at, '/');
		*(slash ? slash : at) = '\0';
	}
}

/* What the line says of how an app is run holds for both. */
static void pass_option(const struct app *app, const char *name,
    struct strvec *argv)
{
	CLEANUP(free_p) char *key = opt_camel(name);
	const cJSON *v = json_get(app->args->given, key);

	if (cJSON_IsBool(v))
		strvec_addf(argv, "--%s%s", cJSON_IsTrue(v) ? "" : "no-", name);
	else if (cJSON_IsNumber(v))
		strvec_addf(argv, "--%s=%.17g", name, v->valuedouble);
	else if (cJSON_IsString(v))
		strvec_addf(argv, "--%s=%s", name, v->valuestring);
}

static void pass_options(const struct app *app, struct strvec *argv)
{
	static const char *const names[] = { "app-timeout", "asset-metadata",
		"build", "ca-bundle-path", "debug-app", "ignore-errors",
		"isolate-app", "lookups", "notices", "oidc-role",
		"oidc-token-variable", "path-metadata", "profile", "proxy",
		"region", "staging", "version-reporting" };
	CLEANUP(strvec_release) struct strvec context = { 0 };
	const char *command = args_str(app->args, "app");

	if (json_get(app->args->given, "context"))
		(void)args_list(app->args, "context", &context);
	for (size_t i = 0; i < context.n; i++) {
		strvec_add(argv, "-c");
		strvec_add(argv, context.v[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		pass_option(app, names[i], argv);
	/* an assembly is of the work tree, a command works in both */
	if (command && !file_is_dir(command)) {
		strvec_add(argv, "--app");
		strvec_add(argv, command);
	}
}

static int synthesize(struct app *app, const char *dir, const char *out,
    const char *revision, struct err *err)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	CLEANUP(proc_result_release) struct proc_result done = { 0 };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct proc p = { .dir = dir,
		.out = PROC_CAPTURE, .err_out = PROC_CAPTURE };
	int r;

	if (n <= 0)
		return err_set(err, E_IO, "cannot find this program's file");
	self[n] = '\0';
	strvec_add(&argv, self);
	strvec_add(&argv, "synth");
	strvec_add(&argv, "--quiet");
	strvec_add(&argv, "--output");
	strvec_add(&argv, out);
	pass_options(app, &argv);
	p.argv = strvec_argv(&argv);
	r = proc_run(&p, &done, err);
	if (r < 0)
		return r;
	if (done.status != 0) {
		strbuf_rtrim(&done.err_out);
		return err_set(err, E_FAIL, "the app of revision '%s' cannot "
		    "be synthesized:\n%s", revision, done.err_out.buf
			? done.err_out.buf : "it was killed");
	}
	return 0;
}

static int open_revision(struct app *app, const char *revision,
    struct against *ret, struct err *err)
{
	CLEANUP(free_p) char *root = NULL, *prefix = NULL, *files = NULL;
	CLEANUP(free_p) char *dir = NULL, *out = NULL;
	int r = dir_temp("ccdk-diff-", &ret->temp, err);

	if (r < 0)
		return r;
	files = path_join(ret->temp, "files");
	out = path_join(ret->temp, "cdk.out");
	r = dir_make(files, err);
	if (r == 0)
		r = git_export(".", revision, files, &root, &prefix, err);
	if (r < 0)
		return r;
	dir = *prefix ? path_join(files, prefix) : xstrdup(files);
	if (!file_is_dir(dir))
		return err_set(err, E_NOTFOUND, "revision '%s' has no folder "
		    "'%s'", revision, prefix);
	link_packages(root, files, prefix);
	msg_debug(app->sink, "synthesizing revision %s in %s", revision, dir);
	r = synthesize(app, dir, out, revision, err);
	return r < 0 ? r : assembly_load(out, &ret->assembly, err);
}

int against_open(struct app *app, const char *spec, struct against *ret,
    struct err *err)
{
	if (str_starts(spec, "git:"))
		return open_revision(app, spec + strlen("git:"), ret, err);
	if (!file_is_dir(spec))
		return err_set(err, E_NOTFOUND, "--against: there is no "
		    "folder '%s' (for a revision write git:%s)", spec, spec);
	return assembly_load(spec, &ret->assembly, err);
}
