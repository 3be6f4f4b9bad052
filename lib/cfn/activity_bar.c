#include "cfn/activity_internal.h"

#include "term/term.h"
#include "util/timeutil.h"

#include <math.h>

#define BAR_MAX 60
#define BAR_MIN 10
#define SETTLED_MS 2000 /* how long a completed row with a reason stays */
#define NAME_MAX_CHARS 40

struct row {
	const struct event *e;
	enum { ROW_FAILED, ROW_BUSY, ROW_SETTLED } kind;
	int depth; /* below the row of its nested stack */
};

/* Time passed, and what is left as far as the past tells; an empty line. */
static void add_times(const struct activity *a, struct strvec *out)
{
	int64_t now = mono_ms(), left = activity_left(a, now);
	CLEANUP(free_p) char *line = NULL, *gray = NULL;
	char elapsed[24], rest[24] = "";

	estimate_clock(now - a->began_ms, elapsed);
	if (left > 0)
		estimate_clock(left, rest);
	line = xasprintf("%s elapsed%s%s%s", elapsed,
	    left > 0 ? ", about " : left == 0 ? ", longer than before" : "",
	    rest, left > 0 ? " left" : "");
	gray = styled(a->o.sink->color, STYLE_GRAY, line);
	strvec_add(out, gray);
	strvec_add(out, "");
}

static void add_bar(const struct activity *a, unsigned columns,
    struct strvec *out)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊",
		"▉" };
	CLEANUP(strbuf_release) struct strbuf done = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	int width = (int)columns - 15, inner, used;
	double share, full;

	if (a->progress.total <= 0) {
		add_times(a, out);
		return;
	}
	width = MAX(MIN(width, BAR_MAX), BAR_MIN);
	inner = width - 2;
	share = MIN((double)a->progress.done / a->progress.total, 1.0);
	full = floor(share * inner);
	used = (int)full;
	for (int i = 0; i < used; i++)
		strbuf_adds(&done, "█");
	if (used < inner) {
		int eighth = (int)floor((share * inner - full) * 8);

		strbuf_adds(&done, part[eighth]);
		used += eighth > 0;
	}
	strbuf_addc(&b, '[');
	if (done.len)
		style_add(&b, a->o.sink->color,
		    a->rolled_back ? STYLE_YELLOW : STYLE_GREEN, done.buf);
	for (; used < inner; used++)
		strbuf_adds(&b, "·");
	strbuf_addf(&b, "] (%d/%d)", a->progress.done, a->progress.total);
	strvec_add(out, b.buf);
	add_times(a, out);
}

static int row_color(const struct event *e)
{
	if (str_ends(e->status, "_FAILED"))
		return STYLE_RED;
	if (strstr(e->status, "ROLLBACK_") ||
	    str_starts(e->status, "DELETE_"))
		return STYLE_YELLOW;
	if (str_starts(e->status, "CREATE_") ||
	    str_starts(e->status, "UPDATE_") ||
	    str_starts(e->status, "IMPORT_"))
		return STYLE_GREEN;
	return -1;
}

/* First and last 18 characters of a long name; cut between characters. */
static char *shorten(const char *name)
{
	size_t n = strlen(name), head = 18, tail = n > 18 ? n - 18 : 0;

	if (n <= NAME_MAX_CHARS)
		return xstrdup(name);
	while (head > 0 && ((unsigned char)name[head] & 0xc0) == 0x80)
		head--;
	while (tail < n && ((unsigned char)name[tail] & 0xc0) == 0x80)
		tail++;
	return xasprintf("%.*s...%s", (int)head, name, name + tail);
}

/* Cuts a styled text into lines of at most `max` visible characters. */
static void add_wrapped(struct strvec *out, const char *text, size_t max)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	size_t width = 0;

	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '\033') {
			while (*p && *p != 'm')
				strbuf_addc(&line, *p++);
			if (!*p)
				break;
			strbuf_addc(&line, *p);
			continue;
		}
		if (c == '\n' || ((c & 0xc0) != 0x80 && width == max)) {
			strvec_add(out, line.buf);
			strbuf_reset(&line);
			width = 0;
			if (c == '\n')
				continue;
		}
		strbuf_addc(&line, *p);
		width += (c & 0xc0) != 0x80;
	}
	strvec_add(out, line.buf);
}

static void add_row(const struct activity *a, const struct row *row,
    size_t max, struct strvec *out)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *cell = NULL, *bold = NULL, *reason = NULL;
	CLEANUP(free_p) char *short_name = shorten(activity_name(a, row->e));
	CLEANUP(free_p) char *name = xasprintf("%*s%s%s",
	    row->depth ? 2 * (row->depth - 1) : 0, "", row->depth ? "└ " : "",
	    short_name);
	int color = row_color(row->e);
	bool on = a->o.sink->color && color >= 0;
	enum style style = color >= 0 ? (enum style)color : STYLE_RESET;
	char at[16];

	activity_time(row->e->time_ms, at);
	cell = xasprintf("%-*.*s", STATUS_WIDTH, STATUS_WIDTH,
	    row->e->status);
	bold = styled(a->o.sink->color, STYLE_BOLD, name);
	strbuf_addf(&b, "%s | ", at);
	style_add(&b, on, style, cell);
	strbuf_addf(&b, " | %-*s | ", (int)a->type_width, row->e->type);
	style_add(&b, on, style, bold);
	reason = activity_reason(a, row->e);
	if (row->kind == ROW_SETTLED && reason)
		strbuf_addf(&b, " | %s", reason);
	add_wrapped(out, b.buf, max);
	if (row->kind == ROW_FAILED && reason) {
		CLEANUP(strbuf_release) struct strbuf r = STRBUF_INIT;

		style_add(&r, a->o.sink->color, STYLE_RED, reason);
		add_wrapped(out, r.buf, max);
	}
}

static int by_time(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	return (a->e->time_ms > b->e->time_ms) -
	    (a->e->time_ms < b->e->time_ms);
}

static bool is_inside(const struct row *row, const struct row *of)
{
	return !of->e->stack_itself && of->e->physical_id[0] &&
	    streq(of->e->type, "AWS::CloudFormation::Stack") &&
	    streq(event_stack(row->e), of->e->physical_id);
}

/* Moves what is inside of v[at] right below it; returns what comes next. */
static size_t gather(struct row *v, size_t n, size_t at)
{
	size_t next = at + 1;

	for (size_t i = next; i < n; i++) {
		struct row row = v[i];

		if (!is_inside(&row, &v[at]))
			continue;
		memmove(&v[next + 1], &v[next], (i - next) * sizeof(*v));
		v[next] = row;
		v[next].depth = v[at].depth + 1;
		next = gather(v, n, next);
	}
	return next;
}

/* A nested stack says the same as its parent says about it. */
static bool is_said_by_parent(const struct row *v, size_t n,
    const struct row *row)
{
	for (size_t i = 0; i < n; i++)
		if (&v[i] != row && row->e->stack_itself &&
		    is_inside(row, &v[i]))
			return true;
	return false;
}

/* Rows in the order of time, those of nested stacks below their stack. */
static size_t make_tree(struct row *v, size_t n)
{
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_said_by_parent(v, n, &v[i]))
			v[kept++] = v[i];
	/* what stands above its stack has to wait for it */
	for (size_t i = 0; i < kept; i++)
		for (size_t k = i + 1, moves = 0; k < kept; k++)
			if (moves < kept && is_inside(&v[i], &v[k])) {
				struct row row = v[k];

				memmove(&v[i + 1], &v[i],
				    (k - i) * sizeof(*v));
				v[i] = row;
				k = i;
				moves++;
			}
	while (at < kept)
		at = gather(v, kept, at);
	return kept;
}

static struct row *collect(const struct activity *a, size_t *ret_n)
{
	size_t n = 0;
	struct row *v = xcalloc(a->failures.n + a->busy.n + a->settled.n + 1,
	    sizeof(*v));
	int64_t now = now_utc_ms();

	for (size_t i = 0; i < a->failures.n; i++)
		v[n++] = (struct row){ .e = &a->failures.v[i],
			.kind = ROW_FAILED };
	STRMAP_EACH(&a->busy, b) {
		const struct event_list *one = b->value;

		/* the reason of a roll-back is told like a failure */
		if (one->n)
			v[n++] = (struct row){ .e = one->v, .kind =
				strstr(one->v->status, "ROLLBACK_IN_PROGRESS")
				    ? ROW_FAILED : ROW_BUSY };
	}
	for (size_t i = 0; i < a->settled.n; i++)
		if (now - a->settled.v[i].time_ms < SETTLED_MS)
			v[n++] = (struct row){ .e = &a->settled.v[i],
				.kind = ROW_SETTLED };
	qsort(v, n, sizeof(*v), by_time);
	*ret_n = make_tree(v, n);
	return v;
}

void bar_lines(const struct activity *a, unsigned columns, struct strvec *out)
{
	CLEANUP(free_p) struct row *rows = NULL;
	size_t n;

	add_bar(a, columns, out);
	rows = collect(a, &n);
	for (size_t i = 0; i < n; i++)
		add_row(a, &rows[i], columns - 1, out);
}

/* For good: by logical id, in red as a whole, with where it was made. */
static void add_failure(const struct activity *a, const struct event *e,
    size_t max, struct strvec *out)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf red = STRBUF_INIT;
	CLEANUP(free_p) char *name = shorten(e->logical_id);
	CLEANUP(free_p) char *reason = activity_reason(a, e);
	char at[16];

	activity_time(e->time_ms, at);
	strbuf_addf(&b, "%s | %-*.*s | %-*s | %s", at, STATUS_WIDTH,
	    STATUS_WIDTH, e->status, (int)a->type_width, e->type, name);
	if (reason)
		strbuf_addf(&b, "\n%s", reason);
	activity_add_trace(a, e, &b);
	style_add(&red, a->o.sink->color, STYLE_RED, b.buf);
	add_wrapped(out, red.buf, max);
}

void bar_last_lines(const struct activity *a, unsigned columns,
    struct strvec *out)
{
	for (size_t i = 0; i < a->failures.n; i++)
		add_failure(a, &a->failures.v[i], columns - 1, out);
	/* one empty line stays below the failures */
	if (out->n)
		strvec_add(out, " ");
}
