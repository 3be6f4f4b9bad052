#include "cmd.h"
#include "deploy_options.h"

#include "plan/planapply.h"
#include "util/file.h"
#include "util/timeutil.h"

/* Whatever happened: the file says what there is. */
static int write_outputs(const struct app *app, struct applied *done,
    struct err *err)
{
	const struct run run = { .outputs = done->outputs,
		.without_outputs = done->without_outputs };

	return done->outputs ? deploy_write_outputs(app, &run, err) : 0;
}

static int apply(struct app *app, const struct planfile *f, const char *path,
    struct err *err)
{
	CLEANUP(deploy_options_release) struct deploy_options o = { 0 };
	CLEANUP(applied_release) struct applied done = { 0 };
	struct apply_opts a = { .run = &o.o, .path = path };
	CLEANUP(err_release) struct err unwritten = { 0 };
	int64_t began = mono_ms();
	int r, w;

	deploy_options_read(app, &o);
	a.allow = o.o.allow_data_loss;
	a.parameters = o.parameters;
	o.o.progress = deploy_choose_progress(app, o.o.concurrency);
	r = plan_apply(app, f, &a, &done, err);
	w = write_outputs(app, &done, &unwritten);
	if (r < 0 && w < 0)
		msg_error(app->sink, "%s", err_text(&unwritten));
	else if (w < 0)
		err_move(err, &unwritten);
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
	if (r == 0)
		r = deploy_check_outputs(app, err);
	return r < 0 ? r : apply(app, f, pos->v[0], err);
}

const struct cmd cmd_apply = {
	.name = "apply",
	.flags = CMD_FEED,
	.run = apply_run,
};
