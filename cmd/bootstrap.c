#include "cmd.h"

#include "bootstrap/bootstrap.h"
#include "util/yaml.h"

static void say_which_template(struct app *app, const struct boot_opts *o)
{
	if (o->template_file)
		msg_info(app->sink, "Using bootstrapping template from %s",
		    o->template_file);
	else if (o->legacy)
		msg_info(app->sink, "CDK_LEGACY_BOOTSTRAP set, using "
		    "legacy-style bootstrapping");
}

/* The template as it stands: literals of the legacy one are not filled in. */
static int show_template(struct app *app, const struct boot_opts *o,
    struct err *err)
{
	struct boot_opts plain = { .template_file = o->template_file,
		.legacy = o->legacy, .public_access_block = -1 };
	CLEANUP(json_free_p) cJSON *template_ = NULL;
	CLEANUP(free_p) char *text = NULL;
	int rc = boot_template_load(app, &plain, &template_, err);

	if (rc < 0)
		return rc;
	text = args_bool(app->args, "json", false) ?
	    json_text(template_, 2) : yaml_text(template_);
	msg_text(app->sink, MSG_RESULT, text);
	return 0;
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(boot_opts_release) struct boot_opts opts = { 0 };
	CLEANUP(boot_envs_release) struct boot_envs envs = { 0 };
	int rc;

	boot_opts_read(app, &opts);
	say_which_template(app, &opts);
	if (args_bool(app->args, "showTemplate", false))
		return show_template(app, &opts, err);
	rc = boot_envs_choose(app, &envs, err);
	if (rc < 0)
		return rc;
	return boot_run(app, &opts, &envs, err);
}

const struct cmd cmd_bootstrap = { .name = "bootstrap", .run = run };
