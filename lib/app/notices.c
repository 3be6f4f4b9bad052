/*
 * The pure part: which notices concern somebody, and their text.
 */
#include "app/notices.h"

#include <dirent.h>

#include "util/file.h"
#include "util/semver.h"

#define WRAP 60u
/* Comparisons of versions for one feed; a sane one needs a few thousand. */
#define WORK_MAX 2000000u
#define NOTICES_MAX 1000u
#define CONSTRUCTS_MAX 5000u
#define OBJECT_MAX 65536u

/* ---- the feed ------------------------------------------------------------ */

int notices_parse(struct sv text, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	cJSON *list;
	int rc = json_parse(text, "feed", &doc, err);

	if (rc < 0)
		return rc;
	list = json_get(doc, "notices");
	if (!list || cJSON_IsNull(list))
		return err_set(err, E_INVALID, "'notices' key is missing from "
		    "received data");
	if (!cJSON_IsArray(list))
		return err_set(err, E_INVALID, "'notices' is not a list");
	*ret = cJSON_DetachItemViaPointer(doc, list);
	return 0;
}

/* Alternatives; each a list of components that must all be there, or one
 * component alone. NULL when the notice has none. */
static const cJSON *alternatives(const cJSON *notice)
{
	const cJSON *v2 = json_get(notice, "componentsV2");
	const char *schema = json_str(notice, "schemaVersion");

	if (schema && streq(schema, "2") && cJSON_IsArray(v2))
		return v2;
	return json_get(notice, "components");
}

static const cJSON *first_of(const cJSON *alternative)
{
	return cJSON_IsArray(alternative) ? alternative->child : alternative;
}

static const cJSON *next_of(const cJSON *alternative, const cJSON *c)
{
	return cJSON_IsArray(alternative) ? c->next : NULL;
}

static bool is_construct(const cJSON *component)
{
	const char *name = json_str(component, "name");

	return name && !streq(name, "cli") && !streq(name, "node") &&
	    !streq(name, "bootstrap") && !str_starts(name, "language:");
}

bool notices_need_tree(const cJSON *feed)
{
	JSON_EACH(notice, feed)
		JSON_EACH(a, alternatives(notice))
			for (const cJSON *c = first_of(a); c;
			     c = next_of(a, c))
				if (is_construct(c))
					return true;
	return false;
}

/* ---- the construct tree -------------------------------------------------- */

/* The object that starts at t; n 0: none that is of a sane size. */
static struct sv object_text(struct sv t)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < t.n && i < OBJECT_MAX; i++) {
		char c = t.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '{')
			depth++;
		else if (!quoted && c == '}' && --depth == 0)
			return (struct sv){ t.p, i + 1 };
	}
	return (struct sv){ t.p, 0 };
}

static void add_construct(struct sv text, struct strmap *seen,
    cJSON *components)
{
	CLEANUP(json_free_p) cJSON *info = NULL;
	CLEANUP(free_p) char *key = NULL;
	const char *name, *version;
	cJSON *c;

	if (!text.n || json_parse(text, "tree.json", &info, NULL) < 0)
		return;
	name = json_str(info, "fqn");
	version = json_str(info, "version");
	if (!name || !*name || !version || !*version)
		return;
	key = xasprintf("%s %s", name, version);
	if (!strmap_add(seen, key, NULL))
		return;
	c = cJSON_CreateObject();
	json_put_str(c, "name", name);
	json_put_str(c, "version", version);
	json_push_take(components, c);
}

size_t notices_tree_part(struct sv text, bool last, struct strmap *seen,
    cJSON *components)
{
	static const char mark[] = "\"constructInfo\"";
	const char *start = text.p;

	while (text.n && seen->n < CONSTRUCTS_MAX) {
		const char *at = memmem(text.p, text.n, mark, strlen(mark));
		size_t n;

		if (!at) {
			/* half a mark may stand at the end */
			n = MIN(text.n, strlen(mark));
			return (size_t)(text.p - start) + text.n -
			    (last ? 0 : n);
		}
		n = text.n - (size_t)(at - text.p);
		if (!last && n < OBJECT_MAX)
			return (size_t)(at - start);
		at += strlen(mark);
		n -= strlen(mark);
		for (; n && *at && strchr(" \t\r\n:", *at); n--)
			at++;
		if (n && *at == '{')
			add_construct(object_text((struct sv){ at, n }), seen,
			    components);
		text = (struct sv){ at, n };
	}
	return (size_t)(text.p - start) + text.n;
}

void notices_tree(struct sv text, cJSON *components)
{
	struct strmap seen = { 0 };

	(void)notices_tree_part(text, true, &seen, components);
	strmap_release(&seen);
}

/* ---- matching ------------------------------------------------------------ */

/* A final dot makes the name a prefix. */
static bool name_matches(const char *pattern, const char *name)
{
	return str_ends(pattern, ".") ? str_starts(name, pattern) :
	    streq(pattern, name);
}

struct match {
	const cJSON *components;
	const char *framework; /* what "framework" stands for in this round */
	cJSON *values; /* key -> list of texts, of what matched */
	unsigned work;
};

static void keep_value(struct match *m, const cJSON *component)
{
	const char *key = json_str(component, "key");
	cJSON *list;

	if (!key)
		return;
	list = json_get(m->values, key);
	if (!list) {
		list = cJSON_CreateArray();
		json_add_take(m->values, key, list);
	}
	json_push_take(list, cJSON_CreateString(json_str(component, "value")));
}

static bool component_matches(struct match *m, const cJSON *affected)
{
	const char *name = json_str(affected, "name");
	const char *range = json_str(affected, "version");
	bool any = false;

	if (!name || !range)
		return false;
	if (streq(name, "framework"))
		name = m->framework;
	JSON_EACH(c, m->components) {
		if (++m->work > WORK_MAX)
			return false;
		if (name_matches(name, json_str(c, "name")) &&
		    semver_in_range(json_str(c, "version"), range)) {
			keep_value(m, c);
			any = true;
		}
	}
	return any;
}

static bool alternative_matches(struct match *m, const cJSON *a)
{
	const cJSON *c = first_of(a);

	json_free(m->values);
	m->values = cJSON_CreateObject();
	for (; c; c = next_of(a, c))
		if (!component_matches(m, c))
			return false;
	return true;
}

static bool notice_matches(struct match *m, const cJSON *notice)
{
	static const char *const names[] = { "@aws-cdk/core.",
		"aws-cdk-lib." };

	JSON_EACH(a, alternatives(notice)) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			m->framework = names[i];
			if (alternative_matches(m, a))
				return true;
		}
	}
	return false;
}

/* ---- the text ------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where the last blank within reach of p stands; NULL: no place to break. */
static const char *break_before(const char *p)
{
	const char *found = NULL;
	size_t n = 0;

	while (*p && *p != '\n' && n < WRAP) {
		/* continued bytes of a character do not count */
		do
			p++;
		while (((unsigned char)*p & 0xc0) == 0x80);
		n++;
		if (is_blank(*p))
			found = p;
	}
	return found;
}

/* The rest is one line that fits? */
static bool fits(const char *p)
{
	size_t n = 0;

	for (; *p && *p != '\n' && n <= WRAP; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return !*p && n <= WRAP;
}

static void add_wrapped(struct strbuf *out, const char *p)
{
	static const char indent[] = "\n\t          ";

	while (*p && !fits(p)) {
		const char *end = *p == '\n' ? NULL : break_before(p);

		if (end) {
			strbuf_add(out, p, (size_t)(end - p));
			strbuf_adds(out, indent);
			p = end + 1;
		} else {
			if (*p == '\n')
				strbuf_adds(out, indent);
			else
				strbuf_addc(out, *p);
			p++;
		}
	}
	for (; *p; p++)
		if (*p == '\n')
			strbuf_adds(out, indent);
		else
			strbuf_addc(out, *p);
}

static const struct {
	const char *name, *display;
} languages[] = {
	{ "typescript", "TypeScript" }, { "javascript", "JavaScript" },
	{ "python", "Python" }, { "java", "Java" }, { "dotnet", ".NET" },
	{ "go", "Go" },
};

static const char *language_display(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		if (streq(languages[i].name, name))
			return languages[i].display;
	return name;
}

static void add_component(struct strbuf *out, const cJSON *c)
{
	const char *name = json_str(c, "name"), *v = json_str(c, "version");

	if (name && str_starts(name, "language:"))
		strbuf_addf(out, "%s apps",
		    language_display(name + strlen("language:")));
	else
		strbuf_addf(out, "%s: %s", name ? name : "undefined",
		    v ? v : "undefined");
}

static void add_components(struct strbuf *out, const cJSON *notice)
{
	const cJSON *all = alternatives(notice);

	JSON_EACH(a, all) {
		strbuf_adds(out, a == all->child ? "" : ", ");
		for (const cJSON *c = first_of(a); c; c = next_of(a, c)) {
			strbuf_adds(out, c == first_of(a) ? "" : " AND ");
			add_component(out, c);
		}
	}
}

/* "{resolve:KEY}" becomes what matched. */
static char *resolved(const char *text, const cJSON *notice,
    const cJSON *values)
{
	char *out = xstrdup(text);

	JSON_EACH(list, values) {
		CLEANUP(free_p) char *mark =
		    xasprintf("{resolve:%s}", list->string);
		CLEANUP(strvec_release) struct strvec parts = { 0 };
		CLEANUP(free_p) char *joined = NULL, *old = out;
		const cJSON *spec = json_get(json_get(notice, "dynamicValues"),
		    list->string);
		const char *sep = json_str(spec, "separator");

		JSON_EACH(v, list)
			strvec_add(&parts, v->valuestring);
		joined = strvec_join(&parts, sep ? sep : ",");
		out = str_replace(old, mark, joined);
	}
	return out;
}

static char *number_text(const cJSON *v)
{
	struct strbuf b = STRBUF_INIT;

	json_write(&b, v, 0);
	return strbuf_detach(&b);
}

/* A feed has no say in what the terminal does. */
static void hide_controls(struct strbuf *b)
{
	for (char *p = b->buf; p < b->buf + b->len; p++)
		if (((unsigned char)*p < ' ' && !strchr("\t\n", *p)) ||
		    *p == 0x7f)
			*p = '?';
}

static char *notice_text(const cJSON *notice, const cJSON *values)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *id = number_text(json_get(notice,
	    "issueNumber"));

	strbuf_addf(&b, "%s\t%s\n\n\tOverview: ", id,
	    json_str(notice, "title"));
	add_wrapped(&b, json_str(notice, "overview"));
	strbuf_adds(&b, "\n\n\tAffected versions: ");
	add_components(&b, notice);
	strbuf_addf(&b, "\n\n\tMore information at: "
	    "https://github.com/aws/aws-cdk/issues/%s\n", id);
	hide_controls(&b);
	return resolved(b.buf, notice, values);
}

/* ---- choosing ------------------------------------------------------------ */

static bool is_notice(const cJSON *n)
{
	return cJSON_IsNumber(json_get(n, "issueNumber")) &&
	    json_str(n, "title") && json_str(n, "overview") &&
	    cJSON_IsArray(alternatives(n));
}

static bool is_acknowledged(const cJSON *notice, const cJSON *acknowledged)
{
	const cJSON *id = json_get(notice, "issueNumber");

	JSON_EACH(v, acknowledged)
		if (json_same(v, id))
			return true;
	return false;
}

static void choose(struct match *m, const cJSON *notice, cJSON *ret)
{
	CLEANUP(free_p) char *text = notice_text(notice, m->values);
	CLEANUP(free_p) char *id = number_text(json_get(notice,
	    "issueNumber"));
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "id", id);
	json_put_str(o, "severity", json_str(notice, "severity"));
	json_put_str(o, "text", text);
	json_push_take(ret, o);
}

cJSON *notices_select(const cJSON *feed, const cJSON *components,
    const cJSON *acknowledged)
{
	struct match m = { .components = components };
	cJSON *ret = cJSON_CreateArray();
	size_t n = 0;

	JSON_EACH(notice, feed) {
		if (++n > NOTICES_MAX)
			break;
		if (is_notice(notice) &&
		    !is_acknowledged(notice, acknowledged) &&
		    notice_matches(&m, notice))
			choose(&m, notice, ret);
	}
	json_free(m.values);
	return ret;
}

/* ---- the language -------------------------------------------------------- */

/* Names of the files of a folder and of those right below it. */
static void list_files(const char *dir, unsigned depth, struct strmap *ret)
{
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d)) && ret->n < 10000;) {
		CLEANUP(free_p) char *path = path_join(dir, e->d_name);

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (!file_is_dir(path))
			(void)strmap_add(ret, e->d_name, NULL);
		else if (depth > 1 && !streq(e->d_name, "node_modules"))
			list_files(path, depth - 1, ret);
	}
	closedir(d);
}

static const char *script_language(const char *dir)
{
	static const char *const typed[] = { "typescript", "ts-node", "tsx",
		"swc" };
	CLEANUP(free_p) char *path = path_join(dir, "package.json");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;

	if (file_read(path, 16u << 20, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), path, &doc, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++)
		if (json_get(json_get(doc, "dependencies"), typed[i]) ||
		    json_get(json_get(doc, "devDependencies"), typed[i]))
			return "typescript";
	return "javascript";
}

static bool has_project_of(const struct strmap *files)
{
	static const char *const ends[] = { ".sln", ".csproj", ".fsproj",
		".vbproj" };

	STRMAP_EACH(files, e)
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (str_ends(e->key, ends[i]))
				return true;
	return false;
}

const char *notices_language(const char *dir)
{
	static const struct {
		const char *file, *language;
	} marks[] = {
		{ "requirements.txt", "python" }, { "setup.py", "python" },
		{ "pyproject.toml", "python" }, { "pom.xml", "java" },
		{ "build.xml", "java" }, { "settings.gradle", "java" },
	};
	CLEANUP(strmap_release) struct strmap files = { 0 };

	list_files(dir, 2, &files);
	if (strmap_has(&files, "package.json"))
		return script_language(dir);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strmap_has(&files, marks[i].file))
			return marks[i].language;
	if (has_project_of(&files))
		return "dotnet";
	return strmap_has(&files, "go.mod") ? "go" : NULL;
}
