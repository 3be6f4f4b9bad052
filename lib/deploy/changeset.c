#include "deploy/changeset.h"

#include "diff/changeset.h"
#include "util/strmap.h"
#include "util/timeutil.h"

const char *changeset_name(const struct deploy_request *r)
{
	return r->change_set_name ? r->change_set_name
				  : "cdk-deploy-change-set";
}

static cJSON *address(const char *stack, const char *name)
{
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "StackName", stack);
	json_put_str(in, "ChangeSetName", name);
	return in;
}

static bool is_missing(const struct err *e)
{
	return err_is_aws(e, "ChangeSetNotFound") ||
	    err_is_aws(e, "ChangeSetNotFoundException");
}

/* Moves the changes of a further page to the first one's list. */
static void append_changes(cJSON *first, cJSON *page)
{
	cJSON *to = json_get(first, "Changes");
	cJSON *from = json_get(page, "Changes");

	if (!to) {
		json_add_take(first, "Changes", to = cJSON_CreateArray());
	}
	while (from && from->child)
		json_push_take(to, cJSON_DetachItemFromArray(from, 0));
}

int changeset_describe(struct aws *aws, const char *stack, const char *name,
    enum changeset_values values, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = address(stack, name), *first = NULL;
	CLEANUP(err_release) struct err e = { 0 };

	if (values != VALUES_UNSAID)
		json_put_bool(in, "IncludePropertyValues",
		    values == VALUES_YES);
	for (;;) {
		CLEANUP(json_free_p) cJSON *out = NULL;
		const char *token;
		int r = aws_call(aws, OP_CFN_DESCRIBE_CHANGE_SET, in, &out,
		    &e);

		if (r < 0) {
			bool missing = is_missing(&e);

			err_move(err, &e);
			if (missing && err)
				err->code = E_NOTFOUND;
			return missing ? E_NOTFOUND : r;
		}
		token = json_str(out, "NextToken");
		if (token && *token)
			json_put_str(in, "NextToken", token);
		else
			token = NULL;
		if (first)
			append_changes(first, out);
		else
			first = TAKE(out);
		if (!token)
			break;
	}
	*ret = TAKE(first);
	return 0;
}

/* None is not the same as an empty one. */
static void put(struct strbuf *b, const char *text)
{
	if (text)
		strbuf_addf(b, "'%s", text);
	strbuf_addc(b, '\n');
}

static char *detail_key(const cJSON *d)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	put(&b, json_str(d, "Target.Attribute"));
	put(&b, json_str(d, "Target.Name"));
	put(&b, json_str(d, "ChangeSource"));
	put(&b, json_str(d, "CausingEntity"));
	return strbuf_detach(&b);
}

static void merge_details(cJSON *change, const cJSON *full)
{
	CLEANUP(strmap_release) struct strmap have = { 0 };
	cJSON *r = json_get(change, "ResourceChange");
	cJSON *list = json_get(r, "Details");

	if (!r)
		return;
	JSON_EACH(d, list) {
		CLEANUP(free_p) char *key = detail_key(d);

		strmap_set(&have, key, NULL);
	}
	/* several of one kind are taken over together: the last one counts */
	JSON_EACH(d, json_at(full, "ResourceChange.Details")) {
		CLEANUP(free_p) char *key = detail_key(d);

		if (strmap_has(&have, key))
			continue;
		if (!list) {
			list = cJSON_CreateArray();
			json_add_take(r, "Details", list);
		}
		json_push_take(list, json_dup(d));
	}
}

void changeset_merge(cJSON *cs, const cJSON *full)
{
	CLEANUP(strmap_release) struct strmap have = { 0 };
	cJSON *list = json_get(cs, "Changes");

	if (!list)
		json_add_take(cs, "Changes", list = cJSON_CreateArray());
	if (json_str(full, "StatusReason"))
		json_put_str(cs, "StatusReason",
		    json_str(full, "StatusReason"));
	JSON_EACH(c, list) {
		const char *id = json_str(c,
		    "ResourceChange.LogicalResourceId");

		if (id)
			strmap_set(&have, id, c);
	}
	JSON_EACH(f, json_get(full, "Changes")) {
		const char *id = json_str(f,
		    "ResourceChange.LogicalResourceId");
		cJSON *mine = id ? strmap_get(&have, id) : NULL;

		if (!id)
			continue;
		if (mine)
			merge_details(mine, f);
		else
			json_push_take(list, json_dup(f));
	}
}

static bool is_incomplete(const cJSON *cs)
{
	const char *reason = json_str(cs, "StatusReason");

	return reason && strstr(reason,
	    "[WARN] --include-property-values option can return incomplete "
	    "ChangeSet data");
}

static bool hides(const cJSON *cs, const struct changeset_templates *t)
{
	return t && streq0(json_str(cs, "Status"), "CREATE_COMPLETE") &&
	    diff_has_hidden_properties(t->deployed, t->generated, cs);
}

int changeset_wait(struct aws *aws, const char *stack, const char *name,
    const struct changeset_templates *t, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *cs = NULL, *full = NULL;
	int r;

	for (;;) {
		const char *status;

		r = changeset_describe(aws, stack, name, VALUES_YES, &cs,
		    err);
		if (r < 0)
			return r;
		status = json_str(cs, "Status");
		if (!streq0(status, "CREATE_PENDING") &&
		    !streq0(status, "CREATE_IN_PROGRESS"))
			break;
		cJSON_Delete(TAKE(cs));
		if (!wait_ms(CFN_POLL_STACK_MS))
			return err_set(err, E_CANCELLED, "canceled");
	}
	if (is_incomplete(cs) || hides(cs, t)) {
		r = changeset_describe(aws, stack, name, VALUES_NO, &full,
		    err);
		if (r < 0)
			return r;
		changeset_merge(cs, full);
	}
	*ret = TAKE(cs);
	return 0;
}

int changeset_delete(struct aws *aws, const char *stack, const char *name,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = address(stack, name), *out = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int r = aws_call(aws, OP_CFN_DELETE_CHANGE_SET, in, &out, &e);

	if (r < 0 && !is_missing(&e)) {
		err_move(err, &e);
		return r;
	}
	return 0;
}

int changeset_delete_wait(struct aws *aws, const char *stack,
    const char *name, struct err *err)
{
	int r = changeset_delete(aws, stack, name, err);

	while (r == 0) {
		CLEANUP(json_free_p) cJSON *cs = NULL;
		CLEANUP(err_release) struct err e = { 0 };
		const char *status;

		r = changeset_describe(aws, stack, name, VALUES_UNSAID, &cs,
		    &e);
		if (r == E_NOTFOUND)
			return 0;
		if (r < 0) {
			err_move(err, &e);
			return r;
		}
		status = json_str(cs, "Status");
		if (streq0(status, "DELETE_COMPLETE") ||
		    streq0(status, "DELETE_FAILED"))
			return 0;
		if (!wait_ms(CFN_POLL_STACK_MS))
			return err_set(err, E_CANCELLED, "canceled");
	}
	return r;
}

static cJSON *tag_list(const cJSON *tags)
{
	cJSON *list = cJSON_CreateArray();

	JSON_EACH(t, tags) {
		cJSON *o = cJSON_CreateObject();

		json_put_str(o, "Key", t->string);
		json_put_str(o, "Value",
		    cJSON_IsString(t) ? t->valuestring : "");
		json_push_take(list, o);
	}
	return list;
}

cJSON *changeset_fields(const struct deploy_request *r,
    const struct body *body, const cJSON *params)
{
	cJSON *in = cJSON_CreateObject(), *caps = cJSON_CreateArray();

	json_put_str(in, "StackName", r->stack_name);
	if (body->url)
		json_put_str(in, "TemplateURL", body->url);
	else
		json_put_str(in, "TemplateBody", body->text);
	json_add_take(in, "Parameters", json_dup(params));
	json_push_take(caps, cJSON_CreateString("CAPABILITY_IAM"));
	json_push_take(caps, cJSON_CreateString("CAPABILITY_NAMED_IAM"));
	json_push_take(caps, cJSON_CreateString("CAPABILITY_AUTO_EXPAND"));
	json_add_take(in, "Capabilities", caps);
	if (r->execution_role)
		json_put_str(in, "RoleARN", r->execution_role);
	if (r->rollback_configuration)
		json_add_take(in, "RollbackConfiguration",
		    json_dup(r->rollback_configuration));
	if (r->notification_arns)
		json_add_take(in, "NotificationARNs",
		    json_dup(r->notification_arns));
	if (r->tags)
		json_add_take(in, "Tags", tag_list(r->tags));
	return in;
}

static const char *change_set_type(const struct deploy_request *r,
    const struct cfnstack *s)
{
	if (r->resources_to_import)
		return "IMPORT";
	return s->json && !(s->flags & STATUS_REVIEW) ? "UPDATE" : "CREATE";
}

void changeset_put_mode(cJSON *in, const struct deploy_request *r)
{
	cJSON *mode = cJSON_CreateObject();

	json_put_str(mode, "Mode", r->express ? "EXPRESS" : "STANDARD");
	if (r->express && r->rollback_explicit)
		json_put_bool(mode, "DisableRollback", false);
	json_add_take(in, "DeploymentConfig", mode);
}

char *changeset_description(const char *token)
{
	return xasprintf("CDK Changeset for execution %s",
	    str_starts(token, "create") ? token + strlen("create") : token);
}

int changeset_create(const struct deploy_request *r, const struct cfnstack *s,
    const struct body *body, const cJSON *params, const char *token,
    char **ret_id, char **ret_stack, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = changeset_fields(r, body, params);
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(free_p) char *text = changeset_description(token);
	const char *id, *stack;
	int e;

	json_put_str(in, "ChangeSetName", changeset_name(r));
	json_put_str(in, "ClientToken", token);
	json_put_str(in, "Description", text);
	json_put_str(in, "ChangeSetType", change_set_type(r, s));
	if (r->resources_to_import)
		json_add_take(in, "ResourcesToImport",
		    json_dup(r->resources_to_import));
	else if (!r->revert_drift)
		json_put_bool(in, "IncludeNestedStacks", true);
	json_put_bool(in, "ImportExistingResources", r->import_existing);
	if (r->revert_drift)
		json_put_str(in, "DeploymentMode", "REVERT_DRIFT");
	changeset_put_mode(in, r);
	e = aws_call(r->aws, OP_CFN_CREATE_CHANGE_SET, in, &out, err);
	if (e < 0)
		return e;
	id = json_str(out, "Id");
	stack = json_str(out, "StackId");
	*ret_id = xstrdup(id ? id : changeset_name(r));
	*ret_stack = xstrdup(stack ? stack : r->stack_name);
	return 0;
}

bool changeset_failed(const cJSON *cs)
{
	return streq0(json_str(cs, "Status"), "FAILED");
}

bool changeset_is_empty(const cJSON *cs)
{
	const char *reason = json_str(cs, "StatusReason");

	return changeset_failed(cs) && reason &&
	    (str_starts(reason,
		 "The submitted information didn't contain changes.") ||
		str_starts(reason, "No updates are to be performed."));
}

bool changeset_replaces(const cJSON *cs)
{
	JSON_EACH(c, json_get(cs, "Changes")) {
		const char *a = json_str(c, "ResourceChange.PolicyAction");

		if (streq0(a, "ReplaceAndDelete") ||
		    streq0(a, "ReplaceAndRetain") ||
		    streq0(a, "ReplaceAndSnapshot"))
			return true;
	}
	return false;
}

size_t changeset_size(const cJSON *cs)
{
	return (size_t)cJSON_GetArraySize(json_get(cs, "Changes"));
}
