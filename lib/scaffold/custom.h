/*
 * A template of one's own: a folder with a folder per language, each with
 * sources of that language. Its files are taken as they are, less those named
 * NAME.hook.EXT; nothing in them is replaced.
 */
#ifndef CCDK_SCAFFOLD_CUSTOM_H
#define CCDK_SCAFFOLD_CUSTOM_H

#include "scaffold/catalog.h"
#include "scaffold/files.h"

struct custom_template {
	char *path; /* as given: "../templates/web" */
	char *name; /* "web" */
	struct strvec languages; /* sorted */
};

enum custom_flags {
	/* nobody can look into the folder: what is in it is told, and one
	 * template among its folders is the one that is meant */
	CUSTOM_CLONED = 1u << 0,
};

/*
 * `sub` names one template of several in `path`, NULL: path is the template.
 * An error begins "Failed to load template from path: PATH. ".
 */
MUST_USE int custom_template_load(const char *path, const char *sub,
    unsigned flags, struct custom_template *ret, struct err *err);
void custom_template_release(struct custom_template *t);
/* The files for a language that it has; appended to ret. */
MUST_USE int custom_template_files(const struct custom_template *t,
    const char *language, struct init_files *ret, struct err *err);

#endif
