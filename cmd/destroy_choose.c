/*
 * Which stacks `destroy` deletes, and which of them goes before which.
 */
#include "destroy.h"

#include "term/style.h"
#include "util/glob.h"

void doomed_release(struct doomed_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].given);
		teardown_release(&l->v[i].found);
		stack_access_release(&l->v[i].access);
		guard_release(&l->v[i].guard);
	}
	free(l->v);
	free(l->first);
	*l = (struct doomed_list){ 0 };
}

static void make_room(struct doomed_list *l, size_t n)
{
	l->n = n;
	l->v = xcalloc(n + 1, sizeof(*l->v));
	l->first = xcalloc(n * n + 1, sizeof(*l->first));
}

void doomed_order(const struct doomed_list *l, size_t *ret)
{
	CLEANUP(free_p) size_t *waits = xcalloc(l->n + 1, sizeof(*waits));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->n; j++)
			waits[i] += l->first[i * l->n + j];
	for (size_t i = 0; i < l->n; i++)
		if (!waits[i])
			ret[n++] = i;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < l->n; i++)
			if (l->first[i * l->n + ret[k]] && --waits[i] == 0)
				ret[n++] = i;
	/* a circle cannot be, but nothing may be left out */
	for (size_t i = 0; i < l->n; i++)
		if (waits[i])
			ret[n++] = i;
}

/* ---- of the app ---------------------------------------------------------- */

static bool matches_any(const struct assembly *a, const char *pattern)
{
	for (size_t i = 0; i < a->n_all; i++)
		if (glob_match(pattern, a->all[i]->hierarchical_id))
			return true;
	return false;
}

/* Stacks that match when case does not count. */
static void near_matches(const struct assembly *a, const char *pattern,
    struct strvec *ret)
{
	CLEANUP(free_p) char *low = str_lower(pattern);

	for (size_t i = 0; i < a->n_all; i++) {
		const char *id = a->all[i]->hierarchical_id;
		CLEANUP(free_p) char *low_id = str_lower(id);

		if (glob_match(low, low_id))
			strvec_add(ret, id);
	}
}

static void warn_unmatched(struct app *app, const struct assembly *a)
{
	for (size_t i = 0; i < app->args->pos.n; i++) {
		const char *pattern = app->args->pos.v[i];
		CLEANUP(strvec_release) struct strvec near = { 0 };
		CLEANUP(free_p) char *names = NULL, *shown = NULL;

		if (*pattern == '!' || matches_any(a, pattern))
			continue;
		near_matches(a, pattern, &near);
		names = strvec_join(&near, ", ");
		shown = styled(app->sink->color, STYLE_BLUE, pattern);
		if (near.n)
			msg_warn(app->sink,
			    "%s does not exist. Do you mean %s?", shown,
			    names);
		else
			msg_warn(app->sink, "%s does not exist.", shown);
	}
}

static int select_stacks(struct app *app, const struct assembly *a,
    struct stack_list *ret, struct err *err)
{
	const struct args *args = app->args;
	struct select_opts o = {
		.patterns = &args->pos,
		.all = args_bool(args, "all", false),
		.none = SELECT_ONLY_SINGLE,
		.expand = args_bool(args, "exclusively", false)
		    ? EXPAND_NONE : EXPAND_DOWNSTREAM,
		.allow_no_match = true,
	};

	return stacks_select(a, &o, app->sink, ret, err);
}

/* Who others need goes last. */
static void order_of_app(struct doomed_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct stack *s = l->v[i].s;
		size_t max = s->artifact->assembly->n_stacks, n;
		CLEANUP(free_p) struct stack **deps =
		    xcalloc(max + 1, sizeof(*deps));

		n = stack_deps(s, deps, max);
		for (size_t k = 0; k < n; k++)
			for (size_t j = 0; j < l->n; j++)
				if (l->v[j].s == deps[k])
					l->first[j * l->n + i] = true;
	}
}

int doomed_of_app(struct app *app, struct doomed_list *ret, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	if (r < 0)
		return r;
	warn_unmatched(app, a);
	r = select_stacks(app, a, &stacks, err);
	if (r < 0)
		return r;
	make_room(ret, stacks.n);
	for (size_t i = 0; i < stacks.n; i++) {
		ret->v[i].s = stacks.v[i];
		ret->v[i].name = stacks.v[i]->name;
		ret->v[i].id = stacks.v[i]->hierarchical_id;
		ret->v[i].shown = stacks.v[i]->display_name;
	}
	order_of_app(ret);
	return 0;
}

/* ---- by name ------------------------------------------------------------- */

static int check_named(const struct doomed *d, struct err *err)
{
	if (!d->found.stack.json)
		return err_set(err, E_NOTFOUND, "there is no stack '%s' in "
		    "%s: check the name, --region and --profile", d->name,
		    d->access.env_name);
	if (d->found.parent)
		return err_set(err, E_CONFIG, "stack '%s' is nested in '%s' "
		    "and goes with it", d->name, d->found.parent);
	return 0;
}

/* Who imports from a stack goes before it. */
static void order_by_imports(struct doomed_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		JSON_EACH(users, l->v[i].found.imports)
			JSON_EACH(u, users)
				for (size_t j = 0; j < l->n; j++)
					if (j != i && streq(u->valuestring,
						l->v[j].found.stack.name))
						l->first[i * l->n + j] = true;
}

static int refuse_patterns(const struct app *app, struct err *err)
{
	CLEANUP(free_p) char *names = strvec_join(&app->args->pos, ", ");

	if (app->args->pos.n)
		return err_set(err, E_CONFIG, "--stack-name deletes stacks "
		    "without an app: leave out '%s', which names stacks of "
		    "one, or give it with --stack-name as well", names);
	if (args_bool(app->args, "all", false))
		return err_set(err, E_CONFIG, "--stack-name and --all cannot "
		    "be given together");
	return 0;
}

static bool is_named(const struct doomed_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].name, name))
			return true;
	return false;
}

int doomed_by_name(struct app *app, struct doomed_list *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec given = { 0 };
	int r = refuse_patterns(app, err);

	if (r < 0)
		return r;
	(void)args_list(app->args, "stackName", &given);
	make_room(ret, given.n);
	ret->n = 0;
	for (size_t i = 0; i < given.n; i++) {
		struct doomed *d = &ret->v[ret->n];

		if (is_named(ret, given.v[i]))
			continue;
		ret->n++;
		d->given = xstrdup(given.v[i]);
		d->name = d->id = d->shown = d->given;
		r = doomed_read(app, d, err);
		if (r == 0)
			r = check_named(d, err);
		if (r < 0)
			return r;
	}
	order_by_imports(ret);
	return 0;
}

/* ---- what is there ------------------------------------------------------- */

static int reading_access(struct app *app, struct doomed *d, struct err *err)
{
	if (d->s)
		return access_for_lookup(app, d->s, &d->access, err);
	return access_for_env(app, "unknown-account", "unknown-region",
	    &d->access, err);
}

int doomed_read(struct app *app, struct doomed *d, struct err *err)
{
	int r;

	if (d->access.aws)
		return 0;
	r = reading_access(app, d, err);
	if (r < 0)
		return r;
	r = teardown_read(d->access.aws, d->name, &d->found, err);
	return r < 0 ? err_wrap(err, "reading stack '%s'", d->name) : 0;
}

/* Is that stack gone before d is to go? */
static bool goes_before(const struct doomed_list *l, const struct doomed *d,
    const char *name)
{
	CLEANUP(free_p) size_t *order = xcalloc(l->n + 1, sizeof(*order));

	doomed_order(l, order);
	for (size_t k = 0; k < l->n && &l->v[order[k]] != d; k++)
		if (streq0(l->v[order[k]].found.stack.name, name))
			return true;
	return false;
}

cJSON *doomed_in_use(const struct doomed_list *l, const struct doomed *d)
{
	cJSON *ret = cJSON_CreateArray();

	JSON_EACH(users, d->found.imports) {
		cJSON *left = cJSON_CreateArray(), *e;

		JSON_EACH(u, users)
			if (!goes_before(l, d, u->valuestring))
				json_push_take(left, json_dup(u));
		if (!left->child) {
			cJSON_Delete(left);
			continue;
		}
		e = cJSON_CreateObject();
		json_put_str(e, "export", users->string);
		json_add_take(e, "usedBy", left);
		json_push_take(ret, e);
	}
	return ret;
}
