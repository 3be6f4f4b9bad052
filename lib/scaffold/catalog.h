/*
 * The templates that are built in, and the languages. A template's files stand
 * in share/init/TEMPLATE/LANGUAGE/; a template with a base has the base's files
 * too, less those it has itself.
 */
#ifndef CCDK_SCAFFOLD_CATALOG_H
#define CCDK_SCAFFOLD_CATALOG_H

#include "util/base.h"
#include "util/strbuf.h"

enum language_family { FAMILY_NODE, FAMILY_PYTHON, FAMILY_JAVA, FAMILY_GO,
	FAMILY_DOTNET };

struct language {
	const char *name, *alias; /* alias NULL: none */
	enum language_family family;
	const char *extensions[3]; /* of its sources, NULL at the end */
};

struct init_template {
	const char *name, *aliases; /* '|' between */
	const char *description;
	const char *base; /* NULL: none */
	const char *without; /* the base's files below here do not count */
	bool one_language; /* TypeScript only */
};

/* Sorted by name, ended by an entry without one. */
extern const struct language languages[];
extern const struct init_template init_templates[];

/* By name or alias; NULL when there is none. */
const struct language *language_find(const char *word);
const struct init_template *init_template_find(const char *word);
/* The names of its languages, sorted; appended to ret. */
void init_template_languages(const struct init_template *t,
    struct strvec *ret);
bool init_template_has(const struct init_template *t,
    const struct language *l);
/* The name nearest to a mistyped one, NULL when none is near. */
const char *init_template_suggest(const char *word);

#endif
