/*
 * What --version and the version command print, without a newline; yours.
 * Called as `cdk` the line starts like the reference's, so that scripts find
 * the release whose behaviour they get.
 */
#ifndef CCDK_CMD_VERSION_H
#define CCDK_CMD_VERSION_H

#include "util/base.h"

char *version_text(bool invoked_as_cdk);

#endif
