#include "app/access.h"

#include "app/toolkit.h"

static char *env_name(const char *account, const char *region)
{
	return xasprintf("aws://%s/%s", account, region);
}

/* Account, region and CloudFormation's role: the same for every way in. */
static int access_begin(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err)
{
	struct aws_session *session = app_aws(app);
	const char *role = args_str(app->args, "roleArn");
	int rc;

	rc = aws_session_resolve(session, s->account, s->region,
	    &ret->account, &ret->region, err);
	if (rc < 0)
		return rc;
	ret->env_name = env_name(ret->account, ret->region);
	if (!role || !*role)
		role = stack_prop(s, "cloudFormationExecutionRoleArn");
	if (role)
		ret->execution_role = aws_session_fill(session, role,
		    ret->account, ret->region);
	return 0;
}

/* A client with the role the artifact names, or with base credentials when it
 * names none. The paths are those of its properties. */
static int client_for(struct app *app, const struct stack *s,
    enum aws_mode mode, const char *arn_path, const char *id_path,
    const char *options_path, struct stack_access *a, bool *ret_fell_back,
    struct err *err)
{
	struct aws_session *session = app_aws(app);
	const char *text = stack_prop(s, arn_path);
	CLEANUP(free_p) char *arn = NULL;
	struct aws_role role = { 0 };

	if (text)
		arn = aws_session_fill(session, text, a->account, a->region);
	role.arn = arn;
	role.external_id = stack_prop(s, id_path);
	role.options = json_at(s->artifact->props, options_path);
	return aws_client_get(session, a->account, a->region, mode,
	    arn ? &role : NULL, &a->aws, ret_fell_back, err);
}

int access_role(struct app *app, const struct stack *s, enum access_use use,
    struct stack_access *ret, char **ret_arn, bool *ret_fell_back,
    struct err *err)
{
	bool lookup = use == ACCESS_LOOKUP;
	const char *path = lookup ? "lookupRole.arn" : "assumeRoleArn";
	const char *arn = stack_prop(s, path);
	int rc;

	*ret = (struct stack_access){ 0 };
	*ret_arn = xstrdup0(arn);
	rc = access_begin(app, s, ret, err);
	if (rc < 0)
		return rc;
	if (arn) {
		free(*ret_arn);
		*ret_arn = aws_session_fill(app_aws(app), arn, ret->account,
		    ret->region);
	}
	return client_for(app, s, lookup ? AWS_READ : AWS_WRITE, path,
	    lookup ? "lookupRole.assumeRoleExternalId" :
	    "assumeRoleExternalId",
	    lookup ? "lookupRole.assumeRoleAdditionalOptions" :
	    "assumeRoleAdditionalOptions", ret, ret_fell_back, err);
}

static int deploy_role(struct app *app, const struct stack *s,
    enum aws_mode mode, struct stack_access *ret, struct err *err)
{
	struct stack_access a = { 0 };
	bool fell_back = false;
	int rc;

	rc = access_begin(app, s, &a, err);
	if (rc == 0)
		rc = client_for(app, s, mode, "assumeRoleArn",
		    "assumeRoleExternalId", "assumeRoleAdditionalOptions", &a,
		    &fell_back, err);
	if (rc < 0) {
		stack_access_release(&a);
		return rc;
	}
	*ret = a;
	return 0;
}

int access_for_deploy(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err)
{
	return deploy_role(app, s, AWS_WRITE, ret, err);
}

/* An environment too old for the lookup role's promises is an error here,
 * which access_for_lookup turns into a warning. */
static int check_lookup_version(struct app *app, const struct stack *s,
    const struct stack_access *a, struct err *err)
{
	const char *name = stack_prop(s,
	    "lookupRole.bootstrapStackVersionSsmParameter");
	double required = 0;
	int version, rc;

	if (!name || !json_num(s->artifact->props,
	    "lookupRole.requiresBootstrapStackVersion", &required))
		return 0;
	rc = toolkit_ssm_version(app, a, name, &version, err);
	if (rc < 0)
		return rc;
	if (version < (int)required)
		return err_set(err, E_CONFIG, "Bootstrap stack version '%d' "
		    "is required, found version '%d'. To get rid of this "
		    "error, please upgrade to bootstrap version >= %d",
		    (int)required, version, (int)required);
	return 0;
}

static int lookup_role(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err)
{
	struct stack_access a = { 0 };
	const char *arn = stack_prop(s, "lookupRole.arn");
	bool fell_back = false;
	int rc;

	rc = access_begin(app, s, &a, err);
	if (rc == 0)
		rc = client_for(app, s, AWS_READ, "lookupRole.arn",
		    "lookupRole.assumeRoleExternalId",
		    "lookupRole.assumeRoleAdditionalOptions", &a, &fell_back,
		    err);
	if (rc == 0 && arn && !fell_back) {
		a.is_lookup_role = true;
		rc = check_lookup_version(app, s, &a, err);
	} else if (rc == 0 && fell_back) {
		CLEANUP(free_p) char *full = aws_session_fill(app_aws(app),
		    arn, a.account, a.region);

		msg_warn(app->sink, "Lookup role %s was not assumed. "
		    "Proceeding with default credentials.", full);
	}
	if (rc < 0) {
		stack_access_release(&a);
		return rc;
	}
	*ret = a;
	return 0;
}

/* With its causes, a line each. */
static void warn(struct sink *sink, const struct err *e)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (const struct err *at = e; at; at = at->cause)
		strbuf_addf(&text, "%s%s", at == e ? "" : "\n", err_text(at));
	msg_text(sink, MSG_WARN, text.buf);
}

int access_for_lookup(struct app *app, const struct stack *s,
    struct stack_access *ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };

	if (lookup_role(app, s, ret, &why) == 0)
		return 0;
	warn(app->sink, &why);
	return deploy_role(app, s, AWS_READ, ret, err);
}

int access_for_env(struct app *app, const char *account, const char *region,
    struct stack_access *ret, struct err *err)
{
	struct aws_session *session = app_aws(app);
	struct stack_access a = { 0 };
	int rc;

	rc = aws_session_resolve(session, account, region, &a.account,
	    &a.region, err);
	if (rc == 0)
		rc = aws_client_get(session, a.account, a.region, AWS_WRITE,
		    NULL, &a.aws, NULL, err);
	if (rc < 0) {
		stack_access_release(&a);
		return rc;
	}
	a.env_name = env_name(a.account, a.region);
	*ret = a;
	return 0;
}

void stack_access_release(struct stack_access *a)
{
	free(a->account);
	free(a->region);
	free(a->env_name);
	free(a->execution_role);
	*a = (struct stack_access){ 0 };
}
