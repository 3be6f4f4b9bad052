#include "version.h"

#include "cmd.h"

char *version_text(bool invoked_as_cdk)
{
	return xstrdup(invoked_as_cdk ?
		CCDK_REFERENCE_VERSION " (ccdk " CCDK_VERSION ")" :
		"ccdk " CCDK_VERSION " (matches aws-cdk "
		CCDK_REFERENCE_VERSION ")");
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(free_p) char *text = version_text(app->invoked_as_cdk);

	(void)err;
	msg_text(app->sink, MSG_RESULT, text);
	return 0;
}

const struct cmd cmd_version = { .name = "version", .run = run };
