/* What the files of lib/model share with each other only. */
#ifndef CCDK_MODEL_INTERNAL_H
#define CCDK_MODEL_INTERNAL_H

#include "model/assembly.h"

/* assembly_file(); the error names the artifact too. */
MUST_USE int artifact_file(const struct artifact *a, const char *name,
    char **ret, struct err *err);
/* A missing file as the reference says it; E_NOTFOUND. */
int enoent(struct err *err, const char *path);

#endif
