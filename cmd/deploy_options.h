/*
 * What the options of `deploy` (and of the commands that deploy like it) come
 * to: checked together, then read into what the engine takes.
 */
#ifndef CCDK_CMD_DEPLOY_OPTIONS_H
#define CCDK_CMD_DEPLOY_OPTIONS_H

#include "app/app.h"
#include "deploy/run.h"

/* Owns what `o` borrows; release it. */
struct deploy_options {
	struct run_opts o;
	struct strvec topics, alarms, reuse;
	cJSON *parameters;
};

/* Do they go together? Before the app is run. */
MUST_USE int deploy_options_check(const struct app *app, struct err *err);
void deploy_options_read(const struct app *app, struct deploy_options *r);
void deploy_options_release(struct deploy_options *r);

#endif
