#include "bootstrap/bootstrap.h"

#define AWS_MANAGED_KEY "AWS_MANAGED_KEY"

static const char *deployed(const cJSON *stack, const char *parameter)
{
	return toolkit_stack_parameter(stack, parameter);
}

/* What the option says, else what the stack has; then without `drop`. */
static void wanted_list(const struct boot_list *option, const cJSON *stack,
    const char *parameter, const struct strvec *drop, struct strvec *ret)
{
	CLEANUP(strvec_release) struct strvec all = { 0 };

	if (option->given) {
		for (size_t i = 0; i < option->v.n; i++)
			strvec_add(&all, option->v.v[i]);
	} else {
		const char *now = deployed(stack, parameter);
		struct sv rest = sv_from(now ? now : ""), one;

		while (sv_next(&rest, ',', &one))
			if (one.n)
				strvec_add_take(&all, sv_dup(one));
	}
	for (size_t i = 0; i < all.n; i++)
		if (!drop || !strvec_has(drop, all.v[i]))
			strvec_add(ret, all.v[i]);
}

static void put_list(cJSON *params, const char *name, const struct strvec *l)
{
	CLEANUP(free_p) char *text = strvec_join(l, ",");

	json_put_str(params, name, text);
}

static int check_untrusted(const struct boot_opts *o, struct err *err)
{
	CLEANUP(strvec_release) struct strvec both = { 0 };
	CLEANUP(free_p) char *text = NULL;

	for (size_t i = 0; i < o->untrust.v.n; i++) {
		const char *id = o->untrust.v.v[i];

		if (strvec_has(&o->trust.v, id) ||
		    strvec_has(&o->trust_for_lookup.v, id))
			strvec_add(&both, id);
	}
	if (!both.n)
		return 0;
	text = strvec_join(&both, ",");
	return err_set(err, E_CONFIG, "Accounts cannot be both trusted and "
	    "untrusted. Found: %s", text);
}

static void trusted(struct app *app, const struct boot_opts *o,
    const cJSON *stack, cJSON *params, struct strvec *ret)
{
	CLEANUP(strvec_release) struct strvec lookup = { 0 };
	CLEANUP(free_p) char *deploy_text = NULL, *lookup_text = NULL;

	wanted_list(&o->trust, stack, "TrustedAccounts", &o->untrust.v, ret);
	put_list(params, "TrustedAccounts", ret);
	deploy_text = strvec_join(ret, ", ");
	msg_info(app->sink, "Trusted accounts for deployment: %s",
	    ret->n ? deploy_text : "(none)");

	wanted_list(&o->trust_for_lookup, stack, "TrustedAccountsForLookup",
	    &o->untrust.v, &lookup);
	put_list(params, "TrustedAccountsForLookup", &lookup);
	lookup_text = strvec_join(&lookup, ", ");
	msg_info(app->sink, "Trusted accounts for lookup: %s",
	    lookup.n ? lookup_text : "(none)");
}

/* Others may deploy here only with policies that somebody chose. */
static int policies(struct app *app, const struct boot_opts *o,
    const char *partition, const cJSON *stack, bool trusts_others,
    cJSON *params, struct err *err)
{
	CLEANUP(strvec_release) struct strvec arns = { 0 };
	CLEANUP(free_p) char *text = NULL;

	wanted_list(&o->policies, stack, "CloudFormationExecutionPolicies",
	    NULL, &arns);
	put_list(params, "CloudFormationExecutionPolicies", &arns);
	text = strvec_join(&arns, ", ");
	if (arns.n) {
		msg_info(app->sink, "Execution policies: %s", text);
	} else if (trusts_others) {
		return err_set(err, E_CONFIG, "Please pass "
		    "'--cloudformation-execution-policies' when using "
		    "'--trust' to specify deployment permissions. Try a "
		    "managed policy of the form "
		    "'arn:%s:iam::aws:policy/<PolicyName>'.", partition);
	} else {
		msg_warn(app->sink, "Using default execution policy of "
		    "'arn:%s:iam::aws:policy/AdministratorAccess'. Pass "
		    "'--cloudformation-execution-policies' to customize.",
		    partition);
	}
	return 0;
}

/* A key once chosen stays unless an option says otherwise. */
static void key(const struct boot_opts *o, const cJSON *stack, cJSON *params)
{
	const char *name = "FileAssetsBucketKmsKeyId";

	if (o->kms_key_id)
		json_put_str(params, name, o->kms_key_id);
	else if (o->customer_key == 1)
		json_put_str(params, name, "");
	else if (o->customer_key == 0 || !deployed(stack, name))
		json_put_str(params, name, AWS_MANAGED_KEY);
}

static void put_bool(cJSON *params, const char *name, bool value)
{
	json_put_str(params, name, value ? "true" : "false");
}

static int put_if_accepted(cJSON *params, const cJSON *template_,
    const char *name, int value, struct err *err)
{
	if (value < 0)
		return 0;
	if (!boot_template_has_parameter(template_, name))
		return err_set(err, E_CONFIG, "The selected bootstrap template "
		    "does not accept the %s parameter", name);
	put_bool(params, name, value);
	return 0;
}

static int boundary(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *stack, cJSON *params,
    struct err *err)
{
	CLEANUP(free_p) char *name = NULL;
	int rc = boot_boundary(app, o, a, stack, &name, err);

	if (rc < 0)
		return rc;
	if (name)
		json_put_str(params, "InputPermissionsBoundary", name);
	return 0;
}

static void names(const struct boot_opts *o, const cJSON *stack,
    cJSON *params)
{
	if (o->bucket_name)
		json_put_str(params, "FileAssetsBucketName", o->bucket_name);
	key(o, stack, params);
	if (o->qualifier)
		json_put_str(params, "Qualifier", o->qualifier);
	put_bool(params, "PublicAccessBlockConfiguration",
	    o->public_access_block != 0);
}

int boot_params(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *template_,
    const cJSON *stack, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *params = cJSON_CreateObject();
	CLEANUP(strvec_release) struct strvec accounts = { 0 };
	int rc;

	if (o->customer_key >= 0 && o->kms_key_id)
		return err_set(err, E_CONFIG, "You cannot pass "
		    "'--bootstrap-kms-key-id' and '--bootstrap-customer-key' "
		    "together. Specify one or the other");
	rc = check_untrusted(o, err);
	if (rc < 0)
		return rc;
	trusted(app, o, stack, params, &accounts);
	rc = policies(app, o, aws_session_partition(app_aws(app)), stack,
	    accounts.n > 0, params, err);
	if (rc < 0)
		return rc;
	names(o, stack, params);
	rc = boundary(app, o, a, stack, params, err);
	if (rc < 0)
		return rc;
	rc = put_if_accepted(params, template_, "DenyExternalId",
	    o->deny_external_id, err);
	if (rc == 0)
		rc = put_if_accepted(params, template_,
		    "ApplyPermissionsBoundaryToAllRoles",
		    o->boundary_all_roles, err);
	if (rc < 0)
		return rc;
	*ret = TAKE(params);
	return 0;
}
