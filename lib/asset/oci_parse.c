#include "asset/oci_parse.h"

#include "util/file.h"

#define DESCS_MAX 2000
#define WORD_MAX 512
#define SIZE_MAX_BYTES 9007199254740991.0 /* what a JSON number can hold */

void oci_descs_release(struct oci_descs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].media_type);
		free(l->v[i].digest);
	}
	free(l->v);
	*l = (struct oci_descs){ 0 };
}

bool oci_is_digest(const char *text)
{
	const char *hex = text + strlen("sha256:");

	return str_starts(text, "sha256:") && strlen(hex) == 64 &&
	    strspn(hex, "0123456789abcdef") == 64;
}

bool oci_is_index_type(const char *media_type)
{
	return streq0(media_type, OCI_INDEX) ||
	    streq0(media_type, DOCKER_LIST);
}

bool oci_is_manifest_type(const char *media_type)
{
	return streq0(media_type, OCI_MANIFEST) ||
	    streq0(media_type, DOCKER_MANIFEST);
}

/* A media type goes into a header. */
static bool is_plain(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n > 0 && n <= WORD_MAX;
}

static bool is_foreign(const char *media_type)
{
	return strstr(media_type, ".foreign.") ||
	    strstr(media_type, ".nondistributable.");
}

static int parse_desc(const cJSON *j, struct oci_desc *ret, struct err *err)
{
	const char *type = json_str(j, "mediaType");
	const char *digest = json_str(j, "digest");
	const cJSON *size = json_get(j, "size");
	const cJSON *os = json_at(j, "platform.os");

	if (!type || !is_plain(type))
		return err_set(err, E_INVALID, "a descriptor has no media "
		    "type");
	if (!digest || !oci_is_digest(digest))
		return err_set(err, E_INVALID, "a descriptor has no SHA-256 "
		    "digest: '%.100s'", digest ? digest : "");
	if (!cJSON_IsNumber(size) || !(size->valuedouble >= 0) ||
	    size->valuedouble > SIZE_MAX_BYTES)
		return err_set(err, E_INVALID, "the descriptor of %s has no "
		    "size", digest);
	*ret = (struct oci_desc){ .media_type = xstrdup(type),
		.digest = xstrdup(digest),
		.size = (int64_t)size->valuedouble,
		.has_platform = cJSON_IsString(os) &&
		    !streq(os->valuestring, "unknown"),
		.foreign = is_foreign(type) };
	return 0;
}

static int add_desc(struct oci_descs *l, const cJSON *j, struct err *err)
{
	if (l->n >= DESCS_MAX)
		return err_set(err, E_TOOBIG, "more than %d descriptors",
		    DESCS_MAX);
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	return parse_desc(j, &l->v[l->n], err) < 0 ? E_INVALID :
	    (l->n++, 0);
}

static int parse_object(struct sv text, const char *what, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	int rc;

	if (text.n > OCI_TEXT_MAX)
		return err_set(err, E_TOOBIG, "%s is larger than %zu bytes",
		    what, OCI_TEXT_MAX);
	if ((rc = json_parse(text, what, &doc, err)) < 0)
		return rc;
	if (!cJSON_IsObject(doc))
		return err_set(err, E_INVALID, "%s is not an object", what);
	*ret = TAKE(doc);
	return 0;
}

int oci_parse_layout(struct sv text, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *version;
	int rc = parse_object(text, "oci-layout", &doc, err);

	if (rc < 0)
		return rc;
	version = json_str(doc, "imageLayoutVersion");
	if (!version || !str_starts(version, "1."))
		return err_set(err, E_INVALID, "layout version '%.100s' is not "
		    "known", version ? version : "");
	return 0;
}

int oci_parse_index(struct sv text, struct oci_descs *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *list;
	int rc = parse_object(text, "index", &doc, err);

	if (rc < 0)
		return rc;
	list = json_get(doc, "manifests");
	if (!cJSON_IsArray(list) || !list->child)
		return err_set(err, E_INVALID, "an index names no manifests");
	JSON_EACH(j, list)
		if ((rc = add_desc(ret, j, err)) < 0)
			return rc;
	return 0;
}

int oci_parse_manifest(struct sv text, struct oci_descs *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *layers;
	int rc = parse_object(text, "manifest", &doc, err);

	if (rc < 0)
		return rc;
	layers = json_get(doc, "layers");
	if (!cJSON_IsObject(json_get(doc, "config")) ||
	    !cJSON_IsArray(layers))
		return err_set(err, E_INVALID, "a manifest names no "
		    "configuration or no layers");
	rc = add_desc(ret, json_get(doc, "config"), err);
	JSON_EACH(j, layers)
		if (rc == 0)
			rc = add_desc(ret, j, err);
	return rc;
}

/* ---- docker save --------------------------------------------------------- */

void docker_archive_release(struct docker_archive *a)
{
	free(a->config);
	strvec_release(&a->layers);
	*a = (struct docker_archive){ 0 };
}

static int add_name(const cJSON *j, struct strvec *ret, struct err *err)
{
	CLEANUP(free_p) char *name = NULL;

	if (!cJSON_IsString(j) || !*j->valuestring ||
	    strlen(j->valuestring) > 4096)
		return err_set(err, E_INVALID, "manifest.json names a file "
		    "that cannot be");
	if (ret->n >= DESCS_MAX)
		return err_set(err, E_TOOBIG, "manifest.json names more than "
		    "%d layers", DESCS_MAX);
	name = path_normal(j->valuestring);
	strvec_add(ret, name);
	return 0;
}

int oci_parse_archive(struct sv text, struct docker_archive *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *config, *layers;
	int rc;

	if (text.n > OCI_TEXT_MAX)
		return err_set(err, E_TOOBIG, "manifest.json is larger than "
		    "%zu bytes", OCI_TEXT_MAX);
	if ((rc = json_parse(text, "manifest.json", &doc, err)) < 0)
		return rc;
	if (!cJSON_IsArray(doc) || cJSON_GetArraySize(doc) != 1)
		return err_set(err, E_INVALID, "it holds %d images; save a "
		    "single one", cJSON_IsArray(doc) ?
		    cJSON_GetArraySize(doc) : 0);
	config = json_get(doc->child, "Config");
	layers = json_get(doc->child, "Layers");
	if (!cJSON_IsString(config) || !cJSON_IsArray(layers))
		return err_set(err, E_INVALID, "manifest.json names no "
		    "configuration or no layers");
	ret->config = path_normal(config->valuestring);
	JSON_EACH(j, layers)
		if ((rc = add_name(j, &ret->layers, err)) < 0)
			return rc;
	return 0;
}

int oci_parse_diff_ids(struct sv text, struct strvec *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	int rc = parse_object(text, "image configuration", &doc, err);

	if (rc < 0)
		return rc;
	JSON_EACH(j, json_at(doc, "rootfs.diff_ids")) {
		if (!cJSON_IsString(j) || !oci_is_digest(j->valuestring))
			return err_set(err, E_INVALID, "an image configuration "
			    "has a layer without a SHA-256 digest");
		strvec_add(ret, j->valuestring);
	}
	return 0;
}
