/* Events: order, counting, what counts as a problem, and the rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cfn/activity.h"
#include "deploy/diagnose.h"

#define ARN "arn:aws:cloudformation:r:1:stack/S/1"

static void add(struct event_list *l, const char *id, const char *type,
    const char *status, const char *reason, int second)
{
	CLEANUP(json_free_p) cJSON *e = cJSON_CreateObject();
	CLEANUP(free_p) char *at = xasprintf("2024-01-02T21:00:%02d.250Z",
	    second);

	json_put_str(e, "StackId", ARN);
	json_put_str(e, "StackName", "S");
	json_put_str(e, "EventId", id);
	json_put_str(e, "LogicalResourceId", id);
	json_put_str(e, "PhysicalResourceId",
	    streq(id, "S") ? ARN : "physical");
	json_put_str(e, "ResourceType", type);
	json_put_str(e, "ResourceStatus", status);
	if (reason)
		json_put_str(e, "ResourceStatusReason", reason);
	json_put_str(e, "Timestamp", at);
	assert_true(event_list_add(l, e, true));
}

static void add_status(struct event_list *l, const char *id,
    const char *status)
{
	add(l, id, "T::T::T", status, NULL, 0);
}

static void test_sort_is_stable(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	const int seconds[] = { 3, 1, 2, 1, 3, 0, 1 };
	const char *const want[] = { "f", "b", "d", "g", "c", "a", "e" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		char id[2] = { (char)('a' + i), 0 };

		add(&l, id, "T::T::T", "CREATE_COMPLETE", NULL, seconds[i]);
	}
	event_list_sort(&l, 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_string_equal(l.v[i].logical_id, want[i]);
	event_list_sort(&l, l.n);
}

static void test_incomplete_events(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(json_free_p) cJSON *e = cJSON_CreateObject();

	(void)state;
	assert_false(event_list_add(&l, e, true));
	json_put_str(e, "ResourceStatus", "X");
	json_put_str(e, "LogicalResourceId", "A");
	assert_false(event_list_add(&l, e, true));
	json_put_str(e, "Timestamp", "2024-01-02T21:00:00Z");
	assert_true(event_list_add(&l, e, true));
	assert_string_equal(l.v[0].type, "");
	assert_null(l.v[0].reason);
	assert_false(l.v[0].stack_itself);
}

static void test_problems(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };

	(void)state;
	add(&l, "A", "T::T::T", "CREATE_FAILED", "no", 0);
	add(&l, "B", "T::T::T", "CREATE_FAILED", "Resource creation cancelled",
	    0);
	add(&l, "C", "T::T::T", "UPDATE_ROLLBACK_IN_PROGRESS", "x", 0);
	add(&l, "D", "T::T::T", "DELETE_COMPLETE", NULL, 0);
	add(&l, "S", "AWS::CloudFormation::Stack", "CREATE_FAILED", NULL, 0);
	assert_true(event_is_problem(&l.v[0]));
	assert_false(event_is_problem(&l.v[1]));
	assert_true(event_is_problem(&l.v[2]));
	assert_false(event_is_problem(&l.v[3]));
	assert_true(event_is_problem(&l.v[4]));
	assert_true(l.v[4].stack_itself);
}

static void count_all(struct progress *p, const struct event_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		progress_count(p, &l->v[i]);
}

static void test_count_update(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(progress_release) struct progress p = { .total = 3 };
	CLEANUP(free_p) char *text = NULL;

	(void)state;
	add_status(&l, "A", "UPDATE_IN_PROGRESS");
	add_status(&l, "A", "UPDATE_COMPLETE");
	add_status(&l, "S", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	add_status(&l, "S", "UPDATE_COMPLETE");
	count_all(&p, &l);
	assert_int_equal(p.done, 2);
	text = progress_text(&p);
	assert_string_equal(text, "2/3");
}

static void test_count_rollback(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	CLEANUP(progress_release) struct progress p = { .total = 12 };
	CLEANUP(free_p) char *text = NULL;

	(void)state;
	add_status(&l, "A", "CREATE_COMPLETE");
	add_status(&l, "B", "CREATE_COMPLETE");
	add_status(&l, "A", "DELETE_COMPLETE");
	count_all(&p, &l);
	assert_int_equal(p.done, 1);
	text = progress_text(&p);
	assert_string_equal(text, " 1/12");
	l.v[2].root = false;
	progress_count(&p, &l.v[2]);
	assert_int_equal(p.done, 1);
}

static void test_count_without_total(void **state)
{
	CLEANUP(progress_release) struct progress p = { .done = 7 };
	CLEANUP(free_p) char *text = progress_text(&p);

	(void)state;
	assert_string_equal(text, "  7");
}

static void check_time(const char *lang, const char *want)
{
	char at[16];

	setenv("LC_ALL", lang, 1);
	activity_time(1704229200250, at);
	assert_string_equal(at, want);
}

static void test_time(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	check_time("C", "9:00:00 PM");
	check_time("en_US.UTF-8", "9:00:00 PM");
	check_time("de_DE.UTF-8", "21:00:00");
	char at[16];

	setenv("LC_ALL", "C", 1);
	activity_time(1704153600000, at);
	assert_string_equal(at, "12:00:00 AM");
}

struct recorder {
	struct sink sink;
	struct strbuf text;
};

static void record(struct sink *s, const struct msg *m)
{
	struct recorder *r = (struct recorder *)s;

	strbuf_adds(&r->text, m->text);
	strbuf_addc(&r->text, '\n');
}

static void play(struct recorder *r, struct activity_opts *o,
    const struct event_list *l)
{
	CLEANUP(activity_free_p) struct activity *a = NULL;

	*r = (struct recorder){ .sink.emit = record, .text = STRBUF_INIT };
	o->sink = &r->sink;
	a = activity_new(o);
	for (size_t i = 0; i < l->n; i++)
		activity_add(a, &l->v[i]);
	activity_stop(a);
}

static void test_rows(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	struct strmap paths = { 0 };
	char path[] = "Site/Bucket";
	struct activity_opts o = { .expected = 1, .paths = &paths };
	struct recorder r;

	(void)state;
	setenv("TZ", "UTC", 1);
	setenv("LC_ALL", "C", 1);
	tzset();
	strmap_set(&paths, "B1", path);
	add(&l, "B1", "AWS::S3::Bucket", "UPDATE_COMPLETE", NULL, 1);
	add(&l, "S", "AWS::CloudFormation::Stack",
	    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "why", 2);
	play(&r, &o, &l);
	assert_string_equal(r.text.buf,
	    "S | 1/2 | 9:00:01 PM | UPDATE_COMPLETE         | "
	    "AWS::S3::Bucket            | Site/Bucket (B1) \n"
	    "S | 2/2 | 9:00:02 PM | UPDATE_COMPLETE_CLEANUP | "
	    "AWS::CloudFormation::Stack | S why\n");
	strbuf_release(&r.text);
	strmap_release(&paths);
}

static void test_deletion_skipped_by_an_update(void **state)
{
	CLEANUP(event_list_release) struct event_list l = { 0 };
	struct activity_opts o = { .expected = 1, .is_update = true };
	struct recorder r;

	(void)state;
	add(&l, "B", "AWS::S3::Bucket", "DELETE_FAILED", "not empty", 1);
	play(&r, &o, &l);
	assert_string_equal(r.text.buf,
	    "S | 0/2 | 9:00:01 PM | DELETE_FAILED (skipped) | "
	    "AWS::S3::Bucket            | B (this will take a few minutes to "
	    "recover)\n"
	    "\n ⚠️  Some resources failed to delete but were skipped. These "
	    "resources may still exist and could incur charges. Clean them up "
	    "manually.\n\n");
	strbuf_release(&r.text);
}

static void test_blocks(void **state)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const struct problem v[] = {
		{ .location = "S/B", .type = "T::T::B", .logical_id = "B",
		    .message = "one\ntwo" },
		{ .location = "S/A", .type = "T::T::A", .logical_id = "A",
		    .message = "x", .trace = "app.js:1\napp.js:2" },
		{ .location = "S", .type = "T::T::S", .message = "whole" },
		{ .location = "S/B", .type = "T::T::B", .logical_id = "B",
		    .message = "three" },
	};

	(void)state;
	diagnose_format(v, ARRAY_SIZE(v), &b);
	assert_string_equal(b.buf,
	    "S  (T::T::S)\n  whole\n\n"
	    "S/A  (T::T::A A)\n  x\nSource Location: app.js:1\n"
	    "                 app.js:2\n\n"
	    "S/B  (T::T::B B)\n  one\ntwo\n  three");
}

static void test_long_messages_wrap(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct problem p = { .location = "S", .type = "T" };
	struct sv rest, line;

	(void)state;
	for (int i = 0; i < 60; i++)
		strbuf_adds(&text, i ? " word" : "word");
	p.message = text.buf;
	diagnose_format(&p, 1, &b);
	rest = strbuf_sv(&b);
	while (sv_next(&rest, '\n', &line))
		assert_true(line.n <= 122);
	assert_non_null(strstr(b.buf, "\n  word"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort_is_stable),
		cmocka_unit_test(test_incomplete_events),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_count_update),
		cmocka_unit_test(test_count_rollback),
		cmocka_unit_test(test_count_without_total),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_deletion_skipped_by_an_update),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_long_messages_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
