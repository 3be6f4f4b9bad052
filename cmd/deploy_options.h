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
	struct strvec topics, alarms, reuse, allow;
	cJSON *parameters;
	cJSON *policies, *update_policies; /* {"*" or stack: text} */
	cJSON *files; /* --parameters-file: {path: what it says} */
};

/* Do they go together? Before the app is run. */
MUST_USE int deploy_options_check(const struct app *app, struct err *err);
void deploy_options_read(const struct app *app, struct deploy_options *r);
/* After that: the files they name, also before the app is run. */
MUST_USE int deploy_options_files(const struct app *app,
    struct deploy_options *r, struct err *err);
/* Tells which stacks the files name and `stacks` lacks. */
void deploy_options_unknown_stacks(const struct app *app,
    const struct deploy_options *r, const struct stack_list *stacks);
void deploy_options_release(struct deploy_options *r);

struct journal;
/* The deployment itself, its outputs file, and the end of its journal. */
MUST_USE int deploy_stacks(struct app *app, struct deploy_options *r,
    const struct stack_list *stacks, struct journal *journal,
    struct err *err);

/* What is selected; alone: without what it depends on. */
MUST_USE int deploy_select(struct app *app, const struct assembly *a,
    bool alone, struct stack_list *ret, struct err *err);
/* Resources to import on the first deployment need `import`. */
MUST_USE int deploy_refuse_migration(struct err *err);
/* --outputs-file: can it be written? Before anything is done; and then what a
 * run has in `outputs` and `without_outputs`. */
MUST_USE int deploy_check_outputs(const struct app *app, struct err *err);
MUST_USE int deploy_write_outputs(const struct app *app,
    const struct run *run, struct err *err);
/* The display, with a warning where it is not the one that was asked for. */
const char *deploy_choose_progress(struct app *app, unsigned concurrency);
/* "Total time: 5.07s" */
void deploy_say_time(struct app *app, const char *what, int64_t ms,
    bool plain);

#endif
