/*
 * Parameter files (`--parameters-file`), JSON or YAML, in the forms that
 * people have:
 *
 *	{"Key": "value", "Stack": {"Key": "value"}, "*": {"Key": "value"}}
 *	[{"ParameterKey": "Key", "ParameterValue": "value"},
 *	 {"ParameterKey": "Other", "UsePreviousValue": true}]
 *	{"Parameters": {"Key": "value"}}
 *
 * the second being CloudFormation's own and the third CodePipeline's, whose
 * members Tags and StackPolicy are not read. Numbers and booleans are taken as
 * they are written, a list of such values as CloudFormation's "a,b".
 */
#ifndef CCDK_DEPLOY_PARAMS_FILE_H
#define CCDK_DEPLOY_PARAMS_FILE_H

#include "util/err.h"
#include "util/json.h"

#define PARAMS_FILE_MAX (16u << 20)

/*
 * Pure. *ret is {"*" or stack: {key: value, or true: the previous one}}, yours.
 * ret_unread gets the names of members that were left aside. Errors (E_INVALID,
 * E_TOOBIG) begin with `what`, the file's name.
 */
MUST_USE int params_file_parse(struct sv text, const char *what, cJSON **ret,
    struct strvec *ret_unread, struct err *err);
/* The same of a file. */
MUST_USE int params_file_read(const char *path, cJSON **ret,
    struct strvec *ret_unread, struct err *err);

#endif
