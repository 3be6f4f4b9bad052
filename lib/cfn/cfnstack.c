#include "cfn/cfnstack.h"

#include "util/digest.h"
#include "util/timeutil.h"
#include "util/yaml.h"

bool cfnstack_is_missing(const struct err *e, const char *name)
{
	CLEANUP(free_p) char *text = NULL;

	if (!err_is_aws(e, "ValidationError"))
		return false;
	text = xasprintf("Stack with id %s does not exist", name);
	return streq(err_text(e), text);
}

bool cfn_true(const cJSON *o, const char *path)
{
	const char *text = json_str(o, path);

	return json_bool(o, path, text && streq(text, "true"));
}

struct cfnstack cfnstack_of(cJSON *json)
{
	struct cfnstack s = { .json = json };

	if (json) {
		s.name = json_str(json, "StackName");
		s.arn = json_str(json, "StackId");
		s.status = json_str(json, "StackStatus");
		s.reason = json_str(json, "StackStatusReason");
	}
	s.flags = status_flags(s.status);
	return s;
}

int cfnstack_get(struct aws *aws, const char *name, struct cfnstack *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	int r;

	json_put_str(in, "StackName", name);
	r = aws_call(aws, OP_CFN_DESCRIBE_STACKS, in, &out, &e);
	if (r < 0 && !cfnstack_is_missing(&e, name)) {
		err_move(err, &e);
		return r;
	}
	cJSON *first = out ? json_at(out, "Stacks.0") : NULL;
	if (first)
		first = cJSON_DetachItemViaPointer(json_get(out, "Stacks"),
		    first);
	*ret = cfnstack_of(first);
	return 0;
}

void cfnstack_release(struct cfnstack *s)
{
	cJSON_Delete(s->json);
	cJSON_Delete(s->template_);
	*s = (struct cfnstack){ 0 };
}

/* JSON first: a template in it must keep JSON's key order rules. */
int cfnstack_parse_template(struct sv text, const char *what, cJSON **ret,
    struct err *err)
{
	struct sv v = sv_trim(text);

	if (v.n == 0) {
		*ret = cJSON_CreateObject();
		return 0;
	}
	if (v.p[0] == '{' && json_parse(v, what, ret, NULL) == 0)
		return 0;
	return yaml_parse(text, what, ret, err);
}

int cfnstack_template_stage(struct aws *aws, const char *name,
    const char *stage, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(free_p) char *what = xasprintf("template of stack %s", name);
	const char *body;
	int r;

	json_put_str(in, "StackName", name);
	json_put_str(in, "TemplateStage", stage);
	r = aws_call(aws, OP_CFN_GET_TEMPLATE, in, &out, err);
	if (r < 0)
		return r;
	body = json_str(out, "TemplateBody");
	return cfnstack_parse_template(sv_from(body ? body : ""), what, ret,
	    err);
}

int cfnstack_template(struct aws *aws, struct cfnstack *s, const cJSON **ret,
    struct err *err)
{
	if (!s->template_ && !s->json)
		s->template_ = cJSON_CreateObject();
	if (!s->template_) {
		int r = cfnstack_template_stage(aws, s->name, "Original",
		    &s->template_, err);

		if (r < 0)
			return r;
	}
	*ret = s->template_;
	return 0;
}

cJSON *cfn_outputs(const cJSON *stack)
{
	cJSON *ret = cJSON_CreateObject();

	JSON_EACH(o, json_get(stack, "Outputs")) {
		const char *key = json_str(o, "OutputKey");
		const char *value = json_str(o, "OutputValue");

		if (key)
			json_put_str(ret, key, value ? value : "");
	}
	return ret;
}

cJSON *cfnstack_outputs(const struct cfnstack *s)
{
	return cfn_outputs(s->json);
}

char *cfnstack_state_text(const struct cfnstack *s)
{
	if (!s->json)
		return xstrdup("NOT_FOUND");
	if (s->reason && *s->reason)
		return xasprintf("%s (%s)", s->status, s->reason);
	return xstrdup(s->status ? s->status : "");
}

int cfnstack_delete(struct aws *aws, const char *arn, const char *token,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;

	json_put_str(in, "StackName", arn);
	json_put_str(in, "ClientRequestToken", token);
	return aws_call(aws, OP_CFN_DELETE_STACK, in, &out, err);
}

int cfnstack_settle(struct aws *aws, const char *arn, struct cfnstack *ret,
    struct err *err)
{
	for (;;) {
		struct cfnstack s = { 0 };
		int r = cfnstack_get(aws, arn, &s, err);

		if (r < 0)
			return r;
		if (!(s.flags & STATUS_BUSY)) {
			*ret = s;
			return 0;
		}
		cfnstack_release(&s);
		if (!wait_ms(CFN_POLL_STACK_MS))
			return err_set(err, E_CANCELLED, "canceled");
	}
}

int cfnstack_delete_wait(struct aws *aws, const char *arn,
    struct cfnstack *ret, struct err *err)
{
	char token[37];
	int r;

	uuid4(token);
	r = cfnstack_delete(aws, arn, token, err);
	return r < 0 ? r : cfnstack_settle(aws, arn, ret, err);
}
