#include "deploy/legacy.h"

#include "app/toolkit.h"
#include "asset/publish.h"
#include "aws/call.h"
#include "util/file.h"

/* Apart from a prefix "assets/<id>/" and the rest of the key. */
#define KEY_SEPARATOR "||"

/* What the assets of one stack need while they are converted. */
struct job {
	struct app *app;
	const struct deploy_request *r;
	struct toolkit toolkit;
	const char *bucket;
	struct legacy_assets *out;
};

void legacy_release(struct legacy_assets *a)
{
	json_free(a->manifest);
	json_free(a->parameters);
	*a = (struct legacy_assets){ 0 };
}

/* ---- the manifest -------------------------------------------------------- */

static cJSON *section(struct legacy_assets *a, const char *name)
{
	cJSON *at;

	if (!a->manifest) {
		a->manifest = cJSON_CreateObject();
		json_put_str(a->manifest, "version", ASSEMBLY_SCHEMA_VERSION);
	}
	at = json_get(a->manifest, name);
	if (!at) {
		at = cJSON_CreateObject();
		json_add_take(a->manifest, name, at);
	}
	return at;
}

/* The reference calls every destination "current". */
static void add_asset(struct legacy_assets *a, const char *kind,
    const char *id, cJSON *source, cJSON *dest)
{
	cJSON *asset = cJSON_CreateObject(), *dests = cJSON_CreateObject();

	json_add_take(dests, "current", dest);
	json_add_take(asset, "source", source);
	json_add_take(asset, "destinations", dests);
	json_add_take(section(a, kind), id, asset);
}

static void put_parameter(struct legacy_assets *a, const char *name,
    const char *value)
{
	if (!a->parameters)
		a->parameters = cJSON_CreateObject();
	if (name && *name)
		json_put_str(a->parameters, name, value);
}

/* A text that the conversion cannot do without. */
static int field(const struct job *j, const cJSON *asset, const char *name,
    const char **ret, struct err *err)
{
	const char *id = json_str(asset, "id");

	*ret = json_str(asset, name);
	if (*ret && **ret)
		return 0;
	return err_set(err, E_INVALID, "asset '%s' in the metadata of stack "
	    "'%s' has no '%s'", id ? id : "?", j->r->stack->hierarchical_id,
	    name);
}

/* ---- files --------------------------------------------------------------- */

static int add_file(struct job *j, const cJSON *asset, bool zip,
    struct err *err)
{
	CLEANUP(free_p) char *name = NULL, *prefix = NULL, *key = NULL;
	CLEANUP(free_p) char *value = NULL;
	const char *id, *hash, *path;
	cJSON *source, *dest;
	int r;

	if ((r = field(j, asset, "id", &id, err)) < 0 ||
	    (r = field(j, asset, "sourceHash", &hash, err)) < 0 ||
	    (r = field(j, asset, "path", &path, err)) < 0)
		return r;
	name = xasprintf("%s%s", hash, zip ? ".zip" : path_ext(path));
	prefix = streq(id, hash) ? xstrdup("assets/") :
	    xasprintf("assets/%s/", id);
	key = xasprintf("%s%s", prefix, name);
	value = xasprintf("%s" KEY_SEPARATOR "%s", prefix, name);
	msg_debug(j->app->sink, "Storing asset %s at s3://%s/%s", path,
	    j->bucket, key);
	source = cJSON_CreateObject();
	json_put_str(source, "path", path);
	json_put_str(source, "packaging", zip ? "zip" : "file");
	dest = cJSON_CreateObject();
	json_put_str(dest, "bucketName", j->bucket);
	json_put_str(dest, "objectKey", key);
	add_asset(j->out, "files", hash, source, dest);
	put_parameter(j->out, json_str(asset, "s3BucketParameter"), j->bucket);
	put_parameter(j->out, json_str(asset, "s3KeyParameter"), value);
	put_parameter(j->out, json_str(asset, "artifactHashParameter"), hash);
	return 0;
}

/* ---- images -------------------------------------------------------------- */

static int scan_on_push(struct job *j, const char *name, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	cJSON *scan = cJSON_CreateObject();

	msg_debug(j->app->sink, "%s: enable image scanning", name);
	json_put_str(in, "repositoryName", name);
	json_put_bool(scan, "scanOnPush", true);
	json_add_take(in, "imageScanningConfiguration", scan);
	return aws_call(j->r->aws, OP_ECR_PUT_IMAGE_SCANNING_CONFIGURATION, in,
	    NULL, err);
}

static int create_repository(struct job *j, const char *name, char **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	cJSON *tags = cJSON_CreateArray(), *tag = cJSON_CreateObject();
	const char *uri;
	int r;

	msg_debug(j->app->sink, "%s: creating ECR repository", name);
	json_put_str(in, "repositoryName", name);
	json_put_str(tag, "Key", "awscdk:asset");
	json_put_str(tag, "Value", "true");
	json_push_take(tags, tag);
	json_add_take(in, "tags", tags);
	r = aws_call(j->r->aws, OP_ECR_CREATE_REPOSITORY, in, &out, err);
	if (r < 0)
		return r;
	uri = json_str(out, "repository.repositoryUri");
	if (!uri)
		return err_set(err, E_FAIL,
		    "CreateRepository did not return a repository URI for %s",
		    name);
	*ret = xstrdup(uri);
	return scan_on_push(j, name, err);
}

/* The repository's URI; it is made when there is none. */
static int need_repository(struct job *j, const char *name, char **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	cJSON *names = cJSON_CreateArray();
	const char *uri;
	int r;

	msg_debug(j->app->sink,
	    "%s: checking if ECR repository already exists", name);
	json_push_take(names, cJSON_CreateString(name));
	json_add_take(in, "repositoryNames", names);
	r = aws_call(j->r->aws, OP_ECR_DESCRIBE_REPOSITORIES, in, &out, &why);
	if (r < 0 && !err_is_aws(&why, "RepositoryNotFoundException")) {
		err_move(err, &why);
		return r;
	}
	uri = json_str(out, "repositories.0.repositoryUri");
	if (!uri)
		return create_repository(j, name, ret, err);
	*ret = xstrdup(uri);
	return 0;
}

/* "cdk/" and the id, with what separates paths and tags replaced */
static char *default_repository(const char *id)
{
	CLEANUP(free_p) char *low = str_lower(id);

	for (char *p = low; *p; p++)
		if (*p == ':' || *p == '/')
			*p = '-';
	return xasprintf("cdk/%s", low);
}

static cJSON *image_source(const cJSON *asset)
{
	static const char *const names[][2] = {
		{ "path", "directory" },
		{ "buildArgs", "dockerBuildArgs" },
		{ "buildSecrets", "dockerBuildSecrets" },
		{ "buildContexts", "dockerBuildContexts" },
		{ "buildSsh", "dockerBuildSsh" },
		{ "target", "dockerBuildTarget" },
		{ "file", "dockerFile" },
		{ "networkMode", "networkMode" },
		{ "platform", "platform" },
		{ "outputs", "dockerOutputs" },
		{ "cacheFrom", "cacheFrom" },
		{ "cacheTo", "cacheTo" },
		{ "cacheDisabled", "cacheDisabled" },
	};
	cJSON *source = cJSON_CreateObject();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const cJSON *v = json_get(asset, names[i][0]);

		if (v && !cJSON_IsNull(v))
			json_add_take(source, names[i][1], json_dup(v));
	}
	return source;
}

static int add_image(struct job *j, const cJSON *asset, struct err *err)
{
	const char *param = json_str(asset, "imageNameParameter");
	const char *given = json_str(asset, "repositoryName");
	const char *tag = json_str(asset, "imageTag");
	CLEANUP(free_p) char *repo = NULL, *uri = NULL, *value = NULL;
	const char *id, *hash, *path;
	cJSON *dest;
	int r;

	if (!(param && *param) && !(given && *given && tag && *tag))
		return err_set(err, E_INVALID, "Invalid Docker image asset "
		    "configuration: \"repositoryName\" and \"imageTag\" are "
		    "required when \"imageNameParameter\" is left out");
	if ((r = field(j, asset, "id", &id, err)) < 0 ||
	    (r = field(j, asset, "sourceHash", &hash, err)) < 0 ||
	    (r = field(j, asset, "path", &path, err)) < 0)
		return r;
	repo = given ? xstrdup(given) : default_repository(id);
	r = need_repository(j, repo, &uri, err);
	if (r < 0)
		return r;
	tag = tag ? tag : hash;
	dest = cJSON_CreateObject();
	json_put_str(dest, "repositoryName", repo);
	json_put_str(dest, "imageTag", tag);
	add_asset(j->out, "dockerImages", hash, image_source(asset), dest);
	value = xasprintf("%s:%s", uri, tag);
	put_parameter(j->out, param, value);
	return 0;
}

/* ---- all of a stack ------------------------------------------------------ */

static int need_toolkit(struct job *j, struct err *err)
{
	int r;

	if (j->toolkit.stack_name)
		return 0;
	r = toolkit_lookup(j->app, j->r->access, &j->toolkit, err);
	if (r < 0)
		return r;
	if (!j->toolkit.found)
		return err_set(err, E_CONFIG, "This stack uses assets, so the "
		    "toolkit stack must be deployed to the environment (Run "
		    "\"cdk bootstrap %s\")", j->r->access->env_name);
	return toolkit_need(&j->toolkit, "BucketName", &j->bucket, err);
}

static int add_one(struct job *j, const cJSON *asset, struct err *err)
{
	const char *packaging = json_str(asset, "packaging");
	const char *id = json_str(asset, "id");
	CLEANUP(free_p) char *text = NULL;
	int r = need_toolkit(j, err);

	if (r < 0)
		return r;
	text = json_text(asset, 0);
	if (id && j->r->reuse_assets && strvec_has(j->r->reuse_assets, id)) {
		msg_debug(j->app->sink, "Reusing asset %s: %s", id, text);
		return 0;
	}
	msg_debug(j->app->sink, "Preparing asset %s: %s", id ? id : "undefined",
	    text);
	if (streq0(packaging, "zip") || streq0(packaging, "file"))
		return add_file(j, asset, streq(packaging, "zip"), err);
	if (streq0(packaging, "container-image"))
		return add_image(j, asset, err);
	return err_set(err, E_INVALID, "Unsupported packaging type: %s. You "
	    "might need to upgrade your aws-cdk toolkit to support this asset "
	    "type.", packaging ? packaging : "undefined");
}

int legacy_prepare(struct app *app, const struct deploy_request *r,
    struct legacy_assets *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *meta = NULL;
	struct job j = { .app = app, .r = r, .out = ret };
	int e;

	if (!r->stack)
		return 0;
	e = artifact_metadata(r->stack->artifact, &meta, err);
	JSON_EACH(at, meta)
		JSON_EACH(entry, at)
			if (e == 0 && streq0(json_str(entry, "type"),
				"aws:cdk:asset"))
				e = add_one(&j, json_get(entry, "data"), err);
	toolkit_release(&j.toolkit);
	return e;
}

/* How the app itself would publish the template: its role and region. */
static void borrow_destination(const struct stack *s, const char *file,
    cJSON *dest)
{
	static const char *const names[] = { "region", "assumeRoleArn",
		"assumeRoleExternalId", "assumeRoleAdditionalOptions" };
	struct artifact *a[16];
	size_t n = MIN(stack_asset_artifacts(s, a, ARRAY_SIZE(a)),
	    ARRAY_SIZE(a));

	for (size_t i = 0; i < n; i++) {
		CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;

		if (asset_manifest_of(a[i], &m, NULL) < 0)
			continue;
		for (size_t k = 0; k < m->n; k++) {
			if (m->v[k].kind != ASSET_FILE ||
			    !streq0(json_str(m->v[k].source, "path"), file))
				continue;
			for (size_t f = 0; f < ARRAY_SIZE(names); f++)
				json_add_take(dest, names[f], json_dup(
				    json_get(m->v[k].dest, names[f])));
			return;
		}
	}
}

void legacy_add_template(struct legacy_assets *a, const struct stack *s,
    const char *hash, const char *bucket, const char *key)
{
	const char *file = json_str(s->artifact->props, "templateFile");
	cJSON *source = cJSON_CreateObject(), *dest = cJSON_CreateObject();

	json_put_str(source, "path", file);
	borrow_destination(s, file, dest);
	json_put_str(dest, "bucketName", bucket);
	json_put_str(dest, "objectKey", key);
	add_asset(a, "files", hash, source, dest);
}

int legacy_publish(struct app *app, const struct deploy_request *r,
    const struct legacy_assets *a, struct err *err)
{
	CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;
	CLEANUP(publisher_free_p) struct publisher *p = NULL;
	CLEANUP(free_p) char *text = NULL, *path = NULL;
	int e;

	if (!a->manifest)
		return 0;
	text = json_text(a->manifest, 0);
	/* sources are relative to the assembly */
	path = path_join(r->stack->artifact->assembly->dir, "manifest.json");
	if ((e = asset_manifest_parse(sv_from(text), path, &m, err)) < 0 ||
	    (e = publisher_from(app, r->stack, TAKE(m), &p, err)) < 0)
		return e;
	return publish_all(p, r->assets_in_turn, err);
}
