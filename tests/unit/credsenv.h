/*
 * For tests of credential providers: a home of its own, a stub server, and the
 * base credentials of a fresh session.
 */
#ifndef CCDK_TESTS_CREDSENV_H
#define CCDK_TESTS_CREDSENV_H

#include "aws/internal.h"

#include <setjmp.h>

#include <cmocka.h>

#include "awsenv.h"
#include "util/digest.h"
#include "util/timeutil.h"

static struct stub server;
static struct notes notes;
static char *home;

/* What the last look-up gave. */
static struct creds got;
static struct err why;

static inline int lookup(const char *profile)
{
	struct aws_session_opts o = { .version = "1", .profile = profile,
		.sink = &notes.sink };
	struct aws_session *s = aws_session_new(&o);
	int rc;

	creds_release(&got);
	err_release(&why);
	rc = base_creds(session_base(s, NULL), &got, &why);
	aws_session_free(s);
	return rc;
}

static inline void check_key(const char *profile, const char *id)
{
	if (lookup(profile) < 0)
		fail_msg("%s", err_text(&why));
	assert_string_equal(got.access_key_id, id);
	assert_string_equal(got.secret_access_key, "secretEXAMPLE");
}

static inline void check_error(const char *profile, const char *text)
{
	assert_int_equal(lookup(profile), E_AUTH);
	if (!strstr(err_text(&why), text))
		fail_msg("'%s' is not in '%s'", text, err_text(&why));
	assert_null(strstr(err_text(&why), "EXAMPLE"));
}

static inline void config_file(const char *text)
{
	awsenv_file(home, "config", text);
}

/* Below the home, with its folders. */
static inline char *put_file(const char *name, const char *text)
{
	char *path = path_join(home, name);
	CLEANUP(free_p) char *dir = path_dirname(path);

	if (dir_make(dir, NULL) < 0 ||
	    file_write(path, sv_from(text), 0600, NULL) < 0)
		abort();
	return path;
}

static inline char *when(int64_t seconds_from_now)
{
	char *text = xmalloc(21);

	time_iso(now_utc() + seconds_from_now, text);
	return text;
}

static inline const char *request(size_t i)
{
	assert_true(i < server.requests.n);
	return server.requests.v[i];
}

static inline char *server_url(const char *path)
{
	return xasprintf("http://127.0.0.1:%d%s", server.port, path);
}

static inline void credsenv_start(void (*answer)(struct stub *s,
    const char *request, struct strbuf *out))
{
	mem_init_json();
	notes_init(&notes);
	home = awsenv_scrub();
	server = (struct stub){ .answer = answer };
	if (stub_start(&server) < 0)
		abort();
	awsenv_endpoint(&server);
}

/* Between tests: no requests, no messages, no files. */
static inline void credsenv_reset(void)
{
	CLEANUP(free_p) char *dir = path_join(home, ".aws");

	pthread_mutex_lock(&server.lock);
	strvec_release(&server.requests);
	server.requests = (struct strvec){ 0 };
	pthread_mutex_unlock(&server.lock);
	notes_release(&notes);
	notes.warnings = notes.debug = (struct strvec){ 0 };
	if (dir_remove(dir, NULL) < 0)
		abort();
}

static inline void credsenv_stop(void)
{
	credsenv_reset();
	stub_stop(&server);
	creds_release(&got);
	err_release(&why);
	if (dir_remove(home, NULL) < 0)
		abort();
	free(home);
}

#endif
