#include "deploy/outputs.h"

#include <fcntl.h>

#include "deploy/run.h"
#include "term/style.h"
#include "util/file.h"

static void print_outputs(struct sink *sink, const struct stack *s,
    const cJSON *outputs)
{
	CLEANUP(strvec_release) struct strvec keys = { 0 };

	if (!outputs || !outputs->child)
		return;
	msg_info(sink, "Outputs:");
	JSON_EACH(o, outputs)
		strvec_add(&keys, o->string);
	strvec_sort(&keys);
	for (size_t i = 0; i < keys.n; i++) {
		const char *value = json_get(outputs, keys.v[i])->valuestring;
		CLEANUP(free_p) char *id = styled(sink->color, STYLE_CYAN,
		    s->id);
		CLEANUP(free_p) char *key = styled(sink->color, STYLE_CYAN,
		    keys.v[i]);
		CLEANUP(free_p) char *cyan = styled(sink->color, STYLE_CYAN,
		    value);
		CLEANUP(free_p) char *shown = styled(sink->color,
		    STYLE_UNDERLINE, cyan);

		msg_info(sink, "%s.%s = %s", id, key, shown);
	}
}

static void print_stabilizing(struct sink *sink, const struct strvec *names)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (names->n == 0)
		return;
	strbuf_adds(&b, "⚠️  Stack deployed using Express Mode. Resources "
	    "still stabilizing: ");
	for (size_t i = 0; i < names->n && i < 5; i++)
		strbuf_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > 5)
		strbuf_addf(&b, ", ...and %zu more...", names->n - 5);
	msg_text(sink, MSG_WARN, b.buf);
}

void outputs_print(struct sink *sink, const struct stack *s,
    const struct deploy_result *r, int64_t took_ms, bool plain)
{
	const char *gap = plain ? "" : "\n";
	CLEANUP(free_p) char *text = xasprintf("%s✅  %s%s", gap,
	    s->display_name, r->noop ? " (no changes)" : "");
	CLEANUP(free_p) char *green = styled(sink->color, STYLE_GREEN, text);
	char took[32];

	run_seconds(took_ms, took);
	msg_text(sink, plain ? MSG_RESULT : MSG_INFO, green);
	msg_info(sink, "%s✨  Deployment time: %ss%s", gap, took, gap);
	print_stabilizing(sink, &r->stabilizing);
	print_outputs(sink, s, r->outputs);
	if (plain) {
		msg_info(sink, "Stack ARN:\n%s", r->stack_arn);
	} else {
		msg_info(sink, "Stack ARN:");
		msg_result(sink, "%s", r->stack_arn);
	}
}

int outputs_write(const char *path, const cJSON *all, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *dir = path_dirname(path);
	int r = dir_make(dir, err);

	if (r < 0)
		return r;
	json_write(&b, all, 2);
	strbuf_addc(&b, '\n');
	return file_write(path, strbuf_sv(&b), 0666, err);
}

#define OUTPUTS_MAX (64u << 20)

/* What the file holds; a missing or empty one holds nothing. */
static int read_existing(const char *path, cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;
	int r = file_read(path, OUTPUTS_MAX, &text, err);

	if (r == E_NOTFOUND || (r == 0 && !sv_trim(strbuf_sv(&text)).n)) {
		*ret = cJSON_CreateObject();
		return 0;
	}
	if (r == 0)
		r = json_parse(strbuf_sv(&text), path, &doc, err);
	if (r == 0 && !cJSON_IsObject(doc))
		r = err_set(err, E_INVALID, "%s: not a JSON object", path);
	JSON_EACH(v, doc)
		if (r == 0 && !cJSON_IsObject(v))
			r = err_set(err, E_INVALID, "%s: '%s' is not an object "
			    "with the outputs of a stack", path, v->string);
	if (r < 0)
		return err_wrap(err, "cannot merge outputs into '%s', repair "
		    "or remove it", path);
	*ret = TAKE(doc);
	return 0;
}

int outputs_merge(const char *path, const cJSON *all,
    const struct strvec *without, struct err *err)
{
	CLEANUP(json_free_p) cJSON *merged = NULL;
	int r = read_existing(path, &merged, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < without->n; i++)
		json_del(merged, without->v[i]);
	JSON_EACH(v, all)
		json_add_take(merged, v->string, json_dup(v));
	return outputs_write(path, merged, err);
}

static bool may(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* The file itself, or the nearest folder on the way to it that is there. */
static int check_writable(const char *path, struct err *err)
{
	CLEANUP(free_p) char *at = path_dirname(path);

	if (file_is_dir(path))
		return err_set(err, E_IO, "cannot write '%s': %s", path,
		    strerror(EISDIR));
	if (file_exists(path) && may(path, W_OK))
		return 0;
	while (!file_exists(at) && errno == ENOENT) {
		CLEANUP(free_p) char *child = at;

		at = path_dirname(child);
	}
	if (file_exists(at) && !file_is_dir(at))
		errno = ENOTDIR;
	else if (may(at, W_OK | X_OK))
		return 0;
	return err_set(err, E_IO, "cannot write '%s': '%s': %s", path, at,
	    strerror(errno));
}

int outputs_check(const char *path, bool merge, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	int r = check_writable(path, err);

	return r == 0 && merge ? read_existing(path, &doc, err) : r;
}
