/*
 * What the first Ctrl-C, SIGTERM or SIGHUP does to a deployment: nothing new
 * is started, what is under way is told, and then, as the user chooses, it is
 * left to CloudFormation, cancelled, or waited for. A second one ends the
 * program at once.
 *
 *	CLEANUP(stopper_end_p) struct stopper *s = stopper_begin(app, journal,
 *	    &run->stopping, on_interrupt);
 *	graph_run(...)		work looks at `stopping` before it begins
 */
#ifndef CCDK_DEPLOY_STOP_H
#define CCDK_DEPLOY_STOP_H

#include <stdatomic.h>

#include "deploy/journal.h"

struct stopper;

/* mode: "detach", "cancel", "wait"; NULL: asks on a terminal, else detaches.
 * All borrowed until stopper_end(). */
struct stopper *stopper_begin(struct app *app, struct journal *j,
    atomic_bool *stopping, const char *mode);
void stopper_end(struct stopper *s);
DEFINE_CLEANUP(struct stopper, stopper_end)
/* Is a failure with that code no more than what an interruption does, which
 * has been told? */
bool stop_explains(int code);

#endif
