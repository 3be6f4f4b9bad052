#include <ctype.h>

#include "asset/docker_cmd.h"
#include "asset/oci.h"
#include "util/digest.h"
#include "util/file.h"

/* The entry's image, with its repository looked up once. */
struct work {
	struct publisher *p;
	const struct asset_entry *e;
	struct image *im;
	struct target t;
};

static void work_release(struct work *w)
{
	target_release(&w->t);
}

/* ---- looking it up ------------------------------------------------------- */

static int find_repo(struct work *w, const char *name, char **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	cJSON *names = cJSON_CreateArray();
	const char *uri, *account = NULL;
	int rc;

	json_push_take(names, cJSON_CreateString(name));
	json_add_take(in, "repositoryNames", names);
	rc = aws_call(w->t.aws, OP_ECR_DESCRIBE_REPOSITORIES, in, &out, &why);
	if (rc < 0 && !err_is_aws(&why, "RepositoryNotFoundException")) {
		err_move(err, &why);
		return rc;
	}
	uri = json_str(out, "repositories.0.repositoryUri");
	if (uri) {
		*ret = xstrdup(uri);
		return 0;
	}
	(void)!aws_session_account(app_aws(w->p->app), &account, NULL, NULL);
	return err_set(err, E_CONFIG, "No ECR repository named '%s' in account "
	    "%s. Is this account bootstrapped?", name,
	    account ? account : "undefined");
}

static int is_published(struct work *w, const char *repo, const char *tag,
    bool *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	cJSON *ids = cJSON_CreateArray(), *id = cJSON_CreateObject();
	int rc;

	publisher_say(w->p, MSG_DEBUG, "check", "Check %s", w->im->uri);
	json_put_str(id, "imageTag", tag);
	json_push_take(ids, id);
	json_put_str(in, "repositoryName", repo);
	json_add_take(in, "imageIds", ids);
	rc = aws_call(w->t.aws, OP_ECR_DESCRIBE_IMAGES, in, &out, &why);
	if (rc < 0 && !err_is_aws(&why, "ImageNotFoundException")) {
		err_move(err, &why);
		return rc;
	}
	*ret = rc == 0;
	if (!*ret)
		return 0;
	publisher_say(w->p, MSG_DEBUG, "found", "Found %s", w->im->uri);
	free(w->im->digest);
	w->im->digest = xstrdup0(json_str(out, "imageDetails.0.imageDigest"));
	return 0;
}

/* With the image's lock held. */
static int prepare(struct work *w, struct err *err)
{
	struct image *im = w->im;
	const char *repo, *tag;
	int rc;

	if ((rc = target_str(&w->t, w->e, "repositoryName", &repo, err)) < 0 ||
	    (rc = target_str(&w->t, w->e, "imageTag", &tag, err)) < 0)
		return rc;
	if (im->ready)
		return 0;
	free(TAKE(im->repo_uri));
	free(TAKE(im->uri));
	if ((rc = find_repo(w, repo, &im->repo_uri, err)) < 0)
		return rc;
	im->uri = xasprintf("%s:%s", im->repo_uri, tag);
	rc = is_published(w, repo, tag, &im->published, err);
	im->ready = rc == 0;
	return rc;
}

static int begin(struct publisher *p, const struct asset_entry *e,
    struct work *w, struct err *err)
{
	int rc;

	w->p = p;
	w->e = e;
	w->im = &p->images[e - p->manifest->v];
	if ((rc = target_open(p, e, &w->t, err)) < 0)
		return rc;
	pthread_mutex_lock(&w->im->lock);
	rc = prepare(w, err);
	pthread_mutex_unlock(&w->im->lock);
	return rc;
}

int image_asset_exists(struct publisher *p, const struct asset_entry *e,
    bool *ret, struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	int rc = begin(p, e, &w, err);

	if (rc == 0)
		*ret = w.im->published;
	return rc;
}

/* ---- several at once ----------------------------------------------------- */

/* Not a limit of the graph's: pushes share theirs with files. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_cond = PTHREAD_COND_INITIALIZER;
static unsigned gate_inside;

static void gate_leave(unsigned *limit)
{
	if (!*limit)
		return;
	pthread_mutex_lock(&gate_lock);
	gate_inside--;
	pthread_cond_signal(&gate_cond);
	pthread_mutex_unlock(&gate_lock);
}

static unsigned gate_enter(const struct publisher *p)
{
	unsigned limit = publish_images_at_once(p->app);

	if (!limit)
		return 0;
	pthread_mutex_lock(&gate_lock);
	while (gate_inside >= limit)
		pthread_cond_wait(&gate_cond, &gate_lock);
	gate_inside++;
	pthread_mutex_unlock(&gate_lock);
	return limit;
}

/* An engine whose lines are told apart from those of the others. */
static struct docker engine(struct publisher *p, const struct asset_entry *e)
{
	struct docker d = { .p = p };

	if (publish_images_at_once(p->app) > 1)
		d.label = xasprintf("%s%s: ", p->prefix, e->display_name);
	return d;
}

/* ---- a cache for layers -------------------------------------------------- */

/* One tag per image of the app, the same from build to build; NULL: no. */
static char *cache_ref(const struct work *w)
{
	const char *cache = args_str(w->p->app->args, "imageCache");
	const char *at = cache ? strchr(cache, '=') : NULL;
	CLEANUP(free_p) char *name = NULL, *slug = NULL;
	char hex[SHA256_HEX];

	if (!cache)
		return NULL;
	name = xasprintf("%s/%s", w->p->stack->name, w->e->display_name);
	sha256_hex(sv_from(name), hex);
	slug = xasprintf("%.60s", w->e->display_name);
	for (char *c = slug; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '-';
	return xasprintf("%s:cache-%s-%.8s", at ? at + 1 : w->im->repo_uri,
	    slug, hex);
}

/* ---- building ------------------------------------------------------------ */

static int from_folder(struct work *w, struct docker *d, char **ret,
    struct err *err)
{
	const char *dir = json_str(w->e->source, "directory");
	CLEANUP(free_p) char *id = str_lower(w->e->id), *full = NULL;
	CLEANUP(free_p) char *tag = xasprintf("cdkasset-%s", id);
	CLEANUP(free_p) char *cache = cache_ref(w);
	bool cached = false;
	int rc;

	if ((rc = docker_has(d, tag, &cached, err)) < 0)
		return rc;
	if (cached) {
		publisher_say(w->p, MSG_DEBUG, "cached", "Cached %s", tag);
		*ret = TAKE(tag);
		return 0;
	}
	if (!dir || !*dir) {
		CLEANUP(free_p) char *text = json_text(w->e->source, 0);

		return err_set(err, E_INVALID, "'directory' is expected in the "
		    "DockerImage asset source, got: %s", text);
	}
	if ((rc = publisher_source(w->p, w->e, dir, &full, err)) < 0)
		return rc;
	publisher_say(w->p, MSG_DEBUG, "build", "Building Docker image at %s",
	    full);
	if (!file_is_dir(full))
		return err_set(err, E_NOTFOUND, "source of asset '%s' (%s) is "
		    "not a folder: '%s'", w->e->display_name, w->e->id, full);
	if ((rc = docker_build(d, w->e->source, full, tag, cache, err)) < 0)
		return rc;
	*ret = TAKE(tag);
	return 0;
}

static int from_program(struct work *w, const cJSON *argv, char **ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec words = { 0 };
	CLEANUP(free_p) char *text = NULL, *dir = publisher_path(w->p, ".");

	JSON_EACH(m, argv)
		strvec_add(&words, cJSON_IsString(m) ? m->valuestring : "");
	text = strvec_join(&words, ",");
	publisher_say(w->p, MSG_DEBUG, "build",
	    "Building Docker image using command '%s'", text);
	return publisher_program(w->p, argv, dir, ret, err);
}

/* Without an engine only a program that makes a path can be of use. */
static int prepare_engine(struct work *w, struct docker *d, bool program,
    struct err *err)
{
	if (program && !docker_is_there())
		return 0;
	return docker_for_build(d, w->t.aws, w->im->repo_uri, err);
}

static int build(struct work *w, struct docker *d, struct err *err)
{
	CLEANUP(free_p) char *local = NULL;
	const cJSON *argv = json_get(w->e->source, "executable");
	int rc = prepare_engine(w, d, argv != NULL, err);

	if (rc < 0)
		return rc;
	rc = argv ? from_program(w, argv, &local, err) :
	    from_folder(w, d, &local, err);
	if (rc < 0)
		return rc;
	if (argv)
		w->im->ready_made = ready_made_output(w->p, w->e, local);
	return w->im->ready_made ? 0 : docker_tag(d, local, w->im->uri, err);
}

int image_asset_build(struct publisher *p, const struct asset_entry *e,
    struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	CLEANUP(docker_release) struct docker d = engine(p, e);
	CLEANUP(gate_leave) UNUSED unsigned gate = gate_enter(p);
	int rc;

	if ((rc = begin(p, e, &w, err)) < 0 || w.im->published)
		return rc;
	rc = ready_made_source(p, e, &w.im->ready_made, err);
	if (rc == 0 && !w.im->ready_made)
		rc = build(&w, &d, err);
	w.im->built = rc == 0;
	return rc;
}

/* ---- publishing ---------------------------------------------------------- */

/* An image another run has built under another name. */
static int adopt(struct work *w, struct docker *d, struct err *err)
{
	CLEANUP(free_p) char *other = NULL;
	bool here = false;
	int rc = docker_has(d, w->im->uri, &here, err);

	if (rc < 0 || here)
		return rc;
	other = docker_find(d, json_str(w->t.dest, "imageTag"));
	return other ? docker_tag(d, other, w->im->uri, err) : 0;
}

int image_asset_publish(struct publisher *p, const struct asset_entry *e,
    struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	CLEANUP(docker_release) struct docker d = engine(p, e);
	CLEANUP(gate_leave) UNUSED unsigned gate = gate_enter(p);
	int rc;

	if ((rc = begin(p, e, &w, err)) < 0 || w.im->published)
		return rc;
	if (!w.im->built) {
		w.im->ready_made = ready_made_known(p, e);
		if (!w.im->ready_made && (rc = ready_made_source(p, e,
		    &w.im->ready_made, err)) < 0)
			return rc;
	}
	if (w.im->ready_made) {
		publisher_say(p, MSG_DEBUG, "upload", "Push %s", w.im->uri);
		return ready_made_push(p, w.t.aws, e, w.im->ready_made,
		    w.im->repo_uri, json_str(w.t.dest, "imageTag"), err);
	}
	if ((rc = docker_for_push(&d, w.t.aws, w.im->repo_uri, err)) < 0)
		return rc;
	if (!w.im->built && (rc = adopt(&w, &d, err)) < 0)
		return rc;
	publisher_say(p, MSG_DEBUG, "upload", "Push %s", w.im->uri);
	return docker_push(&d, w.im->uri, err);
}

/* ---- verifying ----------------------------------------------------------- */

/* The digest is known here without an engine, or not at all. */
static int compare_digest(struct work *w, struct verified *ret,
    struct err *err)
{
	CLEANUP(oci_image_release) struct oci_image im = { 0 };
	CLEANUP(free_p) char *path = NULL;
	int rc = ready_made_source(w->p, w->e, &path, err);

	if (rc < 0 || !path || !w->im->digest)
		return rc;
	if ((rc = oci_open(path, &im, err)) < 0)
		return rc;
	ret->how = "digest";
	if (streq(w->im->digest, oci_image_digest(&im)))
		return 0;
	ret->state = VERIFY_DIFFERS;
	ret->detail = xasprintf("%s there, %s here", w->im->digest,
	    oci_image_digest(&im));
	return 0;
}

int image_asset_verify(struct publisher *p, const struct asset_entry *e,
    struct verified *ret, struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	int rc = begin(p, e, &w, err);

	if (rc < 0)
		return rc;
	ret->where = xstrdup(w.im->uri);
	if (w.im->published)
		return compare_digest(&w, ret, err);
	ret->state = VERIFY_MISSING;
	return 0;
}
