#include "cmd.h"

#include "model/select.h"
#include "util/yaml.h"

static int run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	const struct select_opts o = { .patterns = &app->args->pos,
		.none = SELECT_ALL, .match_single = true };
	CLEANUP(json_free_p) cJSON *all = NULL;
	CLEANUP(free_p) char *text = NULL;
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	if (r == 0)
		r = stacks_select(a, &o, app->sink, &stacks, err);
	if (r == 0)
		r = artifact_metadata(stacks.v[0]->artifact, &all, err);
	if (r < 0)
		return r;
	text = args_bool(app->args, "json", false) ? json_text(all, 2) :
	    yaml_text(all);
	msg_text(app->sink, MSG_RESULT, text);
	return 0;
}

const struct cmd cmd_metadata = { .name = "metadata", .run = run };
