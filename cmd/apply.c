#include "cmd.h"
#include "deploy_options.h"

#include "deploy/outputs.h"
#include "deploy/params.h"
#include "deploy/planapply.h"
#include "util/file.h"
#include "util/timeutil.h"

static int write_outputs(struct app *app, const cJSON *outputs,
    struct err *err)
{
	const char *path = settings_str(&app->settings, "outputsFile");

	return path && outputs ? outputs_write(path, outputs, err) : 0;
}

static int apply(struct app *app, const struct planfile *f, const char *path,
    struct err *err)
{
	CLEANUP(deploy_options_release) struct deploy_options o = { 0 };
	CLEANUP(strvec_release) struct strvec allow = { 0 };
	CLEANUP(json_free_p) cJSON *outputs = NULL;
	struct apply_opts a = { .run = &o.o, .allow = &allow,
		.path = path };
	int64_t began = mono_ms();
	int r, w;

	deploy_options_read(app, &o);
	(void)args_list(app->args, "allowDataLoss", &allow);
	a.parameters = o.parameters;
	o.o.progress = deploy_choose_progress(app, o.o.concurrency);
	r = plan_apply(app, f, &a, &outputs, err);
	/* whatever happened, the file says what there is */
	w = write_outputs(app, outputs, r < 0 ? NULL : err);
	if (r < 0 || w < 0)
		return r < 0 ? r : w;
	deploy_say_time(app, "Total", mono_ms() - began, false);
	return 0;
}

static int apply_run(struct app *app, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(planfile_free_p) struct planfile *f = NULL;
	const struct strvec *pos = &app->args->pos;
	int r;

	if (pos->n != 1)
		return err_set(err, E_CONFIG, "apply takes the file of one "
		    "plan: ccdk apply FILE; 'ccdk plan -o FILE' writes it");
	r = file_read(pos->v[0], PLANFILE_MAX, &text, err);
	if (r == 0)
		r = planfile_parse(strbuf_sv(&text), pos->v[0], &f, err);
	return r < 0 ? r : apply(app, f, pos->v[0], err);
}

const struct cmd cmd_apply = { .name = "apply", .run = apply_run };
