#include "cmd.h"

#include "term/style.h"

#define URL "https://docs.aws.amazon.com/cdk/api/v2/"

static int run(struct app *app, struct err *err)
{
	CLEANUP(free_p) char *shown = styled(app->sink->color, STYLE_GREEN,
	    URL);
	const char *browser = settings_str(&app->settings, "browser");

	(void)err;
	msg_text(app->sink, MSG_INFO, shown);
	browser_open(app, browser, URL, "Opening documentation");
	return 0;
}

const struct cmd cmd_docs = { .name = "docs", .run = run };
