/*
 * A parsed glob, between glob_parse.c and glob.c. A sequence is a chain of
 * nodes; a group has alternatives, which are sequences. Indexes instead of
 * pointers, 0 is "none"; everything goes with globast_release().
 */
#ifndef CCDK_UTIL_GLOB_AST_H
#define CCDK_UTIL_GLOB_AST_H

#include "util/base.h"

enum glob_kind {
	GLOB_CHAR,
	GLOB_QMARK,	   /* anything but '/' */
	GLOB_QMARK_NODOT,  /* nor '.' */
	GLOB_CLASS,
	GLOB_STAR,	   /* any number of anything but '/' */
	GLOB_GLOBSTAR,	   /* across '/', not into hidden segments */
	GLOB_GROUP,
	GLOB_NEGATE,	   /* none of the alternatives here, then the tail */
	GLOB_ALT,	   /* one alternative of a group */
	/* conditions on a position */
	GLOB_BEGIN,
	GLOB_END,
	GLOB_NOT_END,
	GLOB_NO_DOT,	   /* no hidden segment starts here */
	GLOB_NO_DOT_SLASH, /* something of the segment follows */
};

struct glob_node {
	unsigned char kind;
	bool optional, repeat; /* groups, classes and characters */
	bool negated;	       /* class */
	bool anchored;	       /* negate: alternatives reach the end */
	uint32_t c;
	uint32_t next;
	uint32_t child;	 /* group: first alternative; alternative: sequence */
	uint32_t sibling; /* next alternative */
	uint32_t range, n_ranges;
};

struct glob_range {
	uint32_t lo, hi;
};

struct glob_ast {
	struct glob_node *nodes;
	size_t n, cap;
	struct glob_range *ranges;
	size_t n_ranges, cap_ranges;
	uint32_t root; /* first alternative */
	bool dot;
	bool failed; /* nested too deeply */
};

/* p[n]: code points of the pattern, not empty. */
void globast_parse(struct glob_ast *a, const uint32_t *p, size_t n, bool dot);
void globast_release(struct glob_ast *a);

#endif
