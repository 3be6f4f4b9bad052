/*
 * Changing feature flags: the app is synthesized with the new values, what
 * that does to its templates is shown, and only then cdk.json is written.
 */
#include "flags.h"

#include "app/variant.h"
#include "deploy/run.h"
#include "diff/diff.h"
#include "term/style.h"
#include "util/file.h"
#include "util/pool.h"
#include "util/timeutil.h"

#define PROJECT_FILE "cdk.json"
#define PROJECT_MAX ((size_t)64 << 20)
#define CONCURRENCY 4

/* ---- cdk.json ------------------------------------------------------------ */

static int project_read(cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = path_abs(PROJECT_FILE);
	int rc = file_read(PROJECT_FILE, PROJECT_MAX, &text, err);

	if (rc == E_NOTFOUND)
		return err_set(err, E_NOTFOUND, "ENOENT: no such file or "
		    "directory, open '%s'", path);
	return rc < 0 ? rc :
	    json_parse(strbuf_sv(&text), PROJECT_FILE, ret, err);
}

/* Without a final newline, as the reference leaves it. */
static int project_write(const cJSON *values, struct err *err)
{
	CLEANUP(json_free_p) cJSON *project = NULL;
	CLEANUP(free_p) char *text = NULL;
	cJSON *context;
	int rc = project_read(&project, err);

	if (rc < 0)
		return rc;
	context = json_get(project, "context");
	if (!cJSON_IsObject(context)) {
		context = cJSON_CreateObject();
		json_add_take(project, "context", context);
	}
	JSON_EACH(v, values)
		json_add_take(context, v->string, json_dup(v));
	text = json_text(project, 2);
	return file_write(PROJECT_FILE, sv_from(text), 0666, err);
}

/* ---- what is told about a synthesis -------------------------------------- */

/* Lines for the sink, so that those of parallel runs do not mix. */
struct told {
	struct line {
		enum msg_level level;
		char *text;
	} *v;
	size_t n, cap;
};

static void tell(struct told *t, enum msg_level level, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, text);
	strbuf_rtrim(&b);
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->v = xrealloc(t->v, t->cap * sizeof(*t->v));
	}
	t->v[t->n++] = (struct line){ level, strbuf_detach(&b) };
}

static void told_print(struct told *t, struct sink *sink)
{
	for (size_t i = 0; i < t->n; i++) {
		msg_text(sink, t->v[i].level, t->v[i].text);
		free(t->v[i].text);
	}
	free(t->v);
	*t = (struct told){ 0 };
}

static void tell_synthesis(struct told *t, const struct variant *v,
    int64_t took_ms)
{
	const struct assembly *a = v->app.assembly;
	bool color = v->app.sink->color;
	CLEANUP(free_p) char *dir = styled(color, STYLE_BLUE, v->dir);
	CLEANUP(free_p) char *done =
	    xasprintf("Successfully synthesized to %s", dir);
	CLEANUP(free_p) char *green = styled(color, STYLE_GREEN, done);
	CLEANUP(free_p) char *took = NULL, *supply = NULL;
	CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;
	char seconds[32];

	run_seconds(took_ms, seconds);
	took = xasprintf("✨  Synthesis time: %ss", seconds);
	for (size_t i = 0; i < a->n_all; i++) {
		strbuf_adds(&ids, i ? ", " : "");
		style_add(&ids, color, STYLE_GREEN,
		    a->all[i]->hierarchical_id);
	}
	supply = xasprintf("Supply a stack id (%s) to display its template.",
	    ids.buf);
	tell(t, MSG_INFO, took);
	tell(t, MSG_RESULT, green);
	if (a->n_all != 1)
		tell(t, MSG_INFO, supply);
}

/* ---- trying -------------------------------------------------------------- */

static int try_values(struct app *app, const cJSON *values,
    const char *prefix, struct told *told, struct variant *ret,
    struct err *err)
{
	const struct variant_opts o = { .prefix = prefix, .values = values };
	int64_t began = mono_ms();
	int rc = variant_synth(app, &o, ret, err);

	if (rc == 0)
		tell_synthesis(told, ret, mono_ms() - began);
	return rc;
}

/* The differences of one stack; *ret_differs only ever becomes true. */
static int compare_stack(struct stack *old, struct stack *new_, bool color,
    struct told *told, bool *ret_differs, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strmap_release) struct strmap paths = { 0 };
	CLEANUP(free_p) char *summary = NULL;
	struct diff_format_opts o = { .stack_name = new_->display_name,
		.paths = &paths, .color = color };
	const cJSON *before, *after;
	size_t count = 0;
	int rc = stack_template(old, &before, err);

	if (rc == 0)
		rc = stack_template(new_, &after, err);
	if (rc == 0)
		rc = diff_paths_of(new_, after, &paths, err);
	if (rc < 0)
		return rc;
	diff_format_stack(before, after, NULL, false, &o, &text, &count,
	    NULL);
	summary = xasprintf("✨ Number of stacks with differences: %zu",
	    count);
	tell(told, MSG_INFO, "✨  Synthesis time: 0s");
	tell(told, MSG_RESULT, text.buf);
	tell(told, MSG_RESULT, summary);
	*ret_differs |= count > 0;
	return 0;
}

/* stop_early: one difference is enough to know. */
static int compare(const struct assembly *old, const struct assembly *new_,
    bool color, bool stop_early, struct told *told, bool *ret_differs,
    struct err *err)
{
	*ret_differs = false;
	for (size_t i = 0; i < old->n_all; i++) {
		struct stack *s = old->all[i], *other = NULL;
		int rc;

		for (size_t k = 0; k < new_->n_all && !other; k++)
			if (streq(new_->all[k]->hierarchical_id,
				s->hierarchical_id))
				other = new_->all[k];
		if (!other)
			return err_set(err, E_NOTFOUND, "No stacks match the "
			    "name(s) %s", s->hierarchical_id);
		rc = compare_stack(s, other, color, told, ret_differs, err);
		if (rc < 0)
			return rc;
		if (stop_early && *ret_differs)
			break;
	}
	return 0;
}

/* Before and after, beside each other. */
static int preview(const struct flags_request *q, const cJSON *values,
    struct err *err)
{
	CLEANUP(variant_release) struct variant old = { 0 }, new_ = { 0 };
	struct sink *sink = q->app->sink;
	struct told told = { 0 };
	bool differs;
	int rc = try_values(q->app, NULL, "cdk-original-", &told, &old, err);

	if (rc == 0)
		rc = try_values(q->app, values, "cdk-temp-", &told, &new_,
		    err);
	if (rc == 0)
		rc = compare(old.app.assembly, new_.app.assembly, sink->color,
		    false, &told, &differs, err);
	told_print(&told, sink);
	return rc;
}

/* ---- accepting ----------------------------------------------------------- */

static void print_changes(struct app *app, const cJSON *values)
{
	msg_info(app->sink, "\nFlag changes:");
	JSON_EACH(v, values) {
		const cJSON *old = context_get(&app->context, v->string);
		CLEANUP(free_p) char *from = old ? flag_value_text(old) :
		    xstrdup("<unset>");
		CLEANUP(free_p) char *to = flag_value_text(v);

		msg_info(app->sink, "  %s: %s → %s", v->string, from, to);
	}
}

static int accept(const struct flags_request *q, const cJSON *values,
    struct err *err)
{
	const struct msg_confirm question = {
		.motivation = "User input is needed",
		.question = "Do you want to accept these changes?" };
	struct sink *sink = q->app->sink;
	int rc = sink->confirm(sink, &question, err);

	if (rc == E_DECLINED)
		return err_set(err, E_DECLINED, "Flag update cancelled");
	if (rc == 0)
		rc = project_write(values, err);
	if (rc < 0)
		return rc;
	if (!q->safe && !q->all && values->child && !values->child->next) {
		CLEANUP(free_p) char *to = flag_value_text(values->child);

		msg_info(sink, "Setting flag '%s' to: %s",
		    values->child->string, to);
	}
	msg_info(sink, "Flag value(s) updated successfully.");
	return 0;
}

static int preview_and_accept(const struct flags_request *q,
    const cJSON *values, struct err *err)
{
	CLEANUP(json_free_p) cJSON *project = NULL;
	/* before anything is run: there must be something to write to */
	int rc = project_read(&project, err);

	if (rc == 0)
		rc = preview(q, values, err);
	if (rc < 0)
		return rc;
	print_changes(q->app, values);
	return accept(q, values, err);
}

/* ---- which values -------------------------------------------------------- */

int flags_set_one(const struct flags_request *q, struct err *err)
{
	CLEANUP(json_free_p) cJSON *values = cJSON_CreateObject();
	const char *name = q->names->v[0];
	const struct flag *f = flag_find(q->flags, name);
	bool on = q->value && streq(q->value, "true");
	const cJSON *now;

	if (!f) {
		msg_error(q->app->sink, "Flag not found.");
		return 0;
	}
	if (!flag_is_boolean(f)) {
		msg_error(q->app->sink, "Flag '%s' is not a boolean flag. Only "
		    "boolean flags are currently supported.", name);
		return 0;
	}
	now = context_get(&q->app->context, name);
	if (cJSON_IsBool(now) && cJSON_IsTrue(now) == on) {
		msg_info(q->app->sink, "Flag is already set to the specified "
		    "value. No changes needed.");
		return 0;
	}
	json_put_bool(values, name, on);
	return preview_and_accept(q, values, err);
}

static bool is_chosen(const struct flags_request *q, const struct flag *f)
{
	if (!flag_is_boolean(f))
		return false;
	if (q->all && q->fallback)
		return true;
	return !f->user || (q->all && !flag_as_recommended(f));
}

static void put_recommended(cJSON *values, const struct flag *f)
{
	json_add_take(values, f->name, json_dup(f->recommended));
}

int flags_set_many(const struct flags_request *q, struct err *err)
{
	CLEANUP(json_free_p) cJSON *values = cJSON_CreateObject();

	if (q->fallback && !q->flags->tells_fallback) {
		msg_error(q->app->sink, "The --default options are not "
		    "compatible with the AWS CDK library used by your "
		    "application. Please upgrade to 2.212.0 or above.");
		return 0;
	}
	for (size_t i = 0; i < q->flags->n; i++) {
		const struct flag *f = &q->flags->v[i];

		if (!is_chosen(q, f))
			continue;
		if (q->recommended)
			put_recommended(values, f);
		else
			json_put_bool(values, f->name,
			    flag_fallback_is_true(f));
	}
	return preview_and_accept(q, values, err);
}

/* ---- those that change nothing ------------------------------------------- */

/* Flags first..first+n of a list, tried together. */
struct batch {
	const struct flag_list *flags;
	size_t first, n;
	struct app *app;
	const struct assembly *base;
	struct told told;
	bool differs;
	int rc;
	struct err err;
};

static void try_batch(void *arg)
{
	struct batch *b = arg;
	CLEANUP(json_free_p) cJSON *values = cJSON_CreateObject();
	CLEANUP(variant_release) struct variant v = { 0 };

	for (size_t i = 0; i < b->n; i++)
		put_recommended(values, &b->flags->v[b->first + i]);
	b->rc = try_values(b->app, values, "cdk-test-", &b->told, &v, &b->err);
	if (b->rc == 0)
		b->rc = compare(b->base, v.app.assembly, b->app->sink->color,
		    true, &b->told, &b->differs, &b->err);
}

static int run_level(struct batch *v, size_t n, unsigned threads,
    struct err *err)
{
	CLEANUP(pool_free_p) struct pool *pool = pool_new(threads);
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		pool_submit(pool, try_batch, &v[i]);
	pool_wait(pool);
	for (size_t i = 0; i < n; i++) {
		told_print(&v[i].told, v[i].app->sink);
		if (v[i].rc < 0 && rc == 0) {
			rc = v[i].rc;
			err_move(err, &v[i].err);
		}
		err_release(&v[i].err);
	}
	return rc;
}

static size_t split(const struct batch *b, struct batch *ret)
{
	size_t half = b->n / 2;

	ret[0] = ret[1] = (struct batch){ .flags = b->flags, .app = b->app,
		.base = b->base };
	ret[0].first = b->first;
	ret[0].n = half;
	ret[1].first = b->first + half;
	ret[1].n = b->n - half;
	return 2;
}

/* All together, then halves of what changes something; what is safe goes to
 * values in the order it is found. */
static int search(const struct flags_request *q, const struct flag_list *l,
    const struct assembly *base, unsigned threads, cJSON *values,
    struct err *err)
{
	CLEANUP(free_p) struct batch *now = xcalloc(1, sizeof(*now));
	size_t n = 1;

	*now = (struct batch){ .flags = l, .n = l->n, .app = q->app,
		.base = base };
	while (n) {
		struct batch *next = xcalloc(2 * n, sizeof(*next));
		size_t found = 0;
		int rc = run_level(now, n, threads, err);

		for (size_t i = 0; rc == 0 && i < n; i++) {
			if (now[i].differs && now[i].n > 1)
				found += split(&now[i], next + found);
			for (size_t k = 0; !now[i].differs && k < now[i].n; k++)
				put_recommended(values,
				    &l->v[now[i].first + k]);
		}
		free(now);
		now = next;
		n = found;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int find_safe(const struct flags_request *q, const struct flag_list *l,
    cJSON *values, struct err *err)
{
	CLEANUP(variant_release) struct variant base = { 0 };
	double n = args_num(q->app->args, "concurrency", CONCURRENCY);
	unsigned threads = n >= 1 && n <= 64 ? (unsigned)n : CONCURRENCY;
	struct told told = { 0 };
	int rc = try_values(q->app, NULL, "cdk-baseline-", &told, &base, err);

	told_print(&told, q->app->sink);
	return rc < 0 ? rc :
	    search(q, l, base.app.assembly, threads, values, err);
}

/* ts-node checks types on every run unless told not to. */
static void hint_ts_node(struct app *app)
{
	const char *command = settings_str(&app->settings, "app");

	if (command && strstr(command, "ts-node") &&
	    !strstr(command, "-T") && !strstr(command, "--transpileOnly"))
		msg_info(app->sink, "Repeated synths with ts-node will "
		    "type-check the application on every synth. Add "
		    "--transpileOnly to cdk.json's \"app\" command to make "
		    "this operation faster.");
}

int flags_set_safe(const struct flags_request *q, struct err *err)
{
	CLEANUP(json_free_p) cJSON *values = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *project = NULL;
	CLEANUP(flag_list_release) struct flag_list open = { 0 };
	struct sink *sink = q->app->sink;
	int rc = project_read(&project, err);

	if (rc < 0)
		return rc;
	hint_ts_node(q->app);
	open.v = xcalloc(q->flags->n + 1, sizeof(*open.v));
	for (size_t i = 0; i < q->flags->n; i++)
		if (!q->flags->v[i].user && flag_is_boolean(&q->flags->v[i]))
			open.v[open.n++] = q->flags->v[i];
	if (!open.n) {
		msg_info(sink, "All feature flags are configured.");
		return 0;
	}
	rc = find_safe(q, &open, values, err);
	if (rc < 0)
		return rc;
	if (!values->child) {
		msg_info(sink, "No more flags can be set without causing "
		    "template changes.");
		return 0;
	}
	msg_info(sink, "Flags that can be set without template changes:");
	JSON_EACH(v, values) {
		CLEANUP(free_p) char *to = flag_value_text(v);

		msg_info(sink, "- %s -> %s", v->string, to);
	}
	return accept(q, values, err);
}
