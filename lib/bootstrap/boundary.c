#include "bootstrap/bootstrap.h"

#include "aws/call.h"

bool boot_boundary_name_ok(const char *name)
{
	if (!*name)
		return false;
	for (const char *s = name; *s; s++) {
		bool word = (*s >= 'a' && *s <= 'z') ||
		    (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

		if (!word && !strchr("_+/=,.@-", *s))
			return false;
	}
	return true;
}

static cJSON *strings(const char *const *v)
{
	cJSON *list = cJSON_CreateArray();

	for (; *v; v++)
		json_push_take(list, cJSON_CreateString(*v));
	return list;
}

static cJSON *statement(cJSON *doc, const char *sid, const char *effect,
    const char *const *actions, const char *resource)
{
	cJSON *s = cJSON_CreateObject();

	json_add_take(s, "Action", strings(actions));
	json_put_str(s, "Effect", effect);
	json_put_str(s, "Resource", resource);
	json_put_str(s, "Sid", sid);
	json_push_take(json_get(doc, "Statement"), s);
	return s;
}

/*
 * Everything is allowed but to make users and roles without this boundary, to
 * take it off, or to change it.
 */
static char *example_document(const char *arn)
{
	static const char *const all[] = { "*", NULL };
	static const char *const making[] = { "iam:CreateUser",
		"iam:CreateRole", "iam:PutRolePermissionsBoundary",
		"iam:PutUserPermissionsBoundary", NULL };
	static const char *const changing[] = { "iam:CreatePolicyVersion",
		"iam:DeletePolicy", "iam:DeletePolicyVersion",
		"iam:SetDefaultPolicyVersion", NULL };
	static const char *const removing[] = {
		"iam:DeleteUserPermissionsBoundary",
		"iam:DeleteRolePermissionsBoundary", NULL };
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	cJSON *unless = cJSON_CreateObject(), *is = cJSON_CreateObject(), *s;

	json_put_str(doc, "Version", "2012-10-17");
	json_add_take(doc, "Statement", cJSON_CreateArray());
	statement(doc, "ExplicitAllowAll", "Allow", all, "*");
	s = statement(doc,
	    "DenyAccessIfRequiredPermBoundaryIsNotBeingApplied", "Deny",
	    making, "*");
	json_put_str(is, "iam:PermissionsBoundary", arn);
	json_add_take(unless, "StringNotEquals", is);
	json_add_take(s, "Condition", unless);
	statement(doc, "DenyPermBoundaryIAMPolicyAlteration", "Deny",
	    changing, arn);
	statement(doc, "DenyRemovalOfPermBoundaryFromAnyUserOrRole", "Deny",
	    removing, "*");
	return json_text(doc, 0);
}

/* "cdk-x-permissions-boundary" out of the ARN of a policy. */
static char *name_of_arn(const char *arn)
{
	const char *slash = strrchr(arn, '/');

	return xstrdup(slash ? slash + 1 : arn);
}

static int create_example(struct aws *aws, const char *name, const char *arn,
    char **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(free_p) char *document = example_document(arn);
	const char *created;
	int rc;

	json_put_str(in, "PolicyName", name);
	json_put_str(in, "PolicyDocument", document);
	rc = aws_call(aws, OP_IAM_CREATE_POLICY, in, &out, err);
	if (rc < 0)
		return rc;
	created = json_str(out, "Policy.Arn");
	if (!created)
		return err_set(err, E_AWS, "Could not retrieve the example "
		    "permission boundary %s!", arn);
	*ret = name_of_arn(created);
	return 0;
}

/* Lives outside of the stack: the stack's own roles are bound by it. */
static int find_or_create_example(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, char **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *name = NULL, *arn = NULL;
	const char *found;
	int rc;

	name = xasprintf("cdk-%s-permissions-boundary",
	    o->qualifier && *o->qualifier ? o->qualifier : "hnb659fds");
	arn = xasprintf("arn:%s:iam::%s:policy/%s",
	    aws_session_partition(app_aws(app)), a->account, name);
	json_put_str(in, "PolicyArn", arn);
	rc = aws_call(a->aws, OP_IAM_GET_POLICY, in, &out, &why);
	if (rc == 0) {
		found = json_str(out, "Policy.PolicyName");
		*ret = xstrdup(found ? found : name);
		return 0;
	}
	if (err_is_aws(&why, "NoSuchEntity") ||
	    err_is_aws(&why, "NoSuchEntityException"))
		return create_example(a->aws, name, arn, ret, err);
	if (err)
		err_move(err, &why);
	return rc;
}

static void warn_change(struct app *app, const char *from, const char *to)
{
	if (!*from && *to)
		msg_warn(app->sink, "Adding new permissions boundary %s", to);
	else if (*from && !*to)
		msg_warn(app->sink, "Removing existing permissions boundary "
		    "%s", from);
	else if (!streq(from, to))
		msg_warn(app->sink, "Changing permissions boundary from %s to "
		    "%s", from, to);
}

int boot_boundary(struct app *app, const struct boot_opts *o,
    const struct stack_access *a, const cJSON *stack, char **ret,
    struct err *err)
{
	CLEANUP(free_p) char *name = NULL;
	const char *now = toolkit_stack_parameter(stack,
	    "InputPermissionsBoundary");
	const char *custom = o->custom_boundary;
	int rc;

	if (o->example_boundary) {
		rc = find_or_create_example(app, o, a, &name, err);
		if (rc < 0)
			return rc;
	} else if (custom && *custom) {
		if (!boot_boundary_name_ok(custom))
			return err_set(err, E_CONFIG, "The permissions "
			    "boundary name %s does not match the IAM "
			    "conventions.", custom);
		name = xstrdup(custom);
	}
	warn_change(app, now ? now : "", name ? name : "");
	if (o->boundary_all_roles >= 0 && !name)
		msg_warn(app->sink, "--apply-permissions-boundary-to-all-roles "
		    "has no effect without --custom-permissions-boundary or "
		    "--example-permissions-boundary");
	*ret = TAKE(name);
	return 0;
}
