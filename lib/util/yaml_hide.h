/*
 * What libyaml may not see of a text that YAML 1.2 allows: characters which
 * are line breaks to YAML 1.1 (U+0085, U+2028, U+2029) or which it refuses
 * (U+007F, U+FEFF, ...). They go through it as private-use characters
 * U+10E000 to U+10EFFF. Internal to the yaml_*.c files. Pure.
 */
#ifndef CCDK_UTIL_YAML_HIDE_H
#define CCDK_UTIL_YAML_HIDE_H

#include "util/err.h"
#include "util/strbuf.h"

/* Appends the text as libyaml gets it; broken UTF-8 becomes U+FFFD. */
MUST_USE int yaml_hide(struct sv text, const char *what, struct strbuf *out,
    struct err *err);
/* What libyaml returned, as we keep it (see utf8.h); yours to free. */
char *yaml_unhide(struct sv value);
/*
 * Changes a hidden text in which libyaml stumbled (its problem, and the place
 * counted in characters) over something that is fine in YAML 1.2: a block
 * whose first line starts with a tab, or a \uD800-style escape. False when
 * the problem is another one.
 */
bool yaml_repair(struct strbuf *text, const char *problem, size_t index);

#endif
