#include "cmd.h"

#include <pthread.h>

#include "app/validation.h"
#include "deploy/against.h"
#include "deploy/compare.h"
#include "deploy/movemap.h"
#include "deploy/params.h"
#include "deploy/probe.h"
#include "diff/report.h"
#include "model/select.h"
#include "term/term.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/pool.h"
#include "util/timeutil.h"

#define TEMPLATE_MAX (64u << 20)

enum method { METHOD_AUTO, METHOD_CHANGE_SET, METHOD_TEMPLATE };

struct request {
	struct app *app;
	enum method method;
	const char *template_file; /* --template */
	const char *fail_on;	   /* never NULL */
	bool security_only, quiet, strict, read_only;
	struct diff_format_opts format;
	cJSON *parameters; /* {"*" or stack: {key: value}} */
	size_t count;	   /* stacks with differences */
	bool broadening;
	struct strvec destructive;
	bool json, markdown, explain;
	cJSON *report;	     /* with json or markdown */
	struct strbuf comment; /* with markdown */
	struct against against; /* --against */
	struct movemap moves;	/* --include-moves */
	bool only_one;		/* nothing comes after the first stack */
};

static void request_release(struct request *q)
{
	json_free(q->parameters);
	strvec_release(&q->destructive);
	json_free(q->report);
	if (q->comment.buf)
		strbuf_release(&q->comment);
	movemap_release(&q->moves);
	against_release(&q->against);
}

/* One stack, both sides. Templates are borrowed when *_own is NULL. */
struct subject {
	struct stack *stack;
	const cJSON *old, *new_;
	cJSON *old_own, *new_own;
	cJSON *change_set;
	cJSON *import; /* resources to import, or NULL */
	char *environment;
	struct nested *nested;
	size_t n_nested;
	struct strmap paths;
};

static void subject_release(struct subject *s)
{
	json_free(s->old_own);
	json_free(s->new_own);
	json_free(s->change_set);
	json_free(s->import);
	free(s->environment);
	nested_release(s->nested, s->n_nested);
	strmap_release(&s->paths);
}

/* ---- options ------------------------------------------------------------- */

static bool given(const struct app *app, const char *name)
{
	return json_get(app->args->given, name) != NULL;
}

static enum method read_method(const struct app *app)
{
	const char *m = args_str(app->args, "method");

	if (streq0(m, "change-set"))
		return METHOD_CHANGE_SET;
	if (streq0(m, "template") || args_tri(app->args, "changeSet") == 0 ||
	    args_str(app->args, "template") || args_str(app->args, "against") ||
	    args_bool(app->args, "readOnly", false))
		return METHOD_TEMPLATE;
	return METHOD_AUTO;
}

static int check_options(const struct app *app, enum method method,
    struct err *err)
{
	int fail = args_tri(app->args, "fail");

	if (given(app, "failOn") && fail == 1)
		return err_set(err, E_CONFIG, "--fail cannot be used with "
		    "--fail-on, use --fail-on=any-change instead of --fail");
	if (given(app, "failOn") && fail == 0)
		return err_set(err, E_CONFIG, "--no-fail cannot be used with "
		    "--fail-on, use --fail-on=never instead of --no-fail");
	if (args_str(app->args, "against") && args_str(app->args, "template"))
		return err_set(err, E_CONFIG, "--against cannot be used with "
		    "--template");
	if (args_str(app->args, "against") && method == METHOD_CHANGE_SET)
		return err_set(err, E_CONFIG, "--against cannot be used with "
		    "--method=change-set: nothing is asked of AWS for it");
	if (args_bool(app->args, "securityOnly", false) &&
	    (args_bool(app->args, "json", false) ||
		args_bool(app->args, "markdown", false)))
		return err_set(err, E_CONFIG, "--security-only cannot be used "
		    "with --json or --markdown, which tell of permissions "
		    "anyway");
	if (args_bool(app->args, "readOnly", false) &&
	    method == METHOD_CHANGE_SET)
		return err_set(err, E_CONFIG, "--read-only cannot be used with "
		    "--method=change-set: a change set is something written");
	if (method == METHOD_TEMPLATE && given(app, "parameters"))
		return err_set(err, E_CONFIG, "--parameters cannot be used "
		    "with --method=template");
	return 0;
}

/* Only a JSON false counts; text from -c does not. */
static const char *read_fail_on(const struct app *app)
{
	const char *fail_on = args_str(app->args, "failOn");
	int fail = args_tri(app->args, "fail");

	if (fail_on)
		return fail_on;
	if (fail >= 0)
		return fail ? "any-change" : "never";
	return cJSON_IsFalse(context_get(&app->context,
		   "aws-cdk:enableDiffNoFail"))
	    ? "any-change"
	    : "never";
}

static struct request read_request(struct app *app, enum method method)
{
	const struct args *a = app->args;
	double context = args_num(a, "contextLines", 3);
	struct request q = { .app = app,
		.method = method,
		.template_file = args_str(a, "template"),
		.fail_on = read_fail_on(app),
		.security_only = args_bool(a, "securityOnly", false),
		.quiet = args_bool(a, "quiet", false),
		.strict = args_bool(a, "strict", false),
		.read_only = args_bool(a, "readOnly", false),
		.json = args_bool(a, "json", false),
		.markdown = args_bool(a, "markdown", false),
		.explain = args_bool(a, "explain", false),
		.parameters = params_read(app->args) };

	q.format = (struct diff_format_opts){
		.context_lines = context >= 1 && context < 1e6
		    ? (unsigned)context
		    : 0,
		.strict = q.strict,
		.quiet = q.quiet,
		.color = app->sink->color && !q.markdown,
		.columns = q.markdown ? 0 : term_table_columns(),
		.ignore_asset_hashes =
		    args_bool(a, "ignoreAssetHashes", false),
	};
	if (q.json || q.markdown)
		q.report = cJSON_CreateArray();
	strbuf_init(&q.comment);
	return q;
}

/* ---- the two sides ------------------------------------------------------- */

static int read_file_side(const struct request *q, struct subject *s,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = file_read(q->template_file, TEMPLATE_MAX, &text, err);

	if (r < 0)
		return r;
	r = cfnstack_parse_template(strbuf_sv(&text), q->template_file,
	    &s->old_own, err);
	s->old = s->old_own;
	if (r == 0 && (!cJSON_IsObject(s->old) || sv_trim(strbuf_sv(&text)).n == 0))
		return err_set(err, E_INVALID, "%s: the template is not an object",
		    q->template_file);
	return r;
}

static const char *stage_of(const struct request *q)
{
	return args_bool(q->app->args, "processed", false) ? "Processed"
							   : "Original";
}

static int read_nested(const struct request *q, struct subject *s,
    struct aws *aws, const char *parent, struct err *err)
{
	CLEANUP(err_release) struct err e = { 0 };
	int r = nested_load(aws, s->stack->artifact->assembly, s->new_, parent,
	    &s->nested, &s->n_nested, &e);

	if (r < 0 && q->read_only && e.aws_code &&
	    str_starts(e.aws_code, "AccessDenied")) {
		msg_warn(q->app->sink, "%s: its nested stacks are left out: %s",
		    s->stack->display_name, err_text(&e));
		return 0;
	}
	if (r < 0)
		err_move(err, &e);
	return r;
}

/* A stack that does not exist is {}, known only from the refusal. */
static int read_only_side(const struct request *q, struct subject *s,
    struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(err_release) struct err e = { 0 };
	const struct stack *stack = s->stack;
	int r = access_for_env(q->app, stack->account, stack->region, &access,
	    err);
	bool there;

	if (r < 0)
		return r;
	s->environment = xstrdup0(access.env_name);
	r = cfnstack_template_stage(access.aws, stack->name, stage_of(q),
	    &s->old_own, &e);
	there = r == 0;
	if (r < 0 && !cfnstack_is_missing(&e, stack->name)) {
		err_move(err, &e);
		return err_wrap(err, "reading the template of stack '%s'",
		    stack->display_name);
	}
	if (!there)
		s->old_own = cJSON_CreateObject();
	s->old = s->old_own;
	return read_nested(q, s, access.aws, there ? stack->name : NULL, err);
}

static int read_deployed_side(const struct request *q, struct subject *s,
    struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access access = { 0 };
	CLEANUP(cfnstack_release) struct cfnstack deployed = { 0 };
	const struct stack *stack = s->stack;
	int r = access_for_lookup(q->app, stack, &access, err);

	if (r < 0)
		return r;
	s->environment = xstrdup0(access.env_name);
	r = cfnstack_get(access.aws, stack->name, &deployed, err);
	if (r == 0 && deployed.json)
		r = cfnstack_template_stage(access.aws, stack->name,
		    stage_of(q), &s->old_own, err);
	else if (r == 0)
		s->old_own = cJSON_CreateObject();
	s->old = s->old_own;
	if (r < 0)
		return r;
	return read_nested(q, s, access.aws,
	    deployed.json ? stack->name : NULL, err);
}

static int read_other_side(const struct request *q, struct subject *s,
    struct err *err)
{
	struct stack *other = against_find(&q->against, s->stack);
	int r = 0;

	if (other)
		r = stack_template(other, &s->old, err);
	else
		s->old = s->old_own = cJSON_CreateObject();
	if (r < 0)
		return r;
	return nested_load_pair(other ? other->artifact->assembly : NULL,
	    s->old, s->stack->artifact->assembly, s->new_, &s->nested,
	    &s->n_nested, err);
}

/* Is this where the resources of migrate.json come from? */
static bool migrates_here(const char *source, const char *environment)
{
	struct sv rest = sv_from(source), part[6] = { 0 };
	CLEANUP(free_p) char *env = NULL;
	size_t n = 0;

	while (n < ARRAY_SIZE(part) && sv_next(&rest, ':', &part[n]))
		n++;
	if (n && sv_eq(part[0], "localfile"))
		return true;
	if (n < 5 || !environment)
		return false;
	env = xasprintf("aws://%.*s/%.*s", SV_FMT(part[4]), SV_FMT(part[3]));
	return streq(env, environment);
}

/* An app made from existing resources imports them the first time; what is
 * wrong with the file is not our concern here. */
static void read_migration(struct subject *s)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;
	const char *source;
	const cJSON *resources;

	if (file_read("migrate.json", TEMPLATE_MAX, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), "migrate.json", &doc, NULL) < 0)
		return;
	source = json_str(doc, "Source");
	resources = json_get(doc, "Resources");
	if (!source || !cJSON_IsArray(resources) ||
	    !migrates_here(source, s->environment))
		return;
	s->import = json_dup(resources);
	s->new_own = json_dup(s->new_);
	json_del(json_get(s->new_own, "Resources"), "CDKMetadata");
	json_del(s->new_own, "Outputs");
	s->new_ = s->new_own;
}

static int ask_cloudformation(const struct request *q, struct subject *s,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *parameters = params_of_stack(q->parameters, s->stack);
	struct probe p = { .stack = s->stack,
		.old = s->old,
		.template_ = s->new_,
		.parameters = parameters,
		.name = args_str(q->app->args, "changeSetName"),
		.import_existing = args_bool(q->app->args,
		    "importExistingResources", false),
		.resources_to_import = s->import,
		.strict = q->method == METHOD_CHANGE_SET,
		.quiet = q->quiet };

	return probe_change_set(q->app, &p, &s->change_set, err);
}

static int load(const struct request *q, struct subject *s, struct err *err)
{
	int r = stack_template(s->stack, &s->new_, err);

	if (r < 0)
		return r;
	if (q->template_file) {
		r = read_file_side(q, s, err);
	} else if (q->against.assembly) {
		r = read_other_side(q, s, err);
	} else {
		r = q->read_only ? read_only_side(q, s, err)
				 : read_deployed_side(q, s, err);
		if (r == 0)
			read_migration(s);
	}
	/* a file is no deployed stack, whatever the method */
	if (r == 0 && q->method != METHOD_TEMPLATE && !q->template_file)
		r = ask_cloudformation(q, s, err);
	if (r == 0)
		r = diff_paths_of(s->stack, s->new_, &s->paths, err);
	return r;
}

/* ---- texts --------------------------------------------------------------- */

static struct comparison comparison_of(const struct request *q,
    const struct subject *s)
{
	struct comparison c = { .old = s->old,
		.new_ = s->new_,
		.change_set = s->change_set,
		.is_import = s->import != NULL,
		.nested = s->nested,
		.n_nested = s->n_nested,
		.report = q->report,
		.explain = q->explain,
		.moves = movemap_of(&q->moves, s->stack),
		.format = q->format };

	/* the reference looks for the name that it shows */
	c.moves_name = q->against.assembly ? s->stack->name
					   : s->stack->display_name;
	c.format.stack_name = s->stack->display_name;
	c.format.environment = s->environment;
	c.format.paths = &s->paths;
	return c;
}

static bool broadens(const struct comparison *c)
{
	CLEANUP(compared_release) struct compared o = { 0 };

	compare_security(c, &o);
	return o.permissions == PERM_BROADENING;
}

static void show_full(struct request *q, const struct comparison *c,
    struct compared *o)
{
	int before = cJSON_GetArraySize(q->report);

	compare_full(c, o);
	if (q->markdown && o->count)
		diff_markdown(cJSON_GetArrayItem(q->report, before),
		    o->text.buf, &q->comment);
	else if (!q->report)
		msg_text(q->app->sink, MSG_INFO, o->text.buf);
	q->count += o->count;
	/* what is hidden from the text still counts here */
	if (streq(q->fail_on, "broadening"))
		q->broadening = q->broadening || broadens(c);
}

static void show_security(struct request *q, const struct comparison *c,
    struct compared *o)
{
	compare_security(c, o);
	if (o->permissions != PERM_BROADENING)
		return;
	msg_warn(q->app->sink,
	    "This deployment will make potentially sensitive changes "
	    "according to your current security approval level.\n"
	    "Please confirm you intend to make the following modifications:"
	    "\n");
	msg_text(q->app->sink, MSG_INFO, o->text.buf);
	q->count += o->count;
	q->broadening = true;
}

static void show(struct request *q, const struct subject *s)
{
	CLEANUP(compared_release) struct compared o = { 0 };
	struct comparison c = comparison_of(q, s);

	if (q->security_only)
		show_security(q, &c, &o);
	else
		show_full(q, &c, &o);
	if (streq(q->fail_on, "destructive"))
		for (size_t i = 0; i < o.destructive.n; i++)
			strvec_add(&q->destructive, o.destructive.v[i]);
}

static int compare(struct request *q, struct stack *stack, struct err *err)
{
	CLEANUP(subject_release) struct subject s = { .stack = stack };
	int r = cancel_requested() ? err_set(err, E_CANCELLED, "canceled")
				   : load(q, &s, err);

	if (r == 0)
		show(q, &s);
	if (q->only_one)
		mem_leave_trees();
	return r;
}

/* ---- many at once -------------------------------------------------------- */

/* Waiting for AWS takes no processor. */
#define MAX_AT_ONCE 8

struct job {
	struct batch *batch;
	struct stack *stack;
	struct app app;		 /* the run's, with a sink of its own */
	struct msg_relay relay;
	struct request q;	 /* the run's, with findings of its own */
	struct err err;
	int rc;
	bool done;
};

struct batch {
	pthread_mutex_t lock;
	pthread_cond_t progress;
	struct job *v;
	size_t n;
	bool stop; /* a stack failed: what has not begun need not begin */
};

static void job_run(void *arg)
{
	struct job *j = arg;
	struct batch *b = j->batch;
	bool stop;

	pthread_mutex_lock(&b->lock);
	stop = b->stop;
	pthread_mutex_unlock(&b->lock);
	j->rc = stop ? E_SILENT : compare(&j->q, j->stack, &j->err);
	pthread_mutex_lock(&b->lock);
	j->done = true;
	b->stop = b->stop || j->rc < 0;
	pthread_cond_broadcast(&b->progress);
	pthread_mutex_unlock(&b->lock);
}

static void job_init(struct job *j, struct batch *b, const struct request *q,
    struct stack *stack)
{
	j->batch = b;
	j->stack = stack;
	msg_relay_init(&j->relay, q->app->sink);
	j->app = *q->app;
	j->app.sink = &j->relay.base;
	j->q = *q;
	j->q.app = &j->app;
	j->q.count = 0;
	j->q.broadening = false;
	j->q.destructive = (struct strvec){ 0 };
	j->q.report = q->report ? cJSON_CreateArray() : NULL;
	strbuf_init(&j->q.comment);
}

static void job_release(struct job *j)
{
	strvec_release(&j->q.destructive);
	json_free(j->q.report);
	strbuf_release(&j->q.comment);
	msg_relay_release(&j->relay);
	err_release(&j->err);
}

/* What one stack came to becomes part of the whole. */
static void take_findings(struct request *q, struct job *j)
{
	q->count += j->q.count;
	q->broadening = q->broadening || j->q.broadening;
	for (size_t i = 0; i < j->q.destructive.n; i++)
		strvec_add(&q->destructive, j->q.destructive.v[i]);
	while (j->q.report && j->q.report->child)
		json_push_take(q->report,
		    cJSON_DetachItemViaPointer(j->q.report,
			j->q.report->child));
	strbuf_adds(&q->comment, j->q.comment.buf);
}

/* In the order of the stacks, as far as they are done. */
static int collect(struct request *q, struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		struct job *j = &b->v[i];

		msg_relay_open(&j->relay);
		pthread_mutex_lock(&b->lock);
		while (!j->done)
			pthread_cond_wait(&b->progress, &b->lock);
		pthread_mutex_unlock(&b->lock);
		if (j->rc < 0) {
			err_move(err, &j->err);
			return j->rc;
		}
		take_findings(q, j);
	}
	return 0;
}

static unsigned threads_for(const struct request *q, size_t stacks)
{
	bool offline = q->template_file || q->against.assembly;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = offline && processors > 0 ? (size_t)processors : MAX_AT_ONCE;

	return (unsigned)MIN(MIN(n, (size_t)MAX_AT_ONCE), stacks);
}

static int compare_many(struct request *q, const struct stack_list *stacks,
    struct err *err)
{
	struct batch b = { .n = stacks->n };
	struct pool *pool;
	int r;

	/* shared by the jobs, so it has to be there before them */
	if (!q->template_file && !q->against.assembly)
		(void)app_aws(q->app);
	pthread_mutex_init(&b.lock, NULL);
	pthread_cond_init(&b.progress, NULL);
	b.v = xcalloc(b.n, sizeof(*b.v));
	pool = pool_new(threads_for(q, b.n));
	for (size_t i = 0; i < b.n; i++) {
		job_init(&b.v[i], &b, q, stacks->v[i]);
		pool_submit(pool, job_run, &b.v[i]);
	}
	r = collect(q, &b, err);
	pool_free(pool);
	for (size_t i = 0; i < b.n; i++)
		job_release(&b.v[i]);
	free(b.v);
	pthread_mutex_destroy(&b.lock);
	pthread_cond_destroy(&b.progress);
	return r;
}

/* ---- the run ------------------------------------------------------------- */

static int check_template(const struct request *q,
    const struct stack_list *stacks, struct err *err)
{
	if (!q->template_file)
		return 0;
	if (stacks->n != 1)
		return err_set(err, E_CONFIG, "Can only select one stack when "
		    "comparing to fixed template. Use --exclusively to avoid "
		    "selecting multiple stacks.");
	if (!file_exists(q->template_file))
		return err_set(err, E_CONFIG, "There is no file at %s",
		    q->template_file);
	if (args_bool(q->app->args, "importExistingResources", false))
		return err_set(err, E_CONFIG, "Can only use "
		    "--import-existing-resources flag when comparing against "
		    "deployed stacks.");
	return 0;
}

/* Stacks that only the other side has, as removed ones. */
static int compare_gone(struct request *q, const struct assembly *a,
    struct err *err)
{
	const struct assembly *old = q->against.assembly;

	for (size_t i = 0; old && i < old->n_all; i++) {
		CLEANUP(json_free_p) cJSON *none = cJSON_CreateObject();
		CLEANUP(subject_release) struct subject s = {
			.stack = old->all[i], .new_ = none };
		int r;

		if (against_remains(old->all[i], a))
			continue;
		r = stack_template(old->all[i], &s.old, err);
		if (r == 0)
			r = nested_load_pair(old->all[i]->artifact->assembly,
			    s.old, NULL, none, &s.nested, &s.n_nested, err);
		if (r == 0)
			r = diff_paths_of(s.stack, s.old, &s.paths, err);
		if (r < 0)
			return r;
		show(q, &s);
	}
	return 0;
}

static int find_moves(struct request *q, const struct assembly *a,
    const struct stack_list *stacks, struct err *err)
{
	const struct app *app = q->app;

	/* a file is no deployed stack, as in the reference */
	if (!args_bool(app->args, "includeMoves", false) || q->template_file)
		return 0;
	return q->against.assembly
	    ? movemap_between(&q->against, a, stacks, !app->args->pos.n,
		  &q->moves, err)
	    : movemap_deployed(q->app, stacks, q->read_only, &q->moves, err);
}

static void put_report(struct request *q)
{
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	CLEANUP(free_p) char *text = NULL;

	json_put_num(o, "version", DIFF_REPORT_VERSION);
	json_put_num(o, "stacksWithDifferences", (double)q->count);
	json_append_take(o, "stacks", TAKE(q->report));
	text = json_text(o, 2);
	msg_text(q->app->sink, MSG_RESULT, text);
}

static void put_comment(struct request *q)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "### Infrastructure changes\n\n");
	if (q->count)
		strbuf_addf(&b, "Stacks with differences: %zu\n\n", q->count);
	else
		strbuf_adds(&b, "No differences.\n");
	strbuf_adds(&b, q->comment.buf);
	strbuf_rtrim(&b);
	msg_text(q->app->sink, MSG_RESULT, b.buf);
}

static void put_end(struct request *q)
{
	if (q->json)
		put_report(q);
	else if (q->markdown)
		put_comment(q);
	else
		msg_info(q->app->sink,
		    "\n✨  Number of stacks with differences: %zu\n",
		    q->count);
}

static bool must_fail(const struct request *q)
{
	if (streq(q->fail_on, "any-change"))
		return q->count > 0;
	if (streq(q->fail_on, "broadening"))
		return q->broadening;
	return streq(q->fail_on, "destructive") && q->destructive.n > 0;
}

static void say_destructive(const struct request *q)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (!q->destructive.n)
		return;
	strbuf_addf(&b,
	    "❌  Found %zu destructive change(s) (--fail-on=destructive):\n",
	    q->destructive.n);
	for (size_t i = 0; i < q->destructive.n; i++)
		strbuf_addf(&b, "  %s\n", q->destructive.v[i]);
	msg_text(q->app->sink, MSG_ERROR, b.buf);
}

static int compare_all(struct request *q, const struct assembly *a,
    const struct stack_list *stacks, struct err *err)
{
	int r = check_template(q, stacks, err);

	if (r == 0)
		r = find_moves(q, a, stacks, err);
	if (r == 0 && stacks->n > 1)
		r = compare_many(q, stacks, err);
	else if (r == 0 && stacks->n) {
		q->only_one = !q->against.assembly;
		r = compare(q, stacks->v[0], err);
	}
	if (r == 0 && !q->app->args->pos.n)
		r = compare_gone(q, a, err);
	if (r < 0)
		return r;
	put_end(q);
	if (streq(q->fail_on, "destructive"))
		say_destructive(q);
	if (args_bool(q->app->args, "detailedExitcode", false)) {
		q->app->status = q->count ? 2 : 0;
		return 0;
	}
	return must_fail(q) ? err_set(err, E_SILENT, "there are differences")
			    : 0;
}

static int select_stacks(struct app *app, const struct assembly *a,
    struct stack_list *ret, struct err *err)
{
	struct select_opts o = { .patterns = &app->args->pos,
		.none = args_str(app->args, "against") ? SELECT_ALL
							: SELECT_MAIN_ASSEMBLY,
		.expand = args_bool(app->args, "exclusively", false)
		    ? EXPAND_NONE
		    : EXPAND_UPSTREAM,
		.allow_no_main = true };

	return stacks_select(a, &o, app->sink, ret, err);
}

static int diff_run(struct app *app, struct err *err)
{
	CLEANUP(request_release) struct request q = { 0 };
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	enum method method = read_method(app);
	struct assembly *a;
	int r = check_options(app, method, err);

	if (r < 0)
		return r;
	q = read_request(app, method);
	r = app_assembly(app, &a, err);
	if (r == 0)
		r = select_stacks(app, a, &stacks, err);
	if (r == 0)
		r = app_validate(app, a, &stacks, err);
	if (r == 0 && args_str(app->args, "against"))
		r = against_open(app, args_str(app->args, "against"),
		    &q.against, err);
	if (r == 0)
		r = compare_all(&q, a, &stacks, err);
	/* it was said, and the signal says the rest */
	return r == E_CANCELLED && interrupt_kept()
	    ? err_set(err, E_SILENT, "interrupted")
	    : r;
}

const struct cmd cmd_diff = { .name = "diff", .run = diff_run };
