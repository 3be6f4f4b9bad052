#include "net/proxy.h"

static const char schemes[] = "http, https, socks, socks4, socks4a, socks5, "
    "socks5h";

/* ---- the environment ----------------------------------------------------- */

static const char *variable(proxy_env get, const char *lower)
{
	CLEANUP(free_p) char *upper = xstrdup(lower);
	const char *v = get(lower);

	if (v && *v)
		return v;
	for (char *p = upper; *p; p++) {
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	}
	v = get(upper);
	return v && *v ? v : NULL;
}

/* "host:80" is host and 80; what has no port gives 0. */
static struct sv split_port(struct sv entry, int64_t *ret)
{
	const char *colon = memrchr(entry.p, ':', entry.n);
	CLEANUP(free_p) char *port = NULL;

	*ret = 0;
	if (!colon || colon == entry.p)
		return entry;
	port = xstrndup(colon + 1, (size_t)(entry.p + entry.n - colon - 1));
	if (!*port || port[strspn(port, "0123456789")] ||
	    !str_to_int64(port, ret))
		return entry;
	return (struct sv){ entry.p, (size_t)(colon - entry.p) };
}

/* One entry of no_proxy: a host, ".suffix" or "*suffix", maybe with a port. */
static bool entry_matches(struct sv entry, const char *host, int64_t port)
{
	int64_t only;
	struct sv name = split_port(entry, &only);
	size_t n = strlen(host);

	if (!name.n || (only && only != port))
		return false;
	if (*name.p != '.' && *name.p != '*')
		return sv_eq(name, host);
	if (*name.p == '*')
		name = (struct sv){ name.p + 1, name.n - 1 };
	return name.n <= n && memcmp(host + n - name.n, name.p, name.n) == 0;
}

static bool excepted(const char *list, const char *host, int64_t port)
{
	CLEANUP(free_p) char *lower = str_lower(list);
	const char *p = lower;

	if (streq(lower, "*"))
		return true;
	while (*p) {
		size_t n = strcspn(p, ", \t\r\n\f\v");

		if (entry_matches((struct sv){ p, n }, host, port))
			return true;
		p += n + (p[n] != '\0');
	}
	return false;
}

char *proxy_from_env(const struct url *u, proxy_env get)
{
	bool v6 = strchr(u->host, ':') != NULL;
	CLEANUP(free_p) char *bare = str_lower(u->host);
	CLEANUP(free_p) char *host = v6 ? xasprintf("[%s]", bare) :
	    xstrdup(bare);
	CLEANUP(free_p) char *npm = xasprintf("npm_config_%s_proxy",
	    u->scheme);
	CLEANUP(free_p) char *own = xasprintf("%s_proxy", u->scheme);
	int64_t port = streq(u->scheme, "https") ? 443 : 80;
	const char *v;

	if (u->port)
		(void)str_to_int64(u->port, &port);
	v = variable(get, "npm_config_no_proxy");
	if (!v)
		v = variable(get, "no_proxy");
	if (v && excepted(v, host, port))
		return NULL;
	v = variable(get, npm);
	if (!v)
		v = variable(get, own);
	if (!v)
		v = variable(get, "npm_config_proxy");
	if (!v)
		v = variable(get, "all_proxy");
	if (!v)
		return NULL;
	return strstr(v, "://") ? xstrdup(v) : xasprintf("http://%s", v);
}

/* ---- addresses ----------------------------------------------------------- */

/* What stands before the first ':' when it can be a scheme; lower case. */
static char *scheme_of(const char *address)
{
	size_t n = strcspn(address, ":");
	CLEANUP(free_p) char *s = xstrndup(address, n);

	if (!address[n] || !n || !((*s >= 'a' && *s <= 'z') ||
	    (*s >= 'A' && *s <= 'Z')))
		return NULL;
	for (const char *p = s; *p; p++) {
		bool good = (*p >= 'a' && *p <= 'z') || (*p >= 'A' &&
		    *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		    strchr("+-.", *p);

		if (!good)
			return NULL;
	}
	return str_lower(s);
}

/* Everything up to the last '@' may be a password. */
static char *without_login(const char *address)
{
	const char *at = strrchr(address, '@');
	const char *colon = strstr(address, "://");
	const char *from = colon && at && colon < at ? colon + 3 : address;

	if (!at)
		return xstrdup(address);
	return xasprintf("%.*s***@%s", (int)(from - address), address, at + 1);
}

DEFINE_CLEANUP(char, secret_free)

static bool known_scheme(const char *scheme)
{
	struct sv rest = sv_from(schemes), one;

	while (sv_next(&rest, ',', &one)) {
		if (sv_eq(sv_trim(one), scheme))
			return true;
	}
	return false;
}

static int bad_address(const char *address, struct err *err)
{
	CLEANUP(free_p) char *shown = without_login(address);

	return err_set(err, E_CONFIG, "Invalid proxy address '%s': it must be "
	    "a URL that includes a protocol, e.g. 'http://%s'.", shown, shown);
}

static int bad_scheme(const char *address, const char *scheme,
    struct err *err)
{
	CLEANUP(free_p) char *shown = without_login(address);

	if (str_starts(scheme, "pac+"))
		return err_set(err, E_CONFIG, "The proxy address '%s' names a "
		    "proxy configuration script, which ccdk does not run. "
		    "Give the address of the proxy itself.", shown);
	return err_set(err, E_CONFIG, "Unsupported protocol '%s' in proxy "
	    "address '%s'. Supported protocols are: %s.", scheme, shown,
	    schemes);
}

/* curl takes 1080 for every proxy without a port, and "socks" for version 4 */
static char *for_curl(const char *scheme, struct sv authority, bool has_port)
{
	const char *port = "";

	while (authority.n && authority.p[authority.n - 1] == ':')
		authority.n--;
	if (!has_port && streq(scheme, "http"))
		port = ":80";
	else if (!has_port && streq(scheme, "https"))
		port = ":443";
	return xasprintf("%s://%.*s%s", streq(scheme, "socks") ? "socks5h" :
	    scheme, SV_FMT(authority), port);
}

int proxy_parse(const char *address, char **ret_curl, char **ret_shown,
    struct err *err)
{
	CLEANUP(secret_free_p) char *text = sv_dup(sv_trim(sv_from(address)));
	CLEANUP(secret_free_p) char *as_http = NULL;
	CLEANUP(free_p) char *scheme = scheme_of(text);
	CLEANUP(free_p) char *shown = NULL;
	const char *rest;
	struct url u;

	if (!scheme)
		return bad_address(address, err);
	if (!known_scheme(scheme))
		return bad_scheme(address, scheme, err);
	rest = text + strlen(scheme) + 1;
	rest += strspn(rest, "/");
	as_http = xasprintf("http://%s", rest);
	if (url_parse(as_http, &u, NULL) < 0)
		return bad_address(address, err);
	shown = url_authority(&u);
	if (ret_curl)
		*ret_curl = for_curl(scheme, (struct sv){ rest,
		    strcspn(rest, "/?#") }, u.port);
	if (ret_shown)
		*ret_shown = xasprintf("%s://%s", scheme, shown);
	url_release(&u);
	return 0;
}
