#include "cmd.h"

#include "term/style.h"
#include "util/proc.h"

#define URL "https://docs.aws.amazon.com/cdk/api/v2/"

/* Whether a browser opens or not: the address has been printed. */
static void open_browser(struct app *app, const char *command)
{
	char sh[] = "/bin/sh", c[] = "-c";
	CLEANUP(free_p) char *line = str_replace(command, "%u", URL);
	CLEANUP(free_p) char *shown = styled(app->sink->color, STYLE_GREEN,
	    line);
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	char *argv[] = { sh, c, line, NULL };
	const struct proc p = { .argv = argv, .out = PROC_CAPTURE,
		.err_out = PROC_CAPTURE };

	msg_debug(app->sink, "Opening documentation %s", shown);
	if (proc_run(&p, &res, &why) < 0) {
		msg_debug(app->sink, "An error occurred when trying to open a "
		    "browser: %s", err_text(&why));
		return;
	}
	if (res.status != 0) {
		msg_debug(app->sink, "An error occurred when trying to open a "
		    "browser: '%s' ended with status %d: %s", line,
		    res.status, res.err_out.buf);
		return;
	}
	if (res.out.len)
		msg_text(app->sink, MSG_DEBUG, res.out.buf);
	if (res.err_out.len)
		msg_text(app->sink, MSG_WARN, res.err_out.buf);
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(free_p) char *shown = styled(app->sink->color, STYLE_GREEN,
	    URL);
	const char *browser = settings_str(&app->settings, "browser");

	(void)err;
	msg_text(app->sink, MSG_INFO, shown);
	open_browser(app, browser ? browser : "xdg-open %u");
	return 0;
}

const struct cmd cmd_docs = { .name = "docs", .run = run };
