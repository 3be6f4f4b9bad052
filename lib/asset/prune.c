#include "asset/prune.h"

#include <dirent.h>

#include "asset/inventory.h"
#include "model/asset_manifest.h"
#include "util/file.h"

/* Every name the manifests mention, as path parts and as words: an asset may
 * be named in the middle of a command. */
struct names {
	struct strmap set;
};

static void add_words(struct names *k, const char *text, const char *cut)
{
	while (*text) {
		size_t n = strcspn(text, cut);

		if (n > 0 && n < 4096) {
			CLEANUP(free_p) char *word = xstrndup(text, n);

			strmap_set(&k->set, word, NULL);
		}
		text += n;
		text += strspn(text, cut);
	}
}

static void add_text(struct names *k, const char *text)
{
	add_words(k, text, "/");
	add_words(k, text, "/ \t\r\n'\"`|;:=,&<>()$");
}

/* Nested no deeper than the parser allows. */
static void add_all(struct names *k, const cJSON *j)
{
	JSON_EACH(m, j) {
		if (m->string)
			add_text(k, m->string);
		if (cJSON_IsString(m))
			add_text(k, m->valuestring);
		add_all(k, m);
	}
}

static int add_metadata(struct names *k, const struct artifact *a,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	int rc;

	if (!json_str(a->json, "additionalMetadataFile"))
		return 0;
	rc = artifact_metadata(a, &doc, err);
	if (rc == 0)
		add_all(k, doc);
	return rc;
}

static int add_assembly(struct names *k, const struct assembly *a,
    struct err *err)
{
	int rc = 0;

	add_all(k, a->manifest);
	for (size_t i = 0; i < a->n_artifacts && rc == 0; i++) {
		CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;
		const struct artifact *art = &a->artifacts[i];

		rc = add_metadata(k, art, err);
		if (rc < 0 || art->type != ARTIFACT_ASSETS)
			continue;
		rc = asset_manifest_of(art, &m, err);
		if (rc < 0)
			continue;
		add_all(k, m->json);
		/* what packaging leaves in the folder .cache */
		for (size_t e = 0; e < m->n; e++) {
			CLEANUP(free_p) char *zip = xasprintf("%s.zip",
			    m->v[e].id);

			strmap_set(&k->set, zip, NULL);
		}
	}
	for (size_t i = 0; i < a->n_nested && rc == 0; i++)
		rc = add_assembly(k, a->nested[i], err);
	return rc;
}

/* ---- looking ------------------------------------------------------------- */

bool prune_is_ours(const char *name)
{
	return str_starts(name, "asset.") || str_starts(name, "assembly-") ||
	    str_starts(name, "bundling-temp-") ||
	    str_ends(name, ".assets.json") ||
	    str_ends(name, ".template.json") ||
	    str_ends(name, ".template.yaml") ||
	    str_ends(name, ".metadata.json");
}

static bool is_cache_name(const char *name)
{
	return str_ends(name, ".zip") || str_ends(name, "_tmp");
}

static void add_item(struct prune *p, const char *top, const char *path)
{
	int64_t size = MAX(tree_size(path), (int64_t)0);
	const char *rest = path + strlen(top);

	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct prune_item){
		.path = xstrdup(rest + strspn(rest, "/")), .size = size };
	p->bytes += size;
}

/* One folder; links to folders are things of their own here. */
static int look_in(const struct names *k, const char *top, const char *dir,
    bool (*may_go)(const char *name), struct prune *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	struct dirent *e;
	DIR *d = opendir(dir);

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return err_set(err, E_IO, "cannot read folder '%s': %m", dir);
	while ((e = readdir(d)))
		strvec_add(&names, e->d_name);
	closedir(d);
	strvec_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_p) char *path = path_join(dir, names.v[i]);

		if (may_go(names.v[i]) && !strmap_has(&k->set, names.v[i]))
			add_item(ret, top, path);
	}
	return 0;
}

/* Is dir below top without a link in between? top is where links end. */
static bool is_really_below(const char *top, const char *real_top,
    const char *dir)
{
	CLEANUP(free_p) char *real = realpath(dir, NULL);
	CLEANUP(free_p) char *want = xasprintf("%s%s", real_top,
	    dir + strlen(top));

	return real && streq(real, want) && file_is_dir(real);
}

static int look_at(const struct names *k, const char *top,
    const char *real_top, const struct assembly *a, struct prune *ret,
    struct err *err)
{
	CLEANUP(free_p) char *dir = path_abs(a->dir);
	CLEANUP(free_p) char *cache = path_join(dir, ".cache");
	int rc = 0;

	if (is_really_below(top, real_top, dir))
		rc = look_in(k, top, dir, prune_is_ours, ret, err);
	if (rc == 0 && is_really_below(top, real_top, cache))
		rc = look_in(k, top, cache, is_cache_name, ret, err);
	for (size_t i = 0; i < a->n_nested && rc == 0; i++)
		rc = look_at(k, top, real_top, a->nested[i], ret, err);
	return rc;
}

/* An app that is its own output folder holds templates of the user. */
static int refuse_project(const char *dir, struct err *err)
{
	static const char *const marks[] = { "cdk.json", ".git",
		"package.json", "pyproject.toml", "pom.xml", "go.mod" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		CLEANUP(free_p) char *path = path_join(dir, marks[i]);

		if (file_exists(path))
			return err_set(err, E_CONFIG, "'%s' holds '%s', so it "
			    "is not only an output folder; nothing was "
			    "removed. Use --output to synthesize into a folder "
			    "of its own", dir, marks[i]);
	}
	return 0;
}

int prune_find(const struct assembly *a, struct prune *ret, struct err *err)
{
	CLEANUP(free_p) char *top = path_abs(a->dir);
	CLEANUP(free_p) char *real_top = realpath(top, NULL);
	struct names k = { 0 };
	int rc = refuse_project(top, err);

	if (rc == 0 && !real_top)
		rc = err_set(err, E_IO, "cannot read folder '%s': %m", top);
	if (rc == 0)
		rc = add_assembly(&k, a, err);
	if (rc == 0)
		rc = look_at(&k, top, real_top, a, ret, err);
	strmap_release(&k.set);
	return rc;
}

int prune_remove(const struct assembly *a, const struct prune *p,
    struct err *err)
{
	for (size_t i = 0; i < p->n; i++) {
		CLEANUP(free_p) char *path = path_join(a->dir, p->v[i].path);
		int rc = dir_remove(path, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

void prune_release(struct prune *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	free(p->v);
	*p = (struct prune){ 0 };
}
