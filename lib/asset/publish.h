/*
 * Publishing assets: existence checks, packaging, upload, images.
 * Each call is one (asset, destination) pair and may run on any thread.
 */
#ifndef CCDK_ASSET_PUBLISH_H
#define CCDK_ASSET_PUBLISH_H

#include "app/toolkit.h"
#include "model/asset_manifest.h"

/* One asset manifest of one stack, with its environment and caches shared by
 * its entries. */
struct publisher;

/* stack is the manifest's owner (its environment, its name in messages). */
MUST_USE int publisher_new(struct app *app, const struct stack *stack,
    const struct artifact *assets, struct publisher **ret, struct err *err);
/* The same for a manifest that is no file of its own; consumes it. No version
 * of the toolkit stack is asked for. */
MUST_USE int publisher_from(struct app *app, const struct stack *stack,
    struct asset_manifest *take, struct publisher **ret, struct err *err);
void publisher_free(struct publisher *p);
DEFINE_CLEANUP(struct publisher, publisher_free)

/* --image-parallelism: images that are built or pushed at once; 0: not said. */
unsigned publish_images_at_once(const struct app *app);
/* Messages no longer start with the stack's name. */
void publisher_anonymous(struct publisher *p);
/* A file counts as there whatever its size; publishing takes one that is no
 * larger than an empty zip file for missing, as the reference does. */
void publisher_any_size(struct publisher *p);
/*
 * An event of the feed, if there is one: "asset.started", "asset.succeeded",
 * "asset.failed" or "asset.present" with {"action": "build|publish", "stack",
 * "asset": {"id", "displayName", "kind"}, "destination", "message"}. message
 * may be NULL.
 */
void publish_event(struct publisher *p, const struct asset_entry *e,
    const char *action, const char *event, const char *message);
const struct asset_manifest *publisher_manifest(const struct publisher *p);

/* Is it there already? Errors count as no (debug message). */
bool publish_is_done(struct publisher *p, const struct asset_entry *e);
/* Builds (images; bootstrap version is checked first). */
MUST_USE int publish_build(struct publisher *p, const struct asset_entry *e,
    struct err *err);
MUST_USE int publish_entry(struct publisher *p, const struct asset_entry *e,
    bool force, struct err *err);

/*
 * Builds and publishes every entry, 20 at a time or one after the other; goes
 * on after a failure, which is told as it happens.
 */
MUST_USE int publish_all(struct publisher *p, bool in_turn, struct err *err);

/* Uploads bytes to the toolkit bucket (templates without a template asset). */
MUST_USE int publish_bytes(struct aws *aws, const char *bucket,
    const char *key, struct sv data, const char *content_type,
    struct err *err);

#endif
