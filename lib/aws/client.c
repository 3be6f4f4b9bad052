/*
 * Clients: which credentials serve an account, and roles assumed for it.
 */
#include "aws/endpoint.h"
#include "aws/internal.h"
#include "net/url.h"

void client_init(struct aws *a, struct aws_session *s, const char *region,
    const struct creds *creds)
{
	*a = (struct aws){ .session = s, .region = xstrdup(region),
		.ready = true };
	creds_copy(&a->creds, creds);
	pthread_mutex_init(&a->lock, NULL);
}

void client_release(struct aws *a)
{
	creds_release(&a->creds);
	err_release(&a->why);
	json_free(a->assume);
	free(a->account);
	free(a->region);
	free(a->partition);
	pthread_mutex_destroy(&a->lock);
}

/* ---- their credentials --------------------------------------------------- */

static int assume_with(struct aws *a, const struct creds *base,
    struct err *err)
{
	struct creds got = { 0 };
	int rc = creds_assume(a->session, base, a->region, a->assume, &got,
	    err);

	if (rc < 0)
		return rc;
	got.fetched = session_now(a->session);
	creds_release(&a->creds);
	a->creds = got;
	return 0;
}

/* With the lock held. Base credentials that ended are fetched again. */
static int assume(struct aws *a, struct err *err)
{
	CLEANUP(creds_release) struct creds base = { 0 };
	CLEANUP(err_release) struct err e = { 0 };
	int rc;

	rc = base_creds(a->base, &base, err);
	if (rc < 0)
		return rc;
	rc = assume_with(a, &base, &e);
	if (rc < 0 && err_is_expired(&e) &&
	    base_renew(a->base, base.access_key_id)) {
		rc = base_creds(a->base, &base, err);
		if (rc < 0)
			return rc;
		err_release(&e);
		rc = assume_with(a, &base, &e);
	}
	if (rc < 0 && err_is_expired(&e))
		base_tell_expired(a->base);
	if (rc < 0)
		err_move(err, &e);
	return rc;
}

/* With the lock held. Old ones that still work are better than none. */
static int keep_fresh(struct aws *a, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int64_t now = session_now(a->session);
	int rc;

	if (!a->assume || !creds_stale(&a->creds, now))
		return 0;
	rc = assume(a, &e);
	if (rc == 0)
		return 0;
	msg_debug(a->session->sink, "Assuming role failed: %s", err_text(&e));
	if (!creds_expired(&a->creds, now))
		return 0;
	(void)err_wrap(&e, "the credentials of the role '%s' have expired "
	    "and cannot be renewed", json_str(a->assume, "RoleArn"));
	err_move(err, &e);
	return rc;
}

int client_creds(struct aws *a, struct creds *ret, struct err *err)
{
	int rc;

	pthread_mutex_lock(&a->lock);
	if (a->use_base) {
		rc = base_creds(a->base, ret, err);
	} else {
		rc = keep_fresh(a, err);
		if (rc == 0)
			creds_copy(ret, &a->creds);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

bool client_renew(struct aws *a, const char *key_id)
{
	bool done = false;

	/* given: whoever gave them has others, if anybody has */
	if (!a->base)
		return false;
	pthread_mutex_lock(&a->lock);
	if (a->use_base) {
		done = base_renew(a->base, key_id);
		if (!done)
			base_tell_expired(a->base);
	} else if (a->assume) {
		done = !streq(a->creds.access_key_id, key_id) ||
		    assume(a, NULL) == 0;
	}
	pthread_mutex_unlock(&a->lock);
	return done;
}

/* ---- starting one -------------------------------------------------------- */

static int probe(struct aws *a, const struct creds *base, struct err *err)
{
	CLEANUP(aws_identity_release) struct aws_identity found = { 0 };
	struct aws given;
	int rc;

	client_init(&given, a->session, a->region, base);
	rc = account_identity(&given, &found, err);
	client_release(&given);
	return rc;
}

/* The credentials answer; an account from the disk cache does not prove it. */
static int validate(struct aws *a, struct err *err)
{
	CLEANUP(creds_release) struct creds base = { 0 };
	CLEANUP(err_release) struct err e = { 0 };
	int rc;

	if (a->base->account_from_sts &&
	    streq(a->region, aws_session_region(a->session)))
		return 0;
	rc = base_creds(a->base, &base, err);
	if (rc < 0)
		return rc;
	rc = probe(a, &base, &e);
	if (rc < 0 && err_is_expired(&e)) {
		if (base_renew(a->base, base.access_key_id))
			return 0;
		base_tell_expired(a->base);
	}
	if (rc < 0)
		err_move(err, &e);
	return rc;
}

/* The reference's words, unless the settings name a profile; yours */
static char *whose(const struct aws *a)
{
	return a->base == &a->session->base ? xstrdup("current credentials") :
	    xasprintf("credentials of profile '%s'", a->base->profile);
}

static int no_credentials(const struct aws *a, struct err *err)
{
	int rc = err_set(err, E_AUTH, "Need to perform AWS calls for "
	    "account %s, but no credentials have been configured",
	    a->account);

	err_set_name(err, "NoCredentials");
	return rc;
}

static int start_base(struct aws *a, const char *default_account,
    struct err *err)
{
	CLEANUP(free_p) char *who = whose(a);
	int rc;

	if (!default_account) {
		rc = no_credentials(a, err);
	} else if (!streq(default_account, a->account)) {
		rc = err_set(err, E_AUTH, "Need to perform AWS calls for "
		    "account %s, but the %s are for %s", a->account, who,
		    default_account);
		err_set_name(err, "IncorrectDefaultCredentials");
	} else {
		rc = validate(a, err);
	}
	a->use_base = rc == 0;
	return rc;
}

static int start_role(struct aws *a, const char *default_account,
    struct err *err)
{
	const char *arn = json_str(a->assume, "RoleArn");
	struct sink *sink = a->session->sink;
	CLEANUP(err_release) struct err e = { 0 };
	CLEANUP(free_p) char *who = whose(a);

	if (!default_account)
		return no_credentials(a, err);
	msg_debug(sink, "Assuming role '%s'.", arn);
	if (assume(a, &e) == 0)
		return 0;
	if (err_is_aws(&e, "ExpiredToken")) {
		err_set_name(&e, "ExpiredToken");
		(void)err_over(&e, NULL,
		    "Assuming role failed: ExpiredToken");
		e.code = E_AUTH;
		err_move(err, &e);
		return E_AUTH;
	}
	msg_debug(sink, "Assuming role failed: %s", err_text(&e));
	if (streq(default_account, a->account)) {
		msg_warn(sink, "%s could not be used to assume '%s', but are "
		    "for the right account. Proceeding anyway.", who, arn);
		a->use_base = a->fell_back = true;
		err_move(&a->why, &e);
		return 0;
	}
	return err_set(err, E_AUTH, "Could not assume role in target account "
	    "using %s (which are for account %s) %s . "
	    "Please make sure that this role exists in the account. If it "
	    "doesn't exist, (re)-bootstrap the environment with the right "
	    "'--trust', using the latest version of the CDK CLI.",
	    who, default_account, err_text(&e));
}

/* With the client's lock held: one AssumeRole at a time per client. */
static int start(struct aws *a, struct err *err)
{
	const char *account = NULL, *partition = "aws";
	int rc;

	if (a->ready)
		return 0;
	if (base_account(a->base, &account, &partition, NULL) < 0) {
		account = NULL;
		partition = "aws";
	}
	if (!account)
		base_explain(a->base);
	rc = a->assume ? start_role(a, account, err) :
	    start_base(a, account, err);
	if (rc < 0)
		return rc;
	a->partition = xstrdup(partition);
	a->ready = true;
	return 0;
}

/* ---- the cache ----------------------------------------------------------- */

static struct aws *new_client(struct aws_session *s, const char *account,
    const char *region, enum aws_mode mode, const struct aws_role *role)
{
	struct aws *a = xcalloc(1, sizeof(*a));

	a->session = s;
	a->base = session_base(s, account);
	a->account = xstrdup(account);
	a->region = xstrdup(region);
	a->mode = mode;
	if (role)
		a->assume = creds_assume_input(role);
	pthread_mutex_init(&a->lock, NULL);
	return a;
}

static char *cache_key(const char *account, const char *region,
    enum aws_mode mode, const struct aws_role *role)
{
	CLEANUP(free_p) char *options = role && role->options ?
	    json_text(role->options, 0) : NULL;

	return xasprintf("%s\n%s\n%d\n%s\n%s\n%s", account, region, mode,
	    role ? role->arn : "", role && role->external_id ?
	    role->external_id : "", options ? options : "");
}

int aws_client_get(struct aws_session *s, const char *account,
    const char *region, enum aws_mode mode, const struct aws_role *role,
    struct aws **ret, bool *fell_back, struct err *err)
{
	CLEANUP(free_p) char *key = NULL;
	struct aws *a;
	int rc;

	if (role && !role->arn)
		role = NULL;
	key = cache_key(account, region, mode, role);
	pthread_mutex_lock(&s->clients_lock);
	a = strmap_get(&s->clients, key);
	if (!a) {
		a = new_client(s, account, region, mode, role);
		strmap_set(&s->clients, key, a);
	}
	pthread_mutex_unlock(&s->clients_lock);

	pthread_mutex_lock(&a->lock);
	rc = start(a, err);
	pthread_mutex_unlock(&a->lock);
	if (rc < 0)
		return rc;
	if (fell_back)
		*fell_back = a->fell_back;
	*ret = a;
	return 0;
}

/* ---- asking -------------------------------------------------------------- */

const char *aws_fallback_reason(const struct aws *a)
{
	return err_text(&a->why);
}

int64_t aws_expires(struct aws *a)
{
	CLEANUP(creds_release) struct creds c = { 0 };

	return client_creds(a, &c, NULL) == 0 ? c.expires : 0;
}

const char *aws_region(const struct aws *a)
{
	return a->region;
}

const char *aws_account(const struct aws *a)
{
	return a->account;
}

const char *aws_partition(const struct aws *a)
{
	return a->partition;
}

struct aws_session *aws_session_of(struct aws *a)
{
	return a->session;
}

char *aws_s3_url_for_cfn(struct aws *a)
{
	static const char *const names[] = {
		"AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION", "AWS_ENDPOINT_URL",
		NULL };
	const char *v = config_first_env(names);
	struct url u;
	char *authority, *out;

	if (!v)
		return xasprintf("https://s3.%s.%s", a->region,
		    endpoint_partition(a->region)->suffix);
	if (url_parse(v, &u, NULL) < 0)
		return xstrdup(v);
	authority = url_authority(&u);
	out = xasprintf("%s://%s", u.scheme, authority);
	free(authority);
	url_release(&u);
	return out;
}
