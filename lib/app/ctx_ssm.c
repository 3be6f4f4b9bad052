#include "app/ctx.h"

/* *ret_value stays NULL when there is no such parameter. */
static int get_value(const struct lookup *q, const char *name, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	struct aws *ssm;
	int rc = lookup_client(q, &ssm, err);

	if (rc < 0)
		return rc;
	json_put_str(in, "Name", name);
	rc = aws_call(ssm, OP_SSM_GET_PARAMETER, in, &out, &why);
	if (rc < 0 && err_is_aws(&why, "ParameterNotFound"))
		return 0;
	if (rc < 0) {
		err_move(err, &why);
		return rc;
	}
	if (json_str(out, "Parameter.Value"))
		*ret = json_dup(json_at(out, "Parameter.Value"));
	return 0;
}

int ctx_ssm(const struct lookup *q, cJSON **ret, struct err *err)
{
	const cJSON *dummy = json_get(q->props, "dummyValue");
	CLEANUP(free_p) char *name = NULL;
	cJSON *value = NULL;
	int rc;

	if (!json_get(q->props, "parameterName"))
		return err_set(err, E_CONFIG, "parameterName must be provided "
		    "in props for SSMContextProviderPlugin");
	name = ctx_text(q->props, "parameterName");
	msg_debug(q->app->sink, "Reading SSM parameter %s:%s:%s", q->account,
	    q->region, name);
	rc = get_value(q, name, &value, err);
	if (rc < 0)
		return rc;
	if (!value && dummy &&
	    ctx_truthy(json_get(q->props, "ignoreErrorOnMissingContext")))
		value = json_dup(dummy);
	if (!value)
		return err_set(err, E_NOTFOUND, "SSM parameter not available "
		    "in account %s, region %s: %s", q->account, q->region,
		    name);
	*ret = value;
	return 0;
}
