/* Styles, width, and what the sink writes where. */
#include "term/style.h"
#include "term/term.h"
#include "util/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <cmocka.h>

static void assert_style(enum style s, const char *text, const char *want)
{
	CLEANUP(free_p) char *got = styled(true, s, text);

	assert_string_equal(got, want);
}

static void styles(void **state)
{
	(void)state;
	assert_style(STYLE_RED, "x", "\033[31mx\033[39m");
	assert_style(STYLE_GRAY, "x", "\033[90mx\033[39m");
	assert_style(STYLE_BOLD, "x", "\033[1mx\033[22m");
	assert_style(STYLE_RESET, "x", "\033[0mx\033[0m");
	assert_style(STYLE_CYAN, "a\nb\r\n",
	    "\033[36ma\033[39m\n\033[36mb\033[39m\r\n\033[36m\033[39m");
	/* an inner style that ends gives way to the outer one */
	assert_style(STYLE_RED, "a\033[33mb\033[39mc",
	    "\033[31ma\033[33mb\033[39m\033[31mc\033[39m");
	assert_style(STYLE_RED, "", "");
	CLEANUP(free_p) char *off = styled(false, STYLE_RED, "a\nb");
	assert_string_equal(off, "a\nb");
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(term_width(SV("abc")), 3);
	assert_int_equal(term_width(SV("\033[31mabc\033[39m")), 3);
	assert_int_equal(term_width(SV("\xe2\x9c\xa8")), 2);	     /* emoji */
	assert_int_equal(term_width(SV("\xe6\x97\xa5")), 2);	     /* CJK */
	assert_int_equal(term_width(SV("e\xcc\x81")), 1); /* combining */
	assert_int_equal(term_width(SV("\xe2\x94\x82")), 1); /* box */
	assert_int_equal(term_width(SV("\xff\033[")), 2);
}

/* Standard output and error go to files while a sink is at work. */
struct capture {
	char *dir;
	int saved[2];
	struct strbuf out, err;
};

static void capture_begin(struct capture *c)
{
	static const char *const names[] = { "out", "err" };

	*c = (struct capture){ .out = STRBUF_INIT, .err = STRBUF_INIT };
	assert_int_equal(dir_temp("t_term", &c->dir, NULL), 0);
	for (int i = 0; i < 2; i++) {
		CLEANUP(free_p) char *path = path_join(c->dir, names[i]);
		int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		fflush(i ? stderr : stdout);
		c->saved[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 10);
		dup2(fd, i + 1);
		close(fd);
	}
}

static void capture_end(struct capture *c)
{
	CLEANUP(free_p) char *out = path_join(c->dir, "out");
	CLEANUP(free_p) char *err = path_join(c->dir, "err");

	for (int i = 0; i < 2; i++) {
		fflush(i ? stderr : stdout);
		dup2(c->saved[i], i + 1);
		close(c->saved[i]);
	}
	assert_int_equal(file_read(out, 0, &c->out, NULL), 0);
	assert_int_equal(file_read(err, 0, &c->err, NULL), 0);
	assert_int_equal(dir_remove(c->dir, NULL), 0);
	free(c->dir);
}

static void capture_release(struct capture *c)
{
	strbuf_release(&c->out);
	strbuf_release(&c->err);
}

static void run_all_levels(struct capture *c, const struct term_opts *o)
{
	struct sink *s;

	capture_begin(c);
	s = term_sink_new(o);
	msg_error(s, "E");
	msg_result(s, "R");
	msg_warn(s, "W");
	msg_info(s, "I");
	msg_debug(s, "D");
	msg_text(s, MSG_TRACE, "T");
	(void)term_sink_free(s, NULL);
	capture_end(c);
}

static void streams(void **state)
{
	(void)state;
	CLEANUP(capture_release) struct capture plain, ci, quiet;

	run_all_levels(&plain, &(struct term_opts){ .color = -1 });
	assert_string_equal(plain.out.buf, "R\n");
	assert_string_equal(plain.err.buf, "E\nW\nI\n");
	run_all_levels(&ci, &(struct term_opts){ .color = -1, .ci = true });
	assert_string_equal(ci.out.buf, "R\nW\nI\n");
	assert_string_equal(ci.err.buf, "E\n");
	run_all_levels(&quiet,
	    &(struct term_opts){ .color = 1, .quiet_info = true });
	assert_string_equal(quiet.err.buf, "E\nW\n");
}

static void debug_has_a_clock(void **state)
{
	(void)state;
	CLEANUP(capture_release) struct capture v, vv;

	setenv("CCDK_NOW", "1440938160", 1);
	setenv("TZ", "UTC", 1);
	run_all_levels(&v, &(struct term_opts){ .color = 0, .verbose = 1 });
	assert_string_equal(v.err.buf, "E\nW\nI\n[12:36:00] D\n");
	run_all_levels(&vv, &(struct term_opts){ .color = 0, .verbose = 2 });
	assert_string_equal(vv.err.buf,
	    "E\nW\nI\n[12:36:00] D\n[12:36:00] T\n");
	unsetenv("CCDK_NOW");
}

static void questions_without_a_terminal(void **state)
{
	(void)state;
	struct msg_confirm q = { .motivation = "M", .question = "Q?" };
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(capture_release) struct capture c;
	CLEANUP(free_p) char *answer = NULL;
	int no, yes, text;
	struct sink *s;

	capture_begin(&c);
	s = term_sink_new(&(struct term_opts){ .color = -1 });
	no = s->confirm(s, &q, &err);
	(void)term_sink_free(s, NULL);
	s = term_sink_new(&(struct term_opts){ .color = -1, .yes = true });
	yes = s->confirm(s, &q, NULL);
	text = s->ask(s, "User input is needed", "Token", &answer, NULL);
	(void)term_sink_free(s, NULL);
	capture_end(&c);
	assert_int_equal(no, E_CONFIG);
	assert_string_equal(err_text(&err), "M, but terminal (TTY) is not "
	    "attached so we are unable to get a confirmation from the user");
	assert_string_equal(err.name, "TtyNotAttached");
	assert_int_equal(yes, 0);
	assert_int_equal(text, E_CONFIG);
	assert_null(answer);
	assert_string_equal(c.err.buf, "Q? (auto-confirmed)\n");
}

static void errors_show_their_causes(void **state)
{
	(void)state;
	CLEANUP(err_release) struct err err = { 0 }, no = { 0 };
	CLEANUP(capture_release) struct capture c;
	struct sink *s;

	(void)err_set(&err, E_AWS, "no such bucket");
	err_set_name(&err, "NoSuchBucket");
	(void)err_over(&err, "DeploymentError", "middle");
	(void)err_over(&err, NULL, "top");
	(void)err_set(&no, E_DECLINED, "inner");
	(void)err_over(&no, NULL, "Deployment cancelled");
	capture_begin(&c);
	s = term_sink_new(&(struct term_opts){ .color = -1, .ci = true });
	term_print_error(s, &err);
	term_print_error(s, &no);
	term_print_error(s, &(struct err){ .code = E_SILENT });
	(void)term_sink_free(s, NULL);
	capture_end(&c);
	assert_string_equal(c.out.buf, "");
	assert_string_equal(c.err.buf, "top\n"
	    "\xe2\x80\xa3 DeploymentError: middle\n"
	    "\xe2\x80\xa3 NoSuchBucket: no such bucket\n"
	    "Deployment cancelled\n");
}

static void the_block_stays_below(void **state)
{
	(void)state;
	CLEANUP(capture_release) struct capture c;
	struct sink *s;

	capture_begin(&c);
	s = term_sink_new(&(struct term_opts){ .color = 0 });
	term_sink_block(s, "a\nb");
	term_sink_block(s, "c");
	msg_info(s, "hello");
	term_sink_block(s, NULL);
	msg_info(s, "done");
	(void)term_sink_free(s, NULL);
	capture_end(&c);
	assert_string_equal(c.err.buf,
	    "\033[Ka\n\033[Kb\n"
	    "\r\033[2A\033[Kc\n\033[K\n"
	    "\r\033[2A\033[Jhello\n\033[Kc\n\033[K\n"
	    "\r\033[1A\033[Jdone\n");
}

static void *many(void *arg)
{
	for (int i = 0; i < 200; i++)
		msg_info(arg, "0123456789");
	return NULL;
}

static void lines_stay_whole(void **state)
{
	(void)state;
	CLEANUP(capture_release) struct capture c;
	pthread_t threads[4];
	struct sink *s;

	capture_begin(&c);
	s = term_sink_new(&(struct term_opts){ .color = 0 });
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, many, s);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	(void)term_sink_free(s, NULL);
	capture_end(&c);
	assert_int_equal(c.err.len, 4 * 200 * 11);
	for (size_t i = 0; i < c.err.len; i += 11)
		assert_memory_equal(c.err.buf + i, "0123456789\n", 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(styles),
		cmocka_unit_test(widths),
		cmocka_unit_test(streams),
		cmocka_unit_test(debug_has_a_clock),
		cmocka_unit_test(questions_without_a_terminal),
		cmocka_unit_test(errors_show_their_causes),
		cmocka_unit_test(the_block_stays_below),
		cmocka_unit_test(lines_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
