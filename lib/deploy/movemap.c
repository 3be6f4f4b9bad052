#include "deploy/movemap.h"

#include "app/access.h"
#include "cfn/cfnstack.h"
#include "util/pool.h"

#define READS_AT_ONCE 20

struct movemap_env {
	char *account, *region;
	struct moves_stack *before, *after;
	size_t n_before, n_after;
	/* of those that were read: what `before` borrows */
	struct strvec names;
	cJSON **templates;
	struct moves moves;
};

void movemap_release(struct movemap *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct movemap_env *e = &m->v[i];

		moves_release(&e->moves);
		for (size_t k = 0; e->templates && k < e->names.n; k++)
			json_free(e->templates[k]);
		free(e->templates);
		strvec_release(&e->names);
		free(e->before);
		free(e->after);
		free(e->account);
		free(e->region);
	}
	free(m->v);
	*m = (struct movemap){ 0 };
}

static struct movemap_env *find(const struct movemap *m, const char *account,
    const char *region)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->v[i].account, account) &&
		    streq(m->v[i].region, region))
			return &m->v[i];
	return NULL;
}

static struct movemap_env *find_or_add(struct movemap *m,
    const char *account, const char *region)
{
	struct movemap_env *e = find(m, account, region);

	if (e)
		return e;
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	e = &m->v[m->n++];
	*e = (struct movemap_env){ .account = xstrdup(account),
		.region = xstrdup(region) };
	return e;
}

const struct moves *movemap_of(const struct movemap *m,
    const struct stack *s)
{
	const struct movemap_env *e = find(m, s->account, s->region);

	return e ? &e->moves : NULL;
}

static void push(struct moves_stack **v, size_t *n, const char *name,
    const cJSON *template_)
{
	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct moves_stack){ name, template_ };
}

static int add_local(struct movemap_env *e, struct stack *s, struct err *err)
{
	const cJSON *template_;
	int r = stack_template(s, &template_, err);

	if (r == 0)
		push(&e->after, &e->n_after, s->name, template_);
	return r;
}

static void find_moves(struct movemap *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct movemap_env *e = &m->v[i];
		struct moves_input in = { .before = e->before,
			.n_before = e->n_before,
			.after = e->after,
			.n_after = e->n_after };

		moves_find(&in, &e->moves);
	}
}

/* ---- deployed ------------------------------------------------------------ */

static bool is_local(const struct movemap_env *e, const char *name)
{
	for (size_t i = 0; i < e->n_after; i++)
		if (streq(e->after[i].name, name))
			return true;
	return false;
}

static int each_summary(void *u, const cJSON *summary)
{
	struct movemap_env *e = u;
	const char *name = json_str(summary, "StackName");

	if (name && is_local(e, name))
		strvec_add(&e->names, name);
	return 0;
}

/* Only settled stacks can be refactored. */
static int list_deployed(struct aws *aws, struct movemap_env *e,
    struct err *err)
{
	static const char *const settled[] = { "CREATE_COMPLETE",
		"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
		"IMPORT_COMPLETE", "ROLLBACK_COMPLETE" };
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();
	cJSON *states = cJSON_CreateArray();

	for (size_t i = 0; i < ARRAY_SIZE(settled); i++)
		json_push_take(states, cJSON_CreateString(settled[i]));
	json_add_take(in, "StackStatusFilter", states);
	return aws_pages(aws, OP_CFN_LIST_STACKS, in, each_summary, e, err);
}

struct reading {
	struct aws *aws;
	const char *name;
	bool unlisted;
	cJSON *template_; /* NULL: there is no such stack */
	struct err err;
	int r;
};

static void read_one(void *arg)
{
	struct reading *j = arg;

	j->r = cfnstack_template_stage(j->aws, j->name, NULL, &j->template_,
	    &j->err);
	if (j->unlisted && j->r < 0 && cfnstack_is_missing(&j->err, j->name))
		j->r = 0;
}

static int read_templates(struct aws *aws, struct movemap_env *e,
    bool unlisted, struct err *err)
{
	size_t n = e->names.n;
	CLEANUP(free_p) struct reading *v = xcalloc(n + 1, sizeof(*v));
	struct pool *pool = pool_new((unsigned)MIN(n, READS_AT_ONCE));
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].aws = aws;
		v[i].name = e->names.v[i];
		v[i].unlisted = unlisted;
		pool_submit(pool, read_one, &v[i]);
	}
	pool_free(pool);
	e->templates = xcalloc(n + 1, sizeof(*e->templates));
	for (size_t i = 0; i < n; i++) {
		if (v[i].r < 0 && r == 0) {
			r = v[i].r;
			err_move(err, &v[i].err);
		}
		err_release(&v[i].err);
		e->templates[i] = v[i].template_;
		if (e->templates[i])
			push(&e->before, &e->n_before, e->names.v[i],
			    e->templates[i]);
	}
	return r;
}

static int read_deployed(struct app *app, struct movemap_env *e,
    bool unlisted, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	int r = access_for_env(app, e->account, e->region, &access, err);

	for (size_t i = 0; unlisted && i < e->n_after; i++)
		strvec_add(&e->names, e->after[i].name);
	if (r == 0 && !unlisted)
		r = list_deployed(access.aws, e, err);
	return r < 0 ? r : read_templates(access.aws, e, unlisted, err);
}

int movemap_deployed(struct app *app, const struct stack_list *l,
    bool unlisted, struct movemap *ret, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < l->n && r == 0; i++) {
		CLEANUP(free_p) char *account = NULL, *region = NULL;

		r = aws_session_resolve(app_aws(app), l->v[i]->account,
		    l->v[i]->region, &account, &region, err);
		if (r == 0)
			r = add_local(find_or_add(ret, account, region),
			    l->v[i], err);
	}
	for (size_t i = 0; i < ret->n && r == 0; i++)
		r = read_deployed(app, &ret->v[i], unlisted, err);
	if (r == 0)
		find_moves(ret);
	return r;
}

/* ---- two assemblies ------------------------------------------------------ */

static int add_other(struct movemap *m, struct stack *s, struct err *err)
{
	struct movemap_env *e = find_or_add(m, s->account, s->region);
	const cJSON *template_;
	int r = stack_template(s, &template_, err);

	if (r == 0)
		push(&e->before, &e->n_before, s->name, template_);
	return r;
}

int movemap_between(const struct against *other, const struct assembly *a,
    const struct stack_list *l, bool gone, struct movemap *ret,
    struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < l->n && r == 0; i++) {
		struct stack *s = l->v[i], *old = against_find(other, s);

		r = add_local(find_or_add(ret, s->account, s->region), s,
		    err);
		if (r == 0 && old)
			r = add_other(ret, old, err);
	}
	for (size_t i = 0; gone && i < other->assembly->n_all && r == 0; i++)
		if (!against_remains(other->assembly->all[i], a))
			r = add_other(ret, other->assembly->all[i], err);
	if (r == 0)
		find_moves(ret);
	return r;
}
