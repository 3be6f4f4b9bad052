#include "deploy/summary.h"

#include "term/style.h"

static bool counts(const struct summary *s, size_t node,
    enum graph_state state)
{
	return graph_type_of(s->graph, node) == s->of &&
	    graph_state_of(s->graph, node) == state;
}

/* Stopped before its end, which is no failure. */
static bool unfinished(const struct summary *s, size_t node)
{
	const struct err *e = graph_error_of(s->graph, node);

	return e && e->code == E_CANCELLED;
}

static bool failed(const struct summary *s, size_t node)
{
	return graph_state_of(s->graph, node) == GRAPH_FAILED &&
	    !unfinished(s, node);
}

static void say(struct sink *sink, enum style style, char *text)
{
	CLEANUP(free_p) char *mine = text;
	CLEANUP(free_p) char *line = styled(sink->color, style, mine);

	msg_text(sink, MSG_REPORT, line);
}

static void tell_numbers(struct sink *sink, const struct summary *s)
{
	size_t done = 0, bad = 0, skipped = 0, open = 0;
	CLEANUP(free_p) char *rest = NULL;

	for (size_t i = 0; i < graph_size(s->graph); i++) {
		done += counts(s, i, GRAPH_DONE);
		bad += failed(s, i);
		skipped += counts(s, i, GRAPH_SKIPPED);
		open += unfinished(s, i);
	}
	rest = open ? xasprintf(", %zu not finished", open) : xstrdup("");
	msg_put(sink, MSG_REPORT, "\nSummary: %zu %s, %zu failed, %zu skipped"
	    "%s", done, s->done, bad, skipped, rest);
}

static void tell_done(struct sink *sink, const struct summary *s)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *list = NULL;

	for (size_t i = 0; i < graph_size(s->graph); i++)
		if (counts(s, i, GRAPH_DONE))
			strvec_add(&names, graph_label_of(s->graph, i));
	list = strvec_join(&names, ", ");
	if (names.n)
		say(sink, STYLE_GREEN, xasprintf("✅  %s: %s", s->done, list));
}

/* The error and its causes; the line that only says that it failed is left
 * out where there is a reason. */
static void tell_error(struct sink *sink, const struct err *err)
{
	const struct err *e = err;

	if (e->cause && *err_text(e->cause) && str_starts(err_text(e), "❌"))
		e = e->cause;
	for (; e; e = e->cause)
		if (*err_text(e))
			say(sink, STYLE_YELLOW, xasprintf("‣ %s: %s",
			    e->name ? e->name : "Error", err_text(e)));
	/* the first cause and the like; here without the empty line before */
	for (e = err; e; e = e->cause)
		if (e->note)
			msg_text(sink, MSG_REPORT,
			    e->note + (*e->note == '\n'));
}

static void tell_failed(struct sink *sink, const struct summary *s, size_t i)
{
	say(sink, STYLE_RED, xasprintf("❌  %s", graph_label_of(s->graph, i)));
	tell_error(sink, graph_error_of(s->graph, i));
}

static void tell_unfinished(struct sink *sink, const struct summary *s,
    size_t i)
{
	say(sink, STYLE_YELLOW, xasprintf("⏸  %s: %s",
	    graph_label_of(s->graph, i),
	    err_text(graph_error_of(s->graph, i))));
}

static void tell_skipped(struct sink *sink, const struct summary *s, size_t i)
{
	size_t because = graph_because(s->graph, i);
	const char *name = graph_label_of(s->graph, i);
	const char *why = graph_label_of(s->graph, because);

	say(sink, STYLE_YELLOW, because == i
		? xasprintf("⏭  %s: not begun", name)
		: xasprintf("⏭  %s: skipped because %s %s", name, why,
			unfinished(s, because) ? "is not finished"
					       : "failed"));
}

void summary_tell(struct sink *sink, const struct summary *s)
{
	tell_numbers(sink, s);
	tell_done(sink, s);
	for (size_t i = 0; i < graph_size(s->graph); i++)
		if (failed(s, i))
			tell_failed(sink, s, i);
	for (size_t i = 0; i < graph_size(s->graph); i++)
		if (unfinished(s, i))
			tell_unfinished(sink, s, i);
	for (size_t i = 0; i < graph_size(s->graph); i++)
		if (counts(s, i, GRAPH_SKIPPED))
			tell_skipped(sink, s, i);
}

void summary_skipped(struct feed *feed, const struct graph *g, size_t node,
    const char *stack)
{
	cJSON *fields;
	size_t because = graph_because(g, node);

	if (graph_state_of(g, node) != GRAPH_SKIPPED)
		return;
	fields = cJSON_CreateObject();
	json_put_str(fields, "stack", stack);
	if (because != node)
		json_put_str(fields, "because", graph_label_of(g, because));
	feed_put(feed, "stack.skipped", fields);
}
