#include "cmd.h"

#include "app/notices.h"

static int run(struct app *app, struct err *err)
{
	bool open_only = args_bool(app->args, "unacknowledged", false);
	CLEANUP(json_free_p) cJSON *feed = NULL, *components = NULL;
	CLEANUP(json_free_p) cJSON *chosen = NULL;
	int rc = notices_fetch(app, &feed, err);

	if (rc < 0 || args_bool(app->args, "updateCache", false))
		return rc;
	components = notices_components(app, feed);
	chosen = notices_select(feed, components, open_only ?
	    context_get(&app->context, "acknowledged-issue-numbers") : NULL);
	notices_print(app, chosen, MSG_RESULT);
	if (open_only)
		msg_result(app->sink, "\nThere are %d unacknowledged "
		    "notice(s).", cJSON_GetArraySize(chosen));
	return 0;
}

const struct cmd cmd_notices = { .name = "notices", .run = run };
