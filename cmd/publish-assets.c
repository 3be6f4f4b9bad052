#include "cmd.h"

#include "app/validation.h"
#include "asset/meter.h"
#include "asset/publish.h"
#include "deploy/run.h"
#include "deploy/tell.h"
#include "model/select.h"
#include "term/style.h"
#include "term/term.h"
#include "util/timeutil.h"

#define CONCURRENCY 4

static void say_green(struct app *app, enum msg_level level, const char *text)
{
	CLEANUP(free_p) char *line = styled(app->sink->color, STYLE_GREEN,
	    text);

	msg_text(app->sink, level, line);
}

static int choose(struct app *app, struct assembly **ret,
    struct stack_list *ret_stacks, struct err *err)
{
	const struct args *args = app->args;
	struct select_opts o = {
		.patterns = &args->pos,
		.all = args_bool(args, "all", false),
		.none = SELECT_ALL,
		.expand = args_bool(args, "exclusively", false) ?
		    EXPAND_NONE : EXPAND_UPSTREAM,
		.ignore_no_stacks = true,
	};
	int64_t began = mono_ms();
	char took[32];
	int r = app_assets_assembly(app, ret, err);

	if (r < 0)
		return r;
	run_seconds(mono_ms() - began, took);
	msg_info(app->sink, "✨  Synthesis time: %ss", took);
	return stacks_select(*ret, &o, app->sink, ret_stacks, err);
}

static int publish(struct app *app, const struct stack_list *stacks,
    struct err *err)
{
	double n = args_num(app->args, "concurrency", CONCURRENCY);
	unsigned limit = n >= 1 && n <= 1000 ? (unsigned)n : CONCURRENCY;
	struct run_opts o = {
		.force = args_bool(app->args, "force", false),
		.concurrency = 1,
		.build_limit = MAX(limit, publish_images_at_once(app)),
		.publish_limit = limit,
		.asset_prebuild = true,
		.keep_going = args_bool(app->args, "keepGoing", true),
	};
	CLEANUP(run_release) struct run run = { 0 };
	size_t published = 0;
	int r;

	if (!app->sink->ci && term_is_tty(STDERR_FILENO))
		meter_enable(app->sink);
	tell_run(app, stacks, 1);
	run_init(&run, app, &o, stacks);
	r = run_assets(&run, &published, err);
	if (r < 0)
		return r;
	if (published)
		say_green(app, MSG_RESULT,
		    "✨  Assets published successfully");
	else
		say_green(app, MSG_INFO, "✨  All assets are already published");
	return 0;
}

static int publish_assets_run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	struct assembly *a;
	int r;

	if ((r = choose(app, &a, &stacks, err)) < 0 ||
	    (r = app_validate(app, a, &stacks, err)) < 0)
		return r;
	if (!stacks.n) {
		msg_error(app->sink, "No stacks selected");
		return 0;
	}
	return publish(app, &stacks, err);
}

const struct cmd cmd_publish_assets = {
	.name = "publish-assets",
	.flags = CMD_FEED,
	.run = publish_assets_run,
};
