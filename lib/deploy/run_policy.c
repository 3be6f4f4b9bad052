/*
 * Stack policies at the two moments when they can be set.
 */
#include "deploy/run_one.h"

#include "cfn/cfnstack.h"
#include "deploy/stack_policy.h"

int run_policy_before(struct one *o, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	const char *policy = stack_policy_of(o->run->o->stack_policies,
	    o->s->name);
	int e;

	if (!policy || o->run->o->method == DEPLOY_PREPARE)
		return 0;
	e = cfnstack_get(o->r.aws, o->s->name, &now, err);
	if (e < 0)
		return e;
	if (!now.json || (now.flags & (STATUS_REVIEW | STATUS_RECREATE))) {
		o->late_policy = policy;
		return 0;
	}
	return stack_policy_put(o->r.aws, o->s->name, policy,
	    o->run->app->sink, err);
}

int run_policy_after(struct one *o, struct err *err)
{
	if (!o->late_policy)
		return 0;
	if (stack_policy_put(o->r.aws, o->s->name, o->late_policy,
		o->run->app->sink, err) == 0)
		return 0;
	return err_wrap(err, "the stack was created, but");
}
