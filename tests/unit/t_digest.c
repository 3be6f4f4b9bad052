#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "util/digest.h"
#include "util/file.h"

static const char abc_hex[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void test_hashes(void **state)
{
	unsigned char md[SHA256_LEN];
	char hex[SHA256_HEX], sha1[41];
	struct sha256_ctx *c;

	(void)state;
	sha256_hex(SV("abc"), hex);
	assert_string_equal(hex, abc_hex);
	sha256_hex((struct sv){ 0 }, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
				 "27ae41e4649b934ca495991b7852b855");
	sha1_hex(SV("abc"), sha1);
	assert_string_equal(sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
	c = sha256_begin();
	sha256_update(c, "a", 1);
	sha256_update(c, "bc", 2);
	sha256_end(c, md);
	hex_encode(md, sizeof(md), hex);
	assert_string_equal(hex, abc_hex);
	/* RFC 4231, case 2 */
	hmac_sha256(SV("Jefe"), SV("what do ya want for nothing?"), md);
	hex_encode(md, sizeof(md), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
				 "5a003f089d2739839dec58b964ec3843");
	/* an empty key is one too, not the one from before */
	hmac_sha256((struct sv){ 0 }, SV(""), md);
	hex_encode(md, sizeof(md), hex);
	assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5"
				 "ff1697c493715653c6c712144292c5ad");
}

static void test_fd(void **state)
{
	unsigned char md[SHA256_LEN];
	char hex[SHA256_HEX], *dir = NULL;
	CLEANUP(free_p) char *f = NULL;
	int fd;

	(void)state;
	assert_int_equal(dir_temp("t_digest", &dir, NULL), 0);
	f = path_join(dir, "f");
	assert_int_equal(file_write(f, SV("xxabcyy"), 0600, NULL), 0);
	fd = open(f, O_RDONLY | O_CLOEXEC);
	assert_int_equal(sha256_fd(fd, 2, 3, md, NULL), 0);
	hex_encode(md, sizeof(md), hex);
	assert_string_equal(hex, abc_hex);
	assert_int_equal(sha256_fd(fd, 0, -1, md, NULL), 0);
	assert_int_equal(sha256_fd(fd, 0, 8, md, NULL), E_IO);
	close(fd);
	assert_int_equal(dir_remove(dir, NULL), 0);
	free(dir);
}

static void test_b64(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },	    { "f", "Zg==" },	 { "fo", "Zm8=" },
		{ "foo", "Zm9v" },  { "foob", "Zm9vYg==" },
		{ "\xff\xfe\xfd", "//79" },
	};
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strbuf_reset(&b);
		b64_encode(&b, rows[i][0], strlen(rows[i][0]));
		assert_string_equal(b.buf, rows[i][1]);
		strbuf_reset(&b);
		assert_int_equal(b64_decode(&b, sv_from(rows[i][1])), 0);
		assert_string_equal(b.buf, rows[i][0]);
	}
	strbuf_reset(&b);
	assert_int_equal(b64_decode(&b, SV("Zm9v\nYg")), 0);
	assert_string_equal(b.buf, "foob");
	assert_true(b64_decode(&b, SV("Z")) < 0);
	assert_true(b64_decode(&b, SV("Zg=")) < 0);
	assert_true(b64_decode(&b, SV("Z*==")) < 0);
	assert_true(b64_decode(&b, SV("Zg==Zg==")) < 0);
}

static void test_uuid(void **state)
{
	char a[37], b[37];

	(void)state;
	unsetenv("CCDK_SEED");
	uuid4(a);
	uuid4(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_b64),
		cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
