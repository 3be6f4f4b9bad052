#include "deploy/teardown.h"

#include "cfn/imports.h"

#define NESTED_MAX 16 /* CloudFormation has a limit, too */

void teardown_release(struct teardown *t)
{
	cfnstack_release(&t->stack);
	cJSON_Delete(t->kept);
	cJSON_Delete(t->imports);
	strvec_release(&t->exports);
	*t = (struct teardown){ 0 };
}

/* ---- resources ----------------------------------------------------------- */

/* One stack, the one asked for or one nested in it. */
struct level {
	struct teardown *t;
	struct aws *aws;
	const char *prefix; /* "Nested." */
	unsigned depth;
	cJSON *policies; /* {logical id: policy} where it is not Delete */
	struct strvec nested_ids, nested_arns;
};

/* What CloudFormation does when the template does not say. */
static const char *policy_of(const cJSON *resource)
{
	const char *said = json_str(resource, "DeletionPolicy");
	const char *type = json_str(resource, "Type");

	if (said || !type)
		return said;
	if (streq(type, "AWS::RDS::DBCluster"))
		return "Snapshot";
	if (streq(type, "AWS::RDS::DBInstance") &&
	    !json_at(resource, "Properties.DBClusterIdentifier"))
		return "Snapshot";
	return NULL;
}

static int read_policies(struct level *l, const char *name, struct err *err)
{
	CLEANUP(json_free_p) cJSON *template_ = NULL;
	int r = cfnstack_template_stage(l->aws, name, "Processed", &template_,
	    err);

	if (r < 0)
		return r;
	l->policies = cJSON_CreateObject();
	JSON_EACH(resource, json_get(template_, "Resources")) {
		const char *policy = policy_of(resource);

		if (policy && !streq(policy, "Delete"))
			json_put_str(l->policies, resource->string, policy);
	}
	return 0;
}

static void keep(struct level *l, const char *id, const char *type,
    const char *physical, const char *policy)
{
	cJSON *k = cJSON_CreateObject();
	CLEANUP(free_p) char *path = xasprintf("%s%s", l->prefix, id);

	json_put_str(k, "logicalId", path);
	json_put_str(k, "type", type);
	json_put_str(k, "physicalId", physical);
	json_put_str(k, "policy", policy);
	json_push_take(l->t->kept, k);
}

static int each_resource(void *u, const cJSON *item)
{
	struct level *l = u;
	const char *id = json_str(item, "LogicalResourceId");
	const char *type = json_str(item, "ResourceType");
	const char *physical = json_str(item, "PhysicalResourceId");
	const char *status = json_str(item, "ResourceStatus");
	const char *policy;

	if (!id || !type || streq0(status, "DELETE_COMPLETE"))
		return 0;
	l->t->resources++;
	l->t->in_nested += l->depth > 0;
	policy = json_str(l->policies, id);
	if (policy)
		keep(l, id, type, physical ? physical : "", policy);
	else if (streq(type, "AWS::CloudFormation::Stack") && physical) {
		strvec_add(&l->nested_ids, id);
		strvec_add(&l->nested_arns, physical);
	}
	return 0;
}

static int read_level(struct level *l, const char *name, struct err *err);

static int read_nested(const struct level *above, size_t i, struct err *err)
{
	CLEANUP(free_p) char *prefix = xasprintf("%s%s.", above->prefix,
	    above->nested_ids.v[i]);
	struct level l = { .t = above->t, .aws = above->aws,
		.prefix = prefix, .depth = above->depth + 1 };

	if (l.depth > NESTED_MAX)
		return err_set(err, E_TOOBIG, "stacks are nested too deep");
	return read_level(&l, above->nested_arns.v[i], err);
}

static int read_level(struct level *l, const char *name, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	int r = read_policies(l, name, err);

	json_put_str(in, "StackName", name);
	if (r == 0)
		r = aws_pages(l->aws, OP_CFN_LIST_STACK_RESOURCES, in,
		    each_resource, l, err);
	for (size_t i = 0; r == 0 && i < l->nested_ids.n; i++)
		r = read_nested(l, i, err);
	strvec_release(&l->nested_ids);
	strvec_release(&l->nested_arns);
	cJSON_Delete(l->policies);
	return r;
}

/* ---- exports ------------------------------------------------------------- */

static int read_imports(struct aws *aws, struct teardown *t, struct err *err)
{
	JSON_EACH(o, json_get(t->stack.json, "Outputs")) {
		CLEANUP(strvec_release) struct strvec users = { 0 };
		const char *name = json_str(o, "ExportName");
		cJSON *list;
		int r;

		if (!name)
			continue;
		strvec_add(&t->exports, name);
		r = imports_of(aws, name, &users, err);
		if (r < 0)
			return r;
		if (users.n == 0)
			continue;
		list = cJSON_CreateArray();
		for (size_t i = 0; i < users.n; i++)
			json_push_take(list, cJSON_CreateString(users.v[i]));
		json_append_take(t->imports, name, list);
	}
	return 0;
}

int teardown_read(struct aws *aws, const char *name, struct teardown *ret,
    struct err *err)
{
	struct teardown t = { .kept = cJSON_CreateArray(),
		.imports = cJSON_CreateObject() };
	struct level l = { .t = &t, .aws = aws, .prefix = "" };
	int r = cfnstack_get(aws, name, &t.stack, err);

	if (r == 0 && t.stack.json) {
		t.is_protected = cfn_true(t.stack.json,
		    "EnableTerminationProtection");
		t.parent = json_str(t.stack.json, "ParentId");
		/* a review has nothing but its change set */
		if (!(t.stack.flags & STATUS_REVIEW)) {
			r = read_level(&l, t.stack.arn, err);
			if (r == 0)
				r = read_imports(aws, &t, err);
		}
	}
	if (r < 0) {
		teardown_release(&t);
		return r;
	}
	*ret = t;
	return 0;
}
