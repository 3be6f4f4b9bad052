#include "cmd.h"

#include "asset/inventory.h"
#include "asset/prune.h"
#include "asset/verify.h"
#include "model/select.h"
#include "util/pool.h"
#include "util/strmap.h"

#define SCHEMA_VERSION 1
#define CONCURRENCY 8

static bool as_json(const struct app *app)
{
	return args_bool(app->args, "json", false);
}

static void print_json(struct app *app, const cJSON *j)
{
	CLEANUP(free_p) char *text = json_text(j, 2);

	msg_text(app->sink, MSG_RESULT, text);
}

/* Patterns follow the action's name. */
static int choose(struct app *app, struct stack_list *ret, struct err *err)
{
	struct strvec patterns = { .v = app->args->pos.v + 1,
		.n = app->args->pos.n - 1 };
	const struct select_opts o = {
		.patterns = &patterns,
		.none = SELECT_ALL,
		.expand = args_bool(app->args, "exclusively", false) ?
		    EXPAND_NONE : EXPAND_UPSTREAM,
		.ignore_no_stacks = true,
	};
	struct assembly *a;
	int rc = app_assets_assembly(app, &a, err);

	return rc < 0 ? rc : stacks_select(a, &o, app->sink, ret, err);
}

static int list_run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(inventory_release) struct inventory inv = { 0 };
	int rc;

	if ((rc = choose(app, &stacks, err)) < 0 ||
	    (rc = inventory_read(&stacks, &inv, err)) < 0)
		return rc;
	if (as_json(app)) {
		CLEANUP(json_free_p) cJSON *j = inventory_json(&inv);

		print_json(app, j);
	} else if (inv.n) {
		CLEANUP(free_p) char *text = inventory_text(&inv);

		msg_text(app->sink, MSG_RESULT, text);
	} else {
		msg_info(app->sink, "No assets");
	}
	return 0;
}

/* ---- verify -------------------------------------------------------------- */

struct check {
	struct publisher *p;
	const struct asset_entry *e;
	const struct stack *stack;
	struct verified v;
};

struct checks {
	struct publisher **publishers;
	size_t n_publishers;
	struct check *v;
	size_t n;
	struct strmap known; /* what is checked already */
};

static void checks_release(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++)
		verified_release(&c->v[i].v);
	free(c->v);
	for (size_t i = 0; i < c->n_publishers; i++)
		publisher_free(c->publishers[i]);
	free(c->publishers);
	strmap_release(&c->known);
}

/* The same asset to the same place for another stack of the environment? */
static bool is_new(struct checks *c, const struct stack *s,
    const struct asset_entry *e)
{
	CLEANUP(free_p) char *source = json_text(e->source, 0);
	CLEANUP(free_p) char *dest = json_text(e->dest, 0);
	CLEANUP(free_p) char *key = xasprintf("%s/%s %s %s %s %s", s->account,
	    s->region, e->id, e->manifest->dir, source, dest);

	return strmap_add(&c->known, key, NULL);
}

static int add_stack(struct app *app, struct checks *c, struct stack *s,
    struct err *err)
{
	size_t n = stack_asset_artifacts(s, NULL, 0);
	CLEANUP(free_p) struct artifact **list = xcalloc(n + 1, sizeof(*list));

	(void)stack_asset_artifacts(s, list, n);
	for (size_t i = 0; i < n; i++) {
		const struct asset_manifest *m;
		struct publisher *p;
		int rc = publisher_new(app, s, list[i], &p, err);

		if (rc < 0)
			return rc;
		c->publishers = xreallocarray(c->publishers,
		    c->n_publishers + 1, sizeof(struct publisher *));
		c->publishers[c->n_publishers++] = p;
		m = publisher_manifest(p);
		for (size_t k = 0; k < m->n; k++) {
			if (!is_new(c, s, &m->v[k]))
				continue;
			c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
			c->v[c->n++] = (struct check){ .p = p, .e = &m->v[k],
				.stack = s };
		}
	}
	return 0;
}

static void check_job(void *arg)
{
	struct check *c = arg;

	publish_verify(c->p, c->e, &c->v);
}

static cJSON *check_json(const struct check *c)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "id", c->e->id);
	json_put_str(o, "displayName", c->e->display_name);
	json_put_str(o, "kind", c->e->kind == ASSET_FILE ? "file" : "image");
	json_put_str(o, "stack", c->stack->display_name);
	json_put_str(o, "destination", c->e->dest_id);
	if (c->v.where)
		json_put_str(o, "location", c->v.where);
	json_put_str(o, "status", verify_word(c->v.state));
	if (c->v.state == VERIFY_OK || c->v.state == VERIFY_DIFFERS)
		json_put_str(o, "checkedBy", c->v.how);
	if (c->v.detail)
		json_put_str(o, "detail", c->v.detail);
	return o;
}

static void check_print(struct app *app, const struct check *c)
{
	CLEANUP(free_p) char *place = asset_place(c->e);
	const char *where = c->v.where ? c->v.where : place;

	if (c->v.state == VERIFY_OK)
		msg_result(app->sink, "ok       %s  %s (%s)",
		    c->e->display_with_dest, where, c->v.how);
	else
		msg_result(app->sink, "%-7s  %s  %s%s%s",
		    verify_word(c->v.state), c->e->display_with_dest, where,
		    c->v.detail ? ": " : "",
		    c->v.detail ? c->v.detail : "");
}

static size_t tell_checks(struct app *app, const struct checks *c)
{
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray();
	size_t bad = 0;

	for (size_t i = 0; i < c->n; i++) {
		bad += c->v[i].v.state != VERIFY_OK;
		if (as_json(app))
			json_push_take(list, check_json(&c->v[i]));
		else
			check_print(app, &c->v[i]);
	}
	json_put_num(doc, "schemaVersion", SCHEMA_VERSION);
	json_add_take(doc, "assets", list);
	if (as_json(app))
		print_json(app, doc);
	return bad;
}

static int verify_run(struct app *app, struct err *err)
{
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(checks_release) struct checks c = { 0 };
	double n = args_num(app->args, "concurrency", CONCURRENCY);
	struct pool *pool;
	size_t bad;
	int rc = choose(app, &stacks, err);

	for (size_t i = 0; i < stacks.n && rc == 0; i++)
		rc = add_stack(app, &c, stacks.v[i], err);
	if (rc < 0)
		return rc;
	pool = pool_new(n >= 1 && n <= 1000 ? (unsigned)n : CONCURRENCY);
	for (size_t i = 0; i < c.n; i++)
		pool_submit(pool, check_job, &c.v[i]);
	pool_free(pool);
	bad = tell_checks(app, &c);
	if (!bad) {
		msg_info(app->sink, "%zu of %zu assets are as they are here",
		    c.n, c.n);
		return 0;
	}
	return err_set(err, E_FAIL, "%zu of %zu assets are missing or differ; "
	    "publish-assets uploads what is missing, with --force what "
	    "differs", bad, c.n);
}

/* ---- prune --------------------------------------------------------------- */

static void tell_pruned(struct app *app, const struct prune *p, bool dry)
{
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray();
	char size[32];

	json_put_num(doc, "schemaVersion", SCHEMA_VERSION);
	json_put_bool(doc, "dryRun", dry);
	json_put_num(doc, "bytes", (double)p->bytes);
	for (size_t i = 0; i < p->n; i++) {
		cJSON *o = cJSON_CreateObject();

		json_put_str(o, "path", p->v[i].path);
		json_put_num(o, "size", (double)p->v[i].size);
		json_push_take(list, o);
		bytes_text(p->v[i].size, size);
		if (!as_json(app))
			msg_result(app->sink, "%9s  %s", size, p->v[i].path);
	}
	json_add_take(doc, "removed", list);
	if (as_json(app))
		print_json(app, doc);
	bytes_text(p->bytes, size);
	msg_info(app->sink, "%zu %s, %s %s", p->n, p->n == 1 ? "thing" :
	    "things", size, dry ? "would be freed" : "freed");
}

/* Nobody may be writing or reading the folder meanwhile. */
static int lock_alone(struct app *app, const char *dir, struct err *err)
{
	dir_lock_release(&app->lock);
	return dir_lock_write(dir, &app->lock, err);
}

static int prune_run(struct app *app, struct err *err)
{
	CLEANUP(prune_release) struct prune p = { 0 };
	bool dry = args_bool(app->args, "dryRun", false);
	struct assembly *a;
	int rc;

	if (app->args->pos.n > 1)
		return err_set(err, E_CONFIG, "assets prune is about the whole "
		    "output folder and takes no stacks");
	if ((rc = app_assets_assembly(app, &a, err)) < 0 ||
	    (rc = lock_alone(app, a->dir, err)) < 0 ||
	    (rc = prune_find(a, &p, err)) < 0)
		return rc;
	if (!dry && (rc = prune_remove(a, &p, err)) < 0)
		return rc;
	tell_pruned(app, &p, dry);
	return 0;
}

static int assets_run(struct app *app, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct app *app, struct err *err);
	} actions[] = {
		{ "list", list_run },
		{ "verify", verify_run },
		{ "prune", prune_run },
	};
	const char *word = app->args->pos.n ? app->args->pos.v[0] : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (streq0(word, actions[i].name))
			return actions[i].run(app, err);
	return err_set(err, E_CONFIG, word ?
	    "assets cannot '%s'; say list, verify or prune" :
	    "assets needs to be told what to do%s: list, verify or prune",
	    word ? word : "");
}

const struct cmd cmd_assets = { .name = "assets", .run = assets_run };
