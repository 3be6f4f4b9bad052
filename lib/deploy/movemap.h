/*
 * The moves of a run (diff/moves.h), one set per environment: of what is
 * deployed, or of another assembly.
 */
#ifndef CCDK_DEPLOY_MOVEMAP_H
#define CCDK_DEPLOY_MOVEMAP_H

#include "deploy/against.h"
#include "diff/moves.h"
#include "model/select.h"

struct movemap_env;

struct movemap {
	struct movemap_env *v;
	size_t n;
};

/*
 * Deployed are the stacks of the same names in the same environments, read
 * with base credentials; those that CloudFormation is at work on, or that
 * failed, are left out, as refactoring could not touch them. With `unlisted`
 * nothing but GetTemplate is called, whatever their state.
 */
MUST_USE int movemap_deployed(struct app *app, const struct stack_list *l,
    bool unlisted, struct movemap *ret, struct err *err);
/* The other side are the stacks' counterparts, with `gone` also those that
 * only it has. Nothing is asked of AWS. */
MUST_USE int movemap_between(const struct against *other,
    const struct assembly *a, const struct stack_list *l, bool gone,
    struct movemap *ret, struct err *err);
void movemap_release(struct movemap *m);
/*
 * Those of the environment that the assembly names for a stack; NULL when
 * there is none. So an agnostic stack has none where environments are
 * resolved, as in the reference.
 */
const struct moves *movemap_of(const struct movemap *m,
    const struct stack *s);

#endif
