/*
 * The AWS shared config and credentials file format, read as the JavaScript
 * SDK does: sections "[name]" / "[prefix name]", comments at line start or
 * after white space, "key =" opening a nested block whose indented lines
 * become "key.sub". BOM and CRLF are fine. Pure; lines of any length.
 */
#ifndef CCDK_UTIL_INI_H
#define CCDK_UTIL_INI_H

#include "util/strbuf.h"
#include "util/strmap.h"

struct ini_section {
	char *prefix; /* "profile", "sso-session", "services" or NULL */
	char *name;
	struct strmap keys; /* key -> char * */
};

struct ini {
	struct ini_section *v;
	size_t n;
};

void ini_parse(struct sv text, struct ini *ret);
void ini_release(struct ini *ini);
/*
 * NULL when there is no such section with a key in it. Equal sections are one;
 * the last of equal keys wins.
 */
const struct ini_section *ini_section(const struct ini *ini,
    const char *prefix, const char *name);
const char *ini_get(const struct ini_section *s, const char *key);

#endif
