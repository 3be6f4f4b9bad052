#include "app/toolkit.h"

#include <pthread.h>

#include "aws/call.h"
#include "util/strmap.h"
#include "util/timeutil.h"

#define POLL_MS 5000
/* The first template whose deploy role may read the version parameter. */
#define VERSION_WITH_SSM_ACCESS 5
#define BOOTSTRAP_GUIDE						\
	"https://docs.aws.amazon.com/cdk/latest/guide/bootstrapping.html"

/*
 * Versions seen in this run, as (intptr_t) values: every stack and every asset
 * manifest of an environment asks for the same one.
 */
static pthread_mutex_t versions_lock = PTHREAD_MUTEX_INITIALIZER;
static struct strmap versions;

const char *toolkit_stack_name(const struct app *app)
{
	const char *name = args_str(app->args, "toolkitStackName");

	if (!name || !*name)
		name = settings_str(&app->settings, "toolkitStackName");
	return name && *name ? name : "CDKToolkit";
}

/* ---- reading the stack --------------------------------------------------- */

static int describe(struct aws *aws, const char *name, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	*ret = NULL;
	json_put_str(in, "StackName", name);
	rc = aws_call(aws, OP_CFN_DESCRIBE_STACKS, in, &out, &why);
	if (rc < 0) {
		if (err_is_aws(&why, "ValidationError") &&
		    strstr(err_text(&why), "does not exist"))
			return 0;
		if (err)
			err_move(err, &why);
		return rc;
	}
	*ret = json_dup(json_at(out, "Stacks.0"));
	return 0;
}

static bool is_busy(const char *status)
{
	return str_ends(status, "_IN_PROGRESS") &&
	    !streq(status, "REVIEW_IN_PROGRESS");
}

static bool failed_creation(const char *status)
{
	return streq(status, "ROLLBACK_COMPLETE") ||
	    streq(status, "ROLLBACK_FAILED");
}

int toolkit_stack_read(struct app *app, struct aws *aws, const char *name,
    cJSON **ret, struct err *err)
{
	for (;;) {
		CLEANUP(json_free_p) cJSON *stack = NULL;
		const char *status;
		int rc = describe(aws, name, &stack, err);

		if (rc < 0)
			return rc;
		status = json_str(stack, "StackStatus");
		if (status && is_busy(status)) {
			msg_debug(app->sink, "Stack %s has an ongoing "
			    "operation in progress and is not stable (%s)",
			    name, status);
			if (!wait_ms(POLL_MS))
				return err_set(err, E_CANCELLED, "cancelled "
				    "while waiting for stack %s", name);
			continue;
		}
		*ret = status && !failed_creation(status) ? TAKE(stack) : NULL;
		return 0;
	}
}

/* The value of the pair in a list of {key_name: key, value_name: value}. */
static const char *pair_value(const cJSON *list, const char *key_name,
    const char *value_name, const char *key)
{
	JSON_EACH(item, list) {
		const char *k = json_str(item, key_name);

		if (k && streq(k, key))
			return json_str(item, value_name);
	}
	return NULL;
}

const char *toolkit_stack_output(const cJSON *stack, const char *key)
{
	return pair_value(json_get(stack, "Outputs"), "OutputKey",
	    "OutputValue", key);
}

const char *toolkit_stack_parameter(const cJSON *stack, const char *key)
{
	return pair_value(json_get(stack, "Parameters"), "ParameterKey",
	    "ParameterValue", key);
}

/* Leading integer as the reference parses it: "33", " 33 ", "33x". */
static bool parse_version(const char *s, int *ret)
{
	int64_t v = 0;
	size_t digits = 0;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	for (; *s >= '0' && *s <= '9' && digits < 9; s++, digits++)
		v = v * 10 + (*s - '0');
	*ret = (int)v;
	return digits > 0;
}

int toolkit_stack_version(const cJSON *stack)
{
	const char *text = toolkit_stack_output(stack, "BootstrapVersion");
	int version = 0;

	if (text)
		(void)parse_version(text, &version);
	return version;
}

/* ---- the toolkit --------------------------------------------------------- */

static void from_stack(const cJSON *stack, struct toolkit *t)
{
	const char *variant = toolkit_stack_parameter(stack,
	    "BootstrapVariant");

	t->found = true;
	t->bucket = xstrdup0(toolkit_stack_output(stack, "BucketName"));
	t->bucket_domain = xstrdup0(toolkit_stack_output(stack,
	    "BucketDomainName"));
	t->repository = xstrdup0(toolkit_stack_output(stack,
	    "ImageRepositoryName"));
	t->version = toolkit_stack_version(stack);
	t->variant = xstrdup(variant ? variant :
	    "AWS CDK: Default Resources");
	t->qualifier = xstrdup0(toolkit_stack_parameter(stack, "Qualifier"));
}

int toolkit_lookup(struct app *app, const struct stack_access *a,
    struct toolkit *ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(json_free_p) cJSON *stack = NULL;
	struct toolkit t = { 0 };
	int rc;

	t.stack_name = xstrdup(toolkit_stack_name(app));
	rc = toolkit_stack_read(app, a->aws, t.stack_name, &stack, &why);
	if (rc == E_CANCELLED) {
		toolkit_release(&t);
		if (err)
			err_move(err, &why);
		return rc;
	}
	if (rc < 0)
		t.lookup_error = xstrdup(err_text(&why));
	else if (stack)
		from_stack(stack, &t);
	else
		msg_debug(app->sink, "The environment %s doesn't have the CDK "
		    "toolkit stack (%s) installed. Use \"cdk bootstrap\" to "
		    "setup your environment for use with the toolkit.",
		    a->env_name, t.stack_name);
	*ret = t;
	return 0;
}

void toolkit_release(struct toolkit *t)
{
	free(t->stack_name);
	free(t->bucket);
	free(t->bucket_domain);
	free(t->repository);
	free(t->variant);
	free(t->qualifier);
	free(t->lookup_error);
	*t = (struct toolkit){ 0 };
}

/* An error of the class that cause lines show; takes the text. */
static int named(struct err *err, const char *name, char *text)
{
	CLEANUP(free_p) char *mine = text;

	(void)err_set(err, E_CONFIG, "%s", mine);
	err_set_name(err, name);
	return E_CONFIG;
}

static int no_stack(const struct toolkit *t, struct err *err)
{
	const char *why = t->lookup_error;

	return named(err, "BootstrapStackNotFound", xasprintf("This deployment "
	    "requires a bootstrap stack with a known name%s%s; pass "
	    "'--toolkit-stack-name' or switch to using the "
	    "'DefaultStackSynthesizer' (see " BOOTSTRAP_GUIDE ")",
	    why ? ", but during its lookup the following error occurred: " :
	    "", why ? why : ""));
}

int toolkit_need(const struct toolkit *t, const char *output,
    const char **ret, struct err *err)
{
	const char *value = NULL;

	if (!t->found)
		return no_stack(t, err);
	if (streq(output, "BucketName"))
		value = t->bucket;
	else if (streq(output, "BucketDomainName"))
		value = t->bucket_domain;
	else if (streq(output, "ImageRepositoryName"))
		value = t->repository;
	if (!value)
		return err_set(err, E_CONFIG, "The CDK toolkit stack (%s) does "
		    "not have an output named %s. Use 'cdk bootstrap' to "
		    "correct this.", t->stack_name, output);
	*ret = value;
	return 0;
}

/* ---- versions ------------------------------------------------------------ */

static bool cached_version(const char *key, int *ret)
{
	bool known;

	pthread_mutex_lock(&versions_lock);
	known = strmap_has(&versions, key);
	if (known)
		*ret = (int)(intptr_t)strmap_get(&versions, key);
	pthread_mutex_unlock(&versions_lock);
	return known;
}

static void cache_version(const char *key, int version)
{
	pthread_mutex_lock(&versions_lock);
	strmap_set(&versions, key, (void *)(intptr_t)version);
	pthread_mutex_unlock(&versions_lock);
}

cJSON *toolkit_seen_versions(void)
{
	cJSON *ret = cJSON_CreateObject();

	pthread_mutex_lock(&versions_lock);
	STRMAP_EACH(&versions, e) {
		/* "session environment parameter" */
		struct sv rest = sv_from(e->key), word;
		CLEANUP(free_p) char *environment = NULL;

		(void)sv_next(&rest, ' ', &word);
		(void)sv_next(&rest, ' ', &word);
		environment = sv_dup(word);
		json_put_num(ret, environment, (int)(intptr_t)e->value);
	}
	pthread_mutex_unlock(&versions_lock);
	return ret;
}

static int read_ssm(const struct stack_access *a, const char *name, int *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	const char *value;
	int rc;

	json_put_str(in, "Name", name);
	json_put_bool(in, "WithDecryption", true);
	rc = aws_call(a->aws, OP_SSM_GET_PARAMETER, in, &out, &why);
	if (rc < 0 && err_is_aws(&why, "ParameterNotFound"))
		return named(err, "SsmParameterNotFound", xasprintf(
		    "SSM parameter %s not found in %s. Has the environment "
		    "been bootstrapped? Please run 'cdk bootstrap' (see "
		    BOOTSTRAP_GUIDE ")", name, a->env_name));
	if (rc < 0) {
		if (err)
			err_move(err, &why);
		return rc;
	}
	value = json_str(out, "Parameter.Value");
	if (!value || !parse_version(value, ret))
		return named(err, "SsmParameterNotANumber", xasprintf(
		    "SSM parameter %s not a number: %s", name,
		    value ? value : "undefined"));
	return 0;
}

int toolkit_ssm_version(struct app *app, const struct stack_access *a,
    const char *ssm_name, int *ret, struct err *err)
{
	CLEANUP(free_p) char *key = xasprintf("%p %s %s",
	    (void *)app->aws, a->env_name, ssm_name);
	int rc;

	if (cached_version(key, ret))
		return 0;
	rc = read_ssm(a, ssm_name, ret, err);
	if (rc == 0)
		cache_version(key, *ret);
	return rc;
}

static int compare(const struct stack_access *a, int required, int found,
    struct err *err)
{
	if (found >= required)
		return 0;
	return named(err, "OutdatedBootstrapStack", xasprintf("This CDK "
	    "deployment requires bootstrap stack version '%d', found '%d' in "
	    "%s. Please run 'cdk bootstrap'.", required, found, a->env_name));
}

/* Environments from before version 5 do not let the deploy role read the
 * parameter; what their stack says decides then. */
static int version_denied(struct app *app, const struct stack_access *a,
    int required, const char *ssm_name, const struct err *denied,
    struct err *err)
{
	struct toolkit t = { 0 };
	int rc = toolkit_lookup(app, a, &t, err);

	if (rc < 0)
		return rc;
	if (t.found && t.version < VERSION_WITH_SSM_ACCESS) {
		msg_warn(app->sink, "Could not read SSM parameter %s: %s, "
		    "falling back to version from %s", ssm_name,
		    err_text(denied), t.stack_name);
		rc = compare(a, required, t.version, err);
	} else {
		rc = named(err, "BootstrapVersionSsmConfirmationFailed",
		    xasprintf("This CDK deployment requires bootstrap stack "
		    "version '%d', but during the confirmation via SSM "
		    "parameter %s the following error occurred: %s: %s",
		    required, ssm_name, denied->aws_code, err_text(denied)));
	}
	toolkit_release(&t);
	return rc;
}

static int require_by_ssm(struct app *app, const struct stack_access *a,
    int required, const char *ssm_name, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int version = 0;
	int rc = toolkit_ssm_version(app, a, ssm_name, &version, &why);

	if (rc == 0)
		return compare(a, required, version, err);
	if (err_is_aws(&why, "AccessDeniedException"))
		return version_denied(app, a, required, ssm_name, &why, err);
	if (err)
		err_move(err, &why);
	return rc;
}

int toolkit_require_version(struct app *app, const struct stack_access *a,
    int required, const char *ssm_name, struct err *err)
{
	struct toolkit t = { 0 };
	int rc;

	if (required <= 0)
		return 0;
	if (ssm_name)
		return require_by_ssm(app, a, required, ssm_name, err);
	rc = toolkit_lookup(app, a, &t, err);
	if (rc < 0)
		return rc;
	rc = t.found ? compare(a, required, t.version, err) :
	    no_stack(&t, err);
	toolkit_release(&t);
	return rc;
}

int toolkit_require_for_stack(struct app *app, const struct stack_access *a,
    int required, const struct stack *s, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc = toolkit_require_version(app, a, required,
	    stack_prop(s, "bootstrapStackVersionSsmParameter"), &why);
	bool missing = streq0(why.name, "SsmParameterNotFound");

	if (rc == 0)
		return 0;
	if (missing) {
		CLEANUP(free_p) char *text = xstrdup(err_text(&why));

		/* SSM gives no text along, and this is what the SDK has then */
		(void)err_set(&why, rc, "UnknownError");
		err_set_name(&why, "ParameterNotFound");
		(void)err_over(&why, "SsmParameterNotFound", "%s", text);
	}
	(void)err_over(&why, NULL, "%s: %s%s", s->name, err_text(&why),
	    missing ? "\nUnknownError" : "");
	err_move(err, &why);
	return rc;
}
