#include "util/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text, escaped, comes back as the text of an element. */
static void round_trip(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *j = NULL;

	for (const char *p = text; *p; p++)
		if ((*p < ' ' && *p != '\t' && *p != '\r') || *p > '~')
			return;
	strbuf_adds(&b, "<a>");
	xml_escape(&b, text);
	strbuf_adds(&b, "</a>");
	if (xml_parse(strbuf_sv(&b), &j, NULL) < 0 ||
	    !streq0(json_str(j, "a"), text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *j = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv in = { (const char *)data, size };
	CLEANUP(free_p) char *text = sv_dup(in);

	if (xml_parse(in, &j, &err) == 0) {
		CLEANUP(free_p) char *json = json_text(j, 0);

		if (!cJSON_IsObject(j) || !*json)
			abort();
	} else if (!err.msg) {
		abort();
	}
	round_trip(text);
	return 0;
}
