/* Has anything moved since the plan was made? */
#include "plan/apply_internal.h"

#include "asset/publish.h"
#include "deploy/changeset.h"
#include "plan/planbase.h"

/* ---- the change set ------------------------------------------------------ */

static void moved(struct target *t, const char *fmt, ...) PRINTF(2, 3);
static void moved(struct target *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strvec_add_take(&t->moved, xvasprintf(fmt, ap));
	va_end(ap);
}

static void compare_set(struct target *t, const cJSON *cs)
{
	const struct plan_entry *e = t->e;
	const char *status = json_str(cs, "Status");
	const char *execution = json_str(cs, "ExecutionStatus");
	const char *arn = json_str(cs, "ChangeSetId");
	CLEANUP(free_p) char *digest = plan_set_digest(cs);

	if (execution && (str_starts(execution, "EXECUTE_COMPLETE") ||
			     str_starts(execution, "EXECUTE_IN_PROGRESS")))
		t->applied = true;
	else if (!streq0(status, "CREATE_COMPLETE"))
		moved(t, "change set '%s': CREATE_COMPLETE when planned, %s "
		    "now", e->set_name, status ? status : "without status");
	else if (execution && !streq(execution, "AVAILABLE"))
		moved(t, "change set '%s': AVAILABLE when planned, %s now",
		    e->set_name, execution);
	else if (arn && !streq(arn, e->set_arn))
		moved(t, "change set '%s': %s when planned, %s now",
		    e->set_name, e->set_arn, arn);
	else if (!streq(digest, e->set_digest))
		moved(t, "content of change set '%s': %.*s when planned, %.*s "
		    "now", e->set_name, plan_brief(e->set_digest),
		    e->set_digest, plan_brief(digest), digest);
}

static int check_set(struct target *t, struct aws *aws, struct err *err)
{
	const struct plan_entry *e = t->e;
	CLEANUP(json_free_p) cJSON *cs = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	int r;

	if (!e->set_arn)
		return 0;
	if (!t->now.json) {
		/* otherwise the missing stack is told already */
		if (streq0(json_str(e->base, "state"), "absent"))
			moved(t, "change set '%s': there when planned, gone "
			    "now with the stack it was made for",
			    e->set_name);
		return 0;
	}
	r = changeset_wait(aws, e->stack_id, e->set_arn, NULL, &cs, &why);
	if (r == E_NOTFOUND) {
		moved(t, "change set '%s': there when planned, gone now",
		    e->set_name);
		return 0;
	}
	if (r < 0) {
		err_move(err, &why);
		return r;
	}
	compare_set(t, cs);
	return 0;
}

/* ---- assets -------------------------------------------------------------- */

/* The part of a manifest that says where an asset is; yours. */
static cJSON *manifest_of(const cJSON *assets)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *files = cJSON_CreateObject(), *images = cJSON_CreateObject();

	JSON_EACH(a, assets) {
		bool image = streq0(json_str(a, "kind"), "image");
		cJSON *list = image ? images : files;
		const char *id = json_str(a, "id");
		cJSON *entry = json_get(list, id);

		if (!entry) {
			cJSON *source = cJSON_CreateObject();

			json_put_str(source, image ? "directory" : "path",
			    ".");
			entry = cJSON_CreateObject();
			json_put_str(entry, "displayName",
			    json_str(a, "displayName"));
			json_add_take(entry, "source", source);
			json_add_take(entry, "destinations",
			    cJSON_CreateObject());
			json_add_take(list, id, entry);
		}
		json_add_take(json_get(entry, "destinations"),
		    json_str(a, "destinationId"),
		    json_dup(json_get(a, "destination")));
	}
	json_put_str(o, "version", ASSEMBLY_SCHEMA_VERSION);
	json_add_take(o, "files", files);
	json_add_take(o, "dockerImages", images);
	return o;
}

/* "s3://bucket/key", placeholders and all; yours */
static char *place_of(const struct asset_entry *a)
{
	const char *bucket = json_str(a->dest, "bucketName");
	const char *key = json_str(a->dest, "objectKey");
	const char *repository = json_str(a->dest, "repositoryName");
	const char *tag = json_str(a->dest, "imageTag");

	if (bucket && key)
		return xasprintf("s3://%s/%s", bucket, key);
	if (repository && tag)
		return xasprintf("%s:%s", repository, tag);
	return xstrdup(a->dest_id);
}

static int check_assets(struct target *t, struct err *err)
{
	const cJSON *assets = json_get(t->e->json, "assets");
	CLEANUP(json_free_p) cJSON *json = manifest_of(assets);
	CLEANUP(free_p) char *text = json_text(json, 0);
	CLEANUP(publisher_free_p) struct publisher *p = NULL;
	struct asset_manifest *m = NULL;
	int r;

	if (!assets->child)
		return 0;
	r = asset_manifest_parse(sv_from(text), t->a->o->path, &m, err);
	if (r == 0)
		r = publisher_from(t->a->app, t->e->stack, m, &p, err);
	if (r < 0)
		return r;
	publisher_any_size(p);
	for (size_t i = 0; i < m->n; i++) {
		CLEANUP(free_p) char *raw = NULL, *place = NULL;

		if (publish_is_done(p, &m->v[i]))
			continue;
		raw = place_of(&m->v[i]);
		place = aws_session_fill(app_aws(t->a->app), raw,
		    t->e->stack->account, t->e->stack->region);
		moved(t, "asset '%s' (%s): there when planned, missing now",
		    m->v[i].display_name, place);
	}
	return 0;
}

/* ---- the assembly -------------------------------------------------------- */

static void compare_digest(struct target *t, const char *words,
    const char *was, const char *is)
{
	if (streq0(was, is))
		return;
	was = was ? was : "none";
	is = is ? is : "none";
	moved(t, "%s: %.*s when planned, %.*s in the assembly '%s' now", words,
	    plan_brief(was), was, plan_brief(is), is, t->a->assembly->dir);
}

static int compare_assembly(struct target *t, struct err *err)
{
	const cJSON *json = t->e->json, *template_;
	CLEANUP(free_p) char *digest = NULL, *was = NULL, *is = NULL;
	CLEANUP(free_p) char *properties = NULL;
	CLEANUP(json_free_p) cJSON *assets = NULL;
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	int r = stack_template(t->s, &template_, err);

	if (r == 0)
		r = planned_assets(t->s, &assets, err);
	if (r == 0)
		r = access_for_deploy(t->a->app, t->s, &access, err);
	if (r < 0)
		return r;
	digest = plan_digest(template_);
	compare_digest(t, "template", json_str(json, "template.digest"),
	    digest);
	/* tags, roles, protection and what else the manifest says */
	properties = plan_digest(t->s->artifact->props);
	compare_digest(t, "properties in the manifest",
	    json_str(json, "template.propertiesDigest"), properties);
	was = plan_digest(json_get(json, "assets"));
	is = plan_digest(assets);
	compare_digest(t, "assets", was, is);
	compare_digest(t, "environment", t->e->environment, access.env_name);
	compare_digest(t, "CloudFormation's role",
	    json_str(json, "executionRole"), access.execution_role);
	compare_digest(t, "stack name", json_str(json, "name"), t->s->name);
	return 0;
}

static int check_later(struct target *t, struct err *err)
{
	const char *name = json_str(t->e->json, "name");

	if (!t->e->later)
		return 0;
	JSON_EACH(key, json_get(t->e->json, "parametersToGive"))
		if (cJSON_IsString(key) &&
		    !json_get(json_get(t->a->parameters, name),
			key->valuestring))
			moved(t, "the value of parameter '%s' is hidden "
			    "(NoEcho) and not in the plan: give it again with "
			    "--parameters %s:%s=VALUE", key->valuestring,
			    name, key->valuestring);
	if (!t->s) {
		moved(t, "stack: in the assembly when planned, not in '%s' "
		    "now", t->a->assembly->dir);
		return 0;
	}
	return compare_assembly(t, err);
}

/* ---- all of it ----------------------------------------------------------- */

static int check(struct target *t, struct err *err)
{
	const struct plan_entry *e = t->e;
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(json_free_p) cJSON *base = NULL;
	const char *executed;
	int r = access_for_deploy(t->a->app, e->stack, &access, err);

	if (r == 0)
		r = cfnstack_get(access.aws, e->stack->name, &t->now, err);
	if (r == 0)
		r = planbase_read(access.aws, &t->now, &base, err);
	if (r < 0)
		return r;
	executed = json_str(t->now.json, "ChangeSetId");
	if (e->set_arn && streq0(executed, e->set_arn) &&
	    !(t->now.flags & STATUS_REVIEW)) {
		t->applied = true;
		return 0;
	}
	planbase_compare(e->base, base, e->stack_id, &t->moved);
	r = check_set(t, access.aws, err);
	if (r == 0)
		r = check_assets(t, err);
	if (r == 0)
		r = check_later(t, err);
	return r;
}

void target_check(struct target *t)
{
	t->rc = check(t, &t->err);
	if (t->rc < 0)
		(void)err_wrap(&t->err, "checking stack '%s'",
		    t->e->stack->display_name);
}
