/*
 * ~/.aws/config and ~/.aws/credentials, merged per profile, key by key; the
 * credentials file wins. Missing or unreadable files count as empty.
 */
#ifndef CCDK_AWS_CONFIG_H
#define CCDK_AWS_CONFIG_H

#include "util/err.h"
#include "util/ini.h"

struct aws_config {
	struct ini config, credentials;
	char *home; /* "/home/x", NULL when unknown */
};

/* Paths from the environment; see config_load_files. */
void config_load(struct aws_config *ret);
void config_load_files(struct aws_config *ret, const char *config_file,
    const char *credentials_file);
void config_release(struct aws_config *c);

bool config_has_profile(const struct aws_config *c, const char *profile);
/* A profile's value, NULL when absent; empty values count as absent. */
const char *config_get(const struct aws_config *c, const char *profile,
    const char *key);
/* The sections alone, NULL when absent. */
const struct ini_section *config_section(const struct aws_config *c,
    const char *profile);
const struct ini_section *config_credentials_section(
    const struct aws_config *c, const char *profile);
/* What was probably meant by the name of a profile, or of a section with that
 * prefix, that is not there; NULL when nothing is near. Borrowed. */
const char *config_near_profile(const struct aws_config *c, const char *name);
const char *config_near_named(const struct aws_config *c, const char *prefix,
    const char *name);
/* "[sso-session NAME]" and "[services NAME]" of the config file */
const struct ini_section *config_named(const struct aws_config *c,
    const char *prefix, const char *name);

/* AWS_PROFILE, AWS_DEFAULT_PROFILE, or NULL. */
const char *config_env_profile(void);
/* $HOME and its stand-ins; yours, NULL when unknown. */
char *config_home(void);
/* First non-empty variable of a NULL-terminated list, or NULL. */
const char *config_first_env(const char *const *names);
/* aws_ca_bundle, AWS_CA_BUNDLE, the profile's ca_bundle, REQUESTS_CA_BUNDLE;
 * NULL when none. Borrowed. profile may be NULL. */
const char *config_ca_bundle(const struct aws_config *c, const char *profile);

enum retry_mode { RETRY_UNSET, RETRY_LEGACY, RETRY_STANDARD, RETRY_ADAPTIVE };

struct config_retry {
	enum retry_mode mode;
	unsigned attempts; /* in all; 0: not set */
};

/* AWS_RETRY_MODE and AWS_MAX_ATTEMPTS, or retry_mode and max_attempts of the
 * profile that AWS_PROFILE names, as all that the SDKs read themselves. What
 * cannot be read counts as not set; a sentence about it goes to bad. */
void config_retry(const struct aws_config *c, struct config_retry *ret,
    struct strvec *bad);

/*
 * --region, environment, the profile's region, the default profile's, then
 * NULL. Borrowed. *ret_from, set with a region, says who named it; yours.
 */
const char *config_region(const struct aws_config *c, const char *option,
    const char *profile, char **ret_from);

#endif
