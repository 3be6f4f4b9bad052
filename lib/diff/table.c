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

/*
 * The reference cuts by units: every character counts one, wide ones of the
 * basic plane two. That is not the width of combining marks, of control
 * characters or of emoji, so text with those loses or gains at its end.
 */
static size_t next_unit(struct sv v, size_t *bytes)
{
	size_t n = 1;

	while (n < v.n && ((unsigned char)v.p[n] & 0xc0) == 0x80)
		n++;
	*bytes = n;
	return n == 3 && term_width((struct sv){ v.p, n }) == 2 ? 2 : 1;
}

static size_t units(struct sv v)
{
	size_t total = 0, n;

	for (; v.n; v.p += n, v.n -= n)
		total += next_unit(v, &n);
	return total;
}

/* Bytes of v that fit into `width` units. */
static size_t fitting(struct sv v, size_t width)
{
	size_t n = 0, bytes, used = 0;

	while (n < v.n) {
		used += next_unit((struct sv){ v.p + n, v.n - n }, &bytes);
		if (used > width)
			break;
		n += bytes;
	}
	return n;
}

static void add_piece(struct strvec *lines, struct sv open, struct sv text,
    struct sv close)
{
	strvec_addf(lines, "%.*s%.*s%.*s", SV_FMT(open), SV_FMT(text),
	    SV_FMT(close));
}

static struct sv without_codes(struct sv line, struct sv *open,
    struct sv *close)
{
	const char *end;

	*open = (struct sv){ line.p, code_len(line) };
	*close = (struct sv){ "", 0 };
	line.p += open->n;
	line.n -= open->n;
	end = memrchr(line.p, '\033', line.n);
	if (open->n && end) {
		close->p = end;
		close->n = (size_t)(line.p + line.n - end);
		line.n -= close->n;
	}
	return line;
}

/* One line of a cell, cut every `width` columns. */
static void wrap_line(struct strvec *lines, struct sv line, size_t width)
{
	struct sv open, close, text = without_codes(line, &open, &close);

	for (;;) {
		size_t n = fitting(text, width);

		/* a character wider than its column goes nowhere */
		if (n == 0 && text.n)
			(void)next_unit(text, &n);
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

/* Does every line have as many units as columns? */
static bool is_even(const char *text)
{
	struct sv rest = sv_from(text), line, open, close;

	while (sv_next(&rest, '\n', &line)) {
		line = without_codes(line, &open, &close);
		if (term_width(line) != units(line))
			return false;
	}
	return true;
}

/*
 * Lines as they come out when their columns are taken for units of the whole
 * text, newlines counting one.
 */
static void uneven_lines(const char *text, struct strvec *ret)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
	CLEANUP(strvec_release) struct strvec codes = { 0 };
	struct sv rest = sv_from(text), line, open, close;
	size_t start = 0;

	while (sv_next(&rest, '\n', &line)) {
		line = without_codes(line, &open, &close);
		strbuf_addf(&plain, "%s%.*s", codes.n ? "\n" : "",
		    SV_FMT(line));
		strvec_add_take(&codes, sv_dup(open));
		strvec_add_take(&codes, sv_dup(close));
	}
	rest = sv_from(text);
	for (size_t i = 0; sv_next(&rest, '\n', &line); i += 2) {
		size_t w, from, n;

		line = without_codes(line, &open, &close);
		w = term_width(line);
		from = fitting(strbuf_sv(&plain), start);
		n = fitting((struct sv){ plain.buf + from,
		    plain.len - from }, w);
		strvec_addf(ret, "%s%.*s%s", codes.v[i], (int)n,
		    plain.buf + from, codes.v[i + 1]);
		start += w + 1;
	}
}

static void cell_lines(const struct table *t, size_t column, const char *text,
    struct strvec *ret)
{
	struct sv rest = sv_from(text), line;

	if (!*text)
		strvec_add(ret, "");
	if (!is_even(text)) {
		CLEANUP(strvec_release) struct strvec lines = { 0 };

		uneven_lines(text, &lines);
		for (size_t i = 0; i < lines.n; i++)
			wrap_line(ret, sv_from(lines.v[i]), t->width[column]);
		return;
	}
	while (sv_next(&rest, '\n', &line)) {
		if (term_width(line) == 0) /* no colours either */
			strvec_add(ret, "");
		else if (t->wraps)
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

static void draw(struct table *t, struct strbuf *out, unsigned width,
    bool rules)
{
	const struct table_row *rows = t->rows;

	set_widths(t, width);
	draw_rule(t, out, "┌", "┬", "┐");
	for (size_t r = 0; r < t->n_rows; r++) {
		if (r == 1 ||
		    (rules && r > 1 && !streq(rows[r - 1].cell[1], rows[r].cell[1])))
			draw_rule(t, out, "├", "┼", "┤");
		draw_row(t, out, &rows[r]);
	}
	draw_rule(t, out, "└", "┴", "┘");
	strbuf_setlen(out, out->len - 1);
}

void table_draw(struct strbuf *out, const struct table_row *rows,
    size_t n_rows, size_t n_columns, unsigned width, bool color)
{
	struct table t = { .rows = rows,
		.n_rows = n_rows,
		.n_columns = n_columns,
		.color = color };

	draw(&t, out, width, true);
}

void table_draw_list(struct strbuf *out, const struct table_row *rows,
    size_t n_rows, size_t n_columns, unsigned width, bool color)
{
	struct table t = { .rows = rows,
		.n_rows = n_rows,
		.n_columns = n_columns,
		.color = color };

	draw(&t, out, width, false);
}
