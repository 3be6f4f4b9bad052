/*
 * Notices are about the reference CLI and come from its own feed, which this
 * program does not ask.
 */
#include "cmd.h"

static int run(struct app *app, struct err *err)
{
	(void)err;
	msg_result(app->sink, "No notices: this program does not fetch any. "
	    "Those of the AWS CDK are at "
	    "https://github.com/aws/aws-cdk/wiki/CLI-Notices");
	return 0;
}

const struct cmd cmd_notices = { .name = "notices", .run = run };
