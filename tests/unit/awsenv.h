/*
 * A scrubbed environment for tests of lib/aws: an empty home, a stub server as
 * the endpoint of every service, waits of no length, messages kept.
 */
#ifndef CCDK_TESTS_AWSENV_H
#define CCDK_TESTS_AWSENV_H

#include "aws/call.h"
#include "stubhttp.h"
#include "util/file.h"

extern char **environ;

struct notes {
	struct sink sink;
	pthread_mutex_t lock;
	struct strvec warnings, debug;
};

static inline void notes_emit(struct sink *s, const struct msg *m)
{
	struct notes *n = (struct notes *)s;

	pthread_mutex_lock(&n->lock);
	strvec_add(m->level == MSG_WARN ? &n->warnings : &n->debug, m->text);
	pthread_mutex_unlock(&n->lock);
}

static inline void notes_init(struct notes *n)
{
	*n = (struct notes){ .sink = { .emit = notes_emit } };
	pthread_mutex_init(&n->lock, NULL);
}

static inline void notes_release(struct notes *n)
{
	strvec_release(&n->warnings);
	strvec_release(&n->debug);
}

/* Yours: a temporary home. Before the first use of a clock. */
static inline char *awsenv_scrub(void)
{
	static const char *const starts[] = { "AWS_", "AMAZON_", "CDK_",
		"CCDK_", "aws_", "http", "HTTP", "no_proxy", "NO_PROXY",
		"all_proxy", "ALL_PROXY" };
	struct strvec names = { 0 };
	char *home = NULL;

	for (char **e = environ; *e; e++) {
		for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
			if (str_starts(*e, starts[i]))
				strvec_add_take(&names, xstrndup(*e,
				    strcspn(*e, "=")));
		}
	}
	for (size_t i = 0; i < names.n; i++)
		unsetenv(names.v[i]);
	strvec_release(&names);
	if (dir_temp("awsenv", &home, NULL) < 0)
		abort();
	setenv("HOME", home, 1);
	setenv("CDK_HOME", home, 1);
	setenv("CCDK_POLL_SCALE", "0", 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	return home;
}

static inline void awsenv_endpoint(const struct stub *s)
{
	CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%d", s->port);

	setenv("AWS_ENDPOINT_URL", url, 1);
}

static inline void awsenv_keys(const char *id)
{
	setenv("AWS_ACCESS_KEY_ID", id, 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secretEXAMPLE", 1);
}

static inline void awsenv_file(const char *home, const char *name,
    const char *text)
{
	CLEANUP(free_p) char *dir = path_join(home, ".aws");
	CLEANUP(free_p) char *path = path_join(dir, name);

	if (dir_make(dir, NULL) < 0 ||
	    file_write(path, sv_from(text), 0600, NULL) < 0)
		abort();
}

#define IDENTITY(account)						\
	"<GetCallerIdentityResponse><GetCallerIdentityResult>"		\
	"<Arn>arn:aws:iam::" account ":user/x</Arn><Account>" account	\
	"</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"

#endif
