/*
 * The first true cause of an operation that failed, found in its events: not
 * what was cancelled because of it, not the stacks around it. Pure.
 */
#ifndef CCDK_CFN_CAUSE_H
#define CCDK_CFN_CAUSE_H

#include "cfn/lineage.h"

struct cause {
	const struct event *event; /* borrowed from the list; NULL: none */
	const struct event *undo; /* what failed while it was undone, or NULL */
	size_t cancelled;	  /* resources, because of it */
	size_t others;		  /* resources that failed by themselves */
};

/* Should the event be kept for cause_find()? */
bool cause_wants(const struct event *e);
/* Events as they came, root and nested, all that cause_wants(). */
void cause_find(const struct event_list *l, struct cause *ret);

/* What services put in brackets behind a reason. Yours: cause_ids_release. */
struct cause_ids {
	char *request_id; /* or the token of the request, NULL: neither */
	char *code;	  /* "AlreadyExists", NULL: not said */
	char *service;
};
void cause_read_ids(const char *reason, struct cause_ids *ret);
void cause_ids_release(struct cause_ids *ids);

/* Where the app made it: the first line of a creation trace that is not a
 * library's. file is NULL when there is none; yours. */
struct source {
	char *file;
	int line, column; /* from 1; 0: not said */
};
void source_of_trace(const char *trace, struct source *ret);
void source_release(struct source *s);

/* What the texts need besides. All borrowed. */
struct cause_context {
	const char *stack_name, *stack_arn;
	const struct lineage *tree;
	const struct strmap *paths, *traces; /* by logical id, or NULL */
	const char *location; /* of the cause, as people know it */
	const char *undo_location;
	bool reason_is_told; /* the text above ends with it */
};
/* Lines for people, below the error; NULL when there is nothing; yours. */
char *cause_note(const struct cause *c, const struct cause_context *x);
/* {"arn", "console", "cause": {}, "cancelled", "rollbackFailure": {}} */
cJSON *cause_facts(const struct cause *c, const struct cause_context *x);

#endif
