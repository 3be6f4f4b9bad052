/*
 * Printing a difference: where to, in which colours, and the names of things.
 */
#ifndef CCDK_DIFF_PRINTER_H
#define CCDK_DIFF_PRINTER_H

#include "diff/tree.h"
#include "term/style.h"

struct printer {
	struct strbuf *out;
	bool color, hide_hashes;
	unsigned context, columns;
	struct strmap paths; /* logical id -> raw path, borrowed */
};

/* A line of output: wrapped in reset codes, one newline added. */
void print_line(struct printer *p, const struct strbuf *line);
/* Bold and underlined. */
void print_header(struct printer *p, const char *title);
/* A style around formatted text, appended. */
void add_styled(const struct printer *p, struct strbuf *out, enum style s,
    const char *text);
/* "[+]" and the like, by which sides are there */
void add_tag(const struct printer *p, struct strbuf *out, const cJSON *old,
    const cJSON *new_);
/* Text as it is, anything else as compact JSON. */
void add_value(const struct printer *p, struct strbuf *out, enum style s,
    const cJSON *value);
/* "path id", or just the id */
void add_id(const struct printer *p, struct strbuf *out, const char *id);

/* format_value.c: the tree beneath an updated resource */
void print_resource_tree(struct printer *p, const struct resource_change *r);
/* foreach.c */
bool is_foreach(const char *id);
void print_foreach(struct printer *p, const struct resource_change *r);
/* format_security.c: false when there is nothing */
bool print_security(struct printer *p, const struct diff *d);

#endif
