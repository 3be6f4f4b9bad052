#include "cmd.h"

#include "term/style.h"
#include "util/proc.h"

#define BROWSER "xdg-open %u"

/* '&' ends a command for the shell, unless the user's line has quotes already.
 * Nothing else in a plain address means anything to it. */
static char *command_line(const char *command, const char *url)
{
	bool quoted = strstr(command, "'%u") || strstr(command, "\"%u");
	CLEANUP(free_p) char *word = strchr(url, '&') && !quoted ?
	    xasprintf("'%s'", url) : xstrdup(url);

	return str_replace(command, "%u", word);
}

void browser_open(struct app *app, const char *command, const char *url,
    const char *doing)
{
	char sh[] = "/bin/sh", c[] = "-c";
	CLEANUP(free_p) char *line = command_line(command ? command : BROWSER,
	    url);
	CLEANUP(free_p) char *shown = styled(app->sink->color, STYLE_GREEN,
	    line);
	CLEANUP(proc_result_release) struct proc_result res = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	char *argv[] = { sh, c, line, NULL };
	const struct proc p = { .argv = argv, .out = PROC_CAPTURE,
		.err_out = PROC_CAPTURE };

	msg_debug(app->sink, "%s %s", doing, shown);
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
