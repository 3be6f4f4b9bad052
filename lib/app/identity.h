/*
 * Who a run is: what the settings say about profiles, roles and regions, and
 * what the app gets to see of it.
 */
#ifndef CCDK_APP_IDENTITY_H
#define CCDK_APP_IDENTITY_H

#include "app/app.h"
#include "util/proc.h"

/* Fills the fields about credentials and region. Borrows from the settings. */
void identity_options(const struct settings *st, struct aws_session_opts *ret);
/* E_CONFIG when "profiles" is no map from accounts to profiles. */
MUST_USE int identity_check(const struct settings *st, struct err *err);

/* --isolate-app */
bool identity_isolated(const struct settings *st);
/*
 * Takes everything out of an environment that leads to AWS credentials: keys,
 * profiles, shared files, token files, metadata addresses, and the identity
 * tokens of build systems.
 */
void identity_isolate(const struct settings *st, struct proc_env *env);
/* With CCDK_NO_DUMP or --isolate-app: no core dumps, and other programs of
 * the same user cannot read our memory or environment. */
void identity_protect(const struct settings *st);

#endif
