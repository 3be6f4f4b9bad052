#include "cfn/imports.h"

static int each(void *u, const cJSON *item)
{
	if (cJSON_IsString(item))
		strvec_add(u, item->valuestring);
	return 0;
}

int imports_of(struct aws *aws, const char *export_name, struct strvec *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	int r;

	json_put_str(in, "ExportName", export_name);
	r = aws_pages(aws, OP_CFN_LIST_IMPORTS, in, each, ret, &why);
	/* how CloudFormation says that there are none */
	if (r < 0 && err_is_aws(&why, "ValidationError") &&
	    strstr(err_text(&why), "not imported"))
		return 0;
	if (r < 0)
		err_move(err, &why);
	return r;
}
