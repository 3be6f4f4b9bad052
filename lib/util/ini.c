#include "util/ini.h"

struct parser {
	struct ini *ini;
	struct strmap index; /* "prefix.name" -> position + 1 */
	char *prefix, *name; /* of the section we are in; name NULL: none */
	size_t at;	     /* its position + 1, 0: not looked for yet */
	char *block;	     /* the "key =" whose indented lines follow */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct sv trim(struct sv v)
{
	while (v.n && is_space(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n && is_space(v.p[v.n - 1]))
		v.n--;
	return v;
}

static struct sv without_comment(struct sv line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((line.p[i] == ';' || line.p[i] == '#') &&
		    (i == 0 || is_space(line.p[i - 1])))
			line.n = i;
	return line;
}

static bool known_prefix(struct sv v)
{
	return sv_eq(v, "profile") || sv_eq(v, "sso-session") ||
	    sv_eq(v, "services");
}

/* Length of the longest start of v made of letters, digits and `more`. */
static size_t span(struct sv v, const char *more)
{
	size_t i = 0;

	while (i < v.n && v.p[i] &&
	    (strchr(more, v.p[i]) || (v.p[i] >= '0' && v.p[i] <= '9') ||
		((v.p[i] | 0x20) >= 'a' && (v.p[i] | 0x20) <= 'z')))
		i++;
	return i;
}

/* [prefix name], [prefix "name"] or [prefix 'name']? */
static bool split_name(struct sv v, struct sv *prefix, struct sv *name)
{
	size_t n = span(v, "_-");
	struct sv rest;

	if (!n || n == v.n || !is_space(v.p[n]))
		return false;
	rest = (struct sv){ v.p + n + 1, v.n - n - 1 };
	if (rest.n >= 2 && (*rest.p == '"' || *rest.p == '\'') &&
	    rest.p[rest.n - 1] == *rest.p)
		rest = (struct sv){ rest.p + 1, rest.n - 2 };
	if (!rest.n || span(rest, "_-@+.%:/") != rest.n)
		return false;
	*prefix = (struct sv){ v.p, n };
	*name = rest;
	return true;
}

static void leave_section(struct parser *p)
{
	free(p->prefix);
	free(p->name);
	free(p->block);
	p->prefix = p->name = p->block = NULL;
	p->at = 0;
}

static void enter_section(struct parser *p, struct sv header)
{
	struct sv prefix, name, rest = header;

	leave_section(p);
	if (!header.n)
		return;
	if (split_name(header, &prefix, &name)) {
		if (!known_prefix(prefix))
			return;
	} else if (sv_next(&rest, '.', &prefix) && known_prefix(prefix) &&
	    prefix.n < header.n) {
		/* the SDK's own spelling of a prefixed name */
		name = rest;
	} else {
		p->name = sv_dup(header);
		return;
	}
	p->prefix = sv_dup(prefix);
	p->name = sv_dup(name);
}

/* Sections come into being with their first key; equal ones are one. */
static size_t find_or_add(struct parser *p)
{
	CLEANUP(free_p) char *id = xasprintf("%s%s%s",
	    p->prefix ? p->prefix : "", p->prefix ? "." : "", p->name);
	uintptr_t at = (uintptr_t)strmap_get(&p->index, id);
	struct ini *ini = p->ini;

	if (at)
		return at;
	if ((ini->n & (ini->n - 1)) == 0)
		ini->v = xreallocarray(ini->v, ini->n ? 2 * ini->n : 1,
		    sizeof(*ini->v));
	ini->v[ini->n] = (struct ini_section){
		.prefix = xstrdup0(p->prefix),
		.name = xstrdup(p->name),
		.keys.free_value = free,
	};
	strmap_set(&p->index, id, (void *)(uintptr_t)(++ini->n));
	return ini->n;
}

static struct ini_section *current(struct parser *p)
{
	if (!p->at)
		p->at = find_or_add(p);
	return &p->ini->v[p->at - 1];
}

static void read_setting(struct parser *p, struct sv line, bool indented)
{
	const char *equals = memchr(line.p, '=', line.n);
	CLEANUP(free_p) char *key = NULL;
	struct sv name, value;

	if (!equals || equals == line.p)
		return;
	name = trim((struct sv){ line.p, (size_t)(equals - line.p) });
	value = trim((struct sv){ equals + 1,
	    line.n - (size_t)(equals - line.p) - 1 });
	if (!value.n) {
		free(p->block);
		p->block = sv_dup(name);
		return;
	}
	if (!indented) {
		free(p->block);
		p->block = NULL;
	}
	key = p->block ? xasprintf("%s.%.*s", p->block, SV_FMT(name)) :
			 sv_dup(name);
	strmap_set(&current(p)->keys, key, sv_dup(value));
}

void ini_parse(struct sv text, struct ini *ret)
{
	struct parser p = { .ini = ret };
	struct sv line, bare;

	*ret = (struct ini){ 0 };
	if (text.p && sv_starts(text, "\xef\xbb\xbf"))
		text = (struct sv){ text.p + 3, text.n - 3 };
	while (sv_next(&text, '\n', &line)) {
		bare = trim(without_comment(line));
		if (bare.n >= 2 && bare.p[0] == '[' &&
		    bare.p[bare.n - 1] == ']')
			enter_section(&p,
			    (struct sv){ bare.p + 1, bare.n - 2 });
		else if (p.name && bare.n)
			read_setting(&p, bare, is_space(line.p[0]));
	}
	leave_section(&p);
	strmap_release(&p.index);
}

void ini_release(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->v[i].prefix);
		free(ini->v[i].name);
		strmap_release(&ini->v[i].keys);
	}
	free(ini->v);
	*ini = (struct ini){ 0 };
}

const struct ini_section *ini_section(const struct ini *ini,
    const char *prefix, const char *name)
{
	for (size_t i = 0; i < ini->n; i++)
		if (streq0(ini->v[i].prefix, prefix) &&
		    streq(ini->v[i].name, name))
			return &ini->v[i];
	return NULL;
}

const char *ini_get(const struct ini_section *s, const char *key)
{
	return s ? strmap_get(&s->keys, key) : NULL;
}
