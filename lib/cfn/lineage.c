#include "cfn/lineage.h"

#define DEPTH_MAX 64 /* CloudFormation knows fewer */

struct kin {
	char *id;     /* its logical id in the parent */
	char *parent; /* ARN */
};

static void free_kin(void *p)
{
	struct kin *k = p;

	free(k->id);
	free(k->parent);
	free(k);
}

const char *event_stack(const struct event *e)
{
	const char *arn = json_str(e->json, "StackId");

	return arn ? arn : "";
}

void lineage_note(struct lineage *l, const struct event *e)
{
	struct kin *k;

	if (e->stack_itself || !*e->physical_id ||
	    !streq(e->type, "AWS::CloudFormation::Stack") ||
	    strmap_has(&l->kin, e->physical_id))
		return;
	l->kin.free_value = free_kin;
	k = xcalloc(1, sizeof(*k));
	k->id = xstrdup(e->logical_id);
	k->parent = xstrdup(event_stack(e));
	strmap_set(&l->kin, e->physical_id, k);
}

void lineage_path(const struct lineage *l, const char *stack_arn,
    struct strvec *ret)
{
	const struct kin *way[DEPTH_MAX], *k;
	size_t n = 0;

	while (n < DEPTH_MAX && (k = strmap_get(&l->kin, stack_arn))) {
		way[n++] = k;
		stack_arn = k->parent;
	}
	while (n)
		strvec_add(ret, way[--n]->id);
}

void lineage_release(struct lineage *l)
{
	strmap_release(&l->kin);
}
