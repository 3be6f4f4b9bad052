/*
 * A feed of notices and a construct tree, with a zero byte between them: what
 * is chosen is text about notices of the feed. Ranges of versions come along.
 */
#include "app/notices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const cJSON *chosen)
{
	JSON_EACH(c, chosen)
		if (!json_str(c, "id") || !json_str(c, "text") ||
		    !strstr(json_str(c, "text"), "\tAffected versions: "))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	const char *zero = n ? memchr(data, 0, n) : NULL;
	size_t first = zero ? (size_t)(zero - text) : n;
	CLEANUP(json_free_p) cJSON *feed = NULL, *chosen = NULL;
	CLEANUP(json_free_p) cJSON *components = cJSON_CreateArray();
	cJSON *cli = cJSON_CreateObject();

	json_put_str(cli, "name", "cli");
	json_put_str(cli, "version", "2.1148.1");
	json_put_str(cli, "key", "ENVIRONMENTS");
	json_put_str(cli, "value", "aws://1/r");
	json_push_take(components, cli);
	if (zero)
		notices_tree((struct sv){ zero + 1, n - first - 1 },
		    components);
	if (notices_parse((struct sv){ text, first }, &feed, NULL) < 0)
		return 0;
	(void)notices_need_tree(feed);
	chosen = notices_select(feed, components, NULL);
	check(chosen);
	return 0;
}
