#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/file.h"

static char *dir;

static char *in_dir(const char *name)
{
	return path_join(dir, name);
}

static void test_paths(void **state)
{
	static const char *const normal[][2] = {
		{ "a/./b/../c", "a/c" },   { "../a", "../a" },
		{ "a/../../b", "../b" },   { "/../a", "/a" },
		{ "", "." },		   { "a//b/", "a/b" },
		{ "../..", "../.." },	   { "a/..", "." },
		{ "/", "/" },		   { "./x", "x" },
	};
	static const char *const dirs[][2] = {
		{ "a", "." }, { "/a", "/" }, { "a/b/", "a" }, { "a//b", "a" },
		{ "/", "/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(normal); i++) {
		CLEANUP(free_p) char *s = path_normal(normal[i][0]);

		assert_string_equal(s, normal[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		CLEANUP(free_p) char *s = path_dirname(dirs[i][0]);

		assert_string_equal(s, dirs[i][1]);
	}
	assert_string_equal(path_ext("a/b.tar.gz"), ".gz");
	assert_string_equal(path_ext("a.b/c"), "");
	assert_string_equal(path_ext("a/.json"), "");
	assert_string_equal(path_basename("a/b"), "b");
	assert_true(path_escapes("/a"));
	assert_true(path_escapes("a/../../b"));
	assert_true(path_escapes(".."));
	assert_false(path_escapes("a/../b"));
	assert_false(path_escapes("..a/b"));
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_write_read(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *f = in_dir("f"), *link = in_dir("link");

	(void)state;
	assert_int_equal(file_read(f, 0, &b, &err), E_NOTFOUND);
	assert_int_equal(file_write(f, SV("one"), 0600, &err), 0);
	assert_int_equal(mode_of(f), 0600);
	assert_int_equal(file_read(f, 0, &b, &err), 0);
	assert_string_equal(b.buf, "one");
	assert_int_equal(file_read(f, 2, &b, &err), E_TOOBIG);
	/* the link stays one, the mode stays as it is */
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(file_write(link, SV("two"), 0666, &err), 0);
	assert_int_equal(file_read(f, 0, &b, &err), 0);
	assert_string_equal(b.buf, "two");
	assert_int_equal(mode_of(f), 0600);
	assert_int_equal(file_write("/dev/null", SV("x"), 0666, &err), 0);
	assert_int_equal(file_read("/dev/null", 0, &b, &err), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(file_read("/proc/self/stat", 0, &b, &err), 0);
	assert_true(b.len > 10);
	assert_int_equal(file_read(dir, 0, &b, &err), E_IO);
}

static void test_tmpfile(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *f = in_dir("t"), *name = NULL;
	struct tmpfile_ctx *t = NULL;

	(void)state;
	assert_int_equal(tmpfile_open(f, 0644, &t, &err), 0);
	name = xstrdup(tmpfile_path(t));
	assert_int_equal(fd_write_all(tmpfile_fd(t), "x", 1), 0);
	assert_true(file_exists(name));
	tmpfile_free(t);
	assert_false(file_exists(name));
	assert_false(file_exists(f));
	assert_int_equal(tmpfile_open(f, 0644, &t, &err), 0);
	assert_int_equal(tmpfile_commit(t, &err), 0);
	tmpfile_free(t);
	assert_true(file_is_regular(f));
	assert_true(tmpfile_open(dir, 0644, &t, &err) < 0);
}

static void test_dirs(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *deep = in_dir("d/e/f"), *top = in_dir("d");
	CLEANUP(free_p) char *file = in_dir("d/e/file"), *l = in_dir("d/l");

	(void)state;
	assert_int_equal(dir_make(deep, &err), 0);
	assert_int_equal(dir_make(deep, &err), 0);
	assert_true(file_is_dir(deep));
	assert_int_equal(file_write(file, SV(""), 0666, &err), 0);
	assert_true(dir_make(file, &err) < 0);
	assert_int_equal(symlink("/", l), 0);
	for (int i = 0; i < 300; i++) {
		CLEANUP(free_p) char *f = xasprintf("%s/%d", deep, i);

		assert_int_equal(file_write(f, SV(""), 0666, &err), 0);
	}
	assert_int_equal(dir_remove(top, &err), 0);
	assert_false(file_exists(top));
	assert_true(file_exists("/"));
	assert_int_equal(dir_remove(top, &err), 0);
}

/* What a process that dies from a signal leaves behind: nothing. */
static void test_signal(void **state)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGHUP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++) {
		CLEANUP(free_p) char *path = NULL;
		char buf[4096] = "";
		int fd[2], st;
		pid_t pid;

		assert_int_equal(pipe(fd), 0);
		pid = fork();
		if (pid == 0) {
			/* a fresh program: ours has its hooks already */
			char arg[16];

			/* which whoever started us may have ignored */
			signal(sigs[i], SIG_DFL);
			snprintf(arg, sizeof(arg), "%d", sigs[i]);
			dup2(fd[1], 1);
			execl("/proc/self/exe", "t_file", arg, (char *)NULL);
			_exit(127);
		}
		close(fd[1]);
		assert_true(read(fd[0], buf, sizeof(buf) - 1) > 0);
		close(fd[0]);
		assert_int_equal(waitpid(pid, &st, 0), pid);
		assert_true(WIFSIGNALED(st));
		assert_int_equal(WTERMSIG(st), sigs[i]);
		assert_true(strlen(buf) > 5);
		assert_false(file_exists(buf));
	}
}

static int die_by(const char *sig)
{
	int64_t n;
	char *d = NULL, *f;

	if (!str_to_int64(sig, &n) || dir_temp("t_file", &d, NULL) < 0)
		return 2;
	f = path_join(d, "file");
	if (file_write(f, SV("x"), 0600, NULL) < 0 ||
	    fd_write_all(1, d, strlen(d)) < 0)
		return 2;
	raise((int)n);
	return 3;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_write_read),
		cmocka_unit_test(test_tmpfile),
		cmocka_unit_test(test_dirs),
		cmocka_unit_test(test_signal),
	};
	int rc;

	if (argc > 1)
		return die_by(argv[1]);
	if (dir_temp("t_file", &dir, NULL) < 0)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (dir_remove(dir, NULL) < 0)
		rc = 1;
	free(dir);
	return rc;
}
