#include "cmd.h"

#include "app/whoami.h"

/* The app is run only when stacks are asked for. */
static int chosen(struct app *app, struct stack_list *ret, struct err *err)
{
	const struct select_opts o = { .patterns = &app->args->pos,
		.all = args_bool(app->args, "all", false) };
	struct assembly *a;
	int rc;

	if (!o.all && !app->args->pos.n)
		return 0;
	rc = app_assembly(app, &a, err);
	return rc < 0 ? rc : stacks_select(a, &o, app->sink, ret, err);
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(json_free_p) cJSON *report = NULL;
	CLEANUP(free_p) char *text = NULL;
	bool ok;
	int rc = chosen(app, &stacks, err);

	if (rc < 0)
		return rc;
	report = whoami_report(app, &stacks, &ok, &why);
	text = args_bool(app->args, "json", false) ? json_text(report, 2) :
	    whoami_text(report);
	msg_text(app->sink, MSG_RESULT, text);
	if (why.code) {
		err_move(err, &why);
		return err->code;
	}
	/* what failed besides stands in the report */
	app->status = ok ? 0 : 1;
	return 0;
}

const struct cmd cmd_whoami = { .name = "whoami", .run = run };
