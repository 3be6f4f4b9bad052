/*
 * What a new project and the things in it are called. Everything comes from
 * one text, the folder's name or --project-name, by the reference's rules:
 * "MyApp" is my_app in file names and MyApp in class names, "my-app" stays
 * my-app and is my_app as a Python package.
 *
 * Where the reference's result could not be compiled, imported or deployed we
 * go on from there: letters lose their accents, other characters become '-'
 * ("my app" is my-app), leading separators fall away, a class, package or stack
 * that would begin with a digit gets "App" in front, and a package that Python
 * could not import, or that would hide a library, gets '_' behind. Pure.
 */
#ifndef CCDK_SCAFFOLD_NAMING_H
#define CCDK_SCAFFOLD_NAMING_H

#include "util/err.h"

struct project_names {
	char *name;	  /* files, npm package, Maven artifact, Go module */
	char *camel;	  /* myApp */
	char *pascal;	  /* MyApp: classes */
	char *module;	  /* my_app: Python package */
	char *construct;  /* my-app: a stack's id in tests */
	char *go_file;	  /* my_app, never my_app_test or my_app_linux */
	char *stack;	  /* MyAppStack, or what was asked for */
};

/*
 * E_CONFIG when no letter or digit is left, or when a name grows too long for
 * a stack. `stack` may be NULL; given, it must be a stack name that
 * CloudFormation takes.
 */
MUST_USE int project_names_init(const char *text, const char *stack,
    struct project_names *ret, struct err *err);
void project_names_release(struct project_names *n);

#endif
