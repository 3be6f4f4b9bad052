#include "app/validation.h"

#include "app/report.h"
#include "term/term.h"
#include "util/file.h"

/* Colour only for a person at a terminal: the report often lands in logs. */
static bool report_color(const struct app *app)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR");
	int wanted = args_tri(app->args, "color");

	return app->sink->tty && term_is_tty(STDERR_FILENO) &&
	    !(no && *no) && wanted != 0 &&
	    !(wanted < 0 && force && streq(force, "0"));
}

int app_validate(struct app *app, const struct assembly *a,
    const struct stack_list *stacks, struct err *err)
{
	CLEANUP(json_free_p) cJSON *reports = NULL;
	CLEANUP(free_p) char *text = NULL, *root = path_abs(".");
	CLEANUP(free_p) char *cwd = path_normal(root);
	bool strict = args_bool(app->args, "strict", false);
	int r = report_load(a, stacks, &reports, err);

	if (r < 0 || !reports->child)
		return r;
	text = report_text(reports, cwd, report_color(app));
	msg_text(app->sink, MSG_REPORT, text);
	if (!strict && args_bool(app->args, "ignoreErrors", false))
		return 0;
	if (strict && (report_failed(reports) || report_warns(reports)))
		return err_set(err, E_FAIL,
		    "Synthesis finished with warnings (--strict mode)");
	if (report_failed(reports))
		return err_set(err, E_FAIL, "Synthesis finished with errors");
	return 0;
}
