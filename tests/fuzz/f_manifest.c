#include "model/select.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose(const struct assembly *a, enum select_default none,
    enum select_expand expand)
{
	CLEANUP(stack_list_release) struct stack_list l = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	const struct select_opts o = { .none = none, .expand = expand };

	if (stacks_select(a, &o, NULL, &l, &err) == 0)
		(void)!stacks_check_names(&l, &err);
}

static void paths(const struct stack *s)
{
	CLEANUP(err_release) struct err err = { 0 };
	struct strmap ids = { 0 };

	/* would read a file: that is not this target's business */
	if (json_get(s->artifact->json, "additionalMetadataFile"))
		return;
	if (stack_construct_paths(s, &ids, &err) == 0)
		strmap_release(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	struct sv text = { (const char *)data, size };

	if (assembly_parse(text, "dir", &a, &err) < 0)
		return 0;
	(void)assembly_missing(a);
	for (size_t i = 0; i < a->n_all; i++)
		paths(a->all[i]);
	choose(a, SELECT_MAIN_ASSEMBLY, EXPAND_UPSTREAM);
	choose(a, SELECT_ALL, EXPAND_NONE);
	choose(a, SELECT_ONLY_SINGLE, EXPAND_DOWNSTREAM);
	return 0;
}
