/*
 * What is left of secrets in our own memory once they were used and released.
 * The secret is never written down here in one piece: it is made at run time
 * and kept with its bits flipped, so that looking for it does not find us.
 */
#include "credsenv.h"

#include <fcntl.h>
#include <stdio.h>

#include "aws/creds_json.h"
#include "aws/sigv4.h"

#define LEN 40
#define FLIP 0x5a

static unsigned char kept[LEN];

static void answer(struct stub *s, const char *text, struct strbuf *out)
{
	(void)s;
	(void)text;
	stub_reply(out, 404, "", "");
}

static void new_secret(char secret[LEN + 1])
{
	uint8_t random[LEN];

	rand_bytes(random, sizeof(random));
	for (size_t i = 0; i < LEN; i++) {
		secret[i] = (char)('a' + random[i] % 26);
		kept[i] = (unsigned char)(secret[i] ^ FLIP);
	}
	secret[LEN] = '\0';
}

/* Not by way of the guard pages, red zones and shadows of sanitizers. */
#define PLAIN __attribute__((no_sanitize("address", "thread")))

static PLAIN bool is_secret(const unsigned char *p)
{
	for (size_t i = 0; i < LEN; i++)
		if ((p[i] ^ FLIP) != kept[i])
			return false;
	return true;
}

static PLAIN size_t look(const unsigned char *p, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i + LEN <= n; i++)
		found += is_secret(p + i);
	return found;
}

/* Heap and other private memory; what a reader of a core dump would have. */
static size_t copies(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	size_t found = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest;
		uintptr_t a = strtoull(line, &rest, 16);
		uintptr_t z = strtoull(rest + 1, &rest, 16);

		if (!str_starts(rest, " rw-p") || z - a > 1u << 28 ||
		    strstr(line, "[stack]") || strchr(rest, '/'))
			continue;
		found += look((const unsigned char *)a, z - a);
	}
	(void)fclose(f);
	return found;
}

/* Files come from another process, or our own buffers would be found. */
static void put(const char *name, const char *before, const char *secret,
    const char *after)
{
	CLEANUP(free_p) char *dir = path_join(home, ".aws");
	CLEANUP(free_p) char *path = path_join(dir, name);
	const char *const parts[] = { before, secret, after };
	int fd;

	assert_int_equal(dir_make(dir, NULL), 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_int_equal(fd_write_all(fd, parts[i], strlen(parts[i])),
		    0);
	close(fd);
}

static void forget(char *secret)
{
	explicit_bzero(secret, LEN + 1);
	creds_release(&got);
}

/* The test sees what it is to see. */
static void t_finds(void **state)
{
	char secret[LEN + 1];
	char *copy;

	(void)state;
	new_secret(secret);
	copy = xstrdup(secret);
	assert_true(copies() >= 1);
	secret_free(copy);
	forget(secret);
	assert_int_equal(copies(), 0);
}

static void t_profile(void **state)
{
	char secret[LEN + 1];

	(void)state;
	credsenv_reset();
	new_secret(secret);
	put("credentials", "[p]\naws_access_key_id = AKID\n"
	    "aws_secret_access_key = ", secret, "\n");
	assert_int_equal(lookup("p"), 0);
	assert_string_equal(got.secret_access_key, secret);
	forget(secret);
	assert_int_equal(copies(), 0);
}

static void t_process(void **state)
{
	char secret[LEN + 1];

	(void)state;
	credsenv_reset();
	new_secret(secret);
	put("out", "{\"Version\":1,\"AccessKeyId\":\"AKID\","
	    "\"SecretAccessKey\":\"", secret, "\"}");
	config_file("[profile p]\ncredential_process = cat ~/.aws/out\n");
	assert_int_equal(lookup("p"), 0);
	assert_string_equal(got.secret_access_key, secret);
	forget(secret);
	assert_int_equal(copies(), 0);
}

static void t_token_file(void **state)
{
	CLEANUP(free_p) char *path = path_join(home, ".aws/token.json");
	cJSON *doc = NULL;
	char secret[LEN + 1];

	(void)state;
	credsenv_reset();
	new_secret(secret);
	put("token.json", "{\"accessToken\":\"", secret, "\",\"a\":[1,{}]}");
	assert_int_equal(creds_file_read(path, &doc), 0);
	assert_string_equal(json_str(doc, "accessToken"), secret);
	assert_int_equal(creds_file_write(path, doc, NULL), 0);
	creds_json_free(doc);
	forget(secret);
	assert_int_equal(copies(), 0);
}

/* A session token is in the headers and in what is signed. */
static void t_signing(void **state)
{
	CLEANUP(strbuf_release) struct strbuf auth = STRBUF_INIT;
	struct strvec headers = { 0 };
	char secret[LEN + 1];
	struct sigv4_opts o = { .region = "r", .service = "s", .utc = 1 };
	struct sigv4_request r = { .method = "GET", .path = "/", .query = "",
		.headers = &headers, .payload_sha256 = "x" };
	char *key;

	(void)state;
	new_secret(secret);
	key = xstrdup(secret);
	strvec_add(&headers, "Host: example.org");
	strvec_addf(&headers, "X-Amz-Security-Token: %0500d%s", 0, secret);
	{
		struct creds c = { .access_key_id = xstrdup("AKID"),
			.secret_access_key = key };

		assert_int_equal(sigv4_authorization(&r, &o, &c, &auth, NULL),
		    0);
		creds_release(&c);
	}
	for (size_t i = 0; i < headers.n; i++)
		explicit_bzero(headers.v[i], strlen(headers.v[i]));
	strvec_release(&headers);
	forget(secret);
	assert_int_equal(copies(), 0);
}

/* Growing moves a secret; no copy stays where it was. */
static void t_strbuf(void **state)
{
	struct strbuf b = STRBUF_SECRET;
	char secret[LEN + 1];

	(void)state;
	new_secret(secret);
	strbuf_addf(&b, "%s", secret);
	for (int i = 0; i < 200; i++)
		strbuf_adds(&b, "more and more of it, until it moves");
	strbuf_addf(&b, "%0300d%s", 0, secret);
	explicit_bzero(secret, sizeof(secret));
	assert_int_equal(copies(), 2);
	strbuf_release(&b);
	assert_int_equal(copies(), 0);
}

static int start(void **state)
{
	(void)state;
	credsenv_start(answer);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	credsenv_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_finds),
		cmocka_unit_test(t_strbuf),
		cmocka_unit_test(t_profile),
		cmocka_unit_test(t_process),
		cmocka_unit_test(t_token_file),
		cmocka_unit_test(t_signing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
