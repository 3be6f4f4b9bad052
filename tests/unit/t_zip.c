#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libdeflate.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/zip.h"

static char *dir, *tree, *zip_path;

static uint32_t le(const char *p, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static void put(const char *name, struct sv data, mode_t mode)
{
	CLEANUP(free_p) char *path = path_join(tree, name);
	CLEANUP(free_p) char *up = path_dirname(path);

	assert_int_equal(dir_make(up, NULL), 0);
	assert_int_equal(file_write(path, data, 0600, NULL), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_tree(void)
{
	CLEANUP(free_p) char *link = path_join(tree, "l"), *gone = NULL;
	CLEANUP(free_p) char *dlink = path_join(tree, "z"), *none = NULL;
	CLEANUP(strbuf_release) struct strbuf big = STRBUF_INIT;

	gone = path_join(tree, "gone");
	none = path_join(tree, "none");
	put("b", SV("bee"), 0755);
	put("a/x/deep", SV("deep"), 0644);
	put("a/q", SV("q"), 0644);
	put(".hidden", SV(""), 0644);
	put("\xc3\xa9", SV("e"), 0644);
	/* beyond what is held in memory: goes the streamed way */
	strbuf_addn(&big, 'x', (size_t)17 << 20);
	put("big", strbuf_sv(&big), 0600);
	assert_int_equal(symlink("b", link), 0);
	assert_int_equal(symlink("a", dlink), 0);
	assert_int_equal(symlink("nowhere", gone), 0);
	assert_int_equal(mkdir(none, 0755), 0);
}

static const char *const order[] = { ".hidden", "b", "big", "l", "\xc3\xa9",
	"a/q", "z/q", "a/x/deep", "z/x/deep" };

static void check_data(const char *local, const char *name, uint32_t crc,
    uint32_t packed, uint32_t size)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	CLEANUP(free_p) char *out = xmalloc(size + 1);
	size_t n = 0;

	assert_memory_equal(local, "PK\3\4", 4);
	assert_int_equal(le(local + 4, 2), 20);
	assert_int_equal(le(local + 6, 2), 0x0800);
	assert_int_equal(le(local + 8, 2), 8);
	assert_int_equal(le(local + 10, 4), 0x00210000);
	assert_int_equal(le(local + 14, 4), crc);
	assert_int_equal(le(local + 18, 4), packed);
	assert_int_equal(le(local + 22, 4), size);
	assert_int_equal(le(local + 26, 2), strlen(name));
	assert_int_equal(le(local + 28, 2), 0);
	assert_memory_equal(local + 30, name, strlen(name));
	assert_int_equal(libdeflate_deflate_decompress(d,
			     local + 30 + strlen(name), packed, out, size + 1,
			     &n),
	    LIBDEFLATE_SUCCESS);
	assert_int_equal(n, size);
	assert_int_equal(libdeflate_crc32(0, out, n), crc);
	libdeflate_free_decompressor(d);
}

static void test_format(void **state)
{
	CLEANUP(strbuf_release) struct strbuf z = STRBUF_INIT;
	struct zip_stats st;
	const char *end, *c;

	(void)state;
	assert_int_equal(zip_folder(tree, zip_path, &st, NULL), 0);
	assert_int_equal(file_read(zip_path, 0, &z, NULL), 0);
	assert_int_equal(st.files, ARRAY_SIZE(order));
	assert_int_equal(st.bytes_out, z.len);
	end = z.buf + z.len - 22;
	assert_memory_equal(end, "PK\5\6", 4);
	assert_int_equal(le(end + 10, 2), ARRAY_SIZE(order));
	assert_int_equal(le(end + 16, 4) + le(end + 12, 4), z.len - 22);
	c = z.buf + le(end + 16, 4);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_memory_equal(c, "PK\1\2", 4);
		assert_int_equal(le(c + 4, 2), 0x033f);
		assert_int_equal(le(c + 28, 2), strlen(order[i]));
		assert_memory_equal(c + 46, order[i], strlen(order[i]));
		assert_int_equal(le(c + 30, 4), 0);
		check_data(z.buf + le(c + 42, 4), order[i], le(c + 16, 4),
		    le(c + 20, 4), le(c + 24, 4));
		if (streq(order[i], "b") || streq(order[i], "l"))
			assert_int_equal(le(c + 38, 4) >> 16, 0100755);
		if (streq(order[i], ".hidden"))
			assert_int_equal(le(c + 20, 4), 2);
		c += 46 + strlen(order[i]);
	}
	assert_ptr_equal(c, end);
}

static void test_same_bytes(void **state)
{
	CLEANUP(strbuf_release) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	(void)state;
	assert_int_equal(zip_folder(tree, zip_path, NULL, NULL), 0);
	assert_int_equal(file_read(zip_path, 0, &a, NULL), 0);
	assert_int_equal(zip_folder(tree, zip_path, NULL, NULL), 0);
	assert_int_equal(file_read(zip_path, 0, &b, NULL), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.buf, b.buf, a.len);
}

static void test_errors(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *no = path_join(dir, "no"), *to = NULL;

	(void)state;
	to = path_join(no, "x.zip");
	assert_true(zip_folder(no, zip_path, NULL, &err) < 0);
	assert_non_null(strstr(err_text(&err), no));
	assert_true(zip_folder(tree, to, NULL, &err) < 0);
	assert_non_null(strstr(err_text(&err), to));
	put("bad\xff", SV(""), 0644);
	assert_int_equal(zip_folder(tree, zip_path, NULL, &err), E_INVALID);
}

static void test_empty(void **state)
{
	CLEANUP(strbuf_release) struct strbuf z = STRBUF_INIT;
	CLEANUP(free_p) char *none = path_join(tree, "none");

	(void)state;
	assert_int_equal(zip_folder(none, zip_path, NULL, NULL), 0);
	assert_int_equal(file_read(zip_path, 0, &z, NULL), 0);
	assert_int_equal(z.len, 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_errors),
	};
	int rc;

	if (dir_temp("t_zip", &dir, NULL) < 0)
		return 1;
	tree = path_join(dir, "tree");
	zip_path = path_join(dir, "out.zip");
	make_tree();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (dir_remove(dir, NULL) < 0)
		rc = 1;
	free(dir);
	free(tree);
	free(zip_path);
	return rc;
}
