/* The change sets of plans: what is in one, and taking it away again. */
#include "plan/plan_internal.h"

#include <poll.h>

#include "deploy/changeset.h"
#include "util/timeutil.h"

#define RETRY_MS 300

static int by_resource(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;
	static const char *const keys[] = { "LogicalResourceId", "Action" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *s = json_str(json_get(*x, "ResourceChange"),
		    keys[i]);
		const char *t = json_str(json_get(*y, "ResourceChange"),
		    keys[i]);
		int c = strcmp(s ? s : "", t ? t : "");

		if (c)
			return c;
	}
	return 0;
}

/* The list in an order of its own: the service promises none. */
static cJSON *sorted_changes(const cJSON *list)
{
	size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
	CLEANUP(free_p) const cJSON **v = xcalloc(n + 1, sizeof(*v));
	cJSON *ret = cJSON_CreateArray();

	JSON_EACH(c, list)
		v[i++] = c;
	qsort(v, n, sizeof(*v), by_resource);
	for (i = 0; i < n; i++)
		json_push_take(ret, json_dup(v[i]));
	return ret;
}

char *plan_set_digest(const cJSON *change_set)
{
	static const char *const also[] = { "Parameters", "Tags",
		"Capabilities", "NotificationARNs", "RollbackConfiguration" };
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();

	json_add_take(o, "Changes",
	    sorted_changes(json_get(change_set, "Changes")));
	for (size_t i = 0; i < ARRAY_SIZE(also); i++) {
		const cJSON *v = json_get(change_set, also[i]);

		/* an empty list may be told or left out */
		if (v && v->child)
			json_add_take(o, also[i], json_dup(v));
	}
	return plan_digest(o);
}

/* ---- taking away --------------------------------------------------------- */

static int count_one(void *u, const cJSON *item)
{
	size_t *n = u;

	(void)item;
	++*n;
	return 0;
}

/* Does another change set wait on the stack? Unknown is no. */
static bool has_others(struct aws *aws, const char *stack)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	size_t n = 0;

	json_put_str(in, "StackName", stack);
	return aws_pages(aws, OP_CFN_LIST_CHANGE_SETS, in, count_one, &n,
		   NULL) == 0 && n > 0;
}

/* After Ctrl-C requests are not repeated by themselves any more. */
static int delete_set(struct aws *aws, const char *stack, const char *set,
    struct err *err)
{
	int r = changeset_delete(aws, stack, set, err);

	for (int i = 0; i < 3 && r < 0 && cancel_requested(); i++) {
		(void)poll(NULL, 0, RETRY_MS << i);
		if (err)
			err_release(err);
		r = changeset_delete(aws, stack, set, err);
	}
	return r;
}

int plan_discard_set(struct aws *aws, const char *stack, const char *set,
    bool own_stack, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack end = { 0 };
	int e = cfnstack_get(aws, stack, &s, err);

	if (e < 0 || !s.json || (s.flags & STATUS_GONE))
		return e;
	e = delete_set(aws, stack, set, err);
	if (e < 0 || !own_stack || !(s.flags & STATUS_REVIEW) ||
	    has_others(aws, stack))
		return e;
	e = cfnstack_delete_wait(aws, s.arn, &end, err);
	/* it was asked for; nobody waits after Ctrl-C */
	return e == E_CANCELLED ? 0 : e;
}
