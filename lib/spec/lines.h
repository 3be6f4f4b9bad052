/*
 * Tables of share/data that are searched where they lie: lines sorted by their
 * first field, in byte order, with a tab between fields. Pure.
 */
#ifndef CCDK_SPEC_LINES_H
#define CCDK_SPEC_LINES_H

#include "util/strbuf.h"

/* The whole line whose first field is key. */
bool lines_find(struct sv table, const char *key, struct sv *ret);
/* Takes one field off, also when it is the empty last one. */
struct sv lines_field(struct sv *line);

#endif
