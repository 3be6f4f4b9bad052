/* The journal of a deployment: its text, its phases, its tokens, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/operation.h"
#include "deploy/journal.h"
#include "util/file.h"

static const char head[] =
    "{\"version\":1,\"id\":\"1\",\"command\":\"deploy\",\"folder\":\"/w\","
    "\"started\":\"2026-01-31T12:00:00.000Z\","
    "\"updated\":\"2026-01-31T12:00:00.000Z\",\"assembly\":\"/w/a\","
    "\"digest\":\"d\",\"options\":{},\"secrets\":[],\"stacks\":[";

static int parse(const char *stacks, struct journal_data *ret,
    struct err *err)
{
	CLEANUP(free_p) char *text = xasprintf("%s%s]}", head, stacks);

	return journal_parse(sv_from(text), "j", ret, err);
}

static struct journal *open_journal(const char *dir, const char *stacks)
{
	CLEANUP(free_p) char *file = path_join(dir, "j.json");
	struct journal_data d;

	assert_int_equal(parse(stacks, &d, NULL), 0);
	return journal_reopen(NULL, &d, file);
}

static struct journal_data stored(const char *dir)
{
	CLEANUP(free_p) char *file = path_join(dir, "j.json");
	struct journal_data d;

	assert_int_equal(journal_read(file, &d, NULL), 0);
	return d;
}

#define FRESH "{\"id\":\"S\",\"name\":\"S\",\"phase\":\"waiting\",\"calls\":[]}"

static void test_what_is_refused(void **state)
{
	static const char *const bad[] = {
		/* a phase without what made it */
		"{\"id\":\"S\",\"name\":\"S\",\"phase\":\"running\","
		"\"calls\":[]}",
		"{\"id\":\"S\",\"name\":\"S\",\"phase\":\"prepared\","
		"\"calls\":[]}",
		"{\"id\":\"S\",\"name\":\"S\",\"phase\":\"odd\","
		"\"calls\":[]}",
		"{\"id\":\"S\",\"phase\":\"waiting\",\"calls\":[]}",
		"{\"id\":\"S\",\"name\":7,\"phase\":\"waiting\","
		"\"calls\":[]}",
		"{\"id\":\"S\",\"name\":\"S\",\"phase\":\"waiting\"}",
		FRESH "," FRESH,
		"7",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(err_release) struct err e = { 0 };
		struct journal_data d;

		assert_int_equal(parse(bad[i], &d, &e), E_INVALID);
		assert_non_null(strstr(err_text(&e), "'j' is not a journal"));
	}
}

static void test_tokens_are_on_disk_before_they_are_used(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state, FRESH);
	struct journal_stack *s = journal_stack_get(j, "S");
	CLEANUP(free_p) char *token = NULL;
	struct journal_data d;

	assert_int_equal(journal_call(s, STEP_CREATE_CHANGE_SET, NULL, &token,
			     NULL), 0);
	assert_true(str_starts(token, "create"));
	d = stored(*state);
	assert_int_equal(d.v[0]->phase, PHASE_PREPARING);
	assert_string_equal(journal_last(d.v[0])->token, token);
	assert_non_null(d.owner);
	journal_data_release(&d);
}

static void test_an_unanswered_call_is_repeated(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state, FRESH);
	struct journal_stack *s = journal_stack_get(j, "S");
	CLEANUP(free_p) char *one = NULL, *two = NULL, *three = NULL;
	struct err lost = { .code = E_NET };

	assert_int_equal(journal_call(s, STEP_CREATE_STACK, NULL, &one, NULL),
	    0);
	assert_int_equal(journal_answer(s, E_NET, &lost, NULL, NULL), E_NET);
	assert_true(journal_repeats(s, STEP_CREATE_STACK));
	assert_true(journal_is_running(s));
	assert_int_equal(journal_call(s, STEP_CREATE_STACK, NULL, &two, NULL),
	    0);
	assert_string_equal(one, two);
	assert_int_equal(journal_answer(s, 0, NULL, "arn:1", NULL), 0);
	assert_false(journal_repeats(s, STEP_CREATE_STACK));
	assert_int_equal(s->phase, PHASE_RUNNING);
	journal_ended(s, "CREATE_COMPLETE");
	assert_int_equal(journal_call(s, STEP_CREATE_STACK, NULL, &three,
			     NULL), 0);
	assert_string_not_equal(one, three);
}

static void test_a_refusal_leaves_nothing_under_way(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state, FRESH);
	struct journal_stack *s = journal_stack_get(j, "S");
	CLEANUP(free_p) char *token = NULL;
	struct err no = { .code = E_AWS, .http_status = 400 };
	struct err busy = { .code = E_AWS, .http_status = 503 };

	assert_int_equal(journal_call(s, STEP_UPDATE_STACK, NULL, &token,
			     NULL), 0);
	(void)journal_answer(s, E_AWS, &busy, NULL, NULL);
	assert_true(journal_is_running(s));
	(void)journal_answer(s, E_AWS, &no, NULL, NULL);
	assert_false(journal_is_running(s));
	journal_close(s, E_AWS, &no);
	assert_int_equal(s->phase, PHASE_FAILED);
	assert_false(journal_finish(j, false));
}

static void test_what_is_under_way_keeps_the_file(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state, FRESH);
	struct journal_stack *s = journal_stack_get(j, "S");
	CLEANUP(free_p) char *token = NULL;
	struct err lost = { .code = E_NET };
	struct journal_data d;

	assert_int_equal(journal_call(s, STEP_UPDATE_STACK, NULL, &token,
			     NULL), 0);
	(void)journal_answer(s, 0, NULL, "arn:1", NULL);
	journal_close(s, E_NET, &lost);
	assert_true(journal_finish(j, false));
	d = stored(*state);
	assert_int_equal(d.v[0]->phase, PHASE_RUNNING);
	assert_string_equal(d.v[0]->arn, "arn:1");
	assert_null(d.owner);
	journal_data_release(&d);
}

static void test_a_deletion_first_is_not_the_deployment(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state, FRESH);
	struct journal_stack *s = journal_stack_get(j, "S");
	CLEANUP(free_p) char *token = NULL;

	assert_int_equal(journal_call(s, STEP_DISCARD_STACK, NULL, &token,
			     NULL), 0);
	assert_int_equal(strlen(token), 36);
	(void)journal_answer(s, 0, NULL, "arn:1", NULL);
	journal_ended(s, NULL);
	assert_int_equal(s->phase, PHASE_WAITING);
	assert_string_equal(s->status, "DELETE_COMPLETE");
}

static void test_the_interrupted_one_is_kept_until_it_is_done(void **state)
{
	CLEANUP(journal_free_p) struct journal *j = open_journal(*state,
	    FRESH);
	CLEANUP(free_p) char *file = path_join(*state, "j.json");

	assert_true(journal_finish(j, true));
	assert_true(file_exists(file));
	journal_close(journal_stack_get(j, "S"), 0, NULL);
	setenv("CDK_HOME", *state, 1);
	assert_false(journal_finish(j, true));
	assert_false(file_exists(file));
}

static void test_without_a_record_there_are_only_tokens(void **state)
{
	CLEANUP(free_p) char *token = NULL;

	(void)state;
	assert_int_equal(journal_call(NULL, STEP_EXECUTE, NULL, &token, NULL),
	    0);
	assert_true(str_starts(token, "exec"));
	assert_int_equal(journal_answer(NULL, E_AWS, NULL, NULL, NULL), E_AWS);
	journal_ended(NULL, "X");
	journal_close(NULL, 0, NULL);
	assert_null(journal_stack_get(NULL, "S"));
	assert_false(journal_finish(NULL, true));
}

/* ---- operations as events tell of them ----------------------------------- */

static void scan(struct operation_scan *s, const char *status,
    const char *token, const char *time)
{
	CLEANUP(json_free_p) cJSON *e = cJSON_CreateObject();

	json_put_str(e, "StackId", "arn");
	json_put_str(e, "PhysicalResourceId", "arn");
	json_put_str(e, "ResourceStatus", status);
	json_put_str(e, "ClientRequestToken", token);
	json_put_str(e, "Timestamp", time);
	s->seen = (size_t)operation_scan(s, e) ? 99 : s->seen;
}

static void test_the_last_operation(void **state)
{
	CLEANUP(operation_release) struct operation op = { .is_last = true };
	struct operation_scan s = { .op = &op };

	(void)state;
	scan(&s, "UPDATE_COMPLETE", "b", "2026-01-31T12:00:09Z");
	scan(&s, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "b",
	    "2026-01-31T12:00:08Z");
	scan(&s, "UPDATE_IN_PROGRESS", "b", "2026-01-31T12:00:07Z");
	scan(&s, "CREATE_COMPLETE", "a", "2026-01-31T12:00:06Z");
	assert_int_equal(s.seen, 99);
	assert_true(op.ended);
	assert_true(op.is_last);
	assert_string_equal(op.token, "b");
	assert_string_equal(op.first, "UPDATE_IN_PROGRESS");
	assert_string_equal(op.status, "UPDATE_COMPLETE");
}

static void test_an_operation_by_its_token(void **state)
{
	CLEANUP(operation_release) struct operation op = { .is_last = true };
	struct operation_scan s = { .op = &op, .token = "a" };

	(void)state;
	scan(&s, "UPDATE_IN_PROGRESS", "b", "2026-01-31T12:00:07Z");
	scan(&s, "ROLLBACK_COMPLETE", "a", "2026-01-31T12:00:06Z");
	scan(&s, "ROLLBACK_IN_PROGRESS", "a", "2026-01-31T12:00:05Z");
	scan(&s, "CREATE_IN_PROGRESS", "a", "2026-01-31T12:00:04Z");
	scan(&s, "REVIEW_IN_PROGRESS", NULL, "2026-01-31T12:00:03Z");
	assert_int_equal(s.seen, 99);
	assert_true(op.ended);
	assert_false(op.is_last);
	assert_string_equal(op.status, "ROLLBACK_COMPLETE");
	assert_string_equal(op.first, "CREATE_IN_PROGRESS");
}

static void test_operations_without_tokens(void **state)
{
	CLEANUP(operation_release) struct operation op = { .is_last = true };
	struct operation_scan s = { .op = &op };

	(void)state;
	scan(&s, "UPDATE_IN_PROGRESS", NULL, "2026-01-31T12:00:07Z");
	scan(&s, "CREATE_COMPLETE", NULL, "2026-01-31T12:00:06Z");
	assert_int_equal(s.seen, 99);
	assert_false(op.ended);
	assert_string_equal(op.first, "UPDATE_IN_PROGRESS");
	assert_string_equal(operation_origin(&op), "somebody else");
}

static int make_folder(void **state)
{
	char *dir;

	mem_init_json();
	if (dir_temp("t_journal", &dir, NULL) < 0)
		return -1;
	*state = dir;
	return 0;
}

static int remove_folder(void **state)
{
	int r = dir_remove(*state, NULL);

	free(*state);
	return r;
}

#define IN_FOLDER(t)							\
	cmocka_unit_test_setup_teardown((t), make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_refused),
		IN_FOLDER(test_tokens_are_on_disk_before_they_are_used),
		IN_FOLDER(test_an_unanswered_call_is_repeated),
		IN_FOLDER(test_a_refusal_leaves_nothing_under_way),
		IN_FOLDER(test_what_is_under_way_keeps_the_file),
		IN_FOLDER(test_a_deletion_first_is_not_the_deployment),
		IN_FOLDER(test_the_interrupted_one_is_kept_until_it_is_done),
		cmocka_unit_test(test_without_a_record_there_are_only_tokens),
		cmocka_unit_test(test_the_last_operation),
		cmocka_unit_test(test_an_operation_by_its_token),
		cmocka_unit_test(test_operations_without_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
