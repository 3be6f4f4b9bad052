/*
 * Where in the construct tree a resource of a deployment stands.
 */
#ifndef CCDK_DEPLOY_WHERE_H
#define CCDK_DEPLOY_WHERE_H

#include "deploy/deploy.h"

/*
 * nested: logical ids of the nested stacks it is in, outermost first; id NULL:
 * that stack itself. The path that the synthesized template has, nested
 * templates of the assembly included, else "Stage/Stack/Nested stack X/Id".
 * Yours.
 */
char *where_is(const struct deploy_request *r, const struct strvec *nested,
    const char *id);
/* The stack of the request. */
const char *where_of(const struct deploy_request *r);

#endif
