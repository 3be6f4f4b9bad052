#include "asset/docker_cmd.h"
#include "asset/oci.h"
#include "asset/registry.h"
#include "net/url.h"
#include "util/file.h"

/* How the framework's TarballImageAsset names its program; the archive is the
 * argument after it. */
#define TARBALL_MARK "cdk-tarball-image-asset"

/* ---- recognizing --------------------------------------------------------- */

/* Something an engine would build: what the reference does comes first. */
static bool has_dockerfile(const char *dir, const cJSON *source)
{
	const char *file = json_str(source, "dockerFile");
	CLEANUP(free_p) char *path = path_join(dir, file && *file ? file :
	    "Dockerfile");
	CLEANUP(free_p) char *other = path_join(dir, "Containerfile");

	return (file && *file) || file_exists(path) || file_exists(other);
}

/* `docker load` of an archive: without an engine the archive will do. */
static int tarball_source(struct publisher *p, const struct asset_entry *e,
    char **ret, struct err *err)
{
	const cJSON *argv = json_get(e->source, "executable");
	const cJSON *mark = cJSON_GetArrayItem(argv, 3);
	const cJSON *path = cJSON_GetArrayItem(argv, 4);
	CLEANUP(free_p) char *full = NULL;
	int rc;

	if (!cJSON_IsString(mark) || !cJSON_IsString(path) ||
	    !streq(mark->valuestring, TARBALL_MARK) || docker_is_there())
		return 0;
	if ((rc = publisher_source(p, e, path->valuestring, &full, err)) < 0)
		return rc;
	if (file_is_regular(full))
		*ret = TAKE(full);
	return 0;
}

int ready_made_source(struct publisher *p, const struct asset_entry *e,
    char **ret, struct err *err)
{
	const char *dir = json_str(e->source, "directory");
	CLEANUP(free_p) char *full = NULL;
	int rc;

	if (json_get(e->source, "executable"))
		return tarball_source(p, e, ret, err);
	if (!dir || !*dir)
		return 0;
	if ((rc = publisher_source(p, e, dir, &full, err)) < 0)
		return rc;
	if (oci_is_layout(full) && !has_dockerfile(full, e->source))
		*ret = TAKE(full);
	return 0;
}

/* ---- what programs gave -------------------------------------------------- */

/* A build shared by several stacks runs for one of them only. */
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;
static struct strmap known; /* source -> char *path */

static char *source_key(struct publisher *p, const struct asset_entry *e)
{
	CLEANUP(free_p) char *source = json_text(e->source, 0);

	return xasprintf("%s\n%s\n%s", p->manifest->dir, e->id, source);
}

char *ready_made_output(struct publisher *p, const struct asset_entry *e,
    const char *output)
{
	CLEANUP(free_p) char *key = source_key(p, e);
	CLEANUP(free_p) char *path = NULL;

	/* no reference to an image begins like that */
	if (output[0] != '/' && output[0] != '.')
		return NULL;
	path = publisher_path(p, output);
	if (!oci_is_layout(path))
		return NULL;
	pthread_mutex_lock(&known_lock);
	known.free_value = free;
	strmap_set(&known, key, xstrdup(path));
	pthread_mutex_unlock(&known_lock);
	return TAKE(path);
}

char *ready_made_known(struct publisher *p, const struct asset_entry *e)
{
	CLEANUP(free_p) char *key = source_key(p, e);
	char *path;

	pthread_mutex_lock(&known_lock);
	path = xstrdup0(strmap_get(&known, key));
	pthread_mutex_unlock(&known_lock);
	return path;
}

/* ---- pushing ------------------------------------------------------------- */

static void say_debug(void *arg, const char *text)
{
	publisher_say(arg, MSG_DEBUG, "debug", "%s", text);
}

/* ECR's own word for the scheme of its registry, where it names this one. */
static char *origin_of(const char *host, const char *endpoint)
{
	const char *bare = strstr(endpoint, "://");

	if (bare && streq(bare + 3, host))
		return xstrdup(endpoint);
	return xasprintf("https://%s", host);
}

int ready_made_push(struct publisher *p, struct aws *ecr,
    const struct asset_entry *e, const char *path, const char *repo_uri,
    const char *tag, struct err *err)
{
	CLEANUP(oci_image_release) struct oci_image im = { 0 };
	CLEANUP(ecr_login_release) struct ecr_login l = {
		.text = STRBUF_INIT };
	size_t n = strcspn(repo_uri, "/");
	CLEANUP(free_p) char *host = xstrndup(repo_uri, n), *origin = NULL;
	struct registry_target t = { .tag = tag, .say = say_debug,
		.of = publisher_meter(p, e),
		.say_arg = p, .http = aws_session_http(app_aws(p->app)) };
	int rc;

	if (!repo_uri[n])
		return err_set(err, E_INVALID, "'%s' is no repository",
		    repo_uri);
	if ((rc = oci_open(path, &im, err)) < 0 ||
	    (rc = ecr_login_fetch(p, ecr, &l, err)) < 0)
		return rc;
	origin = origin_of(host, l.endpoint);
	t.origin = origin;
	t.repository = repo_uri + n + 1;
	t.basic = l.basic;
	return registry_push(&t, &im, err);
}
