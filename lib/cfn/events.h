/*
 * Reading a stack's events as they come, nested stacks included. A poller
 * remembers what it has seen; every poll hands out
 * the new events, oldest first.
 */
#ifndef CCDK_CFN_EVENTS_H
#define CCDK_CFN_EVENTS_H

#include "aws/call.h"
#include "util/strmap.h"

struct event {
	cJSON *json; /* an entry of DescribeStackEvents; owned */
	int64_t time_ms;
	bool root;	   /* of the polled stack, not of a nested one */
	bool stack_itself; /* about its stack, not about a resource */
	/* borrowed from json, never NULL except reason */
	const char *stack_name, *logical_id, *physical_id, *type, *status;
	const char *reason;
};

struct event_list {
	struct event *v;
	size_t n, cap;
};

struct poller;

/* stack is a name or, better, an ARN; events before since_ms are not told. */
struct poller *poller_new(struct aws *aws, const char *stack,
    int64_t since_ms);
void poller_free(struct poller *p);
DEFINE_CLEANUP(struct poller, poller_free)
/* Whom the first poll tells what its page has of before since_ms, newest
 * first; of the polled stack only. */
void poller_tell_past(struct poller *p,
    void (*past)(void *u, const struct event *e), void *u);
/* Appends to ret, sorted by time among themselves. */
MUST_USE int poller_poll(struct poller *p, struct event_list *ret,
    struct err *err);

/* Requests for the next poll, nested stacks counted in. */
size_t poller_width(const struct poller *p);

void event_list_release(struct event_list *l);
/* Adds a copy of an API event; false when it lacks what every event has. */
bool event_list_add(struct event_list *l, const cJSON *json, bool root);
/* Stable, by time. */
void event_list_sort(struct event_list *l, size_t from);

/* Does it tell why an operation failed? */
bool event_is_problem(const struct event *e);
/* Do resources of that type call AWS under a name of their own? */
bool is_principal_type(const char *type);

#endif
