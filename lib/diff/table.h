/*
 * Tables with box characters, as wide as the terminal allows.
 */
#ifndef CCDK_DIFF_TABLE_H
#define CCDK_DIFF_TABLE_H

#include "util/strbuf.h"

#define TABLE_COLUMNS_MAX 8

struct table_row {
	char *cell[TABLE_COLUMNS_MAX];
};

/*
 * Appends the table, rows[0] being its header, without a final newline.
 * width: columns of the terminal, 0 when unknown. Cells may hold newlines and
 * SGR codes that close at line ends.
 */
void table_draw(struct strbuf *out, const struct table_row *rows,
    size_t n_rows, size_t n_columns, unsigned width, bool color);
/* The same without lines between the rows. */
void table_draw_list(struct strbuf *out, const struct table_row *rows,
    size_t n_rows, size_t n_columns, unsigned width, bool color);

#endif
