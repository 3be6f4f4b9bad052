/*
 * XML replies of AWS (expat; entities and DTDs are refused) as cJSON: elements
 * become members, text becomes strings, an element that repeats under one
 * parent becomes a list, attributes are dropped, an empty element is "".
 * Which single elements are lists only the caller knows (wire_xml). Pure.
 */
#ifndef CCDK_UTIL_XML_H
#define CCDK_UTIL_XML_H

#include "util/json.h"

/* *ret = {"RootName": {...}}; depth is capped at 200. */
MUST_USE int xml_parse(struct sv text, cJSON **ret, struct err *err);
/* Text with & < > " escaped, for request bodies. */
void xml_escape(struct strbuf *out, const char *text);

#endif
