/*
 * The same app with other context values, synthesized into a temporary folder
 * beside the real output: what would change if a value were different?
 */
#ifndef CCDK_APP_VARIANT_H
#define CCDK_APP_VARIANT_H

#include "app/app.h"

struct variant {
	struct app app; /* its own context, settings and assembly; the rest is
			 * the original's */
	char *dir;	/* removed by variant_release() */
};

/* All borrowed. */
struct variant_opts {
	const char *prefix;   /* of the temporary folder's name */
	const cJSON *values;  /* object on top of all other context, or NULL */
	const struct strvec *without; /* keys of cdk.context.json to leave out,
				       * or NULL */
};

/*
 * Runs the app. What it looks up goes into ret->app.context.file and into no
 * file. E_CONFIG when `app` is a prepared assembly, which no value changes.
 * Several may run at the same time on different threads once app_aws() was
 * called; *ret is to be released either way.
 */
MUST_USE int variant_synth(struct app *app, const struct variant_opts *o,
    struct variant *ret, struct err *err);
void variant_release(struct variant *v);

#endif
