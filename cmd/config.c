#include "config.h"

#include "app/settings_list.h"
#include "diff/table.h"
#include "term/style.h"
#include "term/term.h"
#include "util/glob.h"

/* ---- the table ----------------------------------------------------------- */

static char *source_text(const cJSON *e)
{
	const char *source = json_str(e, "source");
	const char *detail = json_str(e, "detail");
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *files = json_get(e, "overridden");

	if (streq(source, "environment"))
		strbuf_addf(&b, "environment variable %s", detail);
	else if (streq(source, "command-line"))
		strbuf_adds(&b, "command line");
	else
		strbuf_adds(&b, detail ? detail :
		    streq(source, "unset") ? "not set" : source);
	JSON_EACH(f, files)
		strbuf_addf(&b, "%s%s", f == files->child ?
		    "\n(no effect: " : ", ", f->valuestring);
	if (files)
		strbuf_addc(&b, ')');
	return strbuf_detach(&b);
}

static char *value_text(const cJSON *e)
{
	const cJSON *v = json_get(e, "value");

	if (!v)
		return xstrdup("");
	return cJSON_IsString(v) ? xstrdup(v->valuestring) : json_text(v, 0);
}

void config_table(const struct app *app, const cJSON *all, struct strbuf *ret)
{
	static const char *const heads[] = { "Setting", "Value", "From" };
	const cJSON *list = json_get(all, "settings");
	size_t n = (size_t)cJSON_GetArraySize(list) + 1, i = 1;
	struct table_row *rows = xcalloc(n, sizeof(*rows));
	bool color = app->sink->color;

	for (size_t c = 0; c < ARRAY_SIZE(heads); c++)
		rows[0].cell[c] = styled(color, STYLE_GREEN, heads[c]);
	JSON_EACH(e, list) {
		rows[i].cell[0] = xstrdup(json_str(e, "name"));
		rows[i].cell[1] = value_text(e);
		rows[i++].cell[2] = source_text(e);
	}
	table_draw_list(ret, rows, n, ARRAY_SIZE(heads), term_columns(),
	    color);
	for (i = 0; i < n; i++)
		for (size_t c = 0; c < ARRAY_SIZE(heads); c++)
			free(rows[i].cell[c]);
	free(rows);
}

/* ---- the command --------------------------------------------------------- */

static bool is_named(const char *name, const struct strvec *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (streq(patterns->v[i], name) ||
		    glob_match(patterns->v[i], name))
			return true;
	return false;
}

static int keep_named(cJSON *all, const struct strvec *patterns,
    struct err *err)
{
	CLEANUP(free_p) char *words = strvec_join(patterns, ", ");
	cJSON *list = json_get(all, "settings"), *kept;

	if (!patterns->n)
		return 0;
	kept = cJSON_CreateArray();
	JSON_EACH(e, list)
		if (is_named(json_str(e, "name"), patterns))
			json_push_take(kept, json_dup(e));
	json_add_take(all, "settings", kept);
	if (!kept->child)
		return err_set(err, E_NOTFOUND, "no setting is called %s; run "
		    "'ccdk config' for the list", words);
	return 0;
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = settings_list(&app->settings,
	    app->args, environ);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = keep_named(all, &app->args->pos, err);

	if (rc < 0)
		return rc;
	if (args_bool(app->args, "json", false))
		json_write(&text, all, 2);
	else
		config_table(app, all, &text);
	msg_text(app->sink, MSG_RESULT, text.buf);
	return 0;
}

const struct cmd cmd_config = { .name = "config",
	.flags = CMD_ANY_PLUGIN, .run = run };
