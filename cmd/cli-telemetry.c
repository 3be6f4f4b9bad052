/*
 * There is no telemetry here. The choice is kept all the same, for the
 * reference CLI that others may run in the same project.
 */
#include "cmd.h"

static int run(struct app *app, struct err *err)
{
	static const char none[] = "This program collects no telemetry.";
	int enable = args_tri(app->args, "enable");
	int disable = args_tri(app->args, "disable");
	int status = args_tri(app->args, "status");

	if (enable < 0 && disable < 0 && status < 0)
		return err_set(err, E_CONFIG, "Must specify '--enable', "
		    "'--disable', or '--status'");
	if (status != 1) {
		bool on = enable >= 0 ? enable == 1 : disable != 1;
		int rc;

		context_set_take(&app->context, "cli-telemetry",
		    cJSON_CreateBool(on));
		rc = context_save(&app->context, err);
		if (rc < 0)
			return rc;
		msg_info(app->sink, "Telemetry %s", on ? "enabled" :
		    "disabled");
		if (!on)
			return 0;
	}
	msg_text(app->sink, MSG_INFO, none);
	return 0;
}

const struct cmd cmd_cli_telemetry = { .name = "cli-telemetry", .run = run };
