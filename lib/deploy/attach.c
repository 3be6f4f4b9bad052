#include "deploy/attach.h"

#include "cfn/monitor.h"
#include "cfn/operation.h"
#include "deploy/deploy.h"
#include "deploy/diagnose.h"
#include "deploy/tell.h"
#include "util/timeutil.h"

#define EVENTS_BACK_MS ((int64_t)7 * 24 * 3600 * 1000)

/* "since 3 minutes" */
static char *age_text(int64_t ms)
{
	int64_t s = MAX(ms, (int64_t)0) / 1000;

	if (s < 120)
		return xasprintf("%lld seconds", (long long)s);
	if (s < 7200)
		return xasprintf("%lld minutes", (long long)(s / 60));
	return xasprintf("%lld hours", (long long)(s / 3600));
}

/* What the events tell of it; nothing is fine, too. */
static void look(const struct attach_request *r, const struct cfnstack *now,
    struct operation *ret)
{
	if (operation_find(r->aws, now->arn, NULL,
		now_utc_ms() - EVENTS_BACK_MS, ret, NULL) < 0)
		ret->since_ms = now_utc_ms();
}

/* cause (may be NULL) gets the note and the facts of a failure. */
static int follow(struct app *app, const struct attach_request *r,
    const struct operation *op, struct cfnstack *now, struct err *cause,
    struct err *err)
{
	CLEANUP(monitor_release) struct monitor m = { 0 };
	CLEANUP(free_p) char *arn = xstrdup(now->arn);
	struct deploy_request about = { .stack_name = r->stack_name,
		.paths = r->paths };
	struct activity_opts o = { .sink = app->sink, .expected = -1,
		.mode = activity_mode_of(r->progress ? r->progress
		    : deploy_progress_mode(app, 1)),
		.is_update = str_starts(now->status, "UPDATE_"),
		.paths = r->paths, .feed = app->feed,
		.stack = r->stack_name };
	int e;

	cfnstack_release(now);
	monitor_start(&m, app->sink, r->aws, arn, op->since_ms, &o);
	e = monitor_wait(&m, arn, now, err);
	if (e == 0 && cause)
		diagnose_add_cause(&about, &m, arn, false, cause);
	return e;
}

int attach_wait(struct app *app, const struct attach_request *r,
    struct cfnstack *now, struct err *err)
{
	CLEANUP(operation_release) struct operation op = { 0 };
	CLEANUP(free_p) char *age = NULL;

	look(r, now, &op);
	age = age_text(now_utc_ms() - op.since_ms);
	msg_info(app->sink, "%s: %s, started %s ago by %s%s%s; waiting for its "
	    "end", r->shown, now->status, age, operation_origin(&op),
	    op.token ? ", token " : "", op.token ? op.token : "");
	return follow(app, r, &op, now, NULL, err);
}

/* An operation that was begun ended well when it did not turn back. */
static int judge(const char *name, const char *began,
    const struct cfnstack *end, struct err *err)
{
	CLEANUP(free_p) char *state = cfnstack_state_text(end);
	bool deleting = str_starts(began, "DELETE_");
	bool back = strstr(began, "ROLLBACK") != NULL;
	bool good = deleting ? end->flags & STATUS_GONE :
	    back ? (end->flags & STATUS_ROLLBACK) &&
		!(end->flags & STATUS_FAILED) :
	    (end->flags & STATUS_DEPLOYED) != 0;

	if (good)
		return 0;
	(void)err_set(err, E_FAIL, "The operation on stack %s has failed: %s",
	    name, end->json ? state : "the stack is gone");
	err_set_name(err, "DeploymentError");
	return E_FAIL;
}

static int attach(struct app *app, const struct attach_request *r,
    struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	CLEANUP(operation_release) struct operation op = { 0 };
	CLEANUP(free_p) char *began = NULL, *age = NULL, *state = NULL;
	CLEANUP(err_release) struct err cause = { 0 };
	int64_t from = mono_ms();
	int e = cfnstack_get(r->aws, r->stack_name, &now, err);

	if (e < 0)
		return e;
	if (!now.json)
		return err_set(err, E_NOTFOUND, "there is no stack '%s' in "
		    "%s, account %s; --region and --profile name others",
		    r->stack_name, aws_region(r->aws), aws_account(r->aws));
	if (!(now.flags & STATUS_BUSY)) {
		state = cfnstack_state_text(&now);
		msg_info(app->sink, "%s: nothing is under way, its state is "
		    "%s", r->shown, state);
		return 0;
	}
	look(r, &now, &op);
	age = age_text(now_utc_ms() - op.since_ms);
	began = xstrdup(op.first ? op.first : now.status);
	msg_info(app->sink, "%s: %s, started %s ago by %s", r->shown,
	    now.status, age, operation_origin(&op));
	e = follow(app, r, &op, &now, &cause, err);
	if (e < 0)
		return e;
	e = judge(r->shown, began, &now, err);
	if (e < 0) {
		err_add_note(err, cause.note, TAKE(cause.facts));
		tell_failed(app, r->stack_name, err, mono_ms() - from);
		return e;
	}
	msg_info(app->sink, "\n✅  %s: %s", r->shown,
	    now.json ? now.status : "DELETE_COMPLETE");
	tell_settled(app, r->stack_name,
	    now.json ? now.status : "DELETE_COMPLETE");
	return 0;
}

/* An ARN says which account and region; a name means the usual ones. */
static int access_to(struct app *app, const char *name,
    struct stack_access *ret, struct err *err)
{
	CLEANUP(free_p) char *account = NULL, *region = NULL;
	struct sv rest = sv_from(name), part[5];

	if (!str_starts(name, "arn:"))
		return access_for_env(app, "unknown-account",
		    "unknown-region", ret, err);
	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		if (!sv_next(&rest, ':', &part[i]))
			return err_set(err, E_CONFIG,
			    "'%s' is not the ARN of a stack", name);
	region = sv_dup(part[3]);
	account = sv_dup(part[4]);
	return access_for_env(app, account, region, ret, err);
}

int attach_stack(struct app *app, const char *name, const struct stack *s,
    struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	struct strmap paths = { .free_value = free };
	struct attach_request r = { .stack_name = s ? s->name : name,
		.shown = s ? s->display_name : name, .paths = &paths };
	int e = s ? access_for_lookup(app, s, &access, err)
		  : access_to(app, name, &access, err);

	if (e < 0)
		return e;
	r.aws = access.aws;
	if (s && stack_construct_paths(s, &paths, NULL) < 0)
		strmap_release(&paths);
	e = attach(app, &r, err);
	strmap_release(&paths);
	return e;
}
