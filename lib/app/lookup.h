/*
 * Context lookups: what the app found missing is asked of AWS, one provider
 * per kind of question. A provider that fails does not end the
 * run: the app gets the error as the value and reports it where it belongs.
 * Questions are asked at the same time, answers are stored in the app's order.
 */
#ifndef CCDK_APP_LOOKUP_H
#define CCDK_APP_LOOKUP_H

#include "app/app.h"

/* One question. Borrowed by the provider, which may run on any thread. */
struct lookup {
	struct app *app;
	const cJSON *props;	     /* lookupRoleArn is filled in */
	const char *account, *region; /* as the app gave them */
};

struct lookup_provider {
	const char *name; /* "availability-zones" */
	/* *ret is the value to store, yours. */
	int (*query)(const struct lookup *q, cJSON **ret, struct err *err);
	/* What to tell before any question is asked, or NULL. */
	void (*announce)(const struct lookup *q);
};

/* Ended by an entry without a name. */
extern const struct lookup_provider lookup_providers[];

/*
 * Answers every entry of manifest.missing, puts the values into the context
 * and saves cdk.context.json (unless app->scratch). E_CONFIG for a provider
 * name nobody knows.
 */
MUST_USE int lookup_all(struct app *app, const cJSON *missing,
    struct err *err);

/*
 * The entry of manifest.missing that a key of cdk.context.json came from:
 * {key, provider, props}; yours. Without what keys do not carry: the lookup
 * role and what to answer when nothing is found. E_INVALID when it is no key
 * of a lookup, E_NOTFOUND when the provider's keys do not say enough. Pure.
 */
MUST_USE int lookup_parse_key(const char *key, cJSON **ret, struct err *err);
/* Is it the key of a lookup? */
bool lookup_is_key(const char *key);

/* A client for the question's environment, with its lookup role. Borrowed. */
MUST_USE int lookup_client(const struct lookup *q, struct aws **ret,
    struct err *err);

#endif
