/*
 * The files of a project before they are on disk: made whole in memory, then
 * written all or none.
 */
#ifndef CCDK_SCAFFOLD_FILES_H
#define CCDK_SCAFFOLD_FILES_H

#include "util/err.h"
#include "util/strbuf.h"

struct init_file {
	char *path; /* relative, '/' between */
	struct strbuf data; /* content, or where a link leads */
	mode_t mode; /* 0644, 0755 */
	bool link;
};

struct init_files {
	struct init_file *v;
	size_t n, cap;
};

/* An empty file to fill; the pointer holds until the next one is added. */
struct init_file *init_files_add(struct init_files *f, const char *path,
    mode_t mode);
/* NULL when there is none of that path. */
struct init_file *init_files_find(const struct init_files *f,
    const char *path);
void init_files_release(struct init_files *f);

/*
 * Writes below dir, which exists. Failing, or cancelled on the way
 * (E_CANCELLED), it takes back what it did: files and folders it made go,
 * files it wrote over get their content back.
 */
MUST_USE int init_files_write(const struct init_files *f, const char *dir,
    struct err *err);

#endif
