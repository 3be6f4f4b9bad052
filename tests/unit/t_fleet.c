/*
 * Turns: who waits for a stack gets them one after the other, and all wake at
 * once when the run is cancelled. Run it under -fsanitize=thread too.
 */
#include "cfn/fleet.h"

#include <setjmp.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "awsenv.h"
#include "util/pool.h"
#include "util/timeutil.h"

static struct stub server;
static struct notes notes;

static void answer(struct stub *s, const char *request, struct strbuf *out)
{
	(void)s;
	(void)request;
	stub_reply(out, 200, "", IDENTITY("123456789012"));
}

struct one {
	struct aws *aws;
	int n;
};

static atomic_int first_turns, waiting, cancelled;

static void take_turns(void *arg)
{
	struct one *o = arg;
	CLEANUP(free_p) char *stack = xasprintf("S%d", o->n);
	enum fleet_turn turn;
	struct fleet_wait w;

	fleet_join(&w, o->aws, stack);
	turn = fleet_next(&w);
	if (turn == FLEET_STATE)
		atomic_fetch_add(&first_turns, 1);
	cadence_end(&w.cadence, LOOK_STATE, 1, fleet_now());
	/* nothing is due for a long time */
	w.cadence.events_due = w.cadence.state_due = INT64_MAX / 2;
	atomic_fetch_add(&waiting, 1);
	while ((turn = fleet_next(&w)) < FLEET_ENDED)
		cadence_end(&w.cadence, LOOK_EVENTS, 1, fleet_now());
	if (turn == FLEET_CANCELLED)
		atomic_fetch_add(&cancelled, 1);
	fleet_leave(&w);
}

static void let_wait(struct aws *aws, struct one *v, int n)
{
	struct pool *p = pool_new((unsigned)n);
	int64_t began;

	atomic_store(&waiting, 0);
	for (int i = 0; i < n; i++) {
		v[i] = (struct one){ aws, i };
		pool_submit(p, take_turns, &v[i]);
	}
	for (int i = 0; atomic_load(&waiting) < n && i < 1000; i++)
		(void)wait_real_ms(10);
	assert_int_equal(atomic_load(&waiting), n);
	began = mono_ms();
	cancel_request();
	pool_free(p);
	assert_true(mono_ms() - began < 5000);
}

static void test_cancelled(void **state)
{
	struct aws_session_opts o = { .version = "1", .sink = &notes.sink };
	CLEANUP(aws_session_free_p) struct aws_session *s =
	    aws_session_new(&o);
	struct one few[3];
	struct aws *a;

	(void)state;
	assert_int_equal(aws_client_get(s, "123456789012", "eu-west-1",
	    AWS_READ, NULL, &a, NULL, NULL), 0);
	/* few are looked at one by one, the state first */
	let_wait(a, few, 3);
	assert_int_equal(atomic_load(&first_turns), 3);
	assert_int_equal(atomic_load(&cancelled), 3);
	/* who comes later does not wait at all */
	for (int i = 0; i < 2; i++) {
		struct fleet_wait w;

		fleet_join(&w, a, "Late");
		assert_int_equal(fleet_next(&w), FLEET_CANCELLED);
		fleet_leave(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cancelled),
	};
	char *home = awsenv_scrub();
	int r;

	setenv("CCDK_POLL_SCALE", "100", 1);
	notes_init(&notes);
	server.answer = answer;
	if (stub_start(&server))
		return 1;
	awsenv_endpoint(&server);
	awsenv_keys("AKIDEXAMPLE");
	r = cmocka_run_group_tests(tests, NULL, NULL);
	stub_stop(&server);
	notes_release(&notes);
	(void)!dir_remove(home, NULL);
	free(home);
	return r;
}
