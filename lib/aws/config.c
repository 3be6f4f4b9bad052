#include "aws/config.h"

#include <pwd.h>

#include "cli/suggest.h"
#include "util/file.h"

#define FILE_MAX (4u << 20)

const char *config_first_env(const char *const *names)
{
	for (; *names; names++) {
		const char *v = getenv(*names);

		if (v && *v)
			return v;
	}
	return NULL;
}

char *config_home(void)
{
	static const char *const names[] = { "HOME", "USERPROFILE", NULL };
	const char *v = config_first_env(names);
	const char *drive = getenv("HOMEDRIVE"), *path = getenv("HOMEPATH");
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (v)
		return xstrdup(v);
	if (drive && path && *path)
		return xasprintf("%s%s", drive, path);
	if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 && found)
		return xstrdup(found->pw_dir);
	return NULL;
}

static char *file_name(const char *home, const char *env, const char *name)
{
	const char *v = getenv(env);

	if (v && str_starts(v, "~/") && home)
		return path_join(home, v + 2);
	if (v && *v)
		return xstrdup(v);
	if (!home)
		return NULL;
	return xasprintf("%s/.aws/%s", home, name);
}

static void load(const char *path, struct ini *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_SECRET;

	*ret = (struct ini){ 0 };
	if (path && file_read(path, FILE_MAX, &text, NULL) == 0)
		ini_parse(strbuf_sv(&text), ret);
}

void config_load_files(struct aws_config *ret, const char *config_file,
    const char *credentials_file)
{
	load(config_file, &ret->config);
	load(credentials_file, &ret->credentials);
}

void config_load(struct aws_config *ret)
{
	CLEANUP(free_p) char *config = NULL, *credentials = NULL;

	*ret = (struct aws_config){ .home = config_home() };
	config = file_name(ret->home, "AWS_CONFIG_FILE", "config");
	credentials = file_name(ret->home, "AWS_SHARED_CREDENTIALS_FILE",
	    "credentials");
	config_load_files(ret, config, credentials);
}

static void wipe(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		STRMAP_EACH(&ini->v[i].keys, e) {
			if (e->value)
				explicit_bzero(e->value, strlen(e->value));
		}
	}
	ini_release(ini);
}

void config_release(struct aws_config *c)
{
	wipe(&c->config);
	wipe(&c->credentials);
	free(c->home);
	*c = (struct aws_config){ 0 };
}

const struct ini_section *config_section(const struct aws_config *c,
    const char *profile)
{
	const struct ini_section *s = ini_section(&c->config, "profile",
	    profile);

	/* "[profile default]" beats "[default]"; other plain names are no
	 * profiles here */
	if (!s && streq(profile, "default"))
		s = ini_section(&c->config, NULL, profile);
	return s;
}

const struct ini_section *config_credentials_section(
    const struct aws_config *c, const char *profile)
{
	return ini_section(&c->credentials, NULL, profile);
}

const struct ini_section *config_named(const struct aws_config *c,
    const char *prefix, const char *name)
{
	return ini_section(&c->config, prefix, name);
}

bool config_has_profile(const struct aws_config *c, const char *profile)
{
	return config_section(c, profile) ||
	    config_credentials_section(c, profile);
}

static void nearest(const struct ini *ini, const char *prefix,
    const char *name, const char **ret, unsigned *best)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_section *s = &ini->v[i];

		if (streq0(s->prefix, prefix) &&
		    suggest_nearer(name, s->name, best))
			*ret = s->name;
	}
}

const char *config_near_profile(const struct aws_config *c, const char *name)
{
	const char *near = NULL;
	unsigned best = SUGGEST_FAR;

	nearest(&c->config, "profile", name, &near, &best);
	nearest(&c->credentials, NULL, name, &near, &best);
	if (config_section(c, "default") &&
	    suggest_nearer(name, "default", &best))
		near = "default";
	return near;
}

const char *config_near_named(const struct aws_config *c, const char *prefix,
    const char *name)
{
	const char *near = NULL;
	unsigned best = SUGGEST_FAR;

	nearest(&c->config, prefix, name, &near, &best);
	return near;
}

static const char *get(const struct ini_section *s, const char *key)
{
	const char *v = s ? ini_get(s, key) : NULL;

	return v && *v ? v : NULL;
}

const char *config_get(const struct aws_config *c, const char *profile,
    const char *key)
{
	const char *v = get(config_credentials_section(c, profile), key);

	return v ? v : get(config_section(c, profile), key);
}

const char *config_env_profile(void)
{
	static const char *const names[] = { "AWS_PROFILE",
		"AWS_DEFAULT_PROFILE", NULL };

	return config_first_env(names);
}

static const char *profile_or_default(const char *profile)
{
	if (!profile || !*profile)
		profile = config_env_profile();
	return profile ? profile : "default";
}

const char *config_ca_bundle(const struct aws_config *c, const char *profile)
{
	static const char *const first[] = { "aws_ca_bundle", "AWS_CA_BUNDLE",
		NULL };
	static const char *const last[] = { "REQUESTS_CA_BUNDLE", NULL };
	const char *v = config_first_env(first);

	if (!v)
		v = config_get(c, profile_or_default(profile), "ca_bundle");
	return v ? v : config_first_env(last);
}

/* A setting of the SDKs; *name becomes the place it was found in. */
static const char *sdk_setting(const struct aws_config *c, const char *env,
    const char *key, const char **name)
{
	const char *const names[] = { env, NULL };
	const char *v = config_first_env(names);

	*name = v ? env : key;
	return v ? v : config_get(c, profile_or_default(NULL), key);
}

static enum retry_mode mode_of(const char *v)
{
	static const char *const words[] = { [RETRY_LEGACY] = "legacy",
		[RETRY_STANDARD] = "standard", [RETRY_ADAPTIVE] = "adaptive" };

	for (size_t i = RETRY_LEGACY; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i], v) == 0)
			return (enum retry_mode)i;
	}
	return RETRY_UNSET;
}

void config_retry(const struct aws_config *c, struct config_retry *ret,
    struct strvec *bad)
{
	const char *name, *v;
	int64_t n;

	*ret = (struct config_retry){ 0 };
	v = sdk_setting(c, "AWS_RETRY_MODE", "retry_mode", &name);
	if (v)
		ret->mode = mode_of(v);
	if (v && ret->mode == RETRY_UNSET)
		strvec_addf(bad, "%s is '%s' and is not used: it can be "
		    "legacy, standard or adaptive", name, v);
	v = sdk_setting(c, "AWS_MAX_ATTEMPTS", "max_attempts", &name);
	if (v && str_to_int64(v, &n) && n >= 1 && n <= 1000)
		ret->attempts = (unsigned)n;
	else if (v)
		strvec_addf(bad, "%s is '%s' and is not used: it must be a "
		    "number from 1 to 1000", name, v);
}

static const char *first_set(const char *const *names, char **ret_from)
{
	for (; *names; names++) {
		const char *v = getenv(*names);

		if (v && *v) {
			*ret_from = xstrdup(*names);
			return v;
		}
	}
	return NULL;
}

const char *config_region(const struct aws_config *c, const char *option,
    const char *profile, char **ret_from)
{
	static const char *const names[] = { "AWS_REGION", "AMAZON_REGION",
		"AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION", NULL };
	const char *v;

	if (option && *option) {
		*ret_from = xstrdup("--region");
		return option;
	}
	v = first_set(names, ret_from);
	if (v)
		return v;
	profile = profile_or_default(profile);
	v = config_get(c, profile, "region");
	if (!v) {
		profile = "default";
		v = config_get(c, profile, "region");
	}
	if (v)
		*ret_from = xasprintf("profile '%s'", profile);
	return v;
}
