/*
 * Is what was published what is here? One call per (asset, destination) pair,
 * on any thread. An object in a bucket is compared by the checksum that S3
 * keeps and by its ETag where that is a digest, else by its size; an image by its
 * digest where the local one is known without an engine, else it only has to
 * be there.
 */
#ifndef CCDK_ASSET_VERIFY_H
#define CCDK_ASSET_VERIFY_H

#include "asset/publish.h"

enum verify_state { VERIFY_OK, VERIFY_MISSING, VERIFY_DIFFERS, VERIFY_FAILED };

struct verified {
	enum verify_state state;
	/* "sha256", "crc32", "etag", "size", "files" (of a zip by another program),
	 * "digest", "existence" */
	const char *how;
	char *where;	 /* s3://bucket/key or repository:tag; NULL: unknown */
	char *detail;	 /* what differs or why it failed, else NULL */
};

void verified_release(struct verified *v);
/* "ok", "missing", "differs", "failed" */
const char *verify_word(enum verify_state state);

/* Never fails: VERIFY_FAILED carries the reason. */
void publish_verify(struct publisher *p, const struct asset_entry *e,
    struct verified *ret);

/* A local file beside HeadObject's reply. zipped: the file is our zip of a
 * folder. Fails only when the file cannot be read. */
MUST_USE int verify_object(int fd, const cJSON *head, bool zipped,
    struct verified *ret, struct err *err);

#endif
