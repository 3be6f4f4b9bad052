#include <pwd.h>

#include "asset/docker_cmd.h"
#include "util/digest.h"
#include "util/file.h"

#define CREDS_FILE_MAX ((size_t)1 << 20)

void ecr_login_release(struct ecr_login *l)
{
	if (l->text.cap)
		explicit_bzero(l->text.buf, l->text.len);
	strbuf_release(&l->text);
	if (l->basic)
		explicit_bzero(l->basic, strlen(l->basic));
	free(l->basic);
	free(l->endpoint);
	*l = (struct ecr_login){ .text = STRBUF_INIT };
}

/* "https://host/" -> "host" */
static char *bare_host(const char *endpoint)
{
	const char *scheme = strstr(endpoint, "://");

	return xstrdup(scheme ? scheme + 3 : endpoint);
}

static void wipe_tokens(cJSON **out)
{
	JSON_EACH(item, json_get(*out, "authorizationData")) {
		cJSON *t = json_get(item, "authorizationToken");

		if (cJSON_IsString(t))
			explicit_bzero(t->valuestring, strlen(t->valuestring));
	}
	json_free(*out);
}

int ecr_login_fetch(struct publisher *p, struct aws *ecr,
    struct ecr_login *ret, struct err *err)
{
	CLEANUP(wipe_tokens) cJSON *out = NULL;
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	const char *token, *endpoint;
	struct sv bare;
	int rc;

	*ret = (struct ecr_login){ .text = STRBUF_INIT };
	publisher_say(p, MSG_DEBUG, "debug", "Fetching ECR authorization "
	    "token");
	rc = aws_call(ecr, OP_ECR_GET_AUTHORIZATION_TOKEN, in, &out, err);
	if (rc < 0)
		return rc;
	if (!json_at(out, "authorizationData.0"))
		return err_set(err, E_INVALID,
		    "No authorization data received from ECR");
	token = json_str(out, "authorizationData.0.authorizationToken");
	endpoint = json_str(out, "authorizationData.0.proxyEndpoint");
	if (!token || !endpoint ||
	    b64_decode(&ret->text, sv_from(token)) < 0 ||
	    !strchr(ret->text.buf, ':'))
		return err_set(err, E_INVALID,
		    "unexpected ECR authData format");
	bare = sv_from(endpoint);
	while (bare.n && bare.p[bare.n - 1] == '/')
		bare.n--;
	ret->endpoint = sv_dup(bare);
	ret->basic = xstrdup(token);
	return 0;
}

static int login(struct docker *d, struct aws *ecr, struct err *err)
{
	CLEANUP(ecr_login_release) struct ecr_login l = {
		.text = STRBUF_INIT };
	CLEANUP(free_p) char *host = NULL;
	char *colon;
	int rc = ecr_login_fetch(d->p, ecr, &l, err);

	if (rc < 0)
		return rc;
	colon = strchr(l.text.buf, ':');
	*colon = '\0';
	host = bare_host(l.endpoint);
	return docker_login(d, l.text.buf, colon + 1, host, err);
}

/* Once per registry; others wait, two logins at a time break docker's file. */
int docker_for_push(struct docker *d, struct aws *ecr, const char *repo_uri,
    struct err *err)
{
	CLEANUP(free_p) char *host = xstrndup(repo_uri,
	    strcspn(repo_uri, "/"));
	int rc = 0;

	pthread_mutex_lock(&d->p->login_lock);
	if (!strvec_has(&d->p->logged_in, host)) {
		rc = login(d, ecr, err);
		if (rc == 0)
			strvec_add(&d->p->logged_in, host);
	}
	pthread_mutex_unlock(&d->p->login_lock);
	return rc;
}

/* ---- the credentials file ------------------------------------------------ */

static char *creds_path(void)
{
	const char *path = getenv("CDK_DOCKER_CREDS_FILE");
	struct passwd pw, *found = NULL;
	char buf[16384];

	if (path && *path)
		return xstrdup(path);
	if (getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) != 0 ||
	    !found || !found->pw_dir)
		return NULL;
	return path_join(found->pw_dir, ".cdk/cdk-docker-creds.json");
}

/* NULL when there is none that can be read. */
static cJSON *read_creds(void)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = creds_path();
	cJSON *doc = NULL;

	if (!path || file_read(path, CREDS_FILE_MAX, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), path, &doc, NULL) < 0)
		return NULL;
	return doc;
}

/* A docker configuration that asks docker-credential-cdk-assets. */
static int use_helpers(struct docker *d, const cJSON *creds, struct err *err)
{
	CLEANUP(json_free_p) cJSON *config = cJSON_CreateObject();
	CLEANUP(free_p) char *file = NULL, *text = NULL;
	cJSON *helpers = cJSON_CreateObject();
	int rc;

	JSON_EACH(m, json_get(creds, "domainCredentials"))
		json_put_str(helpers, m->string, "cdk-assets");
	json_add_take(config, "credHelpers", helpers);
	text = json_text(config, 0);
	if ((rc = dir_temp("cdkDockerConfig", &d->config_dir, err)) < 0)
		return rc;
	file = path_join(d->config_dir, "config.json");
	return file_write(file, sv_from(text), 0600, err);
}

int docker_for_build(struct docker *d, struct aws *ecr, const char *repo_uri,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *creds = read_creds();

	return creds ? use_helpers(d, creds, err) :
		       docker_for_push(d, ecr, repo_uri, err);
}
