/*
 * Command line options as data. One table per command (cli/options.c holds
 * them all, as the reference has them) drives parsing, --help, CDK_* variables,
 * completions and the man-page check.
 *
 * Parsing rules are the reference's: options anywhere, --x=v,
 * --no-x, camelCase twins, repeated lists, counts, conflicts, choices; unknown
 * options are collected, not fatal. Pure apart from reading CDK_* variables
 * from the environment handed in.
 */
#ifndef CCDK_CLI_OPT_H
#define CCDK_CLI_OPT_H

#include "util/err.h"
#include "util/json.h"

enum opt_type { OPT_BOOL, OPT_STR, OPT_NUM, OPT_LIST, OPT_COUNT };

enum opt_flags {
	OPT_HIDDEN = 1u << 0,
	OPT_DEPRECATED = 1u << 1,
	OPT_NEEDS_VALUE = 1u << 2, /* "Not enough arguments following" */
	OPT_NEW = 1u << 3,	   /* ours, the reference lacks it */
};

struct opt {
	const char *name;     /* kebab-case: "require-approval" */
	char letter;	      /* 0: none */
	enum opt_type type;
	const char *fallback; /* default as text, NULL: unset, "CI": the CI
			       * variable decides */
	const char *choices;  /* "never|any-change", NULL: free */
	const char *aliases;  /* other long names, '|' between */
	const char *conflicts; /* long names, '|' between */
	const char *value;    /* placeholder in help and man: "FILE" */
	const char *help;     /* our own words */
	unsigned flags;
};

struct opt_command {
	const char *name;
	const char *aliases;	 /* "ls", '|' between; NULL: none */
	const char *positional;	 /* "STACKS.." variadic, "STACK" single, NULL */
	const char *words;	 /* what the first one may be: "bash|zsh" */
	const char *brief;
	const struct opt *opts; /* ended by an entry without a name */
	bool hidden;
	bool unstable; /* needs --unstable=NAME */
	bool absent;   /* the reference has it, we do not yet */
};

extern const struct opt opt_global[];
extern const struct opt_command opt_commands[];

/* The parsed line. Values are keyed by camelCase name as in cdk.json. */
struct args {
	const struct opt_command *command; /* NULL: none given */
	const char *command_word; /* as typed: "ls" or "list" */
	struct strvec pos;	  /* positionals after the command */
	cJSON *given;		  /* from line or CDK_*: {camelName: value} */
	cJSON *defaults;	  /* table defaults, same keys */
	cJSON *env; /* of the given ones, those by variable: {camelName:
		     * "CDK_NAME"} */
	struct strvec unknown;	  /* "--a-b" as typed, "--aB" its twin */
	bool help, version;
};

/*
 * Parses. 0, or with the reference's text: E_CONFIG, where the caller prints
 * the usage before it, or E_INVALID, where the text stands alone. ret is
 * filled either way (the usage depends on the command) and to be released.
 * environ may be NULL.
 */
MUST_USE int args_parse(int argc, char *const *argv, char *const *environ_,
    struct args *ret, struct err *err);
void args_release(struct args *a);

/* Line > CDK_* > table default. Names in camelCase. */
const cJSON *args_get(const struct args *a, const char *name);
const char *args_str(const struct args *a, const char *name);
bool args_bool(const struct args *a, const char *name, bool fallback);
/* -1 unset, 0, 1: booleans without a default are three-state */
int args_tri(const struct args *a, const char *name);
double args_num(const struct args *a, const char *name, double fallback);
/* Appends the list's strings; false when the option was not given. */
bool args_list(const struct args *a, const char *name, struct strvec *ret);

/* Finds by name or alias. */
const struct opt_command *opt_command_find(const char *word);
/* "require-approval" -> "requireApproval"; yours */
char *opt_camel(const char *name);

#endif
