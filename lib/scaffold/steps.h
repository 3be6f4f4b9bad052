/*
 * What follows once a project's files are there: its dependencies are
 * installed by the language's own tools. A step that fails leaves the files,
 * shows what the tool said and says what to run by hand; it is never an error
 * of ours. One that is interrupted takes its half-made folder back.
 */
#ifndef CCDK_SCAFFOLD_STEPS_H
#define CCDK_SCAFFOLD_STEPS_H

#include "scaffold/catalog.h"
#include "util/msg.h"

struct steps {
	const struct language *language;
	const char *dir;
	const char *package_manager; /* "npm" */
	struct sink *sink;
	bool live; /* sink is a terminal's: show what goes on in one line */
};

/* *ret_done: everything is installed. E_CANCELLED is the only failure. */
MUST_USE int steps_run(const struct steps *s, bool *ret_done,
    struct err *err);
/*
 * The next three things to type, appended to ret: with `installed`, what
 * follows an installation. `program` is "ccdk" or "cdk".
 */
void steps_next(const struct language *l, const char *package_manager,
    bool installed, bool library, const char *program, struct strvec *ret);

#endif
