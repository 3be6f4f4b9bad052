/*
 * Identity Center resources as table rows.
 */
#ifndef CCDK_DIFF_SSO_H
#define CCDK_DIFF_SSO_H

#include "diff/tree.h"
#include "spec/cfnspec.h"

/* Adds the row of one resource's properties; other kinds are ignored. */
void sso_resource(struct diff *d, bool old, enum cfn_scrutiny kind,
    const cJSON *props, const char *id);

#endif
