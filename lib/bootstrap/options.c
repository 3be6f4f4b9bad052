#include "bootstrap/bootstrap.h"

/* An empty option falls through to the setting, as an unset one does. */
static const char *arg_or_setting(const struct app *app, const char *arg,
    const char *setting)
{
	const char *v = args_str(app->args, arg);

	if (!v || !*v)
		v = settings_str(&app->settings, setting);
	return v && *v ? v : NULL;
}

/* Given once, even as '', a list replaces what is deployed. */
static void read_list(const struct app *app, const char *name,
    struct boot_list *ret)
{
	CLEANUP(strvec_release) struct strvec all = { 0 };

	(void)args_list(app->args, name, &all);
	ret->given = all.n > 0;
	for (size_t i = 0; i < all.n; i++)
		if (*all.v[i])
			strvec_add(&ret->v, all.v[i]);
}

/* [{"Key": ..., "Value": ...}], from the line or from cdk.json; an empty list
 * takes all tags off. */
static cJSON *tags(const struct app *app)
{
	const cJSON *list = settings_get(&app->settings, "tags");
	cJSON *ret;

	if (!cJSON_IsArray(list))
		return NULL;
	ret = cJSON_CreateObject();
	JSON_EACH(item, list) {
		const char *key = json_str(item, "Key");
		const char *value = json_str(item, "Value");

		if (key && value)
			json_put_str(ret, key, value);
	}
	return ret;
}

static const char *qualifier(const struct app *app)
{
	const char *q = args_str(app->args, "qualifier");
	const cJSON *c;

	if (q)
		return q;
	c = context_get(&app->context, "@aws-cdk/core:bootstrapQualifier");
	return cJSON_IsString(c) ? c->valuestring : NULL;
}

void boot_opts_read(const struct app *app, struct boot_opts *ret)
{
	const struct args *a = app->args;
	const char *legacy = getenv("CDK_LEGACY_BOOTSTRAP");

	*ret = (struct boot_opts){
		.stack_name = toolkit_stack_name(app),
		.template_file = args_str(a, "template"),
		.bucket_name = arg_or_setting(app, "bootstrapBucketName",
		    "toolkitBucket.bucketName"),
		.kms_key_id = arg_or_setting(app, "bootstrapKmsKeyId",
		    "toolkitBucket.kmsKeyId"),
		.qualifier = qualifier(app),
		.custom_boundary = args_str(a, "customPermissionsBoundary"),
		.role_arn = args_str(a, "roleArn"),
		.example_boundary =
		    args_bool(a, "examplePermissionsBoundary", false),
		.boundary_all_roles =
		    args_tri(a, "applyPermissionsBoundaryToAllRoles"),
		.customer_key = args_tri(a, "bootstrapCustomerKey"),
		.public_access_block =
		    args_tri(a, "publicAccessBlockConfiguration"),
		.deny_external_id = args_tri(a, "denyExternalId"),
		.termination_protection =
		    args_tri(a, "terminationProtection"),
		.execute = args_bool(a, "execute", true),
		.force = args_bool(a, "force", false),
		.previous_parameters =
		    args_bool(a, "previousParameters", true),
		.import_existing =
		    args_bool(a, "importExistingResources", true),
		.express = args_bool(a, "express", false),
		.legacy = legacy && *legacy,
	};
	read_list(app, "trust", &ret->trust);
	read_list(app, "trustForLookup", &ret->trust_for_lookup);
	read_list(app, "untrust", &ret->untrust);
	read_list(app, "cloudformationExecutionPolicies", &ret->policies);
	ret->tags = tags(app);
}

void boot_opts_release(struct boot_opts *o)
{
	strvec_release(&o->trust.v);
	strvec_release(&o->trust_for_lookup.v);
	strvec_release(&o->untrust.v);
	strvec_release(&o->policies.v);
	json_free(o->tags);
	*o = (struct boot_opts){ 0 };
}
