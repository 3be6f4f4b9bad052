/*
 * CloudFormation's YAML on cJSON trees.
 *
 * Reading: YAML 1.2 core schema, duplicate keys allowed (last wins), short
 * tags (!Ref, !Sub, ...) become long form; JSON is a subset. Anchors, aliases
 * and merge keys work, expansion is bounded. Pure.
 * Writing: the reference's dialect, quoting what YAML 1.1 would misread, no
 * folding at any width.
 */
#ifndef CCDK_UTIL_YAML_H
#define CCDK_UTIL_YAML_H

#include "util/json.h"

/* `what` names the text in errors: "template.yaml:3:17: ..." */
MUST_USE int yaml_parse(struct sv text, const char *what, cJSON **ret,
    struct err *err);
/* The document with a final newline. */
void yaml_write(struct strbuf *out, const cJSON *j);
char *yaml_text(const cJSON *j); /* yours */

#endif
