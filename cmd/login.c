#include "cmd.h"

#include "aws/sso_login.h"
#include "term/style.h"
#include "util/timeutil.h"

/* The page's address is the service's, and is going to a shell. */
static bool is_plain(const char *url)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:/?#@%+=,&";

	return (str_starts(url, "https://") || str_starts(url, "http://")) &&
	    strspn(url, good) == strlen(url);
}

static char *printable(const char *text)
{
	char *out = xstrdup(text);

	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return out;
}

static void show(void *user, const char *url, const char *code)
{
	struct app *app = user;
	CLEANUP(free_p) char *page = printable(url);
	CLEANUP(free_p) char *word = printable(code ? code : "");
	CLEANUP(free_p) char *green = styled(app->sink->color, STYLE_GREEN,
	    page);
	CLEANUP(free_p) char *bold = styled(app->sink->color, STYLE_BOLD,
	    word);

	if (code)
		msg_info(app->sink, "To log in, open this page in a browser, "
		    "on this machine or another one:\n\n  %s\n\nIt has to "
		    "show this code: %s\n\nWaiting...", green, bold);
	else
		msg_info(app->sink, "To log in, open this page in a browser "
		    "of this machine:\n\n  %s\n\nWaiting...", green);
	if (!args_bool(app->args, "noBrowser", false) && is_plain(url))
		browser_open(app, settings_str(&app->settings, "browser"),
		    url, "Opening");
}

static int run(struct app *app, struct err *err)
{
	const struct sso_login q = {
		.session = args_str(app->args, "ssoSession"),
		.pkce = args_bool(app->args, "pkce", false),
		.show = show, .user = app,
	};
	CLEANUP(sso_logged_in_release) struct sso_logged_in l = { 0 };
	char until[21];
	int rc;

	rc = sso_login(app_aws(app), &q, &l, err);
	if (rc < 0)
		return rc;
	time_iso(l.expires, until);
	msg_info(app->sink, "Logged in to %s until %s.", l.start_url, until);
	return 0;
}

const struct cmd cmd_login = { .name = "login", .run = run };
