#include "asset/registry.h"

void registry_challenge_release(struct registry_challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct registry_challenge){ 0 };
}

/* token or "quoted", both bounded by the header's own length */
static char *read_value(const char **p)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (**p != '"') {
		size_t n = strcspn(*p, ", \t");
		char *v = xstrndup(*p, n);

		*p += n;
		return v;
	}
	for (++*p; **p && **p != '"'; ++*p) {
		if (**p == '\\' && (*p)[1])
			++*p;
		strbuf_addc(&b, **p);
	}
	if (**p == '"')
		++*p;
	return strbuf_detach(&b);
}

static void take_parameter(struct registry_challenge *c, const char *name,
    size_t n, char *value)
{
	struct {
		const char *name;
		char **to;
	} known[] = {
		{ "realm", &c->realm },
		{ "service", &c->service },
		{ "scope", &c->scope },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i].name) != n ||
		    strncasecmp(known[i].name, name, n) != 0)
			continue;
		free(*known[i].to);
		*known[i].to = TAKE(value);
	}
	free(value);
}

bool registry_challenge_parse(const char *header,
    struct registry_challenge *ret)
{
	const char *p = header;

	if (strncasecmp(p, "Bearer", 6) != 0 || (p[6] != ' ' && p[6] != '\t'))
		return false;
	p += 7;
	for (;;) {
		const char *name;
		size_t n;

		p += strspn(p, " \t,");
		name = p;
		n = strcspn(p, "=, \t");
		p += n;
		if (*p != '=')
			break;
		p++;
		take_parameter(ret, name, n, read_value(&p));
	}
	if (!ret->realm)
		registry_challenge_release(ret);
	return ret->realm != NULL;
}
