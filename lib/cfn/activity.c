#include "cfn/activity_internal.h"

#include "cfn/event_feed.h"
#include "term/term.h"
#include "util/timeutil.h"

#define TYPE_WIDTH_MIN 26
#define QUIET_MS 30000 /* then the end names what is still going on */

static void free_event(void *p)
{
	event_list_release(p);
	free(p);
}

static size_t longest_type(const cJSON *template_)
{
	size_t max = TYPE_WIDTH_MIN;

	JSON_EACH(r, json_get(template_, "Resources")) {
		const char *type = json_str(r, "Type");

		if (type)
			max = MAX(max, strlen(type));
	}
	return max;
}

static bool is_live_mode(const struct activity *a)
{
	return a->o.mode == ACTIVITY_BAR || a->o.mode == ACTIVITY_FLEET;
}

static void draw(void *arg, unsigned columns, struct strvec *out)
{
	struct activity *a = arg;

	pthread_mutex_lock(&a->lock);
	if (a->o.mode == ACTIVITY_BAR)
		bar_lines(a, columns, out);
	else
		fleet_line(a, columns, out);
	pthread_mutex_unlock(&a->lock);
}

static void begin_estimate(struct activity *a)
{
	if (!is_live_mode(a) && !a->o.feed)
		return;
	a->estimate = estimate_new();
	estimate_plan(a->estimate, a->o.changes, a->o.template_);
}

struct activity *activity_new(const struct activity_opts *o)
{
	struct activity *a = xcalloc(1, sizeof(*a));

	a->o = *o;
	a->type_width = longest_type(o->template_);
	/* the stack itself reports too */
	a->progress.total = o->expected < 0 ? 0 : o->expected + 1;
	a->busy.free_value = free_event;
	a->hooks.free_value = free;
	a->began_ms = a->last_row_ms = mono_ms();
	pthread_mutex_init(&a->lock, NULL);
	begin_estimate(a);
	if (is_live_mode(a)) {
		a->part = (struct live_part){ .draw = draw, .arg = a };
		a->is_live = true;
		live_add(a->o.sink, &a->part);
	}
	return a;
}

void activity_free(struct activity *a)
{
	if (!a)
		return;
	if (a->is_live)
		live_remove(&a->part, NULL);
	estimate_free(a->estimate);
	pthread_mutex_destroy(&a->lock);
	progress_release(&a->progress);
	event_list_release(&a->failures);
	event_list_release(&a->settled);
	strmap_release(&a->busy);
	strmap_release(&a->hooks);
	lineage_release(&a->tree);
	free(a);
}

enum activity_mode activity_mode_of(const char *name)
{
	if (streq0(name, "bar"))
		return ACTIVITY_BAR;
	if (streq0(name, "fleet"))
		return ACTIVITY_FLEET;
	if (streq0(name, "errors-only"))
		return ACTIVITY_ERRORS;
	return ACTIVITY_EVENTS;
}

/* Only American English has a twelve-hour clock here, as it is the language
 * of an unset locale; elsewhere 24 hours are understood. */
static bool twelve_hours(void)
{
	const char *l = getenv("LC_ALL");

	if (!l || !*l)
		l = getenv("LC_MESSAGES");
	if (!l || !*l)
		l = getenv("LANG");
	return !l || !*l || str_starts(l, "en_US") || streq(l, "C") ||
	    str_starts(l, "C.") || streq(l, "POSIX") || streq(l, "en");
}

void activity_time(int64_t time_ms, char ret[16])
{
	char hms[9];
	int hour;

	time_local_hms(time_ms / 1000, hms);
	if (!twelve_hours()) {
		memcpy(ret, hms, sizeof(hms));
		return;
	}
	hour = (hms[0] - '0') * 10 + (hms[1] - '0');
	snprintf(ret, 16, "%d%s %s", hour % 12 ? hour % 12 : 12, hms + 2,
	    hour < 12 ? "AM" : "PM");
}

const char *activity_name(const struct activity *a, const struct event *e)
{
	const char *path = a->o.paths ? strmap_get(a->o.paths, e->logical_id)
				      : NULL;

	return path ? path : e->logical_id;
}

bool activity_is_provisional(const struct activity *a, const struct event *e)
{
	return a->o.is_update && streq(e->status, "DELETE_FAILED");
}

char *activity_reason(const struct activity *a, const struct event *e)
{
	const char *reason = e->reason;

	if (activity_is_provisional(a, e))
		return xstrdup("(this will take a few minutes to recover)");
	if (!reason)
		return NULL;
	STRMAP_EACH(&a->hooks, h) {
		const char *type = strchr(h->key, '\n');
		size_t n = type ? (size_t)(type - h->key) : 0;

		if (type && strlen(e->logical_id) == n &&
		    memcmp(h->key, e->logical_id, n) == 0 &&
		    strstr(reason, type + 1))
			return xasprintf("%s : %s", reason, (char *)h->value);
	}
	return xstrdup(reason);
}

void activity_add_trace(const struct activity *a, const struct event *e,
    struct strbuf *out)
{
	const char *text = a->o.traces
	    ? strmap_get(a->o.traces, e->logical_id) : NULL;
	struct sv rest, line;
	bool first = true;

	if (!text)
		return;
	rest = sv_from(text);
	while (sv_next(&rest, '\n', &line)) {
		strbuf_adds(out, first ? "\n\t" : "\n\t \\_ ");
		strbuf_addsv(out, line);
		first = false;
	}
}

/* -1: none */
static int color_of(const struct event *e, bool provisional)
{
	if (provisional)
		return STYLE_YELLOW;
	if (strstr(e->status, "FAILED"))
		return STYLE_RED;
	if (strstr(e->status, "ROLLBACK"))
		return STYLE_YELLOW;
	return strstr(e->status, "COMPLETE") ? STYLE_GREEN : -1;
}

static void add_styled(const struct activity *a, struct strbuf *out,
    int color, const char *text)
{
	style_add(out, a->o.sink->color && color >= 0,
	    color >= 0 ? (enum style)color : STYLE_RESET, text);
}

static void add_status(const struct activity *a, const struct event *e,
    struct strbuf *out)
{
	CLEANUP(free_p) char *text = NULL;
	bool skipped = activity_is_provisional(a, e);

	text = xasprintf("%s%s", e->status, skipped ? " (skipped)" : "");
	if (a->o.mode == ACTIVITY_ERRORS || a->o.mode == ACTIVITY_FLEET) {
		add_styled(a, out, color_of(e, skipped), text);
	} else {
		CLEANUP(free_p) char *cell = xasprintf("%-*.*s", STATUS_WIDTH,
		    STATUS_WIDTH, text);

		add_styled(a, out, color_of(e, skipped), cell);
	}
}

/* "<name> <(LogicalId) ><reason>" */
static void add_subject(const struct activity *a, const struct event *e,
    struct strbuf *out)
{
	const char *name = activity_name(a, e);
	CLEANUP(free_p) char *bold = styled(a->o.sink->color, STYLE_BOLD,
	    name);
	CLEANUP(free_p) char *reason = activity_reason(a, e);
	bool failed = strstr(e->status, "FAILED") != NULL;

	add_styled(a, out, color_of(e, activity_is_provisional(a, e)), bold);
	strbuf_addc(out, ' ');
	if (!streq(name, e->logical_id))
		strbuf_addf(out, "(%s) ", e->logical_id);
	if (reason) {
		CLEANUP(free_p) char *inner = styled(a->o.sink->color,
		    failed ? STYLE_RED : STYLE_CYAN, reason);

		style_add(out, a->o.sink->color, STYLE_BOLD, inner);
	}
	if (failed)
		activity_add_trace(a, e, out);
}

static void print_row(struct activity *a, const struct event *e,
    bool with_count)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *count = progress_text(&a->progress);
	char at[16];

	activity_time(e->time_ms, at);
	strbuf_addf(&b, "%s | ", e->stack_name);
	if (with_count)
		strbuf_addf(&b, "%s | ", count);
	strbuf_addf(&b, "%s | ", at);
	add_status(a, e, &b);
	strbuf_addf(&b, " | %-*s | ", (int)a->type_width, e->type);
	add_subject(a, e, &b);
	msg_text(a->o.sink, MSG_INFO, b.buf);
	a->last_row_ms = mono_ms();
}

static void print_error_row(struct activity *a, const struct event *e)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%s | ", e->stack_name);
	add_status(a, e, &b);
	strbuf_addf(&b, " | %s | ", e->type);
	add_subject(a, e, &b);
	msg_text(a->o.sink, MSG_INFO, b.buf);
}

static void note_busy(struct activity *a, const struct event *e)
{
	CLEANUP(free_p) char *key = xasprintf("%s\n%s", event_stack(e),
	    e->logical_id);

	if (str_ends(e->status, "_IN_PROGRESS")) {
		struct event_list *one = xcalloc(1, sizeof(*one));

		(void)event_list_add(one, e->json, e->root);
		strmap_set(&a->busy, key, one);
		return;
	}
	strmap_del(&a->busy, key);
	if (str_ends(e->status, "_COMPLETE") && e->reason)
		(void)event_list_add(&a->settled, e->json, e->root);
}

static void note_hook(struct activity *a, const struct event *e)
{
	const char *type = json_str(e->json, "HookType");
	const char *reason = json_str(e->json, "HookStatusReason");
	CLEANUP(free_p) char *key = NULL;

	if (!type || !reason ||
	    !streq0(json_str(e->json, "HookStatus"), "HOOK_COMPLETE_FAILED"))
		return;
	key = xasprintf("%s\n%s", e->logical_id, type);
	strmap_set(&a->hooks, key, xstrdup(reason));
}

bool activity_wants_past(const struct activity *a)
{
	return a->estimate != NULL;
}

void activity_past(struct activity *a, const struct event *e)
{
	pthread_mutex_lock(&a->lock);
	if (a->estimate)
		estimate_past(a->estimate, e);
	pthread_mutex_unlock(&a->lock);
}

int64_t activity_left(const struct activity *a, int64_t now_ms)
{
	return a->estimate ? estimate_left(a->estimate, now_ms) : -1;
}

/* With the lock held. */
static void take_note(struct activity *a, const struct event *e, bool failure)
{
	int64_t now = mono_ms();

	progress_count(&a->progress, e);
	if (a->estimate)
		estimate_see(a->estimate, e, now);
	lineage_note(&a->tree, e);
	event_feed(a->o.feed, a->o.stack, e, &(struct event_about){
	    &a->tree, &a->progress, a->o.paths && e->root
		? strmap_get(a->o.paths, e->logical_id) : NULL,
	    a->o.feed ? activity_left(a, now) : -1 });
	note_hook(a, e);
	note_busy(a, e);
	if (strstr(e->status, "ROLLBACK"))
		a->rolled_back = true;
	if (activity_is_provisional(a, e) && !e->stack_itself)
		a->delete_skipped = true;
	if (failure)
		(void)event_list_add(&a->failures, e->json, e->root);
}

void activity_add(struct activity *a, const struct event *e)
{
	bool failure = event_is_problem(e) && !e->stack_itself &&
	    !activity_is_provisional(a, e);

	pthread_mutex_lock(&a->lock);
	take_note(a, e, failure);
	pthread_mutex_unlock(&a->lock);
	switch (a->o.mode) {
	case ACTIVITY_EVENTS:
		print_row(a, e, true);
		break;
	case ACTIVITY_BAR:
		live_redraw();
		break;
	case ACTIVITY_FLEET:
		if (failure)
			print_error_row(a, e);
		live_redraw();
		break;
	case ACTIVITY_ERRORS:
		if (failure)
			print_error_row(a, e);
		break;
	}
}

static void print_busy(struct activity *a)
{
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	CLEANUP(free_p) char *count = NULL, *names = NULL;

	if (a->busy.n == 0 || mono_ms() - a->last_row_ms <= QUIET_MS)
		return;
	STRMAP_EACH(&a->busy, e) {
		const struct event_list *one = e->value;
		char *id = styled(a->o.sink->color, STYLE_BOLD,
		    one->v->logical_id);

		strvec_add_take(&ids, id);
	}
	count = progress_text(&a->progress);
	names = strvec_join(&ids, ", ");
	msg_info(a->o.sink, "%s Currently in progress: %s", count, names);
}

/* The failures of a bar stay; a fleet has told them as they came. */
static void end_live(struct activity *a)
{
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	unsigned columns = term_live_columns();

	if (a->o.mode == ACTIVITY_BAR)
		bar_last_lines(a, columns ? columns : 80, &lines);
	live_remove(&a->part, &lines);
	a->is_live = false;
}

void activity_stop(struct activity *a)
{
	if (a->is_live) {
		end_live(a);
	} else if (a->o.mode == ACTIVITY_EVENTS) {
		print_busy(a);
		if (a->failures.n)
			msg_info(a->o.sink, "\nFailed resources:");
		for (size_t i = 0; i < a->failures.n; i++)
			print_row(a, &a->failures.v[i], false);
	}
	if (a->delete_skipped) {
		CLEANUP(free_p) char *text = styled(a->o.sink->color,
		    STYLE_YELLOW, "\n ⚠️  Some resources failed to delete but "
		    "were skipped. These resources may still exist and could "
		    "incur charges. Clean them up manually.\n");

		msg_text(a->o.sink, MSG_WARN, text);
	}
}
