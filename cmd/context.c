#include "context.h"

#include "diff/table.h"
#include "term/style.h"
#include "term/term.h"
#include "util/glob.h"

#define CONTEXT_FILE "cdk.context.json"

/* ---- the list ------------------------------------------------------------ */

static const char *const none_yet[] = {
	"This CDK application does not have any saved context values yet.",
	"",
	"Context will automatically be saved when you synthesize CDK apps",
	"that use environment context information like AZ information, VPCs,",
	"SSM parameters, and so on.",
};

static void sorted_keys(const cJSON *all, struct strvec *ret)
{
	JSON_EACH(v, all)
		strvec_add(ret, v->string);
	strvec_sort(ret);
}

/* The value on one line, in a table's cell. */
static char *cell_text(const cJSON *v)
{
	CLEANUP(free_p) char *text = json_text(v, 2);
	struct strbuf b = STRBUF_INIT;
	const char *p = text;

	while (*p) {
		size_t blank = strspn(p, " \n");

		if (blank)
			strbuf_addc(&b, ' ');
		p += blank;
		blank = strcspn(p, " \n");
		strbuf_add(&b, p, blank);
		p += blank;
	}
	return strbuf_detach(&b);
}

static char *table_text(const struct app *app, const cJSON *all,
    const struct strvec *keys)
{
	static const char *const heads[] = { "#", "Key", "Value" };
	size_t n = keys->n + 1;
	struct table_row *rows = xcalloc(n, sizeof(*rows));
	struct strbuf b = STRBUF_INIT;

	for (size_t c = 0; c < ARRAY_SIZE(heads); c++)
		rows[0].cell[c] = styled(app->sink->color, STYLE_GREEN,
		    heads[c]);
	for (size_t i = 1; i < n; i++) {
		const char *key = keys->v[i - 1];

		rows[i].cell[0] = xasprintf("%zu", i);
		rows[i].cell[1] = xstrdup(key);
		rows[i].cell[2] = cell_text(json_get(all, key));
	}
	table_draw(&b, rows, n, ARRAY_SIZE(heads), term_columns(),
	    app->sink->color);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < ARRAY_SIZE(heads); c++)
			free(rows[i].cell[c]);
	free(rows);
	return strbuf_detach(&b);
}

/* "cdk.json, cdk.context.json": the files that contribute */
static char *source_files(const struct app *app)
{
	const struct context *c = &app->context;
	const struct {
		const cJSON *values;
		const char *name;
	} files[] = { { c->project, "cdk.json" }, { c->file, CONTEXT_FILE },
		{ c->home, "~/.cdk.json" } };
	CLEANUP(strvec_release) struct strvec names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].values && files[i].values->child)
			strvec_add_take(&names, styled(app->sink->color,
			    STYLE_BLUE, files[i].name));
	return strvec_join(&names, ", ");
}

static void list(struct app *app, const cJSON *all)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };
	CLEANUP(free_p) char *table = NULL, *files = NULL, *how = NULL;

	sorted_keys(all, &keys);
	if (!keys.n) {
		for (size_t i = 0; i < ARRAY_SIZE(none_yet); i++)
			msg_text(app->sink, MSG_INFO, none_yet[i]);
		return;
	}
	table = table_text(app, all, &keys);
	files = source_files(app);
	if (*files)
		msg_info(app->sink, "Context found in %s:", files);
	else
		msg_info(app->sink, "Context found:");
	msg_text(app->sink, MSG_INFO, "");
	msg_text(app->sink, MSG_INFO, table);
	how = styled(app->sink->color, STYLE_BLUE,
	    "cdk context --reset KEY_OR_NUMBER");
	msg_info(app->sink, "Run %s to remove a context key. It will be "
	    "refreshed on the next CDK synthesis run.", how);
}

/* ---- forgetting ---------------------------------------------------------- */

int context_resolve_key(const cJSON *all, const char *text, char **ret,
    struct err *err)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };
	CLEANUP(free_p) char *again = NULL;
	int64_t n = 0;
	bool is_number = str_to_int64(text, &n);

	again = xasprintf("%lld", (long long)n);
	if (!is_number || !streq(again, text)) {
		*ret = xstrdup(text);
		return 0;
	}
	sorted_keys(all, &keys);
	if (n < 1 || (uint64_t)n > keys.n)
		return err_set(err, E_NOTFOUND,
		    "No context key with number: %s", text);
	*ret = xstrdup(keys.v[n - 1]);
	return 0;
}

bool context_key_matches(const char *pattern, const char *key)
{
	bool want = true;

	while (pattern[0] == '!' && pattern[1] != '(') {
		want = !want;
		pattern++;
	}
	return glob_match(pattern, key) == want;
}

static void print_keys(struct app *app, const struct strvec *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		msg_info(app->sink, "  %s", keys->v[i]);
}

static void print_readonly(struct app *app, const struct strvec *keys)
{
	bool color = app->sink->color;
	CLEANUP(free_p) char *project = styled(color, STYLE_BLUE, "cdk.json");
	CLEANUP(free_p) char *home = styled(color, STYLE_BLUE, "~/.cdk.json");

	if (!keys->n)
		return;
	msg_warn(app->sink, "The following matched context values could not "
	    "be reset through the CLI");
	print_keys(app, keys);
	msg_text(app->sink, MSG_INFO, "");
	msg_info(app->sink, "This usually means they are configured in %s or "
	    "%s", project, home);
}

static int reset_matching(struct app *app, const char *pattern, bool force,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = context_merged(&app->context);
	CLEANUP(strvec_release) struct strvec gone = { 0 }, kept = { 0 };

	JSON_EACH(v, all) {
		if (!context_key_matches(pattern, v->string))
			continue;
		json_del(app->context.file, v->string);
		strvec_add(context_get(&app->context, v->string) ? &kept :
		    &gone, v->string);
	}
	if (!gone.n && !kept.n)
		return force ? 0 : err_set(err, E_NOTFOUND,
		    "No context value matching key: %s", pattern);
	if (gone.n)
		msg_info(app->sink, "The following matched context values "
		    "reset. They will be refreshed on next synthesis");
	print_keys(app, &gone);
	print_readonly(app, &kept);
	if (!force && !gone.n)
		return err_set(err, E_CONFIG,
		    "None of the matched context values could be reset");
	return 0;
}

static int reset(struct app *app, const cJSON *all, const char *text,
    bool force, struct err *err)
{
	bool color = app->sink->color;
	CLEANUP(free_p) char *key = NULL, *shown = NULL, *file = NULL;
	int rc = context_resolve_key(all, text, &key, err);

	if (rc < 0)
		return rc;
	if (!context_get(&app->context, key))
		return reset_matching(app, key, force, err);
	json_del(app->context.file, key);
	if (!context_get(&app->context, key)) {
		shown = styled(color, STYLE_BLUE, key);
		msg_info(app->sink, "Context value %s reset. It will be "
		    "refreshed on next synthesis", shown);
		return 0;
	}
	file = styled(color, STYLE_BLUE, CONTEXT_FILE);
	msg_error(app->sink, "Only context values specified in %s can be "
	    "reset through the CLI", file);
	if (!force)
		return err_set(err, E_CONFIG, "Cannot reset readonly context "
		    "value with key: %s", key);
	return reset_matching(app, key, force, err);
}

static int clear(struct app *app, struct err *err)
{
	int rc;

	json_free(app->context.file);
	app->context.file = cJSON_CreateObject();
	rc = context_save(&app->context, err);
	if (rc == 0)
		msg_info(app->sink, "All context values cleared.");
	return rc;
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = context_merged(&app->context);
	const char *key = args_str(app->args, "reset");
	const char *refresh = args_str(app->args, "refresh");
	int rc;

	if (refresh)
		return context_refresh(app, all, refresh, err);
	if (args_bool(app->args, "clear", false))
		return clear(app, err);
	if (key && *key) {
		rc = reset(app, all, key,
		    args_bool(app->args, "force", false), err);
		return rc < 0 ? rc : context_save(&app->context, err);
	}
	if (args_bool(app->args, "json", false)) {
		CLEANUP(free_p) char *text = json_text(all, 2);

		msg_text(app->sink, MSG_RESULT, text);
	} else {
		list(app, all);
	}
	return 0;
}

const struct cmd cmd_context = { .name = "context", .run = run };
