#include "app/app.h"

#include <pthread.h>
#include <sys/stat.h>

#include "app/identity.h"
#include "app/lookup.h"
#include "app/synth.h"
#include "model/asset_manifest.h"
#include "util/file.h"

/* Whoever comes first makes it, on whatever thread. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

struct aws_session *app_aws(struct app *app)
{
	const struct settings *st = &app->settings;
	struct aws_session *ret;

	pthread_mutex_lock(&making);
	if (!app->aws) {
		struct aws_session_opts o = {
			.proxy = settings_str(st, "proxy"),
			.ca_bundle = settings_str(st, "caBundlePath"),
			.version = CCDK_VERSION,
			.sink = app->sink,
		};

		identity_options(st, &o);
		app->aws = aws_session_new(&o);
		dir_locks_renew();
	}
	ret = app->aws;
	pthread_mutex_unlock(&making);
	return ret;
}

void app_release(struct app *app)
{
	dir_lock_release(&app->lock);
	assembly_free(TAKE(app->assembly));
	aws_session_free(TAKE(app->aws));
}

/* ---- the assembly -------------------------------------------------------- */

static int read_folder(struct app *app, const char *dir,
    struct assembly **ret, struct err *err)
{
	int r;

	msg_debug(app->sink,
	    "--app points to a cloud assembly, so we bypass synth");
	r = dir_lock_read(dir, &app->lock, err);
	return r < 0 ? r : assembly_load(dir, ret, err);
}

static int make_outdir(const char *dir, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };

	if (dir_make(dir, &why) < 0)
		return err_set(err, E_IO,
		    "Could not create output directory %s (%s)", dir,
		    err_text(&why));
	return 0;
}

/* Of an assembly's manifest, to see whether it is written anew. */
static struct stat manifest_stat(const char *dir)
{
	CLEANUP(free_p) char *path = path_join(dir, "manifest.json");
	struct stat st = { 0 };

	return stat(path, &st) == 0 ? st : (struct stat){ 0 };
}

static bool is_untouched(const struct stat *a, const struct stat *b)
{
	return a->st_ino && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* What a command that ended well has left behind. */
static int load_written(struct app *app, const char *dir,
    const char *command, const struct stat *before, struct assembly **ret,
    struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *path = path_join(dir, "manifest.json");
	struct stat after = manifest_stat(dir);
	int r = assembly_load(dir, ret, &why);

	if (r == 0 && is_untouched(before, &after))
		msg_warn(app->sink, "'%s' has ended without writing a cloud "
		    "assembly to '%s': what is there is from an earlier run.",
		    command, dir);
	if (r == E_NOTFOUND && !file_exists(path))
		return err_set(err, r, "%s\n'%s' has ended without an error but "
		    "wrote no cloud assembly there; does the app call synth(), "
		    "and does it leave the output folder to $CDK_OUTDIR?",
		    err_text(&why), command);
	if (r < 0)
		err_move(err, &why);
	return r;
}

static int run(struct app *app, const char *text, struct assembly **ret,
    struct err *err)
{
	CLEANUP(free_p) char *command = synth_command(text);
	struct stat before;
	const char *outdir;
	int r = settings_need_text(&app->settings, "output", &outdir, err);

	if (r == 0 && !outdir)
		r = settings_bad_type(&app->settings, "output",
		    "the name of a folder", err);
	if (r == 0)
		r = make_outdir(outdir, err);
	if (r == 0 && !app->scratch)
		r = dir_lock_write(outdir, &app->lock, err);
	if (r < 0)
		return r;
	msg_debug(app->sink, "outdir: %s", outdir);
	before = manifest_stat(outdir);
	r = synth_run(app, command, outdir, err);
	if (r == 0)
		r = load_written(app, outdir, command, &before, ret, err);
	if (r == 0 && !app->scratch)
		r = dir_lock_downgrade(outdir, &app->lock, err);
	if (r < 0)
		dir_lock_release(&app->lock);
	return r;
}

static int synth_once(struct app *app, struct assembly **ret,
    struct err *err)
{
	CLEANUP(free_p) char *text = NULL;
	const char *build;
	int r = settings_need_text(&app->settings, "build", &build, err);

	if (r == 0 && build)
		r = synth_build(app, build, err);
	if (r == 0)
		r = settings_app(&app->settings, &text, err);
	if (r < 0)
		return r;
	if (!text)
		return err_set(err, E_CONFIG, "--app is required either in "
		    "command-line, in cdk.json or in ~/.cdk.json");
	return file_is_dir(text) ? read_folder(app, text, ret, err) :
	    run(app, text, ret, err);
}

/* ---- missing context ----------------------------------------------------- */

/* Sorted and without duplicates: two rounds are compared as sets. */
static char *missing_keys(const cJSON *missing, bool sorted)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };
	struct strmap seen = { 0 };

	JSON_EACH(entry, missing) {
		const char *key = json_str(entry, "key");

		if (key && strmap_add(&seen, key, NULL))
			strvec_add(&keys, key);
	}
	strmap_release(&seen);
	if (sorted)
		strvec_sort(&keys);
	return strvec_join(&keys, sorted ? "\n" : ", ");
}

static int lookups_disabled(const cJSON *missing, struct err *err)
{
	CLEANUP(free_p) char *keys = missing_keys(missing, false);

	return err_set(err, E_CONFIG, "Context lookups have been disabled. "
	    "Make sure all necessary context is already in 'cdk.context.json' "
	    "by running 'cdk synth' on a machine with sufficient AWS "
	    "credentials and committing the result. Missing context keys: "
	    "'%s'", keys);
}

/*
 * Is the assembly complete, or as complete as it gets? Otherwise looks up what
 * it lacks; *before is the last round's set of keys.
 */
static int complete(struct app *app, const struct assembly *a, char **before,
    bool *ret, struct err *err)
{
	const cJSON *missing = assembly_missing(a);
	CLEANUP(free_p) char *keys = NULL;
	bool same;

	*ret = true;
	if (!missing || !missing->child)
		return 0;
	if (!settings_bool(&app->settings, "lookups", true))
		return lookups_disabled(missing, err);
	keys = missing_keys(missing, true);
	same = *before && streq(keys, *before);
	free(*before);
	*before = TAKE(keys);
	if (same) {
		msg_debug(app->sink, "Not making progress trying to resolve "
		    "environmental context. Giving up.");
		return 0;
	}
	*ret = false;
	dir_lock_release(&app->lock);
	msg_debug(app->sink,
	    "Some context information is missing. Fetching...");
	return lookup_all(app, missing, err);
}

int app_assembly(struct app *app, struct assembly **ret, struct err *err)
{
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(free_p) char *before = NULL;
	bool done = app->assembly != NULL;

	while (!done) {
		int r;

		assembly_free(TAKE(a));
		r = synth_once(app, &a, err);
		if (r == 0)
			r = complete(app, a, &before, &done, err);
		if (r < 0)
			return r;
	}
	if (!app->assembly) {
		app->assembly = TAKE(a);
		if (app->assembly->newer_warning)
			msg_text(app->sink, MSG_WARN,
			    app->assembly->newer_warning);
	}
	*ret = app->assembly;
	return 0;
}

int app_assembly_drop(struct app *app, struct err *err)
{
	CLEANUP(settings_release) struct settings fresh = { 0 };
	struct context context = { 0 };
	int r;

	dir_lock_release(&app->lock);
	assembly_free(TAKE(app->assembly));
	r = settings_load(app->args, app->sink, &fresh, err);
	if (r == 0)
		r = context_load(app->args, &fresh, app->sink, &context, err);
	if (r < 0)
		return r;
	context_release(&app->context);
	app->context = context;
	return 0;
}

int app_assets_assembly(struct app *app, struct assembly **ret,
    struct err *err)
{
	CLEANUP(free_p) char *text = NULL, *dir = NULL;
	int r = settings_app(&app->settings, &text, err);

	if (r < 0)
		return r;
	if (app->assembly || !text || !bare_assets_at(text))
		return app_assembly(app, ret, err);
	dir = file_is_dir(text) ? xstrdup(text) : path_dirname(text);
	r = dir_lock_read(dir, &app->lock, err);
	if (r == 0)
		r = bare_assets_load(text, &app->assembly, err);
	if (r == 0)
		*ret = app->assembly;
	return r;
}
