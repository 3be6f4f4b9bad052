#include "app/variant.h"

#include "util/file.h"

static void copy_context(struct context *to, const struct context *from,
    const struct variant_opts *o)
{
	to->line = from->line ? json_dup(from->line) : cJSON_CreateObject();
	to->project = from->project ? json_dup(from->project) : NULL;
	to->file = from->file ? json_dup(from->file) : NULL;
	to->home = from->home ? json_dup(from->home) : NULL;
	/* the line's values win over all others */
	JSON_EACH(v, o->values)
		json_add_take(to->line, v->string, json_dup(v));
	for (size_t i = 0; o->without && i < o->without->n; i++)
		json_del(to->file, o->without->v[i]);
}

int variant_synth(struct app *app, const struct variant_opts *o,
    struct variant *ret, struct err *err)
{
	const char *command = settings_str(&app->settings, "app");
	struct assembly *a;
	int r;

	*ret = (struct variant){ 0 };
	if (command && file_is_dir(command))
		return err_set(err, E_CONFIG, "other context values can only "
		    "be tried with an app that is run: '%s' is a folder with "
		    "a finished cloud assembly", command);
	(void)app_aws(app);
	r = dir_temp(o->prefix, &ret->dir, err);
	if (r < 0)
		return r;
	ret->app = (struct app){ .sink = app->sink, .args = app->args,
		.aws = app->aws, .invoked_as_cdk = app->invoked_as_cdk,
		.started_ms = app->started_ms, .scratch = true,
		.stdout_is_ours = app->stdout_is_ours };
	copy_context(&ret->app.context, &app->context, o);
	ret->app.settings.merged = json_dup(app->settings.merged);
	json_put_str(ret->app.settings.merged, "output", ret->dir);
	/* built already, for the run before this one */
	json_del(ret->app.settings.merged, "build");
	return app_assembly(&ret->app, &a, err);
}

void variant_release(struct variant *v)
{
	v->app.aws = NULL; /* the original's */
	app_release(&v->app);
	context_release(&v->app.context);
	settings_release(&v->app.settings);
	if (v->dir) {
		int left = dir_remove(v->dir, NULL);

		(void)left; /* tried again at the end of the program */
	}
	free(v->dir);
	v->dir = NULL;
}
