#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "util/file.h"
#include "util/proc.h"
#include "util/timeutil.h"

#define SH(text) ((char *const[]){ "/bin/sh", "-c", text, NULL })

static void test_output(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct proc_result r;
	struct proc p = { .argv = SH("pwd; echo e >&2; exit 3"), .dir = "/",
		.out = PROC_CAPTURE, .err_out = PROC_CAPTURE };

	(void)state;
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.status, 3);
	assert_int_equal(r.signal, 0);
	assert_string_equal(r.out.buf, "/\n");
	assert_string_equal(r.err_out.buf, "e\n");
	proc_result_release(&r);
}

static void test_input(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(strbuf_release) struct strbuf big = STRBUF_INIT;
	struct proc_result r;
	struct proc p = { .argv = (char *const[]){ "cat", NULL },
		.out = PROC_CAPTURE };

	(void)state;
	strbuf_addn(&big, 'x', 1 << 20);
	p.input = strbuf_sv(&big);
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.out.len, big.len);
	proc_result_release(&r);
	/* a reader that stops early is no reason to die */
	p.argv = SH("exec 0<&-; sleep 0.1; exit 7");
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.status, 7);
	proc_result_release(&r);
	/* no input: an empty one */
	p.input = (struct sv){ 0 };
	p.argv = (char *const[]){ "cat", NULL };
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.out.len, 0);
	proc_result_release(&r);
}

static void test_failures(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct proc_result r;
	struct proc p = { .argv = (char *const[]){ "no-such-program", NULL } };

	(void)state;
	assert_int_equal(proc_run(&p, &r, &err), E_NOTFOUND);
	assert_non_null(strstr(err_text(&err), "no-such-program"));
	p.argv = (char *const[]){ "/no/such/program", NULL };
	assert_int_equal(proc_run(&p, &r, &err), E_NOTFOUND);
	p.argv = (char *const[]){ "/etc/passwd", NULL };
	assert_int_equal(proc_run(&p, &r, &err), E_FAIL);
	p.argv = SH("kill -TERM $$");
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.status, -1);
	assert_string_equal(proc_signal_name(r.signal), "SIGTERM");
	proc_result_release(&r);
	p.argv = SH("while :; do echo too much; done");
	p.out = PROC_CAPTURE;
	p.capture_max = 1000;
	assert_int_equal(proc_run(&p, &r, &err), E_TOOBIG);
}

/* The whole group goes, or the pipe would stay open for 30 s. */
static void test_timeout(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct proc_result r;
	struct proc p = { .argv = SH("sleep 30 & echo on; wait"),
		.out = PROC_CAPTURE, .timeout_ms = 200 };
	int64_t t0 = mono_ms();

	(void)state;
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_true(r.timed_out);
	assert_int_equal(r.signal, SIGKILL);
	assert_string_equal(r.out.buf, "on\n");
	proc_result_release(&r);
	p.out = PROC_INHERIT;
	p.argv = SH("sleep 30");
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_true(r.timed_out);
	proc_result_release(&r);
	p.argv = SH("exit 4");
	p.timeout_ms = 20000;
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_false(r.timed_out);
	assert_int_equal(r.status, 4);
	proc_result_release(&r);
	assert_true(mono_ms() - t0 < 10000);
}

/* In our group the child alone goes; what it left behind holds nothing up. */
static void test_timeout_in_group(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct proc_result r;
	struct proc p = { .argv = SH("sleep 5 & echo on; wait"),
		.out = PROC_CAPTURE, .timeout_ms = 200, .share_group = true };
	int64_t t0 = mono_ms();

	(void)state;
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_true(r.timed_out);
	assert_int_equal(r.signal, SIGKILL);
	assert_string_equal(r.out.buf, "on\n");
	proc_result_release(&r);
	assert_true(mono_ms() - t0 < 4000);
}

struct seen {
	struct strbuf text;
	unsigned idle;
};

static void on_output(void *user, struct sv chunk)
{
	struct seen *s = user;

	strbuf_addsv(&s->text, chunk);
	s->idle += !chunk.n;
}

static void test_watch(void **state)
{
	struct seen seen = { .text = STRBUF_INIT };
	struct proc_result r;
	struct proc p = { .argv = SH("printf abc; sleep 0.3; printf d >&2"),
		.out = PROC_CAPTURE, .err_out = PROC_CAPTURE,
		.capture_max = 1, .timeout_ms = 20000, .watch = on_output,
		.watch_user = &seen };

	(void)state;
	assert_int_equal(proc_run(&p, &r, NULL), 0);
	assert_string_equal(seen.text.buf, "abcd");
	assert_true(seen.idle > 0);
	assert_string_equal(r.out.buf, "a");
	proc_result_release(&r);
	strbuf_release(&seen.text);
}

/* A process left behind keeps the pipe open: it is not waited for, and what
 * the child itself wrote is all there. */
static void test_left_behind(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct proc_result r;
	struct proc p = { .argv = SH("sleep 20 & head -c 300000 /dev/zero; "
				     "echo; echo $! >&2"),
		.out = PROC_CAPTURE, .err_out = PROC_CAPTURE };
	int64_t t0 = mono_ms(), pid = 0;

	(void)state;
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.out.len, 300001);
	strbuf_rtrim(&r.err_out);
	assert_true(str_to_int64(r.err_out.buf, &pid));
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	proc_result_release(&r);
	assert_true(mono_ms() - t0 < 15000);
}

static void test_env(void **state)
{
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(proc_env_release) struct proc_env e = { 0 };
	struct proc_result r;
	struct proc p = { .argv = SH("echo $A-$B"), .out = PROC_CAPTURE };

	(void)state;
	proc_env_init(&e);
	proc_env_set(&e, "A", "1");
	proc_env_set(&e, "A", "2");
	proc_env_set(&e, "B", "3");
	proc_env_unset(&e, "B");
	proc_env_unset(&e, "B");
	assert_string_equal(proc_env_get(&e, "A"), "2");
	assert_null(proc_env_get(&e, "B"));
	p.envp = strvec_argv(&e.vars);
	assert_int_equal(proc_run(&p, &r, &err), 0);
	assert_string_equal(r.out.buf, "2-\n");
	proc_result_release(&r);
	/* the child's PATH finds the program */
	proc_env_set(&e, "PATH", "/no/such/folder");
	p.envp = strvec_argv(&e.vars);
	p.argv = (char *const[]){ "cat", NULL };
	assert_int_equal(proc_run(&p, &r, &err), E_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_in_group),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_env),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
