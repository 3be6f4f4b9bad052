#include "app/ctx_elb.h"

static cJSON *shape(const cJSON *listener, const cJSON *lb)
{
	cJSON *o = cJSON_CreateObject();
	double port;

	json_put_str(o, "listenerArn", json_str(listener, "ListenerArn"));
	if (json_num(listener, "Port", &port))
		json_put_num(o, "listenerPort", port);
	json_add_take(o, "securityGroupIds", elb_security_groups(lb));
	return o;
}

/* The listener with this ARN; *ret stays NULL when AWS says nothing. */
static int by_arn(struct aws *elb, const cJSON *arn, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *text = ctx_text(arn, "listenerArn");
	cJSON *arns = cJSON_CreateArray();

	json_add_take(in, "ListenerArns", arns);
	json_push_take(arns, cJSON_CreateString(text));
	if (aws_call(elb, OP_ELB_DESCRIBE_LISTENERS, in, &out, &why) < 0)
		return err_set(err, E_NOTFOUND,
		    "No load balancer listeners found matching arn %s", text);
	*ret = json_dup(json_at(out, "Listeners.0"));
	return 0;
}

/* With an ARN: its load balancer has to match as well. */
static int from_arn(struct aws *elb, const cJSON *filter,
    const cJSON *listener, cJSON **ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(json_free_p) cJSON *lb = NULL;
	CLEANUP(free_p) char *arn = ctx_text(filter, "listenerArn");

	if (elb_find_one(elb, filter, &lb, &why) < 0)
		return err_set(err, E_NOTFOUND, "No associated load balancer "
		    "found for listener arn %s", arn);
	*ret = shape(listener, lb);
	return 0;
}

static bool matches(const cJSON *listener, const cJSON *filter)
{
	const cJSON *port = json_get(filter, "listenerPort");
	const cJSON *protocol = json_get(filter, "listenerProtocol");
	const char *have = json_str(listener, "Protocol");
	double n;

	if (ctx_truthy(port) && (!cJSON_IsNumber(port) ||
	    !json_num(listener, "Port", &n) ||
	    n < port->valuedouble || n > port->valuedouble))
		return false;
	return !ctx_truthy(protocol) || (cJSON_IsString(protocol) && have &&
	    streq(protocol->valuestring, have));
}

static int listeners_of(struct aws *elb, const cJSON *lbs,
    const cJSON *filter, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = cJSON_CreateArray(), *kept = NULL;

	JSON_EACH(lb, lbs) {
		CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
		int rc;

		json_put_str(in, "LoadBalancerArn",
		    json_str(lb, "LoadBalancerArn"));
		rc = aws_pages(elb, OP_ELB_DESCRIBE_LISTENERS, in,
		    elb_collect, all, err);
		if (rc < 0)
			return rc;
	}
	kept = cJSON_CreateArray();
	JSON_EACH(l, all)
		if (matches(l, filter))
			json_push_take(kept, json_dup(l));
	*ret = TAKE(kept);
	return 0;
}

static const cJSON *owner(const cJSON *lbs, const cJSON *listener)
{
	const char *arn = json_str(listener, "LoadBalancerArn");

	JSON_EACH(lb, lbs) {
		const char *a = json_str(lb, "LoadBalancerArn");

		if (a && arn && streq(a, arn))
			return lb;
	}
	return NULL;
}

static int from_load_balancers(struct aws *elb, const cJSON *filter,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *lbs = NULL, *found = NULL;
	CLEANUP(free_p) char *text = json_text(filter, 0);
	int n, rc = elb_find(elb, filter, &lbs, err);

	if (rc < 0)
		return rc;
	if (!lbs->child)
		return err_set(err, E_NOTFOUND, "No associated load balancers "
		    "found for load balancer listener query %s", text);
	rc = listeners_of(elb, lbs, filter, &found, err);
	if (rc < 0)
		return rc;
	n = cJSON_GetArraySize(found);
	if (n == 0)
		return err_set(err, E_NOTFOUND, "No load balancer listeners "
		    "found matching %s", text);
	if (n > 1)
		return err_set(err, E_NOTFOUND, "Multiple load balancer "
		    "listeners found matching %s - please provide more "
		    "specific criteria", text);
	*ret = shape(found->child, owner(lbs, found->child));
	return 0;
}

static int check_props(const cJSON *props, struct err *err)
{
	static const char *const one_of[] = { "listenerArn",
		"loadBalancerArn", "loadBalancerTags" };

	for (size_t i = 0; i < ARRAY_SIZE(one_of); i++)
		if (ctx_truthy(json_get(props, one_of[i])))
			return 0;
	return err_set(err, E_CONFIG, "The load balancer listener query must "
	    "specify at least one of: `listenerArn`, `loadBalancerArn` or "
	    "`loadBalancerTags`");
}

int ctx_listener(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *filter = NULL, *listener = NULL;
	const char *arn;
	struct aws *elb;
	int rc = check_props(q->props, err);

	if (rc == 0)
		rc = lookup_client(q, &elb, err);
	if (rc == 0 && ctx_truthy(json_get(q->props, "listenerArn")))
		rc = by_arn(elb, q->props, &listener, err);
	if (rc < 0)
		return rc;
	filter = json_dup(q->props);
	arn = json_str(listener, "LoadBalancerArn");
	if (arn && *arn)
		json_put_str(filter, "loadBalancerArn", arn);
	return listener ? from_arn(elb, filter, listener, ret, err) :
	    from_load_balancers(elb, filter, ret, err);
}
