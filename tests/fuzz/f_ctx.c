#include "app/ctx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What AWS answered to a context lookup: {"props", "vpc", "subnets", "tables",
 * "gateways", "zones", "images", "group"}, each of them anything.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free_p) cJSON *in = NULL, *vpc = NULL, *zones = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	const char *path;
	const cJSON *found;

	if (json_parse((struct sv){ (const char *)data, size }, "in", &in,
		&err) < 0)
		return 0;
	(void)!ctx_vpc_shape(json_get(in, "props"), json_get(in, "vpc"),
	    json_get(in, "subnets"), json_get(in, "tables"),
	    json_get(in, "gateways"), &vpc, &err);
	zones = ctx_zones_filter(json_get(in, "zones"), "a.b", true);
	(void)ctx_newest_image(json_get(in, "images"));
	(void)ctx_allows_all_outbound(json_get(in, "group"));
	path = json_str(in, "props.path");
	if (path)
		(void)!ctx_member(in, path, &found, &err);
	return 0;
}
