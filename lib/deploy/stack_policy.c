#include "deploy/stack_policy.h"

#include "aws/call.h"
#include "util/file.h"

static int bad(const char *what, size_t number, const char *text,
    struct err *err)
{
	return err_set(err, E_INVALID, "%s: statement %zu of the stack policy "
	    "%s", what, number, text);
}

static int check_statement(const cJSON *s, const char *what, size_t number,
    struct err *err)
{
	const char *effect = json_str(s, "Effect");

	if (!cJSON_IsObject(s))
		return bad(what, number, "is not an object", err);
	if (!streq0(effect, "Allow") && !streq0(effect, "Deny"))
		return bad(what, number, "needs an Effect, Allow or Deny",
		    err);
	if (!json_get(s, "Action") && !json_get(s, "NotAction"))
		return bad(what, number, "needs an Action, such as "
		    "\"Update:Replace\"", err);
	if (!json_get(s, "Resource") && !json_get(s, "NotResource"))
		return bad(what, number, "needs a Resource, such as "
		    "\"LogicalResourceId/MyTable\"", err);
	if (!json_get(s, "Principal"))
		return bad(what, number, "needs the Principal \"*\"", err);
	return 0;
}

int stack_policy_check(struct sv text, const char *what, struct err *err)
{
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const cJSON *all;
	size_t number = 0;
	int r;

	if (text.n > STACK_POLICY_MAX)
		return err_set(err, E_TOOBIG, "%s: a stack policy has at most "
		    "%d bytes, this one %zu", what, STACK_POLICY_MAX, text.n);
	r = json_parse(text, what, &doc, err);
	if (r < 0)
		return r;
	all = json_get(doc, "Statement");
	if (!all)
		return err_set(err, E_INVALID, "%s: no stack policy, which is "
		    "a JSON object with a Statement", what);
	if (!cJSON_IsArray(all))
		return check_statement(all, what, 1, err);
	JSON_EACH(s, all)
		if (r == 0)
			r = check_statement(s, what, ++number, err);
	return r;
}

int stack_policy_read(const char *option, cJSON *into, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *stack = NULL;
	const char *eq = strchr(option, '='), *path = option;
	int r;

	if (eq && eq > option && !file_exists(option)) {
		stack = xstrndup(option, (size_t)(eq - option));
		path = eq + 1;
	}
	r = file_read(path, 1u << 20, &text, err);
	if (r == 0)
		r = stack_policy_check(strbuf_sv(&text), path, err);
	if (r == 0)
		json_put_str(into, stack ? stack : "*", text.buf);
	return r;
}

const char *stack_policy_of(const cJSON *read, const char *stack)
{
	const cJSON *own = json_get(read, stack);

	own = own ? own : json_get(read, "*");
	return own ? own->valuestring : NULL;
}

static bool is_there(struct aws *aws, const char *stack, const char *policy,
    struct sink *sink)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(json_free_p) cJSON *old = NULL, *new_ = NULL;
	CLEANUP(err_release) struct err e = { 0 };
	const char *body;

	json_put_str(in, "StackName", stack);
	if (aws_call(aws, OP_CFN_GET_STACK_POLICY, in, &out, &e) < 0) {
		msg_debug(sink, "%s: its stack policy cannot be read: %s",
		    stack, err_text(&e));
		return false;
	}
	body = json_str(out, "StackPolicyBody");
	return body && json_parse(sv_from(body), "old", &old, NULL) == 0 &&
	    json_parse(sv_from(policy), "new", &new_, NULL) == 0 &&
	    json_same(old, new_);
}

int stack_policy_put(struct aws *aws, const char *stack, const char *policy,
    struct sink *sink, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	int r;

	if (is_there(aws, stack, policy, sink)) {
		msg_debug(sink, "%s: has this stack policy already", stack);
		return 0;
	}
	in = cJSON_CreateObject();
	json_put_str(in, "StackName", stack);
	json_put_str(in, "StackPolicyBody", policy);
	msg_debug(sink, "%s: setting the stack policy", stack);
	r = aws_call(aws, OP_CFN_SET_STACK_POLICY, in, &out, err);
	if (r == E_AWS && err && err->http_status == 403)
		return err_wrap(err, "cannot set the stack policy of %s (the "
		    "role that deploys needs cloudformation:SetStackPolicy, "
		    "which the bootstrap stack's does not have by itself)",
		    stack);
	if (r < 0)
		return err_wrap(err, "cannot set the stack policy of %s",
		    stack);
	return 0;
}
