#include "asset/docker_cmd.h"
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
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	cJSON *ids = cJSON_CreateArray(), *id = cJSON_CreateObject();
	int rc;

	publisher_say(w->p, MSG_DEBUG, "check", "Check %s", w->im->uri);
	json_put_str(id, "imageTag", tag);
	json_push_take(ids, id);
	json_put_str(in, "repositoryName", repo);
	json_add_take(in, "imageIds", ids);
	rc = aws_call(w->t.aws, OP_ECR_DESCRIBE_IMAGES, in, NULL, &why);
	if (rc < 0 && !err_is_aws(&why, "ImageNotFoundException")) {
		err_move(err, &why);
		return rc;
	}
	*ret = rc == 0;
	if (*ret)
		publisher_say(w->p, MSG_DEBUG, "found", "Found %s",
		    w->im->uri);
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

/* ---- building ------------------------------------------------------------ */

static int from_folder(struct work *w, struct docker *d, char **ret,
    struct err *err)
{
	const char *dir = json_str(w->e->source, "directory");
	CLEANUP(free_p) char *id = str_lower(w->e->id), *full = NULL;
	CLEANUP(free_p) char *tag = xasprintf("cdkasset-%s", id);
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
	if ((rc = docker_build(d, w->e->source, full, tag, err)) < 0)
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

int image_asset_build(struct publisher *p, const struct asset_entry *e,
    struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	CLEANUP(docker_release) struct docker d = { .p = p };
	CLEANUP(free_p) char *local = NULL;
	const cJSON *argv = json_get(e->source, "executable");
	int rc;

	if ((rc = begin(p, e, &w, err)) < 0 || w.im->published)
		return rc;
	if ((rc = docker_for_build(&d, w.t.aws, w.im->repo_uri, err)) < 0)
		return rc;
	rc = argv ? from_program(&w, argv, &local, err) :
	    from_folder(&w, &d, &local, err);
	if (rc < 0 || (rc = docker_tag(&d, local, w.im->uri, err)) < 0)
		return rc;
	w.im->built = true;
	return 0;
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
	CLEANUP(docker_release) struct docker d = { .p = p };
	int rc;

	if ((rc = begin(p, e, &w, err)) < 0 || w.im->published)
		return rc;
	if ((rc = docker_for_push(&d, w.t.aws, w.im->repo_uri, err)) < 0)
		return rc;
	if (!w.im->built && (rc = adopt(&w, &d, err)) < 0)
		return rc;
	publisher_say(p, MSG_DEBUG, "upload", "Push %s", w.im->uri);
	return docker_push(&d, w.im->uri, err);
}

/* ---- verifying ----------------------------------------------------------- */

int image_asset_verify(struct publisher *p, const struct asset_entry *e,
    struct verified *ret, struct err *err)
{
	CLEANUP(work_release) struct work w = { 0 };
	int rc = begin(p, e, &w, err);

	if (rc < 0)
		return rc;
	ret->where = xstrdup(w.im->uri);
	if (!w.im->published)
		ret->state = VERIFY_MISSING;
	return 0;
}
