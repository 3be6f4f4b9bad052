/* What yaml_parse takes, yaml_write writes so that it reads back the same. */
#include "util/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Written by rules of YAML 1.1 and read by those of 1.2, an octal number is
 * another value; and a blank line of double-quoted text is spoilt as the
 * reference spoils it (yaml_write.c). Neither reads back; nor does U+FEFF
 * that starts the document.
 */
static bool known_loss(const char *text)
{
	return strstr(text, "0o") || strstr(text, "\\\\ \n") ||
	    str_starts(text, "\xef\xbb\xbf");
}

/* Texts of nothing but blank lines are written as the reference does, too. */
static bool has_blank_text(const cJSON *j)
{
	const char *s = cJSON_IsString(j) ? j->valuestring : "";

	if (strchr(s, ' ') && strchr(s, '\n') && !s[strspn(s, " \t\n")])
		return true;
	JSON_EACH(c, j)
		if (has_blank_text(c))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *j = NULL, *again = NULL;
	CLEANUP(free_p) char *text = NULL, *text_again = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv in = { (const char *)data, size };

	if (yaml_parse(in, "in", &j, &err) < 0) {
		if (!err.msg || !str_starts(err.msg, "in:"))
			abort();
		return 0;
	}
	text = yaml_text(j);
	if (known_loss(text) || has_blank_text(j))
		return 0;
	if (yaml_parse(sv_from(text), "out", &again, &err) < 0) {
		/* too deep or too much only after the aliases are spelled out */
		if (err.code == E_TOOBIG || strstr(err.msg, "private-use"))
			return 0;
		fprintf(stderr, "%s\n%s\n", err_text(&err), text);
		abort();
	}
	text_again = yaml_text(again);
	if (!streq(text, text_again)) {
		fprintf(stderr, "%s\n%s\n", text, text_again);
		abort();
	}
	return 0;
}
