/*
 * Three lines of JSON, any at all: the deployed template, the new one, and a
 * change set that also has outputs as DescribeStacks tells them. What would be
 * lost is told, nothing is lost between equal templates, and a template that
 * keeps its exports has none that is gone.
 */
#include "deploy/exports.h"
#include "deploy/guard.h"

#define SIZE_LIMIT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool b)
{
	if (!b)
		abort();
}

static cJSON *next_json(struct sv *rest)
{
	struct sv line;
	cJSON *j = NULL;

	if (!sv_next(rest, '\n', &line) ||
	    json_parse(line, "input", &j, NULL) < 0)
		return NULL;
	return j;
}

static void judge(const cJSON *old, const cJSON *new_, const cJSON *cs)
{
	CLEANUP(guard_release) struct guard g = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strvec_release) struct strvec ids = { 0 };
	struct guard_stack s = { .name = "S", .old = old, .new_ = new_,
		.change_set = cs };

	guard_judge(&s, &g);
	must(!cs || g.n == 0 || guard_suspects(cs));
	guard_judge_deletion(&s, "gone", &g);
	guard_report(&g, list, &text);
	must((size_t)cJSON_GetArraySize(list) == g.n);
	must(guard_refuse(&g, "S", g.n % 2 == 0, &err) < 0);
	for (size_t i = 0; i < g.n; i++)
		strvec_add(&ids, g.v[i].logical_id);
	guard_allow(&g, &ids, NULL);
	must(guard_losses(&g) == 0);
}

static void keep(const cJSON *old, const cJSON *new_, const cJSON *outputs)
{
	CLEANUP(exports_gone_release) struct exports_gone gone = { 0 };
	struct exports_scope s = { .stack_name = "S", .region = "r",
		.template_ = new_ };
	CLEANUP(strvec_release) struct strvec kept = { 0 };
	CLEANUP(json_free_p) cJSON *made = NULL;

	exports_removed(outputs, &s, &gone);
	made = exports_keep(old, new_, &gone, &kept);
	for (size_t i = 0; i < kept.n; i++)
		must(json_get(json_get(made, "Resources"), kept.v[i]) !=
		    NULL);
	for (size_t i = 0; i < gone.n; i++) {
		char *where = NULL;

		(void)exports_imports(&s, gone.v[i].name, &where);
		free(where);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size };
	CLEANUP(json_free_p) cJSON *a = NULL, *b = NULL, *cs = NULL;
	CLEANUP(guard_release) struct guard same = { 0 };
	struct guard_stack s = { .name = "S" };

	if (size > SIZE_LIMIT)
		return 0;
	mem_init_json();
	a = next_json(&rest);
	b = next_json(&rest);
	cs = next_json(&rest);
	if (!a || !b)
		return 0;
	judge(a, b, NULL);
	if (cs) {
		judge(a, b, cs);
		keep(a, b, json_get(cs, "Outputs"));
	}
	s.old = s.new_ = b;
	guard_judge(&s, &same);
	if (!memmem(data, size, "DependsOn", 9) && !memchr(data, '\\', size))
		must(same.n == 0);
	return 0;
}
