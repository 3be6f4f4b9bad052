#include "app/identity.h"

#include <sys/prctl.h>

/* ---- settings ------------------------------------------------------------ */

/* "--profile", "CDK_PROFILE", "cdk.json", "~/.cdk.json" */
static const char *origin(const struct settings *st, const char *key,
    const char *option, const char *variable)
{
	const char *from = settings_origin(st, key), *v = getenv(variable);

	if (!streq(from, "command line"))
		return from;
	return v && streq0(v, settings_str(st, key)) ? variable : option;
}

static bool on_line(const struct settings *st, const char *key)
{
	return streq(settings_origin(st, key), "command line");
}

void identity_options(const struct settings *st, struct aws_session_opts *ret)
{
	bool named = settings_str(st, "profile") && on_line(st, "profile");

	ret->profile = settings_str(st, "profile");
	ret->profile_from = origin(st, "profile", "--profile", "CDK_PROFILE");
	ret->region = settings_str(st, "region");
	ret->region_from = origin(st, "region", "--region", "CDK_REGION");
	/* a profile of the line is for this run, whatever the files say */
	if (!named)
		ret->profiles = settings_get(st, "profiles");
	if (!named || on_line(st, "oidcRole"))
		ret->oidc_role = settings_str(st, "oidcRole");
	ret->oidc_variable = settings_str(st, "oidcTokenVariable");
	ret->oidc_wanted = on_line(st, "oidcRole");
}

static bool is_account(const char *s)
{
	return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}

int identity_check(const struct settings *st, struct err *err)
{
	const cJSON *all = settings_get(st, "profiles");

	if (!all)
		return 0;
	if (!cJSON_IsObject(all))
		return err_set(err, E_CONFIG, "\"profiles\" in cdk.json has to "
		    "be an object, like {\"111111111111\": \"my-profile\"}");
	JSON_EACH(p, all) {
		if (!is_account(p->string))
			return err_set(err, E_CONFIG, "\"profiles\" in "
			    "cdk.json: '%s' is no account, which has twelve "
			    "digits", p->string);
		if (!cJSON_IsString(p) || !*p->valuestring)
			return err_set(err, E_CONFIG, "\"profiles\" in "
			    "cdk.json: account %s needs the name of a profile",
			    p->string);
	}
	return 0;
}

/* ---- the app ------------------------------------------------------------- */

bool identity_isolated(const struct settings *st)
{
	return settings_bool(st, "isolateApp", false);
}

void identity_isolate(const struct settings *st, struct proc_env *env)
{
	static const char *const names[] = { "ACCESS_KEY_ID",
		"SECRET_ACCESS_KEY", "SESSION_TOKEN" };
	static const char *const gone[] = { "AWS_SECURITY_TOKEN",
		"AWS_CREDENTIAL_EXPIRATION", "AWS_CREDENTIAL_SCOPE",
		"AWS_ACCOUNT_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"CDK_PROFILE", "CDK_OIDC_ROLE", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_LOGIN_CACHE_DIRECTORY", "AWS_BEARER_TOKEN_BEDROCK",
		"ACTIONS_ID_TOKEN_REQUEST_URL",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITLAB_OIDC_TOKEN" };
	const char *token = settings_str(st, "oidcTokenVariable");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *aws = xasprintf("AWS_%s", names[i]);
		CLEANUP(free_p) char *amazon = xasprintf("AMAZON_%s",
		    names[i]);

		proc_env_unset(env, aws);
		proc_env_unset(env, amazon);
	}
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		proc_env_unset(env, gone[i]);
	if (token && *token)
		proc_env_unset(env, token);
	/* the files of the home would be found without a word */
	proc_env_set(env, "AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
	proc_env_set(env, "AWS_CONFIG_FILE", "/dev/null");
	proc_env_set(env, "AWS_EC2_METADATA_DISABLED", "true");
}

void identity_protect(const struct settings *st)
{
	const char *wish = getenv("CCDK_NO_DUMP");

	if ((wish && *wish && !streq(wish, "0") && !streq(wish, "false")) ||
	    identity_isolated(st))
		(void)prctl(PR_SET_DUMPABLE, 0);
}
