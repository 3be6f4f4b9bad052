#include "cmd.h"

#include "model/select.h"
#include "util/yaml.h"

static cJSON *environment(const struct stack *s)
{
	CLEANUP(free_p) char *name =
	    xasprintf("aws://%s/%s", s->account, s->region);
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "account", s->account);
	json_put_str(o, "region", s->region);
	json_put_str(o, "name", name);
	return o;
}

/* A dependency is told with its own ones wherever it appears: stacks in a few
 * layers can make more text than fits anywhere. */
#define TOLD_MAX 1000000

static int dependencies(const struct stack *s, size_t depth, size_t *told,
    cJSON **ret, struct err *err)
{
	size_t n = stack_deps(s, NULL, 0);
	CLEANUP(free_p) struct stack **deps = xcalloc(n + 1, sizeof(*deps));
	CLEANUP(json_free_p) cJSON *list = cJSON_CreateArray();

	if (depth > s->artifact->assembly->n_stacks)
		return err_set(err, E_INVALID,
		    "the dependencies of stack '%s' form a circle",
		    s->hierarchical_id);
	(void)stack_deps(s, deps, n);
	for (size_t i = 0; i < n; i++) {
		cJSON *o, *below = NULL;
		int r;

		if (strstr(deps[i]->id, ".assets"))
			continue;
		if (++*told > TOLD_MAX)
			return err_set(err, E_TOOBIG,
			    "the trees of dependencies have more than %d "
			    "entries (at stack '%s')", TOLD_MAX,
			    s->hierarchical_id);
		r = dependencies(deps[i], depth + 1, told, &below, err);
		if (r < 0)
			return r;
		o = cJSON_CreateObject();
		json_put_str(o, "id", deps[i]->display_name);
		json_add_take(o, "dependencies", below);
		json_push_take(list, o);
	}
	*ret = TAKE(list);
	return 0;
}

static int details(const struct stack *s, bool is_long, bool deps,
    size_t *told, cJSON *out, struct err *err)
{
	cJSON *o = cJSON_CreateObject(), *below = NULL;

	json_push_take(out, o);
	json_put_str(o, "id", s->display_name);
	if (is_long) {
		json_put_str(o, "name", s->name);
		json_add_take(o, "environment", environment(s));
	}
	if (deps) {
		int r = dependencies(s, 0, told, &below, err);

		if (r < 0)
			return r;
		json_add_take(o, "dependencies", below);
	}
	return 0;
}

static int print_details(struct app *app, const struct stack_list *stacks,
    bool is_long, bool deps, struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = cJSON_CreateArray();
	CLEANUP(free_p) char *text = NULL;
	size_t told = 0; /* dependencies, over all stacks */

	for (size_t i = 0; i < stacks->n; i++) {
		int r = details(stacks->v[i], is_long, deps, &told, out, err);

		if (r < 0)
			return r;
	}
	text = args_bool(app->args, "json", false) ? json_text(out, 2) :
	    yaml_text(out);
	msg_text(app->sink, MSG_RESULT, text);
	return 0;
}

static void print_ids(struct app *app, const struct stack_list *stacks)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < stacks->n; i++)
		strbuf_addf(&b, "%s%s", i ? "\n" : "",
		    stacks->v[i]->display_name);
	msg_text(app->sink, MSG_RESULT, b.buf);
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	const struct select_opts o = { .patterns = &app->args->pos,
		.none = SELECT_ALL, .expand = EXPAND_UPSTREAM,
		.allow_no_match = true };
	bool is_long = args_bool(app->args, "long", false);
	bool deps = args_bool(app->args, "showDependencies", false);
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	/* no sink: the list itself shows what was included */
	if (r == 0)
		r = stacks_select(a, &o, NULL, &stacks, err);
	if (r < 0)
		return r;
	if (is_long || deps)
		return print_details(app, &stacks, is_long, deps, err);
	print_ids(app, &stacks);
	return 0;
}

const struct cmd cmd_list = { .name = "list", .run = run };
