/* Shared by the destroy*.c only. */
#ifndef CCDK_CMD_DESTROY_H
#define CCDK_CMD_DESTROY_H

#include "cmd.h"

#include "deploy/deploy.h"
#include "deploy/guard.h"
#include "deploy/teardown.h"

/* A stack to be deleted: one of the app, or one that was named without it. */
struct doomed {
	struct stack *s;	/* NULL: named */
	char *given;		/* as it was named, else NULL */
	const char *name;	/* CloudFormation's; borrowed */
	const char *id, *shown; /* borrowed */
	struct teardown found;	/* of named ones, and for a dry run */
	struct stack_access access; /* the same */
	struct guard guard; /* for a dry run, with --protect-stateful */
};

struct doomed_list {
	struct doomed *v;
	size_t n;
	bool *first; /* n * n: first[i * n + j]: j goes before i */
};

void doomed_release(struct doomed_list *l);

/* Chosen by the patterns of the command line, warnings said. */
MUST_USE int doomed_of_app(struct app *app, struct doomed_list *ret,
    struct err *err);
/* --stack-name: they must exist and not be nested. */
MUST_USE int doomed_by_name(struct app *app, struct doomed_list *ret,
    struct err *err);
/* Reads what is not read yet. */
MUST_USE int doomed_read(struct app *app, struct doomed *d, struct err *err);

/* The order in which one after the other they go; n of them. */
void doomed_order(const struct doomed_list *l, size_t *ret);
/* What others import and would make CloudFormation refuse: d's exports whose
 * users are not gone by then. [{"export", "usedBy": [...]}], yours. */
cJSON *doomed_in_use(const struct doomed_list *l, const struct doomed *d);

/* --dry-run */
MUST_USE int destroy_preview(struct app *app, struct doomed_list *l,
    struct err *err);

#endif
