/*
 * Running the app: the shell command of `app`, with the environment and the
 * context that the framework expects. The app's own output goes
 * to our stdout and stderr as it comes.
 */
#ifndef CCDK_APP_SYNTH_H
#define CCDK_APP_SYNTH_H

#include "app/app.h"
#include "util/proc.h"

/*
 * The command line for `app`: a script that is not executable gets its
 * interpreter, an existing file is quoted, anything else stands as it is.
 */
char *synth_command(const char *app);
/* The `build` command; its environment knows nothing of the output folder. */
MUST_USE int synth_build(struct app *app, const char *command,
    struct err *err);
/* Runs `command`, which is to write an assembly into outdir. */
MUST_USE int synth_run(struct app *app, const char *command,
    const char *outdir, struct err *err);

/* What the reference changes in its own environment, and so for children. */
void synth_env_inherited(const struct app *app, struct proc_env *e);

#endif
