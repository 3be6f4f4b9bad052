/*
 * Help text from the options table, 80 columns, laid out like the reference's.
 */
#ifndef CCDK_CLI_HELP_H
#define CCDK_CLI_HELP_H

#include "cli/opt.h"

/* Of a->command, or of the program when there is none. `program` is the name
 * the user called. */
void help_print(FILE *out, const char *program, const struct args *a);

/*
 * The table for tools, tab-separated, one line each:
 *	command NAME ALIASES POSITIONAL FLAGS BRIEF
 *	option COMMAND|* NAME LETTER TYPE CHOICES ALIASES VALUE FLAGS DEFAULT
 *	    HELP
 * Empty fields are "-"; FLAGS are comma-separated words.
 */
void help_dump(FILE *out);

#endif
