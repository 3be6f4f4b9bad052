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

/*
 * Runs the app with `values` (an object, borrowed, may be NULL) on top of all
 * other context. prefix names the temporary folder. E_CONFIG when `app` is a
 * prepared assembly, which no value changes. Several may run at the same time
 * on different threads once app_aws() was called; *ret is to be released
 * either way.
 */
MUST_USE int variant_synth(struct app *app, const cJSON *values,
    const char *prefix, struct variant *ret, struct err *err);
void variant_release(struct variant *v);

#endif
