/*
 * AWS_ACCESS_KEY_ID and its family. The CLI takes them even when AWS_PROFILE
 * is set.
 */
#include <strings.h>

#include "aws/internal.h"
#include "util/file.h"
#include "util/timeutil.h"

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static bool applies(const struct creds_ctx *c)
{
	(void)c;
	return env("AWS_ACCESS_KEY_ID") && env("AWS_SECRET_ACCESS_KEY");
}

static int fetch(struct creds_ctx *c, struct creds *ret, struct err *err)
{
	const char *until = env("AWS_CREDENTIAL_EXPIRATION");
	int64_t ms;

	(void)c;
	(void)err;
	*ret = (struct creds){
		.access_key_id = xstrdup(env("AWS_ACCESS_KEY_ID")),
		.secret_access_key = xstrdup(env("AWS_SECRET_ACCESS_KEY")),
		.session_token = xstrdup0(env("AWS_SESSION_TOKEN")),
		.source = xstrdup("environment"),
		.mend = xstrdup("set AWS_ACCESS_KEY_ID and its companions "
		    "anew, or unset them to use a profile"),
	};
	if (until && time_parse_iso(until, &ms))
		ret->expires = ms / 1000;
	return 0;
}

const struct creds_provider creds_env = { "environment", applies, fetch };

/* ---- what children are to see -------------------------------------------- */

static void copy_amazon_names(void)
{
	static const char *const names[] = { "ACCESS_KEY_ID",
		"SECRET_ACCESS_KEY", "SESSION_TOKEN" };
	const char *from[ARRAY_SIZE(names)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *aws = xasprintf("AWS_%s", names[i]);
		CLEANUP(free_p) char *amazon = xasprintf("AMAZON_%s",
		    names[i]);

		from[i] = env(aws);
		/* an empty token is one, an empty key is none */
		if (!from[i] && (i < 2 || !getenv(aws)))
			from[i] = env(amazon);
	}
	if (!from[0] || !from[1])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_p) char *aws = xasprintf("AWS_%s", names[i]);

		if (from[i] && from[i] != getenv(aws))
			setenv(aws, from[i], 1);
	}
}

/* A file that is there but cannot be read counts as well. */
static bool starts_file(const char *path, const char *prefix)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = file_read(path, 4096, &text, NULL);

	if (rc < 0)
		return rc != E_NOTFOUND;
	return strncasecmp(text.buf, prefix, strlen(prefix)) == 0;
}

bool creds_on_ec2(void)
{
	return starts_file("/sys/devices/virtual/dmi/id/board_asset_tag",
	    "i-") || starts_file("/sys/hypervisor/uuid", "ec2");
}

void creds_prepare_env(const char *profile_option)
{
	if (profile_option && *profile_option)
		return;
	copy_amazon_names();
	if (!getenv("AWS_EC2_METADATA_DISABLED") && !creds_on_ec2())
		setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}
