/*
 * Which files of a project count when it is watched: the reference's include
 * and exclude patterns, on paths relative to the project. Exclusion is
 * stronger. Dot files, node_modules and the output folder never count.
 */
#ifndef CCDK_WATCH_FILTER_H
#define CCDK_WATCH_FILTER_H

#include "util/json.h"
#include "util/strbuf.h"

struct watch_filter {
	struct strvec include, exclude; /* as matched */
	struct strvec folders;		/* what leads to an included one */
};

/*
 * From the setting `watch`: {include, exclude}, each a string or a list; what
 * is neither is left out. out_dir is the assembly's folder relative to the
 * project, or NULL when it is not inside.
 */
void watch_filter_init(struct watch_filter *f, const cJSON *setting,
    const char *out_dir);
void watch_filter_release(struct watch_filter *f);
/* "" is the project itself and always counts. */
bool watch_filter_has(const struct watch_filter *f, const char *path,
    bool is_dir);

#endif
