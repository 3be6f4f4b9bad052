/*
 * Does a plain scalar mean something else than text? For the writer by the
 * rules of YAML 1.1, which CloudFormation reads by; for the reader by the
 * core schema of YAML 1.2. Internal to the yaml_*.c files.
 */
#ifndef CCDK_UTIL_YAML_PLAIN_H
#define CCDK_UTIL_YAML_PLAIN_H

#include "util/base.h"

/* null, bool, number, base 60 number or timestamp in YAML 1.1 */
bool yaml11_not_text(const char *s);

/* A new node: null, bool, number, or a string for everything else. */
cJSON *yaml12_scalar(const char *s);

#endif
