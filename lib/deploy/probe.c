#include "deploy/probe.h"

#include <poll.h>

#include "asset/publish.h"
#include "deploy/changeset.h"
#include "deploy/diagnose.h"
#include "deploy/params.h"
#include "util/digest.h"
#include "util/interrupt.h"
#include "util/timeutil.h"

#define RETRY_MS 300

struct attempt {
	struct app *app;
	const struct probe *p;
	struct stack_access access;
	struct deploy_request r;
	struct cfnstack before;
	bool existed; /* with something in it */
	char uuid[37];
	char *name, *template_url;
	char *id, *stack_id; /* what CreateChangeSet answered */
	cJSON *tags;
};

static void attempt_release(struct attempt *a)
{
	stack_access_release(&a->access);
	cfnstack_release(&a->before);
	free(a->name);
	free(a->template_url);
	free(a->id);
	free(a->stack_id);
	json_free(a->tags);
}

/* ---- assets -------------------------------------------------------------- */

static int publish_templates_of(struct attempt *a,
    const struct artifact *assets, struct err *err)
{
	CLEANUP(publisher_free_p) struct publisher *p = NULL;
	const struct asset_manifest *m;
	int r = publisher_new(a->app, a->p->stack, assets, &p, err);

	if (r < 0)
		return r;
	/* no name in front and no look whether it is there already */
	publisher_anonymous(p);
	m = publisher_manifest(p);
	for (size_t i = 0; i < m->n; i++) {
		const struct asset_entry *e = &m->v[i];
		const char *path = json_str(e->source, "path");

		if (e->kind != ASSET_FILE || !path ||
		    !str_ends(path, ".template.json"))
			continue;
		r = publish_build(p, e, err);
		if (r == 0)
			r = publish_entry(p, e, false, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* CloudFormation reads templates from the bucket, nested ones always. */
static int publish_templates(struct attempt *a, struct err *err)
{
	size_t n = stack_asset_artifacts(a->p->stack, NULL, 0);
	struct artifact **v = xcalloc(n ? n : 1, sizeof(struct artifact *));
	int r = 0;

	n = stack_asset_artifacts(a->p->stack, v, n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = publish_templates_of(a, v[i], err);
	free(v);
	return r;
}

/* ---- the change set ------------------------------------------------------ */

static int prepare(struct attempt *a, struct err *err)
{
	const struct stack *s = a->p->stack;
	const char *url = stack_prop(s, "stackTemplateAssetObjectUrl");
	const cJSON *tags = json_get(s->artifact->props, "tags");
	int r = access_for_deploy(a->app, s, &a->access, err);

	if (r == 0)
		r = publish_templates(a, err);
	if (r == 0 && url)
		r = body_asset_url(a->access.aws, url, &a->template_url, err);
	if (r < 0)
		return r;
	a->tags = tags ? json_dup(tags) : cJSON_CreateObject();
	a->r = (struct deploy_request){
		.stack_name = s->name,
		.display_name = s->display_name,
		.hierarchical_id = s->hierarchical_id,
		.aws = a->access.aws,
		.access = &a->access,
		.execution_role = a->access.execution_role,
		.template_ = a->p->template_,
		.template_url = a->template_url,
		.tags = a->tags,
		.change_set_name = a->name,
		.import_existing = a->p->import_existing,
		.resources_to_import = a->p->resources_to_import,
	};
	r = cfnstack_get(a->access.aws, s->name, &a->before, err);
	a->existed = r == 0 && a->before.json &&
	    !streq0(a->before.status, "REVIEW_IN_PROGRESS") &&
	    !streq0(a->before.status, "DELETE_IN_PROGRESS");
	return r;
}

static int create(struct attempt *a, struct err *err)
{
	CLEANUP(body_release) struct body body = { 0 };
	CLEANUP(params_release) struct params params = { 0 };
	CLEANUP(json_free_p) cJSON *in = NULL, *out = NULL;
	CLEANUP(free_p) char *text = NULL, *token = NULL;
	const char *id, *stack_id;
	int r = body_make(a->app, &a->r, NULL, &body, err);

	if (r == 0 && a->existed)
		r = changeset_delete(a->access.aws, a->r.stack_name, a->name,
		    err);
	if (r == 0)
		r = params_build(a->p->template_, a->p->parameters, NULL,
		    false, &params, err);
	if (r < 0)
		return r;
	text = xasprintf("CDK Changeset for diff %s", a->uuid);
	token = xasprintf("diff%s", a->uuid);
	in = changeset_fields(&a->r, &body, params.list);
	json_put_str(in, "ChangeSetName", a->name);
	json_put_str(in, "ChangeSetType",
	    a->p->resources_to_import ? "IMPORT"
		: a->existed	      ? "UPDATE"
				      : "CREATE");
	json_put_str(in, "Description", text);
	json_put_str(in, "ClientToken", token);
	if (a->p->resources_to_import)
		json_add_take(in, "ResourcesToImport",
		    json_dup(a->p->resources_to_import));
	json_put_bool(in, "ImportExistingResources", a->p->import_existing);
	json_put_bool(in, "IncludeNestedStacks", true);
	r = aws_call(a->access.aws, OP_CFN_CREATE_CHANGE_SET, in, &out, err);
	if (r < 0)
		return r;
	id = json_str(out, "Id");
	stack_id = json_str(out, "StackId");
	a->id = xstrdup(id ? id : a->name);
	a->stack_id = xstrdup(stack_id ? stack_id : a->r.stack_name);
	return 0;
}

static int read_back(struct attempt *a, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *cs = NULL;
	const struct changeset_templates t = { a->p->old, a->p->template_ };
	int r = changeset_wait(a->access.aws, a->stack_id, a->id, &t, &cs,
	    err);

	if (r < 0)
		return r;
	if (changeset_failed(cs) && !changeset_is_empty(cs)) {
		r = diagnose_change_set(a->app, &a->r, cs, err);
		msg_warn(a->app->sink, "Change set %s failed: %s: %s", a->id,
		    err->name ? err->name : "DeploymentError", err_text(err));
		return r;
	}
	*ret = TAKE(cs);
	return 0;
}

static int delete_stack(struct attempt *a, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(cfnstack_release) struct cfnstack gone = { 0 };
	char token[37];

	/* one that was there already, empty, goes in its own time */
	if (!a->before.json) {
		int r = cfnstack_delete_wait(a->access.aws, a->stack_id,
		    &gone, err);

		if (r == 0 && gone.status && str_ends(gone.status, "FAILED"))
			return err_set(err, E_FAIL, "The stack named %s is in "
			    "a failed state. You may need to delete it from "
			    "the AWS console : %s", a->r.stack_name,
			    gone.status);
		return r;
	}
	uuid4(token);
	json_put_str(in, "StackName", a->stack_id);
	json_put_str(in, "ClientRequestToken", token);
	return aws_call(a->access.aws, OP_CFN_DELETE_STACK, in, &out, err);
}

/* After Ctrl-C requests are not repeated by themselves any more. */
static int delete_change_set(struct attempt *a, struct err *err)
{
	int r = changeset_delete(a->access.aws, a->stack_id, a->id, err);

	for (int i = 0; i < 3 && r < 0 && cancel_requested(); i++) {
		(void)poll(NULL, 0, RETRY_MS << i);
		err_release(err);
		r = changeset_delete(a->access.aws, a->stack_id, a->id, err);
	}
	return r;
}

/* As much as can be; the first failure counts, as one of the whole attempt. */
static int clean_up(struct attempt *a, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	bool hurried = cancel_requested();
	int r;

	if (hurried)
		msg_warn(a->app->sink, "Interrupted: deleting change set '%s' "
		    "of stack '%s' (interrupt again to leave it there)",
		    a->name, a->p->stack->display_name);
	r = delete_change_set(a, err);
	if (!a->existed && delete_stack(a, &e) < 0 &&
	    e.code != E_CANCELLED && r == 0) {
		r = e.code;
		err_move(err, &e);
	}
	if (r < 0 && hurried)
		msg_warn(a->app->sink, "Could not clean up after change set "
		    "'%s': %s", a->id, err_text(err));
	return r;
}

/* CloudFormation may have done what no reply came to: then it has the set. */
static bool find_lost(struct attempt *a)
{
	CLEANUP(json_free_p) cJSON *cs = NULL;
	const char *id, *stack_id;

	if (changeset_describe(a->access.aws, a->r.stack_name, a->name,
		VALUES_UNSAID, &cs, NULL) < 0)
		return false;
	id = json_str(cs, "ChangeSetId");
	stack_id = json_str(cs, "StackId");
	a->id = xstrdup(id ? id : a->name);
	a->stack_id = xstrdup(stack_id ? stack_id : a->r.stack_name);
	return true;
}

static int try_all(struct attempt *a, cJSON **ret, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int r = prepare(a, err);

	if (r < 0)
		return r;
	msg_info(a->app->sink,
	    "Hold on while we create a read-only change set to get a diff "
	    "with accurate replacement information (use --method=template to "
	    "use a less accurate but faster template-only diff)\n");
	interrupt_defer();
	r = create(a, err);
	if ((r == E_NET || r == E_CANCELLED) && find_lost(a))
		(void)clean_up(a, &e);
	if (r < 0)
		return r;
	r = read_back(a, ret, err);
	if (clean_up(a, &e) < 0 && !cancel_requested()) {
		r = e.code;
		err_move(err, &e);
		cJSON_Delete(TAKE(*ret));
	}
	return r;
}

/* The cause line names the service's own error. */
static void name_cause(struct err *e)
{
	if (!e->name && e->aws_code)
		err_set_name(e, e->aws_code);
}

static int fall_back(struct app *app, const struct probe *p, struct err *err)
{
	if (p->strict) {
		name_cause(err);
		return err_over(err, NULL,
		    "Could not create a change set, and '--method=change-set' "
		    "was specified. Please check your permissions or use "
		    "'--method=auto' to allow falling back to a template "
		    "diff.");
	}
	msg_debug(app->sink, "%s", err_text(err));
	msg_info(app->sink,
	    "Could not create a change set, will base the diff on template "
	    "differences (run again with -v to see the reason)\n");
	return 0;
}

/* Is the stack within reach at all? Missing is fine. */
static int look(struct app *app, const struct probe *p, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	int r = access_for_lookup(app, p->stack, &access, err);

	if (r == 0)
		r = cfnstack_get(access.aws, p->stack->name, &s, err);
	return r;
}

static int out_of_reach(struct app *app, const struct probe *p,
    struct err *err)
{
	if (p->strict) {
		name_cause(err);
		return err_over(err, NULL,
		    "Could not access stack '%s'. Please check your "
		    "permissions or use '--method=auto' to allow falling back "
		    "to a template diff.", p->stack->name);
	}
	msg_debug(app->sink, "%s", err_text(err));
	if (!p->quiet)
		msg_info(app->sink,
		    "Could not access stack '%s', falling back to template "
		    "diff. Use '--method=change-set' to fail instead. Run "
		    "with -v to see the reason.\n", p->stack->name);
	return 0;
}

int probe_change_set(struct app *app, const struct probe *p, cJSON **ret,
    struct err *err)
{
	CLEANUP(attempt_release) struct attempt a = { .app = app, .p = p };
	CLEANUP(err_release) struct err e = { 0 };
	int r;

	*ret = NULL;
	if (look(app, p, &e) < 0) {
		r = out_of_reach(app, p, &e);
		if (r < 0)
			err_move(err, &e);
		return r;
	}
	uuid4(a.uuid);
	a.name = p->name ? xstrdup(p->name)
			 : xasprintf("cdk-diff-change-set-%s", a.uuid);
	if (try_all(&a, ret, &e) == 0)
		return 0;
	if (cancel_requested()) {
		err_move(err, &e);
		return err ? err->code : E_CANCELLED;
	}
	r = fall_back(app, p, &e);
	if (r < 0)
		err_move(err, &e);
	return r;
}
