/*
 * Content types by file name extension (share/data/content-types.tsv, sorted
 * by extension: the associations of IANA, Apache and nginx as the reference
 * knows them).
 */
#ifndef CCDK_ASSET_CONTENT_TYPE_H
#define CCDK_ASSET_CONTENT_TYPE_H

#include "util/base.h"

/* "application/octet-stream" when unknown. Yours. */
char *content_type(const char *path);

#endif
