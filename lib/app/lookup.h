/*
 * Context lookups: what the app found missing is asked of AWS, one provider
 * per kind of question (synth.md 7, 8). A provider that fails does not end the
 * run: the app gets the error as the value and reports it where it belongs.
 */
#ifndef CCDK_APP_LOOKUP_H
#define CCDK_APP_LOOKUP_H

#include "app/app.h"

/* props as the app gave them; *ret is the value to store, yours. */
struct lookup_provider {
	const char *name; /* "availability-zones" */
	int (*query)(struct app *app, const cJSON *props, cJSON **ret,
	    struct err *err);
};

/* Ended by an entry without a name. */
extern const struct lookup_provider lookup_providers[];

/*
 * Answers every entry of manifest.missing and puts the values into the
 * context; saves cdk.context.json when a provider was asked. E_CONFIG for a
 * provider name nobody knows.
 */
MUST_USE int lookup_all(struct app *app, const cJSON *missing,
    struct err *err);

#endif
