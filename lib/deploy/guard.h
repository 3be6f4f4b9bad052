/*
 * Guards: which resources a deployment or a deletion would take away together
 * with the data they hold, from the change set where there is one, else from
 * the templates. What holds data is a fact of spec/stateful; what a policy
 * keeps is told, but is no loss. Ours; the reference has no such thing.
 *
 *	struct guard g = { 0 };
 *	if (guard_deployment(&request, &g, err) < 0) ...
 *	guard_allow(&g, ids, NULL);
 *	if (guard_losses(&g))
 *		return guard_refuse(&g, name, true, err);
 *	guard_release(&g);
 */
#ifndef CCDK_DEPLOY_GUARD_H
#define CCDK_DEPLOY_GUARD_H

#include "aws/session.h"
#include "model/assembly.h"
#include "util/msg.h"

/* Of the objects that guard_report() makes, see ccdk-deploy(1). */
#define GUARD_REPORT_VERSION 1

enum guard_event {
	GUARD_DELETED,
	GUARD_REPLACED,
	GUARD_MAY_BE_DELETED, /* what decides is only known later */
	GUARD_MAY_BE_REPLACED
};

enum guard_fate {
	GUARD_LOST,
	GUARD_KEPT,    /* goes on outside of the stack */
	GUARD_SNAPSHOT /* a snapshot is taken first */
};

struct guard_finding {
	char *stack; /* "App", in a nested one "App.Nested" (logical id) */
	char *logical_id, *type;
	char *physical_id; /* or NULL */
	char *path;	   /* construct path, "App/Users/Resource", or NULL */
	struct sv kind, holds; /* of spec/stateful */
	enum guard_event event;
	enum guard_fate fate;
	char *why; /* "TableName cannot change in place" */
	bool allowed;
};

struct guard {
	struct guard_finding *v;
	size_t n, cap;
};

void guard_release(struct guard *g);

/* ---- the pure core ------------------------------------------------------- */

/* One stack, without those nested in it. All borrowed. */
struct guard_stack {
	const char *name;	 /* guard_finding.stack */
	const cJSON *old, *new_; /* templates; NULL: not known */
	const cJSON *change_set; /* DescribeChangeSet's answer, or NULL */
	const struct strmap *paths; /* of diff_paths_of(), or NULL */
	/* logical id -> physical id of what there is, or NULL: not known */
	const struct strmap *existing;
};

/* By the change set, or from the one template to the other. */
void guard_judge(const struct guard_stack *s, struct guard *ret);
/* Everything in the old template goes. why is the reason. */
void guard_judge_deletion(const struct guard_stack *s, const char *why,
    struct guard *ret);
/* Might guard_judge() find something in this change set? Where it does not,
 * no template is needed. */
bool guard_suspects(const cJSON *change_set);

/*
 * Lets findings pass by id: a logical id, "Stack.LogicalId", or a construct
 * path. used (may be NULL) has a place per id and notes which ones were of
 * use.
 */
void guard_allow(struct guard *g, const struct strvec *ids, bool *used);
/* How many would be lost and are not allowed. */
size_t guard_losses(const struct guard *g);
/*
 * The findings: an object each appended to list, a line or two each to text;
 * either may be NULL. {stack, logicalId, type, physicalId?, constructPath?,
 * kind, holds, event: "delete"|"replace"|"may-delete"|"may-replace",
 * fate: "lost"|"kept"|"snapshot", reason, allowed}
 */
void guard_report(const struct guard *g, cJSON *list, struct strbuf *text);
/*
 * What guard_report() wrote, read back; ret borrows from list. E_INVALID when
 * it is something else.
 */
MUST_USE int guard_read(const cJSON *list, struct guard *ret,
    struct err *err);
/* Says what goes through, before it happens; nothing of an empty one. */
void guard_tell(struct sink *sink, const struct guard *g, const char *stack);
/* Ids of --allow-data-loss that allowed nothing; that could not, without
 * --protect-stateful. */
void guard_warn_unused(struct sink *sink, const struct strvec *ids,
    const bool *used);
void guard_warn_idle(struct sink *sink, const struct strvec *ids);
/* " --allow-data-loss STACK.ID" for each that would be lost. */
void guard_flags(const struct guard *g, struct strbuf *out);
/* Sets and returns the error that names what would be lost and what to do.
 * is_change: by a change, which could be undone. */
MUST_USE int guard_refuse(const struct guard *g, const char *stack,
    bool is_change, struct err *err);

/* ---- with AWS ------------------------------------------------------------ */

/* All borrowed. */
struct guard_request {
	struct aws *aws;
	const char *stack_name;
	const struct stack *stack; /* NULL: no app, so no paths */
	const cJSON *template_;	   /* the new one; NULL: not known */
	const cJSON *change_set;   /* NULL: none (direct) */
};

/*
 * A deployment, stacks nested in the stack included. Asks AWS only for what
 * the change set leaves open: changes of nested stacks, and the deployed
 * template when something is suspicious; without a change set for the stack
 * and its template.
 */
MUST_USE int guard_deployment(const struct guard_request *r,
    struct guard *ret, struct err *err);
/* Deleting the stack, with what is nested in it; a missing one loses
 * nothing. */
MUST_USE int guard_deletion(const struct guard_request *r, struct guard *ret,
    struct err *err);

/*
 * `destroy --protect-stateful`: 0, or the error of guard_refuse() when the
 * stack holds data that no policy keeps and that is not among the allowed ids,
 * see guard_allow(). What is kept is told.
 */
MUST_USE int guard_destroy(struct sink *sink, const struct guard_request *r,
    const struct strvec *allowed, bool *used, struct err *err);

#endif
