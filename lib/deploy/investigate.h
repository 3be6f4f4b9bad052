/*
 * What other services know about a resource that failed: why an ECS service's
 * tasks stopped, what the function behind a custom resource logged, which calls
 * of the stack's own roles were refused. A best effort with the lookup role:
 * what cannot be read is only told with -v.
 */
#ifndef CCDK_DEPLOY_INVESTIGATE_H
#define CCDK_DEPLOY_INVESTIGATE_H

#include "cfn/monitor.h"
#include "deploy/deploy.h"

/* Paragraphs for below the problem (diagnose.h's note); NULL: nothing, or not
 * a resource of a kind that we know. Yours. */
char *investigate(struct app *app, const struct deploy_request *r,
    const struct event *e);

/* Appends to the notes, one for each of the monitor's problems, what their
 * stacks' own roles and functions were refused (CloudTrail). What is about none
 * of the problems goes to the first. */
void investigate_trail(struct app *app, const struct deploy_request *r,
    const struct monitor *m, struct strvec *notes);

/* ---- shared by the kinds ---- */

struct inquiry {
	struct sink *sink;
	struct aws *aws; /* with the lookup role */
	const struct deploy_request *r;
	const struct event *e;
	struct strbuf out;
};

/* Begins a paragraph; then its lines, and a link at its end. */
void inquiry_begin(struct inquiry *q);
void inquiry_line(struct inquiry *q, const char *fmt, ...) PRINTF(2, 3);
void inquiry_link(struct inquiry *q, const char *label, const char *url);
/* The last of the log lines, with how many are left out; lines is emptied. */
void inquiry_log(struct inquiry *q, struct strvec *lines);
/* A call whose failure is only told with -v; NULL then. in is taken. Yours. */
cJSON *inquiry_call(struct inquiry *q, enum aws_op_id op, cJSON *in);
/* The console's page of a log group; yours */
char *inquiry_log_page(const struct inquiry *q, const char *group);

void investigate_ecs_service(struct inquiry *q);
void investigate_custom_resource(struct inquiry *q);

/* What a line of a function's log says; NULL: the platform's own. Pure;
 * yours. */
char *investigate_log_line(const char *raw);

#define INQUIRY_LOG_EVENTS 1000
#define INQUIRY_LOG_BACK_MS ((int64_t)30 * 60 * 1000)

#endif
