/*
 * What guard.c judges, fetched: change sets and templates of a stack and of
 * all that is nested in it.
 */
#include "deploy/guard.h"

#include "deploy/changeset.h"
#include "deploy/nested.h"
#include "diff/diff.h"

#define NESTED_TYPE "AWS::CloudFormation::Stack"
/* deeper than CloudFormation allows */
#define DEPTH_MAX 32

struct walk {
	struct aws *aws;
	struct guard *ret;
	unsigned depth;
};

static int deeper(struct walk *w, struct err *err)
{
	return ++w->depth > DEPTH_MAX
	    ? err_set(err, E_TOOBIG, "stacks are nested too deep")
	    : 0;
}

/* ---- deletion ------------------------------------------------------------ */

struct inventory {
	struct strmap physical; /* logical id -> physical id */
	struct strmap nested;	/* the same of stacks only */
};

static void inventory_release(struct inventory *i)
{
	strmap_release(&i->physical);
	strmap_release(&i->nested);
}

static int each_resource(void *u, const cJSON *item)
{
	struct inventory *i = u;
	const char *id = json_str(item, "LogicalResourceId");
	const char *physical = json_str(item, "PhysicalResourceId");
	const char *type = json_str(item, "ResourceType");
	const char *status = json_str(item, "ResourceStatus");

	if (!id || !physical || streq0(status, "DELETE_COMPLETE"))
		return 0;
	strmap_set(&i->physical, id, xstrdup(physical));
	if (streq0(type, NESTED_TYPE))
		strmap_set(&i->nested, id, xstrdup(physical));
	return 0;
}

static int take_stock(struct aws *aws, const char *stack,
    struct inventory *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();

	ret->physical.free_value = free;
	ret->nested.free_value = free;
	json_put_str(in, "StackName", stack);
	return aws_pages(aws, OP_CFN_LIST_STACK_RESOURCES, in, each_resource,
	    ret, err);
}

/* A nested stack that is kept keeps what is in it. */
static bool is_kept(const cJSON *template_, const char *id)
{
	const char *policy = json_str(json_get(json_get(template_,
	    "Resources"), id), "DeletionPolicy");

	return policy && str_starts(policy, "Retain");
}

/* stack is what CloudFormation calls it, name what we do. */
static int judge_deleted(struct walk *w, const char *stack, const char *name,
    const struct strmap *paths, const char *why, struct err *err)
{
	CLEANUP(inventory_release) struct inventory there = { 0 };
	CLEANUP(json_free_p) cJSON *template_ = NULL;
	struct guard_stack s = { .name = name, .paths = paths,
		.existing = &there.physical };
	int r = deeper(w, err);

	if (r == 0)
		r = take_stock(w->aws, stack, &there, err);
	if (r == 0)
		r = cfnstack_template_stage(w->aws, stack, "Processed",
		    &template_, err);
	if (r < 0)
		return r;
	s.old = template_;
	guard_judge_deletion(&s, why, w->ret);
	STRMAP_EACH(&there.nested, e) {
		CLEANUP(free_p) char *inner = xasprintf("%s.%s", name,
		    e->key);

		if (is_kept(template_, e->key))
			continue;
		r = judge_deleted(w, e->value, inner, NULL, why, err);
		if (r < 0)
			return r;
	}
	w->depth--;
	return 0;
}

static void read_paths(const struct guard_request *r, struct strmap *ret)
{
	const struct stack *s = r->stack;

	/* without paths things have their logical ids */
	if (!s || diff_paths_of(s, r->template_, ret, NULL) < 0)
		*ret = (struct strmap){ 0 };
}

int guard_deletion(const struct guard_request *r, struct guard *ret,
    struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack s = { 0 };
	CLEANUP(strmap_release) struct strmap paths = { 0 };
	struct walk w = { .aws = r->aws, .ret = ret };
	int e = cfnstack_get(r->aws, r->stack_name, &s, err);

	if (e < 0 || !s.json || (s.flags & STATUS_REVIEW))
		return e;
	read_paths(r, &paths);
	return judge_deleted(&w, s.arn, r->stack_name, &paths,
	    "the stack is deleted", err);
}

/* ---- without a change set ------------------------------------------------ */

/* Nested stacks the new template does not have any more. */
static int judge_dropped(struct walk *w, const struct guard_stack *s,
    const char *stack, struct err *err)
{
	CLEANUP(inventory_release) struct inventory there = { 0 };
	bool any = false;
	int r = 0;

	JSON_EACH(c, json_get(s->old, "Resources"))
		any = any || (c->string &&
				 streq0(json_str(c, "Type"), NESTED_TYPE) &&
				 !json_get(json_get(s->new_, "Resources"),
				     c->string));
	if (!any || !stack)
		return 0;
	r = take_stock(w->aws, stack, &there, err);
	STRMAP_EACH(&there.nested, e) {
		CLEANUP(free_p) char *inner = xasprintf("%s.%s", s->name,
		    e->key);

		if (r < 0)
			return r;
		if (json_get(json_get(s->new_, "Resources"), e->key) ||
		    is_kept(s->old, e->key))
			continue;
		r = judge_deleted(w, e->value, inner, NULL,
		    "the nested stack is deleted", err);
	}
	return r;
}

static int judge_pairs(struct walk *w, const struct guard_stack *s,
    const char *stack, const struct nested *v, size_t n, struct err *err)
{
	int r = judge_dropped(w, s, stack, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		CLEANUP(free_p) char *name = xasprintf("%s.%s", s->name,
		    v[i].logical_id);
		struct guard_stack inner = { .name = name, .old = v[i].old,
			.new_ = v[i].new_ };

		guard_judge(&inner, w->ret);
		r = judge_pairs(w, &inner, v[i].physical_name, v[i].v, v[i].n,
		    err);
	}
	return r;
}

/* The stacks nested in s by their templates. */
static int judge_nested_templates(struct walk *w,
    const struct guard_request *r, const struct guard_stack *s,
    struct err *err)
{
	struct nested *v = NULL;
	size_t n = 0;
	int e = 0;

	if (r->stack)
		e = nested_load(r->aws, r->stack->artifact->assembly,
		    r->template_, r->stack_name, &v, &n, err);
	if (e == 0)
		e = judge_pairs(w, s, r->stack_name, v, n, err);
	nested_release(v, n);
	return e;
}

static int by_templates(struct walk *w, const struct guard_request *r,
    struct guard_stack *s, struct err *err)
{
	CLEANUP(cfnstack_release) struct cfnstack now = { 0 };
	int e = cfnstack_get(r->aws, r->stack_name, &now, err);

	if (e < 0 || !now.json || (now.flags & STATUS_REVIEW))
		return e;
	e = cfnstack_template(r->aws, &now, &s->old, err);
	if (e < 0)
		return e;
	guard_judge(s, w->ret);
	return judge_nested_templates(w, r, s, err);
}

/* ---- by change set ------------------------------------------------------- */

static int judge_set(struct walk *w, const struct guard_stack *s,
    const char *stack, struct err *err);

/* *ret_open: it changes, but the change set does not tell how. */
static int judge_nested_change(struct walk *w, const struct guard_stack *s,
    const cJSON *rc, bool *ret_open, struct err *err)
{
	const char *id = json_str(rc, "LogicalResourceId");
	const char *action = json_str(rc, "Action");
	const char *physical = json_str(rc, "PhysicalResourceId");
	const char *set = json_str(rc, "ChangeSetId");
	const char *policy = json_str(rc, "PolicyAction");
	bool goes = streq0(action, "Remove") ||
	    streq0(json_str(rc, "Replacement"), "True");
	CLEANUP(free_p) char *name = xasprintf("%s.%s", s->name, id);
	CLEANUP(json_free_p) cJSON *inner = NULL;
	struct guard_stack n = { .name = name };
	int r;

	if (!physical || streq0(action, "Add") || streq0(action, "Import") ||
	    (goes && policy && str_ends(policy, "Retain")))
		return 0;
	if (goes)
		return judge_deleted(w, physical, name, NULL,
		    "the nested stack is deleted", err);
	*ret_open = *ret_open || !set;
	if (!set)
		return 0;
	r = changeset_describe(w->aws, physical, set, VALUES_YES, &inner,
	    err);
	if (r < 0)
		return r;
	n.change_set = inner;
	return judge_set(w, &n, physical, err);
}

static int judge_inside(struct walk *w, const struct guard_stack *s,
    bool *ret_open, struct err *err)
{
	int r = 0;

	JSON_EACH(c, json_get(s->change_set, "Changes")) {
		const cJSON *rc = json_get(c, "ResourceChange");

		if (r == 0 && json_str(rc, "LogicalResourceId") &&
		    streq0(json_str(rc, "ResourceType"), NESTED_TYPE))
			r = judge_nested_change(w, s, rc, ret_open, err);
	}
	return r;
}

/* The deployed template is only read where something is suspicious. */
static int judge_own(struct walk *w, const struct guard_stack *s,
    const char *stack, struct err *err)
{
	CLEANUP(json_free_p) cJSON *old = NULL;
	struct guard_stack known = *s;
	int r;

	if (!guard_suspects(s->change_set))
		return 0;
	r = cfnstack_template_stage(w->aws, stack, "Processed", &old, err);
	if (r < 0)
		return r;
	known.old = old;
	guard_judge(&known, w->ret);
	return 0;
}

static int judge_set(struct walk *w, const struct guard_stack *s,
    const char *stack, struct err *err)
{
	bool open = false;
	int r = deeper(w, err);

	if (r == 0)
		r = judge_own(w, s, stack, err);
	if (r == 0)
		r = judge_inside(w, s, &open, err);
	w->depth--;
	return r;
}

/* A change set that leaves nested stacks out is completed by templates. */
static int by_change_set(struct walk *w, const struct guard_request *r,
    const struct guard_stack *s, struct err *err)
{
	bool open = false;
	int e = judge_own(w, s, r->stack_name, err);

	if (e == 0)
		e = judge_inside(w, s, &open, err);
	return e < 0 || !open ? e : judge_nested_templates(w, r, s, err);
}

int guard_deployment(const struct guard_request *r, struct guard *ret,
    struct err *err)
{
	CLEANUP(strmap_release) struct strmap paths = { 0 };
	struct walk w = { .aws = r->aws, .ret = ret };
	struct guard_stack s = { .name = r->stack_name,
		.new_ = r->template_, .change_set = r->change_set,
		.paths = &paths };

	read_paths(r, &paths);
	return r->change_set ? by_change_set(&w, r, &s, err)
			     : by_templates(&w, r, &s, err);
}

int guard_destroy(struct sink *sink, const struct guard_request *r,
    const struct strvec *allowed, bool *used, struct err *err)
{
	CLEANUP(guard_release) struct guard g = { 0 };
	int e = guard_deletion(r, &g, err);

	if (e < 0)
		return e;
	guard_allow(&g, allowed, used);
	if (guard_losses(&g))
		return guard_refuse(&g, r->stack_name, false, err);
	guard_tell(sink, &g, r->stack_name);
	return 0;
}
