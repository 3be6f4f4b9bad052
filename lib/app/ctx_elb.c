#include "app/ctx_elb.h"

/* What DescribeTags takes at once. */
#define TAGS_MAX 20

int elb_collect(void *u, const cJSON *item)
{
	json_push_take(u, json_dup(item));
	return 0;
}

cJSON *elb_security_groups(const cJSON *load_balancer)
{
	const cJSON *groups = json_get(load_balancer, "SecurityGroups");

	return groups ? json_dup(groups) : cJSON_CreateArray();
}

static bool same_text(const cJSON *a, const char *a_key, const cJSON *b,
    const char *b_key)
{
	const char *x = json_str(a, a_key), *y = json_str(b, b_key);

	return x && y ? streq(x, y) : x == y;
}

/* All load balancers, or the one with the ARN, of the wanted type. */
static int of_type(struct aws *elb, const cJSON *filter, cJSON **ret,
    struct err *err)
{
	const cJSON *arn = json_get(filter, "loadBalancerArn");
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *all = cJSON_CreateArray(), *out = NULL;
	int rc;

	if (ctx_truthy(arn)) {
		cJSON *arns = cJSON_CreateArray();

		json_add_take(in, "LoadBalancerArns", arns);
		json_push_take(arns, json_dup(arn));
	}
	rc = aws_pages(elb, OP_ELB_DESCRIBE_LOAD_BALANCERS, in, elb_collect,
	    all, err);
	if (rc < 0)
		return rc;
	out = cJSON_CreateArray();
	JSON_EACH(lb, all)
		if (same_text(lb, "Type", filter, "loadBalancerType"))
			json_push_take(out, json_dup(lb));
	*ret = TAKE(out);
	return 0;
}

/* Are all wanted {key, value} among the found {Key, Value}? */
static bool tags_match(const cJSON *wanted, const cJSON *found)
{
	JSON_EACH(w, wanted) {
		bool hit = false;

		JSON_EACH(t, found)
			hit |= same_text(w, "key", t, "Key") &&
			    same_text(w, "value", t, "Value");
		if (!hit)
			return false;
	}
	return true;
}

static void add_by_arn(const cJSON *from, const char *arn, cJSON *to)
{
	JSON_EACH(lb, from) {
		const char *a = json_str(lb, "LoadBalancerArn");

		if (a && arn && streq(a, arn))
			json_push_take(to, json_dup(lb));
	}
}

/* One DescribeTags for the load balancers from *at on; moves *at along. */
static int filter_chunk(struct aws *elb, const cJSON *all, const cJSON **at,
    const cJSON *wanted, cJSON *to, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	cJSON *arns = cJSON_CreateArray();
	int rc;

	json_add_take(in, "ResourceArns", arns);
	for (int i = 0; *at && i < TAGS_MAX; i++, *at = (*at)->next)
		json_push_take(arns,
		    json_dup(json_get(*at, "LoadBalancerArn")));
	rc = aws_call(elb, OP_ELB_DESCRIBE_TAGS, in, &out, err);
	if (rc < 0)
		return rc;
	JSON_EACH(d, json_get(out, "TagDescriptions"))
		if (tags_match(wanted, json_get(d, "Tags")))
			add_by_arn(all, json_str(d, "ResourceArn"), to);
	return 0;
}

int elb_find(struct aws *elb, const cJSON *filter, cJSON **ret,
    struct err *err)
{
	const cJSON *wanted = json_get(filter, "loadBalancerTags"), *at;
	CLEANUP(json_free_p) cJSON *all = NULL, *kept = NULL;
	int rc = of_type(elb, filter, &all, err);

	if (rc < 0)
		return rc;
	if (!ctx_truthy(wanted)) {
		*ret = TAKE(all);
		return 0;
	}
	kept = cJSON_CreateArray();
	at = all->child;
	while (at) {
		rc = filter_chunk(elb, all, &at, wanted, kept, err);
		if (rc < 0)
			return rc;
	}
	*ret = TAKE(kept);
	return 0;
}

int elb_find_one(struct aws *elb, const cJSON *filter, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *found = NULL;
	CLEANUP(free_p) char *text = json_text(filter, 0);
	int n, rc = elb_find(elb, filter, &found, err);

	if (rc < 0)
		return rc;
	n = cJSON_GetArraySize(found);
	if (n == 0)
		return err_set(err, E_NOTFOUND,
		    "No load balancers found matching %s", text);
	if (n > 1)
		return err_set(err, E_NOTFOUND, "Multiple load balancers "
		    "found matching %s - please provide more specific "
		    "criteria", text);
	*ret = json_dup(found->child);
	return 0;
}
