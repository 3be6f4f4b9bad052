/*
 * What the files of this folder share: the publisher and the two kinds of
 * assets.
 */
#ifndef CCDK_ASSET_INTERNAL_H
#define CCDK_ASSET_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "asset/meter.h"
#include "asset/publish.h"
#include "asset/verify.h"
#include "aws/call.h"
#include "util/proc.h"

/* What is known about the image of one entry; under the publisher's lock
 * only while it is made, afterwards one node works on it at a time. */
struct image {
	pthread_mutex_t lock;
	bool ready;	/* the fields below are set */
	char *uri, *repo_uri;
	bool published, built;
	char *digest; /* of the published one, as ECR knows it */
	char *ready_made; /* layout or archive to push, NULL: an engine's */
};

struct publisher {
	struct app *app;
	const struct stack *stack;
	const struct artifact *artifact;
	struct asset_manifest *manifest;
	char *account, *region; /* of the stack, resolved */
	char *prefix;		/* "Stack: ", styled */
	bool counts;		/* the prefix is "[<done of n>%] " instead */
	atomic_size_t done;
	bool any_size;		/* an empty file is there, too */
	pthread_mutex_t lock;	/* what is known about buckets */
	struct strmap owners;	   /* bucket (and account) -> enum ownership */
	struct strmap encryptions; /* bucket -> struct encryption * */
	struct image *images;	/* one per manifest entry */
	pthread_mutex_t login_lock;
	struct strvec logged_in; /* registry hosts */
};

/* How an upload is to be encrypted: headers, NULL for none. */
struct encryption {
	char *algorithm, *key_id;
};

/* A destination with placeholders replaced, and the client for it. */
struct target {
	cJSON *dest;
	char *region;
	struct aws *aws;
	char *account; /* of the publishing credentials */
};

MUST_USE int target_open(struct publisher *p, const struct asset_entry *e,
    struct target *ret, struct err *err);
void target_release(struct target *t);
/* A text the destination must have. Borrowed. */
MUST_USE int target_str(const struct target *t, const struct asset_entry *e,
    const char *key, const char **ret, struct err *err);

/* "Stack: event: text" */
void publisher_say(struct publisher *p, enum msg_level level,
    const char *event, const char *fmt, ...) PRINTF(4, 5);
/* May assets go into buckets of other accounts? (what is bootstrapped says) */
bool publisher_cross_account(struct publisher *p);
/* A path beside the manifest, absolute; yours. */
char *publisher_path(const struct publisher *p, const char *path);
/* The same for a source. E_INVALID when it leaves the assembly
 * although the app was to copy its assets there. */
MUST_USE int publisher_source(const struct publisher *p,
    const struct asset_entry *e, const char *path, char **ret,
    struct err *err);
/* Who an upload of this asset is for. */
struct meter_of publisher_meter(const struct publisher *p,
    const struct asset_entry *e);
/* construct.c: paths of the constructs whose resources in the stack's template
 * are made of this asset, as far as the framework has written that down; yours,
 * or NULL. */
char *asset_users(const struct stack *s, const struct asset_entry *e);
/* Output of a program without a shell, trimmed. */
MUST_USE int publisher_program(struct publisher *p, const cJSON *argv,
    const char *dir, char **ret, struct err *err);
/* argv as a shell would take it, secrets of image builds left out; yours */
char *command_text(char *const *argv);
/* 0 when it ended well; else the error names it and what it said. */
MUST_USE int command_check(const struct proc_result *r, const char *text,
    struct err *err);

MUST_USE int file_asset_exists(struct publisher *p,
    const struct asset_entry *e, bool *ret, struct err *err);
MUST_USE int file_asset_publish(struct publisher *p,
    const struct asset_entry *e, bool force, struct err *err);

/* The asset as it would be uploaded: packaged if need be. */
struct package {
	char *path, *type;
	bool zipped; /* by us: another packer's bytes may differ */
};

MUST_USE int file_asset_package(struct publisher *p,
    const struct asset_entry *e, struct package *ret, struct err *err);
void package_release(struct package *pk);
MUST_USE int file_asset_verify(struct publisher *p,
    const struct asset_entry *e, struct verified *ret, struct err *err);
MUST_USE int image_asset_verify(struct publisher *p,
    const struct asset_entry *e, struct verified *ret, struct err *err);

/*
 * ready_made.c: the image of an asset as an OCI layout or archive, which needs
 * no engine. A folder is one when it has "oci-layout" and no Dockerfile, a file
 * always. NULL: something to be built.
 */
MUST_USE int ready_made_source(struct publisher *p,
    const struct asset_entry *e, char **ret, struct err *err);
/* What a program printed: a path begins with "/" or "." and is there; then it
 * is remembered for other entries of the same source. */
char *ready_made_output(struct publisher *p, const struct asset_entry *e,
    const char *output);
/* What the same source gave before; yours, or NULL. */
char *ready_made_known(struct publisher *p, const struct asset_entry *e);
/* Straight to the registry of the repository ("host/name"). */
MUST_USE int ready_made_push(struct publisher *p, struct aws *ecr,
    const struct asset_entry *e, const char *path, const char *repo_uri,
    const char *tag, struct err *err);

MUST_USE int image_asset_exists(struct publisher *p,
    const struct asset_entry *e, bool *ret, struct err *err);
MUST_USE int image_asset_build(struct publisher *p,
    const struct asset_entry *e, struct err *err);
MUST_USE int image_asset_publish(struct publisher *p,
    const struct asset_entry *e, struct err *err);

#endif
