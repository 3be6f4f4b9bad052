/*
 * Looked-up values are looked up again. The app is run without them, into a
 * temporary folder, so that it asks as it did the first time, with the lookup
 * role and all; without an app to run (none is set, or it is a finished
 * assembly) the question is read back from the key. cdk.context.json is
 * written once, at the end.
 */
#include "context.h"

#include "app/lookup.h"
#include "app/variant.h"
#include "diff/diff.h"
#include "term/term.h"
#include "util/file.h"

/* Of the object that --json prints. */
#define REPORT_VERSION 1

/* ---- which values -------------------------------------------------------- */

static int no_such(const char *which, struct err *err)
{
	if (!*which)
		return err_set(err, E_NOTFOUND, "cdk.context.json holds no "
		    "looked-up values");
	return err_set(err, E_NOTFOUND, "no looked-up value in "
	    "cdk.context.json matches '%s'", which);
}

static int pick(const struct app *app, const cJSON *all, const char *which,
    struct strvec *ret, struct err *err)
{
	CLEANUP(free_p) char *key = NULL;
	int rc;

	if (*which) {
		rc = context_resolve_key(all, which, &key, err);
		if (rc < 0)
			return rc;
	}
	JSON_EACH(v, app->context.file)
		if (lookup_is_key(v->string) && (!key ||
		    streq(v->string, key) ||
		    (!json_get(app->context.file, key) &&
			context_key_matches(key, v->string))))
			strvec_add(ret, v->string);
	return ret->n ? 0 : no_such(which, err);
}

/* ---- asking -------------------------------------------------------------- */

static bool can_run(const struct app *app)
{
	const cJSON *command = settings_get(&app->settings, "app");

	if (cJSON_IsArray(command))
		return command->child != NULL;
	return cJSON_IsString(command) && *command->valuestring &&
	    !file_is_dir(command->valuestring);
}

/* The form that lookup_all() gives to a failure. */
static void put_failure(cJSON *answers, const char *key, const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "$providerError", text);
	json_add_take(answers, key, o);
}

static int ask_by_keys(struct app *app, const struct strvec *keys,
    cJSON *answers, struct err *err)
{
	CLEANUP(json_free_p) cJSON *missing = cJSON_CreateArray();
	struct app other = *app;

	other.aws = app_aws(app);
	other.context = (struct context){ .file = answers };
	other.scratch = true;
	for (size_t i = 0; i < keys->n; i++) {
		CLEANUP(err_release) struct err why = { 0 };
		cJSON *entry = NULL;

		if (lookup_parse_key(keys->v[i], &entry, &why) < 0)
			put_failure(answers, keys->v[i], err_text(&why));
		else
			json_push_take(missing, entry);
	}
	return lookup_all(&other, missing, err);
}

static int ask_by_app(struct app *app, const struct strvec *keys,
    cJSON **ret, struct err *err)
{
	const struct variant_opts o = { .prefix = "ccdk-refresh-",
		.without = keys };
	CLEANUP(variant_release) struct variant v = { 0 };
	int rc = variant_synth(app, &o, &v, err);

	if (rc == 0)
		*ret = TAKE(v.app.context.file);
	return rc;
}

/* *ret: {key: answer}, failures with $providerError; may hold more. Yours. */
static int ask(struct app *app, const struct strvec *keys, cJSON **ret,
    struct err *err)
{
	if (can_run(app))
		return ask_by_app(app, keys, ret, err);
	msg_debug(app->sink, "There is no app to run: questions are read back "
	    "from their keys, without a lookup role");
	*ret = cJSON_CreateObject();
	return ask_by_keys(app, keys, *ret, err);
}

/* ---- comparing ----------------------------------------------------------- */

/* Values from elsewhere keep the app from asking. */
static bool is_shadowed(const struct app *app, const char *key)
{
	return json_get(app->context.line, key) ||
	    json_get(app->context.project, key) ||
	    json_get(app->context.home, key);
}

static cJSON *report_entry(const struct app *app, const char *key,
    const cJSON *answer)
{
	const cJSON *old = json_get(app->context.file, key);
	const char *failure = json_str(answer, "$providerError");
	cJSON *e = cJSON_CreateObject();

	json_put_str(e, "key", key);
	json_put_str(e, "status", failure ? "failed" : answer ?
		json_same(old, answer) ? "unchanged" : "changed" :
		is_shadowed(app, key) ? "shadowed" : "unasked");
	json_add_take(e, "old", json_dup(old));
	if (failure)
		json_put_str(e, "error", failure);
	else if (answer)
		json_add_take(e, "new", json_dup(answer));
	return e;
}

/* What the app asked for the first time. */
static void add_new(const struct app *app, const cJSON *answers,
    cJSON *report)
{
	JSON_EACH(v, answers) {
		cJSON *e;

		if (json_get(app->context.file, v->string) ||
		    json_get(v, "$providerError") || !lookup_is_key(v->string))
			continue;
		e = cJSON_CreateObject();
		json_put_str(e, "key", v->string);
		json_put_str(e, "status", "added");
		json_add_take(e, "new", json_dup(v));
		json_push_take(report, e);
	}
}

static cJSON *compare(const struct app *app, const struct strvec *keys,
    const cJSON *answers)
{
	cJSON *report = cJSON_CreateArray();

	for (size_t i = 0; i < keys->n; i++)
		json_push_take(report, report_entry(app, keys->v[i],
		    json_get(answers, keys->v[i])));
	add_new(app, answers, report);
	return report;
}

/* ---- telling ------------------------------------------------------------- */

static void print_entry(struct app *app, const cJSON *e)
{
	const char *key = json_str(e, "key"), *status = json_str(e, "status");
	const struct diff_format_opts o = { .color = app->sink->color,
		.columns = term_columns() };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (streq(status, "changed") || streq(status, "added")) {
		diff_format_value(key, json_get(e, "old"), json_get(e, "new"),
		    &o, &text);
		strbuf_rtrim(&text);
		msg_text(app->sink, MSG_INFO, text.buf);
	} else if (streq(status, "failed")) {
		msg_error(app->sink, "%s: %s (the old value stays)", key,
		    json_str(e, "error"));
	} else if (streq(status, "unasked")) {
		msg_warn(app->sink, "%s: the app does not ask for it any more; "
		    "the old value stays, 'context --reset' removes it", key);
	} else if (streq(status, "shadowed")) {
		msg_warn(app->sink, "%s: not looked up, since the command "
		    "line, cdk.json or ~/.cdk.json sets it", key);
	}
}

static size_t count(const cJSON *report, const char *status)
{
	size_t n = 0;

	JSON_EACH(e, report)
		n += streq(json_str(e, "status"), status);
	return n;
}

static void print_report(struct app *app, const cJSON *report)
{
	JSON_EACH(e, report)
		print_entry(app, e);
	msg_info(app->sink, "Looked up again: %zu changed, %zu unchanged, %zu "
	    "failed", count(report, "changed") + count(report, "added"),
	    count(report, "unchanged"), count(report, "failed"));
}

static void print_json(struct app *app, const cJSON *report)
{
	CLEANUP(json_free_p) cJSON *out = cJSON_CreateObject();
	CLEANUP(free_p) char *text = NULL;

	json_put_num(out, "version", REPORT_VERSION);
	json_add_take(out, "values", json_dup(report));
	text = json_text(out, 2);
	msg_text(app->sink, MSG_RESULT, text);
}

/* ---- the whole ----------------------------------------------------------- */

static int store(struct app *app, const cJSON *report, struct err *err)
{
	bool any = false;

	JSON_EACH(e, report) {
		const char *status = json_str(e, "status");

		if (!streq(status, "changed") && !streq(status, "added"))
			continue;
		context_set_take(&app->context, json_str(e, "key"),
		    json_dup(json_get(e, "new")));
		any = true;
	}
	return any ? context_save(&app->context, err) : 0;
}

int context_refresh(struct app *app, const cJSON *all, const char *which,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };
	CLEANUP(json_free_p) cJSON *answers = NULL, *report = NULL;
	int rc = pick(app, all, which, &keys, err);

	app->stdout_is_ours = args_bool(app->args, "json", false);
	if (rc == 0)
		rc = ask(app, &keys, &answers, err);
	if (rc < 0)
		return rc;
	report = compare(app, &keys, answers);
	rc = store(app, report, err);
	if (rc < 0)
		return rc;
	if (args_bool(app->args, "json", false))
		print_json(app, report);
	else
		print_report(app, report);
	if (count(report, "failed"))
		app->status = 1;
	return 0;
}
