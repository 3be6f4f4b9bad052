#include "diff/printer.h"

void print_line(struct printer *p, const struct strbuf *line)
{
	style_add(p->out, p->color, STYLE_RESET, line->buf);
	strbuf_addc(p->out, '\n');
}

void add_styled(const struct printer *p, struct strbuf *out, enum style s,
    const char *text)
{
	style_add(out, p->color, s, text);
}

void print_header(struct printer *p, const char *title)
{
	CLEANUP(free_p) char *bold = styled(p->color, STYLE_BOLD, title);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	add_styled(p, &line, STYLE_UNDERLINE, bold);
	print_line(p, &line);
}

void add_tag(const struct printer *p, struct strbuf *out, const cJSON *old,
    const cJSON *new_)
{
	if (old && new_)
		add_styled(p, out, STYLE_YELLOW, "[~]");
	else if (new_)
		add_styled(p, out, STYLE_GREEN, "[+]");
	else
		add_styled(p, out, STYLE_RED, "[-]");
}

void add_value(const struct printer *p, struct strbuf *out, enum style s,
    const cJSON *value)
{
	CLEANUP(free_p) char *text = NULL;

	if (cJSON_IsString(value)) {
		add_styled(p, out, s, value->valuestring);
		return;
	}
	/* the reference's formatter has no text for it and no colour */
	if (!value || cJSON_IsNull(value)) {
		strbuf_adds(out, "undefined");
		return;
	}
	text = json_text(value, 0);
	add_styled(p, out, s, text);
}

void add_id(const struct printer *p, struct strbuf *out, const char *id)
{
	const char *path = strmap_get(&p->paths, id);
	CLEANUP(free_p) char *text = NULL;

	if (!path) {
		strbuf_adds(out, id);
		return;
	}
	text = diff_path_text(path);
	strbuf_adds(out, text);
	strbuf_addc(out, ' ');
	add_styled(p, out, STYLE_GRAY, id);
}
