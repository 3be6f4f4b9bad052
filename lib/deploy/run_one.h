/*
 * The steps of one stack: between the run_*.c of this folder, and for lib/plan.
 */
#ifndef CCDK_DEPLOY_RUN_ONE_H
#define CCDK_DEPLOY_RUN_ONE_H

#include "deploy/guard.h"
#include "deploy/run.h"
#include "util/strmap.h"

/* What one stack's deployment owns while it runs. */
struct one {
	struct run *run;
	struct stack *s;
	struct stack_access access;
	cJSON *tags, *parameters, *topics, *rollback;
	char *template_url, *name; /* display name, bold */
	struct strmap paths, traces;
	bool again;	 /* this is the second pass */
	bool first_pass; /* deployed with exports that go later */
	struct deploy_request r;
	const char *late_policy; /* for a stack that is not there yet */
	struct journal_stack *record; /* NULL: no journal is kept */
};

/* Checks of this stack's own values, then all that is sent for it. The caller
 * has set run, s and name. */
MUST_USE int run_one_init(struct one *o, struct err *err);
void run_one_release(struct one *o);

/* Settles the decision that res->blocked asks for, then deploys. */
MUST_USE int run_deploy_again(struct one *o, struct deploy_result *res,
    struct err *err);

/* {key: value}, yours: what the stack's tags are to be. */
cJSON *run_tags_of(const struct run_opts *o, const struct stack *s);
/* Asks what there is to ask about all stacks, if that is wanted. */
MUST_USE int run_approve_together(struct run *run, struct err *err);
/* --stack-policy: before an existing stack is updated, after a new one is
 * created. */
MUST_USE int run_policy_before(struct one *o, struct err *err);
MUST_USE int run_policy_after(struct one *o, struct err *err);

/*
 * Refuses what would lose data, with --protect-stateful: by change set (NULL:
 * by templates), by the change set that is there already, or a deletion.
 */
MUST_USE int run_guard_stack(struct one *o, const cJSON *change_set,
    struct err *err);
MUST_USE int run_guard_existing(struct one *o, struct err *err);
MUST_USE int run_guard(struct run *run, const struct guard_request *r,
    bool deletion, struct err *err);
/* Nothing happens to this stack. */
void run_guard_pass(struct run *run);
/* At the end: warns about --allow-data-loss that allowed nothing. */
void run_guard_finish(struct run *run);
/* What is left to do for a stack that an earlier run has begun. */
enum resumed {
	RESUMED_FROM_START, /* everything, or it was not begun */
	RESUMED_CARRY_OUT,  /* what was prepared and approved is executed */
	RESUMED_FOLLOWED,   /* nothing more to send: the result is filled */
	RESUMED_DONE	    /* nothing at all: it was done before */
};
MUST_USE int run_resumed(struct one *o, struct deploy_result *res,
    enum resumed *ret, struct err *err);

/* deploy_request.revise for a struct one: keeps what is still imported, or
 * refuses where that does not help. */
MUST_USE int run_keep_exports(void *arg, struct cfnstack *deployed,
    cJSON **ret, struct err *err);
/* What to do when CloudFormation would not change an export; else nothing. */
void run_explain_export(const struct one *o, const struct err *why);
/* A resumed stack: was that its first pass? */
MUST_USE int run_find_kept(struct one *o, struct err *err);
/* s was deployed with exports that go once the others are deployed. */
void run_need_again(struct run *run, struct stack *s);
/* All of those, when the rest is done; and one of them. */
MUST_USE int run_second_passes(struct run *run, struct err *err);
MUST_USE int run_stack_again(struct run *run, struct stack *s,
    struct err *err);
/* At the end: says which were not reached. */
void run_exports_finish(const struct run *run);

#endif
