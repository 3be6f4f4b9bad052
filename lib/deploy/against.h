/*
 * The other side of `diff --against`: an assembly in a folder, or the app of
 * another git revision, synthesized beside the work tree.
 */
#ifndef CCDK_DEPLOY_AGAINST_H
#define CCDK_DEPLOY_AGAINST_H

#include "app/app.h"

struct against {
	struct assembly *assembly;
	char *temp; /* removed with it; NULL for a folder of the user's */
};

/* spec: a folder, or "git:REVISION". */
MUST_USE int against_open(struct app *app, const char *spec,
    struct against *ret, struct err *err);
void against_release(struct against *a);
/* The stack of the same path within the app, or NULL. */
struct stack *against_find(const struct against *a, const struct stack *s);
/* Does the app still have that stack of the other side? */
bool against_remains(const struct stack *old, const struct assembly *a);

#endif
