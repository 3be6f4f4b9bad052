/*
 * One line for each of several stacks that are at work at once.
 */
#include "cfn/activity_internal.h"

#include "util/timeutil.h"

#define NAME_MIN 16
#define NAME_MAX_COLUMNS 40

/* At most max characters; what is left out is marked. */
static char *cut(const char *text, size_t max)
{
	size_t n = 0, end = 0;

	for (size_t i = 0; text[i]; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (n == max - 1)
			end = i;
		n++;
	}
	if (n <= max || max == 0)
		return max ? xstrdup(text) : xstrdup("");
	return xasprintf("%.*s~", (int)end, text);
}

static const struct event *latest(const struct activity *a)
{
	const struct event *best = NULL;

	STRMAP_EACH(&a->busy, b) {
		const struct event_list *one = b->value;

		/* the stack itself says the least */
		if (one->n && (!best || best->stack_itself ||
			(!one->v->stack_itself &&
			    one->v->time_ms >= best->time_ms)))
			best = one->v;
	}
	return best;
}

static char *doing(const struct activity *a)
{
	const struct event *e = latest(a);

	if (a->failures.n)
		return xasprintf("%zu failed%s", a->failures.n,
		    a->rolled_back ? ", rolling back" : "");
	if (!e)
		return xstrdup("");
	if (e->stack_itself)
		return xstrdup(e->status);
	return xasprintf("%s %s", activity_name(a, e), e->status);
}

void fleet_line(const struct activity *a, unsigned columns,
    struct strvec *out)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	size_t width = MIN(MAX(columns / 3, NAME_MIN), NAME_MAX_COLUMNS);
	const char *stack = a->o.stack ? a->o.stack : "";
	CLEANUP(free_p) char *name = cut(stack, width);
	CLEANUP(free_p) char *count = progress_text(&a->progress);
	CLEANUP(free_p) char *what = doing(a), *shown = NULL, *head = NULL;
	int64_t now = mono_ms(), left = activity_left(a, now);
	char elapsed[24], rest[24] = "";
	size_t used;

	estimate_clock(now - a->began_ms, elapsed);
	if (left > 0)
		estimate_clock(left, rest);
	head = xasprintf("%-*s %7s %7s  %-13s", (int)width, name, count,
	    elapsed, "");
	used = width + 1 + 7 + 1 + 7 + 2 + 13;
	strbuf_addf(&b, "%.*s", (int)(strlen(head) - 13), head);
	if (*rest)
		strbuf_addf(&b, "~%s left%*s", rest,
		    (int)(7 - MIN(strlen(rest), 7u)), "");
	else
		strbuf_addf(&b, "%-13s", "");
	shown = cut(what, columns - 1 > used ? columns - 1 - used : 0);
	style_add(&b, a->o.sink->color && (a->failures.n || a->rolled_back),
	    a->failures.n ? STYLE_RED : STYLE_YELLOW, shown);
	strbuf_rtrim(&b);
	strvec_add(out, b.buf);
}
