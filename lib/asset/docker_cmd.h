/*
 * The container program (CDK_DOCKER or docker), run without a shell. Only
 * build, inspect, tag, push, login and images are used, so podman, finch and
 * nerdctl do as well.
 */
#ifndef CCDK_ASSET_DOCKER_CMD_H
#define CCDK_ASSET_DOCKER_CMD_H

#include "asset/internal.h"

struct docker {
	struct publisher *p;
	char *config_dir; /* --config, NULL: docker's own */
	char *label; /* before each line of its output, NULL: none */
};

void docker_release(struct docker *d);

MUST_USE int docker_has(struct docker *d, const char *tag, bool *ret,
    struct err *err);
/* source: the asset's; dir: its folder, absolute; cache: an image reference
 * in a registry for layers, where the source has nothing of its own; NULL:
 * none */
MUST_USE int docker_build(struct docker *d, const cJSON *source,
    const char *dir, const char *tag, const char *cache, struct err *err);
MUST_USE int docker_tag(struct docker *d, const char *from, const char *to,
    struct err *err);
MUST_USE int docker_push(struct docker *d, const char *tag, struct err *err);
/* password goes through stdin */
MUST_USE int docker_login(struct docker *d, const char *user,
    const char *password, const char *host, struct err *err);
/* "repository:tag" of a local image with this tag, NULL for none; yours */
char *docker_find(struct docker *d, const char *tag);

/* Is the container program there to be run? */
bool docker_is_there(void);

/* docker_login.c */

/* What ECR lets us in with: "user:password", the same in base64, and the
 * registry's address ("https://host"). */
struct ecr_login {
	struct strbuf text;
	char *basic, *endpoint;
};
MUST_USE int ecr_login_fetch(struct publisher *p, struct aws *ecr,
    struct ecr_login *ret, struct err *err);
void ecr_login_release(struct ecr_login *l);

/* For building: the credentials file's helpers, else ECR's login. */
MUST_USE int docker_for_build(struct docker *d, struct aws *ecr,
    const char *repo_uri, struct err *err);
MUST_USE int docker_for_push(struct docker *d, struct aws *ecr,
    const char *repo_uri, struct err *err);

#endif
