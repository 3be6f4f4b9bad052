/*
 * CloudFormation's YAML on cJSON trees.
 *
 * Reading: YAML 1.2 core schema, duplicate keys allowed (last wins), short
 * tags (!Ref, !Sub, ...) become long form, other tags are dropped; JSON is a
 * subset. Anchors and aliases work, their expansion is bounded (64 MiB); "<<"
 * is an ordinary key, as for the reference. Depth is capped at 1000. Pure.
 * Refused with an error although the reference reads them: lists, maps and
 * functions as keys, !!binary and other types outside JSON.
 *
 * Writing: the reference's dialect, quoting what YAML 1.1 would misread, no
 * folding at any width. Anchors are not written (the reference writes them
 * for a value that its source used twice by alias).
 */
#ifndef CCDK_UTIL_YAML_H
#define CCDK_UTIL_YAML_H

#include "util/json.h"

/* `what` names the text in errors: "template.yaml:3:17: ..." */
MUST_USE int yaml_parse(struct sv text, const char *what, cJSON **ret,
    struct err *err);
/* The same, but numbers and booleans are strings, as they stand there: "1.10",
 * "012". Only null stays what it is. */
MUST_USE int yaml_parse_texts(struct sv text, const char *what, cJSON **ret,
    struct err *err);
/* The document with a final newline. */
void yaml_write(struct strbuf *out, const cJSON *j);
char *yaml_text(const cJSON *j); /* yours */

#endif
