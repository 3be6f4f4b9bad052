/*
 * Change sets as a difference needs them.
 */
#ifndef CCDK_DIFF_CHANGESET_H
#define CCDK_DIFF_CHANGESET_H

#include "util/json.h"

/*
 * Would merging hide a property the templates differ in? Then the change set
 * should be described again without property values: answers with them can
 * lack changes.
 */
bool diff_has_hidden_properties(const cJSON *old, const cJSON *new_,
    const cJSON *change_set);

#endif
