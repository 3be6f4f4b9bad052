#include "app/whoami.h"

#include "app/access.h"
#include "model/asset_manifest.h"
#include "util/timeutil.h"

/* ---- identities ---------------------------------------------------------- */

static void put_time(cJSON *o, const char *key, int64_t utc)
{
	char text[21];

	if (!utc) {
		json_add_take(o, key, cJSON_CreateNull());
		return;
	}
	time_iso(utc, text);
	json_put_str(o, key, text);
}

/* Enough to tell two keys apart. */
static char *masked(const char *id)
{
	size_t n = strlen(id);

	return n < 12 ? xasprintf("%.4s...", id) :
	    xasprintf("%.4s...%s", id, id + n - 4);
}

static cJSON *identity(struct app *app, const char *account, struct err *err)
{
	CLEANUP(aws_identity_release) struct aws_identity i = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	cJSON *o = cJSON_CreateObject();
	int rc = aws_session_identify(app_aws(app), account, &i, &why);

	if (rc == 0 && account && !streq(i.account, account))
		json_put_str(o, "warning", "the profile is for another account; "
		    "it can only be used to assume a role");
	json_put_str(o, "account", i.account);
	json_put_str(o, "partition", i.partition);
	json_put_str(o, "principal", i.arn);
	json_put_str(o, "userId", i.user_id);
	json_put_str(o, "source", i.source);
	if (i.access_key_id) {
		CLEANUP(free_p) char *key = masked(i.access_key_id);

		json_put_str(o, "accessKeyId", key);
	}
	json_put_str(o, "profile", i.profile);
	json_put_str(o, "profileFrom", i.profile_from);
	put_time(o, "expires", i.expires);
	if (rc < 0) {
		json_put_str(o, "error", err_text(&why));
		err_move(err, &why);
	}
	return o;
}

/* Those of the settings; true when all of them work. */
static bool add_accounts(struct app *app, cJSON *report)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	cJSON *all = cJSON_CreateObject();
	bool ok = true;

	aws_session_accounts(app_aws(app), &names);
	for (size_t i = 0; i < names.n; i++) {
		cJSON *o = identity(app, names.v[i], NULL);

		ok &= !json_get(o, "error");
		json_add_take(all, names.v[i], o);
	}
	json_add_take(report, "accounts", all);
	return ok;
}

/* ---- roles --------------------------------------------------------------- */

static cJSON *add_role(cJSON *list, const char *use, const char *arn,
    const char *external_id)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "use", use);
	if (arn)
		json_put_str(o, "arn", arn);
	else
		json_add_take(o, "arn", cJSON_CreateNull());
	json_put_str(o, "externalId", external_id);
	json_push_take(list, o);
	return o;
}

static bool conclude(cJSON *role, struct aws *aws, bool fell_back, int rc,
    const struct err *why)
{
	bool named = json_str(role, "arn");

	if (rc < 0) {
		json_put_str(role, "status", "failed");
		json_put_str(role, "message", err_text(why));
		return false;
	}
	json_put_str(role, "status", fell_back || !named ? "base-credentials" :
	    "assumed");
	if (fell_back)
		json_put_str(role, "message", aws_fallback_reason(aws));
	put_time(role, "expires", aws_expires(aws));
	return true;
}

static bool check_stack_role(struct app *app, const struct stack *s,
    enum access_use use, cJSON *list)
{
	bool lookup = use == ACCESS_LOOKUP, fell_back = false, ok;
	CLEANUP(stack_access_release) struct stack_access a = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *arn = NULL;
	int rc;

	if (lookup && !stack_prop(s, "lookupRole.arn"))
		return true;
	rc = access_role(app, s, use, &a, &arn, &fell_back, &why);
	ok = conclude(add_role(list, lookup ? "lookup" : "deploy", arn,
	    stack_prop(s, lookup ? "lookupRole.assumeRoleExternalId" :
	    "assumeRoleExternalId")), a.aws, fell_back, rc, &why);
	if (!lookup && a.execution_role)
		json_put_str(add_role(list, "cloudformation",
		    a.execution_role, NULL), "status", "passed-on");
	return ok;
}

/* Destinations usually share one role: each is assumed once. */
static bool is_listed(const cJSON *list, const char *use, const char *arn)
{
	JSON_EACH(r, list)
		if (streq(json_str(r, "use"), use) &&
		    streq0(json_str(r, "arn"), arn))
			return true;
	return false;
}

/* As for publishing: in the placeholders stands the account of the base
 * credentials. */
static bool check_destination(struct app *app, const struct stack *s,
    const struct asset_entry *e, cJSON *list)
{
	const char *use = e->kind == ASSET_FILE ? "publish-files" :
	    "publish-images";
	const char *arn = json_str(e->dest, "assumeRoleArn");
	const char *region = json_str(e->dest, "region"), *own = NULL;
	struct aws_session *session = app_aws(app);
	CLEANUP(free_p) char *account = NULL, *stack_region = NULL;
	CLEANUP(free_p) char *place = NULL, *full = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	struct aws_role role = {
		.external_id = json_str(e->dest, "assumeRoleExternalId"),
		.options = json_get(e->dest, "assumeRoleAdditionalOptions"),
	};
	struct aws *aws = NULL;
	bool fell_back = false;
	int rc;

	rc = aws_session_resolve(session, s->account, s->region, &account,
	    &stack_region, &why);
	if (rc == 0) {
		if (aws_session_account_for(session, account, &own, NULL) < 0)
			own = "<unknown account>";
		place = aws_session_fill(session, region ? region :
		    stack_region, own, stack_region);
		if (arn)
			full = aws_session_fill(session, arn, own, place);
		if (is_listed(list, use, full))
			return true;
		role.arn = full;
		rc = aws_client_get(session, account, place, AWS_WRITE,
		    full ? &role : NULL, &aws, &fell_back, &why);
	}
	return conclude(add_role(list, use, full ? full : arn,
	    role.external_id), aws, fell_back, rc, &why);
}

static bool check_assets(struct app *app, const struct stack *s, cJSON *list)
{
	size_t n = stack_asset_artifacts(s, NULL, 0);
	CLEANUP(free_p) struct artifact **all = xcalloc(n + 1, sizeof(*all));
	bool ok = true;

	(void)stack_asset_artifacts(s, all, n);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(asset_manifest_free_p) struct asset_manifest *m = NULL;
		CLEANUP(err_release) struct err why = { 0 };

		if (asset_manifest_of(all[i], &m, &why) < 0) {
			ok = conclude(add_role(list, "publish-files", NULL,
			    NULL), NULL, false, why.code, &why);
			continue;
		}
		for (size_t k = 0; k < m->n; k++)
			ok &= check_destination(app, s, &m->v[k], list);
	}
	return ok;
}

static bool add_stack(struct app *app, const struct stack *s, cJSON *list)
{
	CLEANUP(free_p) char *account = NULL, *region = NULL;
	cJSON *o = cJSON_CreateObject(), *roles = cJSON_CreateArray();
	bool ok = true;

	json_put_str(o, "id", s->hierarchical_id);
	json_put_str(o, "name", s->name);
	if (aws_session_resolve(app_aws(app), s->account, s->region, &account,
	    &region, NULL) == 0) {
		json_put_str(o, "account", account);
		json_put_str(o, "region", region);
	}
	json_push_take(list, o);
	ok &= check_stack_role(app, s, ACCESS_DEPLOY, roles);
	ok &= check_stack_role(app, s, ACCESS_LOOKUP, roles);
	ok &= check_assets(app, s, roles);
	json_add_take(o, "roles", roles);
	return ok;
}

cJSON *whoami_report(struct app *app, const struct stack_list *stacks,
    bool *ret_ok, struct err *err)
{
	cJSON *report = cJSON_CreateObject(), *list = cJSON_CreateArray();
	struct aws_session *session = app_aws(app);
	bool ok;

	json_put_num(report, "version", WHOAMI_VERSION);
	json_put_bool(report, "ok", false);
	json_put_str(report, "region", aws_session_region(session));
	json_put_str(report, "regionFrom", aws_session_region_from(session));
	json_add_take(report, "identity", identity(app, NULL, err));
	ok = !json_at(report, "identity.error");
	ok &= add_accounts(app, report);
	for (size_t i = 0; i < stacks->n; i++)
		ok &= add_stack(app, stacks->v[i], list);
	json_add_take(report, "stacks", list);
	json_put_bool(report, "ok", ok);
	*ret_ok = ok;
	return report;
}

/* ---- for people ---------------------------------------------------------- */

static void line(struct strbuf *b, const char *name, const char *value,
    const char *from)
{
	if (value)
		strbuf_addf(b, "%-12s %s%s%s\n", name, value,
		    from ? ", from " : "", from ? from : "");
}

/* "2026-11-26T12:00:00Z, in 58 min" */
static char *moment(const char *iso)
{
	int64_t ms, left;

	if (!iso || !time_parse_iso(iso, &ms))
		return NULL;
	left = ms / 1000 - now_utc();
	if (left <= 0)
		return xasprintf("%s, which is past", iso);
	if (left < 7200)
		return xasprintf("%s, in %lld min", iso,
		    (long long)(left + 59) / 60);
	if (left < 172800)
		return xasprintf("%s, in %lld h", iso,
		    (long long)left / 3600);
	return xasprintf("%s, in %lld days", iso, (long long)left / 86400);
}

static void identity_lines(struct strbuf *b, const cJSON *i)
{
	const char *key = json_str(i, "accessKeyId");
	const char *source = json_str(i, "source");
	CLEANUP(free_p) char *until = moment(json_str(i, "expires"));
	CLEANUP(free_p) char *creds = source ? xasprintf("%s, key %s", source,
	    key ? key : "unknown") : NULL;

	line(b, "Account", json_str(i, "account"), NULL);
	line(b, "Principal", json_str(i, "principal"), NULL);
	line(b, "Credentials", creds, NULL);
	line(b, "Profile", json_str(i, "profile"), json_str(i, "profileFrom"));
	if (source)
		line(b, "Expires", until ? until : "not that we know", NULL);
	line(b, "Warning", json_str(i, "warning"), NULL);
}

static const char *status_text(const char *status)
{
	static const struct {
		const char *status, *text;
	} texts[] = {
		{ "assumed", "assumed" },
		{ "base-credentials", "base credentials" },
		{ "failed", "FAILED" },
		{ "passed-on", "passed on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (streq0(status, texts[i].status))
			return texts[i].text;
	return "unknown";
}

static void stack_lines(struct strbuf *b, const cJSON *s)
{
	const char *account = json_str(s, "account");
	const char *region = json_str(s, "region");

	strbuf_addf(b, "\nStack %s (aws://%s/%s)\n", json_str(s, "id"),
	    account ? account : "unknown", region ? region : "unknown");
	JSON_EACH(r, json_get(s, "roles")) {
		const char *arn = json_str(r, "arn");
		const char *id = json_str(r, "externalId");
		const char *message = json_str(r, "message");
		CLEANUP(free_p) char *until = moment(json_str(r, "expires"));

		strbuf_addf(b, "  %-14s  %-16s  %s", json_str(r, "use"),
		    status_text(json_str(r, "status")),
		    arn ? arn : "no role named");
		if (id)
			strbuf_addf(b, ", external id %s", id);
		if (until)
			strbuf_addf(b, ", until %s", until);
		strbuf_addc(b, '\n');
		if (message)
			strbuf_addf(b, "  %-14s  %s\n", "", message);
	}
}

char *whoami_text(const cJSON *report)
{
	struct strbuf b = STRBUF_INIT;

	line(&b, "Region", json_str(report, "region"),
	    json_str(report, "regionFrom"));
	identity_lines(&b, json_get(report, "identity"));
	JSON_EACH(a, json_get(report, "accounts")) {
		strbuf_addf(&b, "\nFor account %s\n", a->string);
		identity_lines(&b, a);
		line(&b, "Error", json_str(a, "error"), NULL);
	}
	JSON_EACH(s, json_get(report, "stacks"))
		stack_lines(&b, s);
	strbuf_rtrim(&b);
	return strbuf_detach(&b);
}
