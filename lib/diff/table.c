#include "diff/table.h"

#include "term/style.h"
#include "term/term.h"

#define WIDTH_MIN 40u

struct table {
	const struct table_row *rows;
	size_t n_rows, n_columns;
	size_t width[TABLE_COLUMNS_MAX];
	bool wraps, color;
};

static size_t widest_line(const char *text)
{
	struct sv rest = sv_from(text), line;
	size_t w = 0;

	while (sv_next(&rest, '\n', &line))
		w = MAX(w, term_width(line));
	return w;
}

/* Newlines take no place, so the lines of a cell add up. */
static size_t whole_width(const char *text)
{
	struct sv rest = sv_from(text), line;
	size_t w = 0;

	while (sv_next(&rest, '\n', &line))
		w += term_width(line);
	return w;
}

/* Columns under a fair share keep their width, the others divide the rest. */
static void share_out(struct table *t, size_t content)
{
	double fair = (double)content / (double)t->n_columns;
	size_t rest = content, big = 0, each;

	for (size_t i = 0; i < t->n_columns; i++) {
		if ((double)t->width[i] < fair)
			rest -= t->width[i];
		else
			big++;
	}
	each = rest / big;
	for (size_t i = 0; i < t->n_columns; i++) {
		if ((double)t->width[i] < fair)
			continue;
		t->width[i] = rest < 2 * each ? rest : each;
		rest -= t->width[i];
	}
}

static void set_widths(struct table *t, unsigned terminal)
{
	size_t content, sum = 0;

	t->wraps = terminal > 0;
	for (size_t c = 0; c < t->n_columns; c++) {
		t->width[c] = 0;
		for (size_t r = 0; r < t->n_rows; r++) {
			const char *cell = t->rows[r].cell[c];

			t->width[c] = MAX(t->width[c], t->wraps
				? whole_width(cell)
				: widest_line(cell));
		}
		sum += t->width[c];
	}
	if (!t->wraps)
		return;
	content = MAX(terminal, WIDTH_MIN) - 2 - 3 * t->n_columns;
	if (sum > content)
		share_out(t, content);
}

/* ---- wrapping ---------------------------------------------------------- */

static size_t code_len(struct sv v)
{
	size_t n = 2;

	if (v.n < 3 || v.p[0] != '\033' || v.p[1] != '[')
		return 0;
	while (n < v.n && (v.p[n] < '@' || v.p[n] > '~'))
		n++;
	return MIN(n + 1, v.n);
}

/* Bytes of v that fit into `width` columns. */
static size_t fitting(struct sv v, size_t width)
{
	size_t n = 0;

	while (n < v.n) {
		size_t next = n + 1;

		while (next < v.n && ((unsigned char)v.p[next] & 0xc0) == 0x80)
			next++;
		if (term_width((struct sv){ v.p, next }) > width)
			break;
		n = next;
	}
	return n;
}

static void add_piece(struct strvec *lines, struct sv open, struct sv text,
    struct sv close)
{
	strvec_addf(lines, "%.*s%.*s%.*s", SV_FMT(open), SV_FMT(text),
	    SV_FMT(close));
}

/* One line of a cell, cut every `width` columns. */
static void wrap_line(struct strvec *lines, struct sv line, size_t width)
{
	struct sv open = { line.p, code_len(line) }, close = { "", 0 };
	struct sv text = { line.p + open.n, line.n - open.n };
	const char *end = memrchr(text.p, '\033', text.n);

	if (open.n && end) {
		close.p = end;
		close.n = (size_t)(text.p + text.n - end);
		text.n -= close.n;
	}
	for (;;) {
		size_t n = fitting(text, width);

		/* a character wider than its column goes nowhere */
		if (n == 0 && text.n)
			n = fitting(text, 2);
		if (n == 0)
			n = text.n;
		add_piece(lines, open, (struct sv){ text.p, n }, close);
		text.p += n;
		text.n -= n;
		if (!open.n)
			text = sv_trim(text);
		if (term_width(text) == 0)
			return;
	}
}

static void cell_lines(const struct table *t, size_t column, const char *text,
    struct strvec *ret)
{
	struct sv rest = sv_from(text), line;

	if (!*text)
		strvec_add(ret, "");
	while (sv_next(&rest, '\n', &line)) {
		if (t->wraps)
			wrap_line(ret, line, t->width[column]);
		else
			add_piece(ret, (struct sv){ "", 0 }, line,
			    (struct sv){ "", 0 });
	}
	if (*text && text[strlen(text) - 1] == '\n')
		strvec_add(ret, "");
}

/* ---- drawing ----------------------------------------------------------- */

static void border(const struct table *t, struct strbuf *out, const char *s)
{
	style_add(out, t->color, STYLE_GRAY, s);
}

static void draw_rule(const struct table *t, struct strbuf *out,
    const char *left, const char *cross, const char *right)
{
	border(t, out, left);
	for (size_t c = 0; c < t->n_columns; c++) {
		if (c)
			border(t, out, cross);
		for (size_t i = 0; i < t->width[c] + 2; i++)
			border(t, out, "─");
	}
	border(t, out, right);
	strbuf_addc(out, '\n');
}

static void draw_line(const struct table *t, struct strbuf *out,
    const struct strvec *cells, size_t line)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		const char *text = line < cells[c].n ? cells[c].v[line] : "";
		size_t w = term_width(sv_from(text));

		border(t, out, "│");
		strbuf_addc(out, ' ');
		strbuf_adds(out, text);
		if (w < t->width[c])
			strbuf_addn(out, ' ', t->width[c] - w);
		strbuf_addc(out, ' ');
	}
	border(t, out, "│");
	strbuf_addc(out, '\n');
}

static void draw_row(const struct table *t, struct strbuf *out,
    const struct table_row *row)
{
	struct strvec cells[TABLE_COLUMNS_MAX] = { 0 };
	size_t height = 0;

	for (size_t c = 0; c < t->n_columns; c++) {
		cell_lines(t, c, row->cell[c], &cells[c]);
		height = MAX(height, cells[c].n);
	}
	for (size_t i = 0; i < height; i++)
		draw_line(t, out, cells, i);
	for (size_t c = 0; c < t->n_columns; c++)
		strvec_release(&cells[c]);
}

void table_draw(struct strbuf *out, const struct table_row *rows,
    size_t n_rows, size_t n_columns, unsigned width, bool color)
{
	struct table t = { .rows = rows,
		.n_rows = n_rows,
		.n_columns = n_columns,
		.color = color };

	set_widths(&t, width);
	draw_rule(&t, out, "┌", "┬", "┐");
	for (size_t r = 0; r < n_rows; r++) {
		if (r == 1 ||
		    (r > 1 && !streq(rows[r - 1].cell[1], rows[r].cell[1])))
			draw_rule(&t, out, "├", "┼", "┤");
		draw_row(&t, out, &rows[r]);
	}
	draw_rule(&t, out, "└", "┴", "┘");
	strbuf_setlen(out, out->len - 1);
}
