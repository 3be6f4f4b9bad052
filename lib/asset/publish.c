#include "asset/publish.h"

#include "asset/internal.h"
#include "term/style.h"
#include "util/file.h"
#include "util/pool.h"

#define PUBLISH_ALL_AT_ONCE 20

/* From this version on buckets of other accounts are refused by policy. */
#define VERSION_OWN_BUCKETS 21

void publisher_say(struct publisher *p, enum msg_level level,
    const char *event, const char *fmt, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (p->counts)
		msg_put(p->app->sink, level, "[%zu%%] %s: %s",
		    p->manifest->n ? 100 * atomic_load(&p->done) /
			p->manifest->n : 100, event, text);
	else
		msg_put(p->app->sink, level, "%s%s: %s", p->prefix, event,
		    text);
}

void publisher_anonymous(struct publisher *p)
{
	*p->prefix = '\0';
}

void publisher_any_size(struct publisher *p)
{
	p->any_size = true;
}

void publish_event(struct publisher *p, const struct asset_entry *e,
    const char *action, const char *event, const char *message)
{
	cJSON *o, *asset;

	if (!p->app->feed)
		return;
	o = cJSON_CreateObject();
	asset = cJSON_CreateObject();
	json_put_str(o, "action", action);
	json_put_str(o, "stack", p->stack->name);
	json_put_str(asset, "id", e->id);
	json_put_str(asset, "displayName", e->display_name);
	json_put_str(asset, "kind", e->kind == ASSET_FILE ? "file" : "image");
	json_add_take(o, "asset", asset);
	if (streq(action, "publish"))
		json_put_str(o, "destination", e->dest_id);
	json_put_str(o, "message", message);
	feed_put(p->app->feed, event, o);
}

struct meter_of publisher_meter(const struct publisher *p,
    const struct asset_entry *e)
{
	return (struct meter_of){ .name = e->display_name,
		.feed = p->app->feed, .stack = p->stack->name, .asset = e->id,
		.destination = e->dest_id };
}

/* ---- options ------------------------------------------------------------- */

unsigned publish_images_at_once(const struct app *app)
{
	double n = args_num(app->args, "imageParallelism", 0);

	return n >= 1 && n <= 1000 ? (unsigned)n : 0;
}

/* "registry" or "registry=HOST/REPOSITORY" */
static int check_cache(const struct app *app, struct err *err)
{
	const char *cache = args_str(app->args, "imageCache");

	if (!cache || streq(cache, "registry") ||
	    (str_starts(cache, "registry=") && strchr(cache, '/')))
		return 0;
	return err_set(err, E_CONFIG, "--image-cache is 'registry' or "
	    "'registry=HOST/REPOSITORY', not '%s'", cache);
}

/* ---- making one ---------------------------------------------------------- */

static void free_encryption(void *v)
{
	struct encryption *e = v;

	free(e->algorithm);
	free(e->key_id);
	free(e);
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->images && i < p->manifest->n; i++) {
		pthread_mutex_destroy(&p->images[i].lock);
		free(p->images[i].uri);
		free(p->images[i].repo_uri);
		free(p->images[i].digest);
		free(p->images[i].ready_made);
	}
	free(p->images);
	asset_manifest_free(p->manifest);
	free(p->account);
	free(p->region);
	free(p->prefix);
	strmap_release(&p->owners);
	strmap_release(&p->encryptions);
	strvec_release(&p->logged_in);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->login_lock);
	free(p);
}

static struct publisher *make(struct app *app, const struct stack *stack)
{
	struct publisher *p = xcalloc(1, sizeof(*p));
	CLEANUP(free_p) char *name = styled(app->sink->color, STYLE_BOLD,
	    stack->name);

	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->login_lock, NULL);
	p->app = app;
	p->stack = stack;
	p->encryptions.free_value = free_encryption;
	p->prefix = xasprintf("%s: ", name);
	return p;
}

/* With its manifest set. */
static int prepare(struct publisher *p, struct err *err)
{
	int rc = check_cache(p->app, err);

	if (rc < 0)
		return rc;
	p->images = xcalloc(p->manifest->n, sizeof(*p->images));
	for (size_t i = 0; i < p->manifest->n; i++)
		pthread_mutex_init(&p->images[i].lock, NULL);
	return aws_session_resolve(app_aws(p->app), p->stack->account,
	    p->stack->region, &p->account, &p->region, err);
}

int publisher_new(struct app *app, const struct stack *stack,
    const struct artifact *assets, struct publisher **ret, struct err *err)
{
	CLEANUP(publisher_free_p) struct publisher *p = make(app, stack);
	int rc;

	p->artifact = assets;
	if ((rc = asset_manifest_of(assets, &p->manifest, err)) < 0 ||
	    (rc = prepare(p, err)) < 0)
		return rc;
	*ret = TAKE(p);
	return 0;
}

int publisher_from(struct app *app, const struct stack *stack,
    struct asset_manifest *take, struct publisher **ret, struct err *err)
{
	CLEANUP(publisher_free_p) struct publisher *p = make(app, stack);
	int rc;

	p->manifest = take;
	if ((rc = prepare(p, err)) < 0)
		return rc;
	*ret = TAKE(p);
	return 0;
}

const struct asset_manifest *publisher_manifest(const struct publisher *p)
{
	return p->manifest;
}

char *publisher_path(const struct publisher *p, const char *path)
{
	CLEANUP(free_p) char *joined = path_join(p->manifest->dir, path);
	CLEANUP(free_p) char *absolute = path_abs(joined);

	return path_normal(absolute);
}

static bool is_inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

/* --no-staging leaves assets where they are, outside the assembly. */
static bool stays_in_place(const struct app *app)
{
	return !args_bool(app->args, "staging", true) ||
	    json_is_true(context_get(&app->context,
		"aws:cdk:disable-asset-staging"));
}

int publisher_source(const struct publisher *p, const struct asset_entry *e,
    const char *path, char **ret, struct err *err)
{
	CLEANUP(free_p) char *full = publisher_path(p, path);
	/* stages keep their assets in the folder of the whole assembly */
	CLEANUP(free_p) char *top = path_abs(p->app->assembly ?
	    p->app->assembly->dir : p->manifest->dir);
	CLEANUP(free_p) char *root = path_normal(top);

	if (!is_inside(full, root) && !stays_in_place(p->app))
		return err_set(err, E_INVALID, "source of asset '%s' (%s) is "
		    "outside the cloud assembly folder '%s': '%s'; pass "
		    "--no-staging if the app leaves its assets in place",
		    e->display_name, e->id, root, path);
	*ret = TAKE(full);
	return 0;
}

/* ---- destinations -------------------------------------------------------- */

/* Every text in j, placeholders replaced. The account is the one of the base
 * credentials: that is what the names of the default bootstrapping have. */
static void fill_texts(struct publisher *p, cJSON *j, const char *account,
    const char *region)
{
	JSON_EACH(m, j) {
		if (cJSON_IsString(m) && strstr(m->valuestring, "${")) {
			char *text = aws_session_fill(app_aws(p->app),
			    m->valuestring, account, region);

			cJSON_free(m->valuestring);
			m->valuestring = text;
		} else {
			fill_texts(p, m, account, region);
		}
	}
}

/* The first text with a placeholder that is none of ours. */
static const char *find_unfilled(const cJSON *j)
{
	const char *found = NULL;

	JSON_EACH(m, j) {
		if (!found && cJSON_IsString(m))
			found = strstr(m->valuestring, "${AWS::") ?
			    m->valuestring : NULL;
		else if (!found)
			found = find_unfilled(m);
	}
	return found;
}

/* The account a role lives in, or that of the client. */
static char *publishing_account(const char *role, const struct aws *aws,
    bool fell_back)
{
	struct sv rest = sv_from(role ? role : ""), part = { 0 };

	if (role && !fell_back) {
		for (int i = 0; i < 5; i++)
			if (!sv_next(&rest, ':', &part))
				part.n = 0;
		if (part.n == 12)
			return sv_dup(part);
	}
	return xstrdup(aws_account(aws));
}

int target_open(struct publisher *p, const struct asset_entry *e,
    struct target *ret, struct err *err)
{
	CLEANUP(target_release) struct target t = { 0 };
	struct aws_session *s = app_aws(p->app);
	const char *region = json_str(e->dest, "region"), *account = NULL;
	const char *unknown;
	struct aws_role role = { 0 };
	bool fell_back = false;
	int rc;

	if (aws_session_account_for(s, p->account, &account, NULL) < 0)
		account = "<unknown account>";
	t.dest = json_dup(e->dest);
	t.region = aws_session_fill(s, region ? region : p->region, account,
	    p->region);
	fill_texts(p, t.dest, account, t.region);
	if ((unknown = find_unfilled(t.dest)))
		return err_set(err, E_INVALID, "destination '%s' of asset '%s' "
		    "has a placeholder that is not known: '%s'", e->dest_id,
		    e->display_name, unknown);
	role.arn = json_str(t.dest, "assumeRoleArn");
	role.external_id = json_str(t.dest, "assumeRoleExternalId");
	role.options = json_get(t.dest, "assumeRoleAdditionalOptions");
	rc = aws_client_get(s, p->account, t.region, AWS_WRITE,
	    role.arn ? &role : NULL, &t.aws, &fell_back, err);
	if (rc < 0)
		return rc;
	t.account = publishing_account(role.arn, t.aws, fell_back);
	*ret = t;
	t = (struct target){ 0 };
	return 0;
}

void target_release(struct target *t)
{
	json_free(t->dest);
	free(t->region);
	free(t->account);
	*t = (struct target){ 0 };
}

int target_str(const struct target *t, const struct asset_entry *e,
    const char *key, const char **ret, struct err *err)
{
	*ret = json_str(t->dest, key);
	if (!*ret || !**ret)
		return err_set(err, E_INVALID, "asset '%s' in '%s': "
		    "destination '%s' has no '%s'", e->id, e->manifest->path,
		    e->dest_id, key);
	return 0;
}

/* ---- what is bootstrapped ------------------------------------------------ */

/* A bucket name the way bootstrapping writes it? */
static bool usable_bucket(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	return name && *name && strchr(set, name[0]) &&
	    strchr(set, name[strlen(name) - 1]);
}

static bool ask_toolkit(struct publisher *p)
{
	CLEANUP(stack_access_release) struct stack_access a = { 0 };
	CLEANUP(toolkit_release) struct toolkit t = { 0 };
	CLEANUP(err_release) struct err err = { 0 };
	struct sink *sink = p->app->sink;

	if (access_for_deploy(p->app, p->stack, &a, &err) < 0 ||
	    toolkit_lookup(p->app, &a, &t, &err) < 0 || !t.found ||
	    t.lookup_error || t.version <= 0) {
		msg_debug(sink, "Error determining cross account asset "
		    "publishing: %s", t.lookup_error ? t.lookup_error :
		    err.msg ? err.msg : t.found ?
			"the toolkit stack has no BootstrapVersion" :
			"there is no toolkit stack");
		msg_debug(sink, "Defaulting to allowing cross account asset "
		    "publishing");
		return true;
	}
	return t.version >= VERSION_OWN_BUCKETS || !usable_bucket(t.bucket);
}

/* Answers per environment, as toolkit versions are kept: many stacks share
 * one. Under the lock while asking, so that it is asked once. */
static pthread_mutex_t environments_lock = PTHREAD_MUTEX_INITIALIZER;
static struct strmap environments; /* 1 allowed, -1 not */

bool publisher_cross_account(struct publisher *p)
{
	CLEANUP(free_p) char *key = xasprintf("%s:%s:%s", p->account,
	    p->region, toolkit_stack_name(p->app));
	intptr_t known;

	pthread_mutex_lock(&environments_lock);
	known = (intptr_t)strmap_get(&environments, key);
	if (!known) {
		known = ask_toolkit(p) ? 1 : -1;
		strmap_set(&environments, key, (void *)known);
	}
	pthread_mutex_unlock(&environments_lock);
	return known > 0;
}

/* The version the manifest asks for, with the stack's deploy role. */
static int check_version(struct publisher *p, struct err *err)
{
	CLEANUP(stack_access_release) struct stack_access a = { 0 };
	const cJSON *props = p->artifact->props;
	double required = 0;
	int rc = access_for_deploy(p->app, p->stack, &a, err);

	if (rc < 0)
		return rc;
	(void)json_num(props, "requiresBootstrapStackVersion", &required);
	rc = toolkit_require_version(p->app, &a, (int)required,
	    json_str(props, "bootstrapStackVersionSsmParameter"), err);
	if (rc < 0)
		return err_wrap(err, "%s", p->stack->name);
	return 0;
}

/* ---- programs ------------------------------------------------------------ */

static int fill_argv(const cJSON *list, struct strvec *ret, struct err *err)
{
	JSON_EACH(m, list) {
		if (!cJSON_IsString(m))
			return err_set(err, E_INVALID,
			    "'executable' of an asset must be a list of texts");
		strvec_add(ret, m->valuestring);
	}
	if (!ret->n)
		return err_set(err, E_INVALID,
		    "'executable' of an asset is empty");
	return 0;
}

int publisher_program(struct publisher *p, const cJSON *list, const char *dir,
    char **ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	CLEANUP(proc_result_release) struct proc_result r = { 0 };
	CLEANUP(free_p) char *text = NULL;
	struct proc proc = { .dir = dir, .out = PROC_CAPTURE,
		.err_out = PROC_CAPTURE };
	int rc;

	if ((rc = fill_argv(list, &argv, err)) < 0)
		return rc;
	proc.argv = strvec_argv(&argv);
	text = command_text(proc.argv);
	publisher_say(p, MSG_DEBUG, "shell_open", "%s", text);
	if ((rc = proc_run(&proc, &r, err)) < 0)
		return rc;
	if ((rc = command_check(&r, text, err)) < 0)
		return rc;
	*ret = sv_dup(sv_trim(strbuf_sv(&r.out)));
	return 0;
}

/* ---- the three steps ----------------------------------------------------- */

bool publish_is_done(struct publisher *p, const struct asset_entry *e)
{
	CLEANUP(err_release) struct err err = { 0 };
	bool done = false;
	int rc = e->kind == ASSET_FILE ?
	    file_asset_exists(p, e, &done, &err) :
	    image_asset_exists(p, e, &done, &err);

	if (rc < 0)
		publisher_say(p, MSG_DEBUG, "debug", "%s", err_text(&err));
	return rc == 0 && done;
}

/* An asset without a name of its own (the framework writes the construct's
 * path there since 2025) is a digest, which nobody knows. */
static void say_users(struct publisher *p, const struct asset_entry *e)
{
	CLEANUP(free_p) char *users = NULL;

	if (!streq(e->display_name, e->id))
		return;
	users = asset_users(p->stack, e);
	if (users)
		publisher_say(p, MSG_ERROR, "asset", "%s is of %s", e->id,
		    users);
}

/* The line that says why, and the error that says what. The reference hangs
 * an empty cause under the latter. */
static int failed(struct publisher *p, const struct asset_entry *e,
    const char *what, bool with_cause, struct err *why, struct err *err)
{
	const char *name = with_cause ? e->display_with_dest :
					e->display_name;
	int code = why->code ? why->code : E_FAIL;

	publish_event(p, e, what, "asset.failed", err_text(why));
	publisher_say(p, MSG_ERROR, "fail", "%s", err_text(why));
	say_users(p, e);
	if (!with_cause) {
		err_set_(err, code, "Failed to %s asset %s", what, name);
		return code;
	}
	err_set_(err, code, "%s", "");
	err_set_name(err, "AggregateError");
	(void)err_over(err, NULL, "Failed to %s asset %s", what, name);
	return code;
}

int publish_build(struct publisher *p, const struct asset_entry *e,
    struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc = check_version(p, err);

	if (rc < 0)
		return rc;
	publisher_say(p, MSG_INFO, "start", "Building %s", e->display_name);
	publish_event(p, e, "build", "asset.started", NULL);
	/* a file is packaged when it is published */
	if (e->kind == ASSET_IMAGE)
		rc = image_asset_build(p, e, &why);
	if (rc < 0)
		return failed(p, e, "build", false, &why, err);
	publish_event(p, e, "build", "asset.succeeded", NULL);
	publisher_say(p, MSG_INFO, "success", "Built %s", e->display_name);
	return 0;
}

int publish_entry(struct publisher *p, const struct asset_entry *e,
    bool force, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	/* known before the line below, as the reference does */
	if (e->kind == ASSET_FILE)
		(void)publisher_cross_account(p);
	publisher_say(p, MSG_INFO, "start", "Publishing %s",
	    e->display_with_dest);
	publish_event(p, e, "publish", "asset.started", NULL);
	rc = e->kind == ASSET_FILE ? file_asset_publish(p, e, force, &why) :
	    image_asset_publish(p, e, &why);
	if (rc < 0)
		return failed(p, e, "publish", true, &why, err);
	publish_event(p, e, "publish", "asset.succeeded", NULL);
	publisher_say(p, MSG_INFO, "success", "Published %s",
	    e->display_with_dest);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

struct one_of_all {
	struct publisher *p;
	const struct asset_entry *e;
	bool started, failed;
};

static void say_start(struct one_of_all *o)
{
	o->started = true;
	publisher_say(o->p, MSG_INFO, "start", "Publishing %s",
	    o->e->display_with_dest);
	publish_event(o->p, o->e, "publish", "asset.started", NULL);
}

static int build_and_publish(struct publisher *p, const struct asset_entry *e,
    struct err *err)
{
	int rc;

	if (e->kind == ASSET_FILE)
		return file_asset_publish(p, e, false, err);
	rc = image_asset_build(p, e, err);
	return rc < 0 ? rc : image_asset_publish(p, e, err);
}

static void do_one(void *arg)
{
	struct one_of_all *o = arg;
	CLEANUP(err_release) struct err why = { 0 };
	int rc;

	if (!o->started)
		say_start(o);
	rc = build_and_publish(o->p, o->e, &why);
	atomic_fetch_add(&o->p->done, 1);
	o->failed = rc < 0;
	publish_event(o->p, o->e, "publish", rc < 0 ? "asset.failed" :
	    "asset.succeeded", rc < 0 ? err_text(&why) : NULL);
	if (rc < 0)
		publisher_say(o->p, MSG_ERROR, "fail", "%s", err_text(&why));
	else
		publisher_say(o->p, MSG_INFO, "success", "Published %s",
		    o->e->display_with_dest);
}

int publish_all(struct publisher *p, bool in_turn, struct err *err)
{
	size_t n = p->manifest->n, failed = 0;
	CLEANUP(free_p) struct one_of_all *all = xcalloc(n + 1, sizeof(*all));
	size_t at_once = in_turn ? 1 : PUBLISH_ALL_AT_ONCE;
	struct pool *pool = pool_new((unsigned)at_once);

	p->counts = true;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct one_of_all){ .p = p, .e = &p->manifest->v[i] };
	/* in the manifest's order, whichever thread comes first */
	for (size_t i = 0; i < MIN(n, at_once); i++)
		say_start(&all[i]);
	for (size_t i = 0; i < n; i++)
		pool_submit(pool, do_one, &all[i]);
	pool_free(pool);
	for (size_t i = 0; i < n; i++)
		failed += all[i].failed;
	if (failed)
		return err_set(err, E_FAIL, "Failed to publish one or more "
		    "assets. See the error messages above for more "
		    "information.");
	return 0;
}
