#include "model/assembly.h"

#include "model/internal.h"
#include "util/file.h"

#define MANIFEST_MAX ((size_t)512 << 20)
/* Stages nest a few levels; links in a hostile folder could nest for ever. */
#define NEST_DEPTH_MAX 32
#define NEST_COUNT_MAX 10000

static const struct {
	const char *name;
	enum artifact_type type;
} artifact_types[] = {
	{ "aws:cloudformation:stack", ARTIFACT_STACK },
	{ "cdk:asset-manifest", ARTIFACT_ASSETS },
	{ "cdk:cloud-assembly", ARTIFACT_ASSEMBLY },
	{ "cdk:tree", ARTIFACT_TREE },
	{ "cdk:feature-flag-report", ARTIFACT_FLAGS },
};

static enum artifact_type type_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(artifact_types); i++)
		if (streq(name, artifact_types[i].name))
			return artifact_types[i].type;
	return ARTIFACT_UNKNOWN;
}

static void stack_free(struct stack *s)
{
	if (!s)
		return;
	free(s->display_name);
	free(s->account);
	free(s->region);
	free(s->template_path);
	json_free(s->template_cache);
	free(s);
}

DEFINE_CLEANUP(struct stack, stack_free)

void assembly_free(struct assembly *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_nested; i++)
		assembly_free(a->nested[i]);
	for (size_t i = 0; i < a->n_stacks; i++)
		stack_free(a->stacks[i]);
	for (size_t i = 0; i < a->n_artifacts; i++)
		strvec_release(&a->artifacts[i].deps);
	strmap_release(&a->by_id);
	free(a->nested);
	free(a->stacks);
	free(a->all);
	free(a->artifacts);
	json_free(a->manifest);
	free(a->newer_warning);
	free(a->version);
	free(a->display_name);
	free(a->dir);
	free(a);
}

/* ---- version ------------------------------------------------------------- */

/* A number without leading zeros, as semver wants it. */
static bool version_number(const char **s, int *ret)
{
	const char *p = *s;
	int v = 0;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (v > 100000000)
			return false;
		v = v * 10 + (*p - '0');
	}
	*s = p;
	*ret = v;
	return true;
}

int assembly_version_major(const char *version)
{
	int major, minor, patch;
	const char *p = version;

	if (*p == 'v' || *p == '=')
		p++;
	if (!version_number(&p, &major) || *p++ != '.' ||
	    !version_number(&p, &minor) || *p++ != '.' ||
	    !version_number(&p, &patch))
		return -1;
	if (*p && ((*p != '-' && *p != '+') || !p[1]))
		return -1;
	for (; *p; p++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-+", *p))
			return -1;
	return major;
}

static int version_check(struct assembly *a, struct err *err)
{
	const char *version = json_str(a->manifest, "version");
	const char *least = json_str(a->manifest, "minimumCliVersion");
	int major = assembly_version_major(version ? version : "");

	if (major < 0)
		return err_set(err, E_INVALID, "Invalid semver string: \"%s\"",
		    version ? version : "undefined");
	a->version = xstrdup(version);
	if (major <= ASSEMBLY_SCHEMA_MAJOR)
		return 0;
	a->newer_warning = xasprintf("The cloud assembly in '%s' has schema "
	    "version %s, newer than the %d.x.x this CLI knows%s%s%s. It is "
	    "read as far as possible; upgrade the CLI if something is "
	    "missing.", a->dir, version, ASSEMBLY_SCHEMA_MAJOR,
	    least ? " (made for CLI version " : "", least ? least : "",
	    least ? ")" : "");
	return 0;
}

/* ---- artifacts ----------------------------------------------------------- */

int assembly_file(const struct assembly *a, const char *name, char **ret,
    struct err *err)
{
	CLEANUP(free_p) char *joined = NULL;

	if (!*name || path_escapes(name))
		return err_set(err, E_INVALID, "the path '%s' leaves the cloud "
		    "assembly folder '%s'; files of an assembly must be inside "
		    "it", name, a->dir);
	joined = path_join(a->dir, name);
	*ret = path_normal(joined);
	return 0;
}

int artifact_file(const struct artifact *a, const char *name, char **ret,
    struct err *err)
{
	int r = assembly_file(a->assembly, name, ret, err);

	if (r < 0)
		err_wrap(err, "artifact '%s'", a->id);
	return r;
}

static bool account_char(char c)
{
	return c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "0123456789-@._", c);
}

static bool region_char(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyz0123456789-", c);
}

/* The reference searches; text before and after does not matter. */
static bool environment_parse(const char *text, char **ret_account,
    char **ret_region)
{
	const char *p = text;

	while ((p = strstr(p, "aws://"))) {
		const char *account = p + strlen("aws://"), *region, *end;

		p = account;
		for (end = account; account_char(*end); end++)
			;
		if (end == account || *end != '/')
			continue;
		region = end + 1;
		*ret_account = xstrndup(account, (size_t)(end - account));
		for (end = region; region_char(*end); end++)
			;
		if (end > region) {
			*ret_region = xstrndup(region, (size_t)(end - region));
			return true;
		}
		free(*ret_account);
		*ret_account = NULL;
	}
	return false;
}

static int stack_make(struct artifact *a, struct stack **ret, struct err *err)
{
	CLEANUP(stack_free_p) struct stack *s = xcalloc(1, sizeof(*s));
	const char *file = json_str(a->props, "templateFile");
	const char *env = json_str(a->json, "environment");
	const char *name = json_str(a->props, "stackName");
	int r;

	if (!file)
		return err_set(err, E_INVALID, "Invalid CloudFormation stack "
		    "artifact. Missing \"templateFile\" property in cloud "
		    "assembly manifest");
	if (!env || !*env)
		return err_set(err, E_INVALID, "Invalid CloudFormation stack "
		    "artifact. Missing environment");
	if (!environment_parse(env, &s->account, &s->region))
		return err_set(err, E_INVALID, "Unable to parse environment "
		    "specification \"%s\". Expected format: "
		    "aws://account/region", env);
	r = artifact_file(a, file, &s->template_path, err);
	if (r < 0)
		return r;
	s->artifact = a;
	s->id = a->id;
	s->name = name && *name ? name : a->id;
	s->hierarchical_id = a->display_name ? a->display_name : a->id;
	s->display_name = streq(s->name, s->id) ?
	    xstrdup(s->hierarchical_id) :
	    xasprintf("%s (%s)", s->hierarchical_id, s->name);
	s->termination_protection = json_bool(a->props,
	    "terminationProtection", false);
	*ret = TAKE(s);
	return 0;
}

static int artifact_read(struct assembly *a, struct artifact *art,
    const cJSON *json, struct err *err)
{
	*art = (struct artifact){ .assembly = a, .id = json->string,
		.json = json, .props = json_get(json, "properties"),
		.type = type_of(json_str(json, "type")),
		.display_name = json_str(json, "displayName") };
	if (!cJSON_IsObject(json))
		return err_set(err, E_INVALID,
		    "%s/manifest.json: artifact '%s' is not an object", a->dir,
		    art->id);
	JSON_EACH(dep, json_get(json, "dependencies")) {
		if (!cJSON_IsString(dep))
			return err_set(err, E_INVALID, "%s/manifest.json: the "
			    "dependencies of artifact '%s' are not all strings",
			    a->dir, art->id);
		strvec_add(&art->deps, dep->valuestring);
	}
	return 0;
}

static int artifacts_read(struct assembly *a, struct err *err)
{
	const cJSON *list = json_get(a->manifest, "artifacts");
	size_t n = 0;
	int r;

	if (list && !cJSON_IsObject(list))
		return err_set(err, E_INVALID, "%s/manifest.json: 'artifacts' "
		    "is not an object", a->dir);
	JSON_EACH(json, list)
		n++;
	a->artifacts = xcalloc(n + 1, sizeof(*a->artifacts));
	a->stacks = xcalloc(n + 1, sizeof(struct stack *));
	JSON_EACH(json, list) {
		struct artifact *art = &a->artifacts[a->n_artifacts++];

		r = artifact_read(a, art, json, err);
		if (r < 0)
			return r;
		strmap_set(&a->by_id, art->id, art);
		if (art->type != ARTIFACT_STACK)
			continue;
		r = stack_make(art, &a->stacks[a->n_stacks], err);
		if (r < 0)
			return r;
		art->stack = a->stacks[a->n_stacks++];
	}
	return 0;
}

static int deps_check(const struct assembly *a, struct err *err)
{
	for (size_t i = 0; i < a->n_artifacts; i++) {
		const struct artifact *art = &a->artifacts[i];

		for (size_t d = 0; d < art->deps.n; d++)
			if (!strmap_has(&a->by_id, art->deps.v[d]))
				return err_set(err, E_INVALID, "Artifact %s "
				    "depends on non-existing artifact %s",
				    art->id, art->deps.v[d]);
	}
	return 0;
}

/* Breadth-first, as the reference numbers stacks. */
static void collect_all(struct assembly *top, size_t n_nested)
{
	struct assembly **queue = xcalloc(n_nested + 1, sizeof(*queue));
	size_t head = 0, tail = 0, n = 0;
	bool old = assembly_version_major(top->version) < 10;

	free(top->all);
	top->n_all = 0;
	queue[tail++] = top;
	while (head < tail) {
		struct assembly *a = queue[head++];

		n += a->n_stacks;
		for (size_t i = 0; i < a->n_nested && !old; i++)
			queue[tail++] = a->nested[i];
	}
	top->all = xcalloc(n + 1, sizeof(struct stack *));
	for (head = 0; head < tail; head++)
		for (size_t i = 0; i < queue[head]->n_stacks; i++)
			top->all[top->n_all++] = queue[head]->stacks[i];
	free(queue);
}

/* A field we need may have moved in a schema we do not know: says so. */
static int explain_newer(const struct assembly *a, int code, struct err *err)
{
	CLEANUP(free_p) char *text = NULL;

	if (!a->newer_warning || !err)
		return code;
	text = xstrdup(err_text(err));
	err_release(err);
	return err_set(err, code, "%s\nThe cloud assembly in '%s' has schema "
	    "version %s, newer than the %d.x.x this CLI knows: upgrade the CLI "
	    "to read it.", text, a->dir, a->version, ASSEMBLY_SCHEMA_MAJOR);
}

int assembly_parse(struct sv text, const char *dir, struct assembly **ret,
    struct err *err)
{
	CLEANUP(assembly_free_p) struct assembly *a = xcalloc(1, sizeof(*a));
	CLEANUP(free_p) char *path = path_join(dir, "manifest.json");
	CLEANUP(free_p) char *what = path_normal(path);
	int r;

	a->dir = xstrdup(dir);
	r = json_parse(text, what, &a->manifest, err);
	if (r < 0)
		return r;
	if (!cJSON_IsObject(a->manifest))
		return err_set(err, E_INVALID,
		    "%s: not a cloud assembly manifest (no JSON object)", what);
	r = version_check(a, err);
	if (r == 0)
		r = artifacts_read(a, err);
	if (r == 0)
		r = deps_check(a, err);
	if (r < 0)
		return explain_newer(a, r, err);
	collect_all(a, 0);
	*ret = TAKE(a);
	return 0;
}

/* ---- loading ------------------------------------------------------------- */

int enoent(struct err *err, const char *path)
{
	return err_set(err, E_NOTFOUND,
	    "ENOENT: no such file or directory, open '%s'", path);
}

static int load_one(const char *dir, struct assembly **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *joined = path_join(dir, "manifest.json");
	CLEANUP(free_p) char *path = path_normal(joined);
	int r = file_read(path, MANIFEST_MAX, &text, err);

	if (r == E_NOTFOUND)
		return enoent(err, path);
	if (r < 0)
		return r;
	return assembly_parse(strbuf_sv(&text), dir, ret, err);
}

static int load_nested(struct assembly *a, int depth, size_t *count,
    struct err *err);

static int nested_add(struct assembly *a, const struct artifact *art,
    int depth, size_t *count, struct err *err)
{
	CLEANUP(assembly_free_p) struct assembly *sub = NULL;
	CLEANUP(free_p) char *dir = NULL;
	const char *name = json_str(art->props, "directoryName");
	const char *shown = json_str(art->props, "displayName");
	int r;

	if (!name)
		return err_set(err, E_INVALID, "%s/manifest.json: the nested "
		    "assembly '%s' has no \"directoryName\"", a->dir, art->id);
	r = artifact_file(art, name, &dir, err);
	if (r < 0)
		return r;
	if (depth >= NEST_DEPTH_MAX || ++*count > NEST_COUNT_MAX ||
	    streq(dir, a->dir))
		return err_set(err, E_INVALID, "nested assembly '%s' (%s) is "
		    "nested too deep or contains itself", art->id, dir);
	r = load_one(dir, &sub, err);
	if (r < 0)
		return r;
	sub->display_name = xstrdup(shown ? shown : art->id);
	for (size_t i = 0; i < sub->n_stacks; i++)
		sub->stacks[i]->nested_assembly = true;
	r = load_nested(sub, depth + 1, count, err);
	if (r < 0)
		return r;
	/* one warning, whoever the newcomer is */
	if (!a->newer_warning)
		a->newer_warning = TAKE(sub->newer_warning);
	a->nested[a->n_nested++] = TAKE(sub);
	return 0;
}

static int load_nested(struct assembly *a, int depth, size_t *count,
    struct err *err)
{
	int r = 0;

	a->nested = xcalloc(a->n_artifacts + 1, sizeof(struct assembly *));
	for (size_t i = 0; i < a->n_artifacts && r == 0; i++)
		if (a->artifacts[i].type == ARTIFACT_ASSEMBLY)
			r = nested_add(a, &a->artifacts[i], depth, count, err);
	return r;
}

int assembly_load(const char *dir, struct assembly **ret, struct err *err)
{
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	size_t n_nested = 0;
	int r = load_one(dir, &a, err);

	if (r == 0)
		r = load_nested(a, 0, &n_nested, err);
	if (r < 0)
		return r;
	collect_all(a, n_nested);
	*ret = TAKE(a);
	return 0;
}

/* ---- reading it ---------------------------------------------------------- */

const cJSON *assembly_missing(const struct assembly *a)
{
	const cJSON *list = json_get(a->manifest, "missing");

	return cJSON_IsArray(list) ? list : NULL;
}

int stack_template(struct stack *s, const cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (s->template_cache) {
		*ret = s->template_cache;
		return 0;
	}
	r = file_read(s->template_path, MANIFEST_MAX, &text, err);
	if (r == E_NOTFOUND)
		return enoent(err, s->template_path);
	if (r < 0)
		return r;
	r = json_parse(strbuf_sv(&text), s->template_path, &s->template_cache,
	    err);
	if (r == 0)
		*ret = s->template_cache;
	return r;
}

const char *stack_prop(const struct stack *s, const char *path)
{
	return json_str(s->artifact->props, path);
}

size_t stack_asset_artifacts(const struct stack *s, struct artifact **ret,
    size_t max)
{
	const struct artifact *a = s->artifact;
	size_t n = 0;

	for (size_t i = 0; i < a->deps.n; i++) {
		struct artifact *dep =
		    strmap_get(&a->assembly->by_id, a->deps.v[i]);

		if (!dep || dep->type != ARTIFACT_ASSETS)
			continue;
		if (n < max)
			ret[n] = dep;
		n++;
	}
	return n;
}

size_t stack_deps(const struct stack *s, struct stack **ret, size_t max)
{
	const struct artifact *a = s->artifact;
	size_t n = 0;

	for (size_t i = 0; i < a->deps.n; i++) {
		const struct artifact *dep =
		    strmap_get(&a->assembly->by_id, a->deps.v[i]);

		if (!dep || !dep->stack)
			continue;
		if (n < max)
			ret[n] = dep->stack;
		n++;
	}
	return n;
}
