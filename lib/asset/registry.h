/*
 * Pushing an image to a registry without an engine: the OCI distribution
 * protocol 1.1 (Docker registry HTTP API v2). Blobs that are there already are
 * left out, those that another repository of the registry got from this run
 * are mounted, the rest goes up several at a time, large ones in chunks
 * straight from their files, so that memory stays small. Every blob is
 * verified before it is sent, manifests go last: what is wrong or interrupted
 * leaves no tag.
 */
#ifndef CCDK_ASSET_REGISTRY_H
#define CCDK_ASSET_REGISTRY_H

#include "asset/meter.h"
#include "asset/oci.h"
#include "net/http.h"

struct registry_target {
	struct http *http;
	const char *origin; /* "https://host[:port]"; http on loopback only */
	const char *repository;
	const char *tag;
	/* "user:password" in base64, NULL: none. Also what a token service
	 * is asked with when the registry names one. */
	const char *basic;
	struct meter_of of; /* for who looks on */
	/* what is done, for debugging; may be NULL */
	void (*say)(void *arg, const char *text);
	void *say_arg;
};

MUST_USE int registry_push(const struct registry_target *t,
    const struct oci_image *im, struct err *err);

/* The parameters of a WWW-Authenticate header that asks for a token. */
struct registry_challenge {
	char *realm, *service, *scope; /* service, scope: may be NULL */
};
/* Pure. false: another scheme, or no realm. */
bool registry_challenge_parse(const char *header,
    struct registry_challenge *ret);
void registry_challenge_release(struct registry_challenge *c);

#endif
