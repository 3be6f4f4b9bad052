#include "deploy/outputs.h"

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
