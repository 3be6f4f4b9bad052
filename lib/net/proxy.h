/*
 * Which proxy a request goes through: the one that is asked for, or what the
 * environment names, read as Node's proxy-agent reads it (npm_config_*,
 * https_proxy, http_proxy, all_proxy, no_proxy; lower case first). One
 * difference: an address without a scheme is an http:// one, as for curl and
 * the AWS CLI, also for https requests. Pure.
 */
#ifndef CCDK_NET_PROXY_H
#define CCDK_NET_PROXY_H

#include "net/url.h"

/* The environment, or a test's: NULL or "" is not set. */
typedef char *(*proxy_env)(const char *name);

/* An address for this URL, or NULL: none. Yours; it may carry a password. */
char *proxy_from_env(const struct url *u, proxy_env get);

/*
 * Takes an address apart: *ret_curl is what libcurl wants (yours, may carry a
 * password), *ret_shown what people may see. Either may be NULL. E_CONFIG,
 * with the reference's sentences, when it is none of ours.
 */
MUST_USE int proxy_parse(const char *address, char **ret_curl,
    char **ret_shown, struct err *err);

#endif
