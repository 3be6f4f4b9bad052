/*
 * The nearest name to a mistyped one. Distances count insertions, deletions,
 * substitutions and swapped neighbours. Pure.
 */
#ifndef CCDK_CLI_SUGGEST_H
#define CCDK_CLI_SUGGEST_H

#include "cli/opt.h"

/* Edits between two names; more than 64 bytes count as far apart. */
unsigned suggest_distance(const char *a, const char *b);
/*
 * Is `name` nearer to `word` than *best edits? Then *best is how near. What
 * differs in case only is one edit away; more than half of the word is never an
 * error of typing.
 */
bool suggest_nearer(const char *word, const char *name, unsigned *best);
/* Where *best starts: one more than may be wrong. */
#define SUGGEST_FAR 4u
/* A command or alias at most 3 edits away, borrowed; NULL: none. */
const char *suggest_command(const char *word);
/* The same for an option's name without its dashes, global ones included; a
 * command of NULL has none of its own. */
const char *suggest_option(const struct opt_command *c, const char *word);

#endif
