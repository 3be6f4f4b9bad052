/*
 * Proxy addresses and exceptions: first line an address and the value of the
 * proxy variables, second line no_proxy, third a URL. Nothing of a login is
 * ever shown.
 */
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char *address, *exceptions;

static char *env(const char *name)
{
	if (streq(name, "no_proxy"))
		return exceptions;
	return streq(name, "all_proxy") ? address : NULL;
}

static void check_address(void)
{
	CLEANUP(free_p) char *curl = NULL, *shown = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	const char *at = strrchr(address, '@');

	if (proxy_parse(address, &curl, &shown, &err) == 0) {
		if (strchr(shown, '@') || strpbrk(curl, " \r\n") ||
		    !strstr(curl, "://"))
			abort();
		return;
	}
	/* "secret@" may stand in front of the host, never in a message */
	if (at && at - address >= 7 &&
	    strstr(address, "secret") == at - 6 && !strstr(at, "secret") &&
	    strstr(err_text(&err), "secret"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(free_p) char *text = xstrndup((const char *)data, n);
	struct sv rest = sv_from(text), line;
	struct url u;

	address = sv_next(&rest, '\n', &line) ? sv_dup(line) : xstrdup("");
	exceptions = sv_next(&rest, '\n', &line) ? sv_dup(line) : NULL;
	check_address();
	text[strlen(text) - rest.n + strcspn(rest.n ? rest.p : "", "\n")] = 0;
	if (rest.n && url_parse(rest.p, &u, NULL) == 0) {
		CLEANUP(free_p) char *found = proxy_from_env(&u, env);

		if (found && !strstr(found, "://"))
			abort();
		url_release(&u);
	}
	free(address);
	free(exceptions);
	return 0;
}
