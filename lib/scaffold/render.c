#include "scaffold/render.h"

#include <ctype.h>

#include "util/digest.h"
#include "util/json.h"
#include "util/share.h"
#include "util/strmap.h"

#define VERSIONS "data/init-versions.tsv"
#define FLAGS "data/feature-flags.json"
#define PIN "pin."

/* ---- the values ---- */

static void put(struct strmap *m, const char *key, const char *value)
{
	strmap_set(m, key, xstrdup(value));
}

static void put_take(struct strmap *m, const char *key, char *value)
{
	strmap_set(m, key, value);
}

/* NAME TAB VERSION lines as "pin.NAME" */
static int read_pins(struct strmap *m, struct err *err)
{
	struct sv rest, line, name;

	if (share_get(VERSIONS, &rest, err) < 0)
		return err->code;
	while (sv_next(&rest, '\n', &line)) {
		CLEANUP(free_p) char *key = NULL;

		if (!line.n || *line.p == '#')
			continue;
		if (!sv_next(&line, '\t', &name) || !line.n)
			return err_set(err, E_INVALID, "'%s': no version of "
			    "'%.*s'", VERSIONS, SV_FMT(name));
		key = xasprintf(PIN "%.*s", SV_FMT(name));
		put_take(m, key, sv_dup(line));
	}
	return 0;
}

/* Of NAME-java before NAME; "" is seen by the tests. */
static const char *pin(const struct strmap *m, const char *name,
    const char *language)
{
	CLEANUP(free_p) char *own = xasprintf(PIN "%s-%s", name, language);
	CLEANUP(free_p) char *any = xasprintf(PIN "%s", name);
	const char *v = strmap_get(m, own);

	if (!v)
		v = strmap_get(m, any);
	return v ? v : "";
}

/* How each package manager says "this one or a later one that fits". */
static void put_versions(struct strmap *m, const struct render *r)
{
	const char *given = r->lib_version;
	const char *lib = pin(m, "lib", r->language->name);
	const char *cons = pin(m, "constructs", r->language->name);
	char *lib_text = NULL, *cons_text = NULL;

	switch (r->language->family) {
	case FAMILY_NODE:
		lib_text = xasprintf("^%s", lib);
		cons_text = xasprintf("^%s", cons);
		break;
	case FAMILY_PYTHON:
		lib_text = xasprintf(">=%s,<3.0.0", lib);
		cons_text = xasprintf(">=%s,<11.0.0", cons);
		break;
	case FAMILY_JAVA:
		lib_text = xstrdup(lib);
		cons_text = xstrdup(cons);
		break;
	case FAMILY_GO:
		lib_text = xasprintf("v%s", lib);
		cons_text = xasprintf("v%s", cons);
		break;
	case FAMILY_DOTNET:
		lib_text = xasprintf("[%s,3.0.0)", lib);
		cons_text = xstrdup("10.*");
		break;
	}
	if (given) {
		free(lib_text);
		lib_text = xasprintf("%s%s",
		    r->language->family == FAMILY_PYTHON ? "==" :
		    r->language->family == FAMILY_GO ? "v" : "", given);
	}
	put_take(m, "cdk-version", lib_text);
	put_take(m, "constructs-version", cons_text);
}

/* A project of the same name has the same one. */
static char *project_guid(const char *name)
{
	unsigned char d[SHA256_LEN];

	sha256(sv_from(name), d);
	return xasprintf("%02X%02X%02X%02X-%02X%02X-4%X%02X-8%X%02X-"
	    "%02X%02X%02X%02X%02X%02X", d[0], d[1], d[2], d[3], d[4], d[5],
	    d[6] & 15u, d[7], d[8] & 15u, d[9], d[10], d[11], d[12], d[13],
	    d[14], d[15]);
}

static const char *run_script(const char *package_manager)
{
	if (streq(package_manager, "yarn") || streq(package_manager, "pnpm"))
		return package_manager;
	return streq(package_manager, "bun") ? "bun run" : "npm run";
}

static int values_init(struct strmap *m, const struct render *r,
    struct err *err)
{
	const struct project_names *n = r->names;

	m->free_value = free;
	if (read_pins(m, err) < 0)
		return err->code;
	put_versions(m, r);
	put(m, "name", n->name);
	put(m, "name.camelCased", n->camel);
	put(m, "name.PascalCased", n->pascal);
	put(m, "name.PythonModule", n->module);
	put(m, "name.StackName", n->construct);
	put(m, "name.GoFile", n->go_file);
	put(m, "stackname", n->stack);
	put(m, "pm-cmd", run_script(r->package_manager));
	put_take(m, "project-guid", project_guid(n->name));
	return 0;
}

/* ---- expanding ---- */

/* The name in "%name%..." at p, empty when there is none. */
static struct sv placeholder_at(struct sv at)
{
	size_t i = 1;

	if (at.n < 3 || !isalpha((unsigned char)at.p[1]))
		return (struct sv){ 0 };
	while (i < at.n && (isalnum((unsigned char)at.p[i]) ||
	    at.p[i] == '.' || at.p[i] == '-'))
		i++;
	if (i == at.n || at.p[i] != '%')
		return (struct sv){ 0 };
	return (struct sv){ at.p + 1, i - 1 };
}

static int expand(struct sv text, const struct strmap *values,
    struct strbuf *out, struct err *err)
{
	while (text.n) {
		struct sv name = *text.p == '%' ? placeholder_at(text) :
						  (struct sv){ 0 };
		CLEANUP(free_p) char *key = NULL;
		const char *value;

		if (!name.n) {
			strbuf_addc(out, *text.p);
			text.p++;
			text.n--;
			continue;
		}
		key = sv_dup(name);
		value = strmap_get(values, key);
		if (!value)
			return err_set(err, E_INVALID, "unknown placeholder "
			    "%%%s%%", key);
		strbuf_adds(out, value);
		text.p += name.n + 2;
		text.n -= name.n + 2;
	}
	return 0;
}

/* "dot-gitignore" as ".gitignore" */
static char *visible_path(const char *path)
{
	struct strbuf b = STRBUF_INIT;
	struct sv rest = sv_from(path), seg;

	while (sv_next(&rest, '/', &seg)) {
		if (b.len)
			strbuf_addc(&b, '/');
		if (sv_starts(seg, "dot-")) {
			strbuf_addc(&b, '.');
			seg.p += 4;
			seg.n -= 4;
		}
		strbuf_addsv(&b, seg);
	}
	return strbuf_detach(&b);
}

static int add_flags(struct init_file *f, struct err *err)
{
	CLEANUP(json_free_p) cJSON *settings = NULL, *flags = NULL;
	struct sv data;

	if (share_get(FLAGS, &data, err) < 0 ||
	    json_parse(data, FLAGS, &flags, err) < 0 ||
	    json_parse(strbuf_sv(&f->data), f->path, &settings, err) < 0)
		return err->code;
	json_add_take(settings, "context",
	    json_dup(json_get(flags, "recommended")));
	strbuf_reset(&f->data);
	json_write(&f->data, settings, 2);
	strbuf_addc(&f->data, '\n');
	return 0;
}

static int render_one(const char *share_name, const char *rel,
    const struct strmap *values, struct init_files *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(free_p) char *visible = visible_path(rel);
	struct init_file *f;
	struct sv data;

	if (expand(sv_from(visible), values, &path, err) < 0)
		return err_wrap(err, "template file '%s'", share_name);
	if (init_files_find(ret, path.buf))
		return 0; /* the template has its own, this is its base's */
	if (share_get(share_name, &data, err) < 0)
		return err->code;
	f = init_files_add(ret, path.buf, 0644);
	if (expand(data, values, &f->data, err) < 0)
		return err_wrap(err, "template file '%s'", share_name);
	return streq(f->path, "cdk.json") ? add_flags(f, err) : 0;
}

static int render_folder(const char *template, const char *without,
    const struct render *r, const struct strmap *values,
    struct init_files *ret, struct err *err)
{
	CLEANUP(free_p) char *prefix = xasprintf("init/%s/%s/", template,
	    r->language->name);
	int rc = 0;

	for (const struct share_file *f = share_files; f->name && !rc; f++) {
		const char *rel = f->name + strlen(prefix);

		if (!str_starts(f->name, prefix) ||
		    (without && str_starts(rel, without)))
			continue;
		rc = render_one(f->name, rel, values, ret, err);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct init_file *)a)->path,
	    ((const struct init_file *)b)->path);
}

int render_files(const struct render *r, struct init_files *ret,
    struct err *err)
{
	CLEANUP(strmap_release) struct strmap values = { 0 };
	const struct init_template *t = r->template;
	int rc = values_init(&values, r, err);

	if (rc == 0)
		rc = render_folder(t->name, NULL, r, &values, ret, err);
	if (rc == 0 && t->base)
		rc = render_folder(t->base, t->without, r, &values, ret, err);
	if (rc == 0 && !ret->n)
		rc = err_set(err, E_NOTFOUND, "the template '%s' has no files "
		    "for %s", t->name, r->language->name);
	if (rc == 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_path);
	return rc;
}
