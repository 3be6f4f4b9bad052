/*
 * Base credentials: where they come from, the account they are for, and new
 * ones before the old ones end. A run has its own; the settings may name a
 * profile for some accounts, which then has a base of its own.
 */
#include "aws/internal.h"
#include "util/timeutil.h"
#include "util/trace.h"

void base_init(struct base *b, struct aws_session *s, const char *profile,
    const char *from)
{
	*b = (struct base){ .session = s };
	b->profile = profile && *profile ? xstrdup(profile) : NULL;
	b->profile_from = b->profile ? xstrdup0(from) : NULL;
	pthread_mutex_init(&b->lock, NULL);
}

void base_release(struct base *b)
{
	creds_release(&b->creds);
	err_release(&b->err);
	err_release(&b->account_err);
	pthread_mutex_destroy(&b->lock);
	free(b->profile);
	free(b->profile_from);
	free(b->advice);
	free(b->account);
	free(b->partition);
}

struct base *session_base(struct aws_session *s, const char *account)
{
	struct base *b = account ? strmap_get(&s->accounts, account) : NULL;

	return b ? b : &s->base;
}

bool err_is_expired(const struct err *e)
{
	/* the last three: keys that were replaced by others */
	static const char *const codes[] = { "ExpiredToken",
		"ExpiredTokenException", "InvalidClientTokenId",
		"UnrecognizedClientException", "InvalidAccessKeyId" };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (err_is_aws(e, codes[i]))
			return true;
	return false;
}

/* ---- fetching ------------------------------------------------------------ */

/* Files are read anew: they may have changed since the run began. */
static int fetch_anew(struct base *b, struct creds *ret, struct err *err)
{
	CLEANUP(config_release) struct aws_config config = { 0 };

	config_load(&config);
	return creds_find(b, &config, ret, err);
}

/* With the lock held. */
static int fetch(struct base *b, bool anew, struct err *err)
{
	struct creds fresh = { 0 };
	int64_t began = mono_us();
	int rc;

	rc = anew ? fetch_anew(b, &fresh, err) :
	    creds_find(b, session_config(b->session), &fresh, err);
	if (rc < 0)
		return rc;
	fresh.fetched = session_now(b->session);
	creds_release(&b->creds);
	b->creds = fresh;
	TRACE(TRACE_CREDS, "base credentials from %s, %lld us", fresh.source,
	    (long long)(mono_us() - began));
	return 0;
}

static void set_advice(struct base *b, char *text)
{
	free(b->advice);
	b->advice = text;
}

static int first_fetch(struct base *b, struct err *err)
{
	int rc = E_AUTH;

	if (!b->tried) {
		b->tried = true;
		rc = fetch(b, false, &b->err);
		if (rc == 0)
			return 0;
		msg_debug(b->session->sink, "Unable to resolve AWS "
		    "credentials: %s", err_text(&b->err));
		if (rc != E_NOTFOUND)
			set_advice(b, xstrdup(err_text(&b->err)));
	}
	if (err) {
		err_copy(err, &b->err);
		err->code = E_AUTH;
	}
	return E_AUTH;
}

/* With the lock held. Old ones that still work are better than none. */
static int ensure(struct base *b, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int64_t now = session_now(b->session);

	if (!b->creds.access_key_id)
		return first_fetch(b, err);
	if (!creds_stale(&b->creds, now) || b->creds.fetched == now)
		return 0;
	if (fetch(b, true, &e) == 0)
		return 0;
	msg_debug(b->session->sink, "Unable to renew AWS credentials: %s",
	    err_text(&e));
	if (!creds_expired(&b->creds, now))
		return 0;
	return err_set(err, E_AUTH, "the AWS credentials (%s) have expired "
	    "and cannot be renewed: %s", b->creds.source, err_text(&e));
}

int base_creds(struct base *b, struct creds *ret, struct err *err)
{
	int rc;

	pthread_mutex_lock(&b->lock);
	rc = ensure(b, err);
	if (rc == 0)
		creds_copy(ret, &b->creds);
	pthread_mutex_unlock(&b->lock);
	return rc;
}

/* With the lock held. */
static bool renew(struct base *b, const char *key_id)
{
	CLEANUP(err_release) struct err e = { 0 };

	if (!b->creds.access_key_id)
		return false;
	/* another thread was here first */
	if (!streq(b->creds.access_key_id, key_id))
		return true;
	if (fetch(b, true, &e) < 0) {
		TRACE(TRACE_CREDS, "no new base credentials: %s",
		    err_text(&e));
		return false;
	}
	return !streq(b->creds.access_key_id, key_id);
}

bool base_renew(struct base *b, const char *key_id)
{
	bool done;

	pthread_mutex_lock(&b->lock);
	done = renew(b, key_id);
	pthread_mutex_unlock(&b->lock);
	return done;
}

/* ---- telling ------------------------------------------------------------- */

void base_explain(struct base *b)
{
	pthread_mutex_lock(&b->lock);
	if (b->advice)
		msg_warn(b->session->sink, "%s", b->advice);
	set_advice(b, NULL);
	pthread_mutex_unlock(&b->lock);
}

/* With the lock held; yours */
static char *expired_text(const struct base *b)
{
	return xasprintf("The AWS credentials (%s) have expired or are not "
	    "valid any more%s%s.", b->creds.source,
	    b->creds.mend ? ": " : "", b->creds.mend ? b->creds.mend : "");
}

void base_tell_expired(struct base *b)
{
	pthread_mutex_lock(&b->lock);
	if (!b->told_expired && b->creds.access_key_id)
		set_advice(b, expired_text(b));
	b->told_expired = true;
	pthread_mutex_unlock(&b->lock);
	base_explain(b);
}

/* ---- the account --------------------------------------------------------- */

static void report_no_account(struct base *b, const struct err *e)
{
	struct sink *sink = b->session->sink;

	if (err_is_aws(e, "ExpiredToken") ||
	    err_is_aws(e, "ExpiredTokenException"))
		msg_warn(sink, "There are expired AWS credentials in your "
		    "environment. The CDK app will synth without current "
		    "account information.");
	else
		msg_debug(sink, "Unable to determine the default AWS "
		    "account (%s): %s",
		    e->aws_code ? e->aws_code : "Error", err_text(e));
	/* a proxy, a certificate: not what "no credentials" says */
	if (!err_is_expired(e))
		set_advice(b, xstrdup(err_text(e)));
	else if (!b->told_expired)
		set_advice(b, expired_text(b));
	b->told_expired |= err_is_expired(e);
}

/* With the lock held. */
static int find_account(struct base *b, struct err *err)
{
	CLEANUP(free_p) char *key_id = NULL;
	int rc;

	rc = ensure(b, err);
	if (rc < 0)
		return rc;
	key_id = xstrdup(b->creds.access_key_id);
	rc = account_lookup(b->session, &b->creds, &b->account,
	    &b->partition, &b->account_from_sts, err);
	if (rc < 0 && err_is_expired(err) && renew(b, key_id))
		rc = account_lookup(b->session, &b->creds, &b->account,
		    &b->partition, &b->account_from_sts, err);
	if (rc < 0)
		report_no_account(b, err);
	return rc;
}

int base_account(struct base *b, const char **ret_account,
    const char **ret_partition, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&b->lock);
	if (!b->account_tried) {
		b->account_tried = true;
		(void)find_account(b, &b->account_err);
	}
	if (b->account) {
		if (ret_account)
			*ret_account = b->account;
		if (ret_partition)
			*ret_partition = b->partition;
	} else {
		if (err) {
			err_copy(err, &b->account_err);
			err->code = E_NOTFOUND;
		}
		rc = E_NOTFOUND;
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}
