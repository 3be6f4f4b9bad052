#include "cmd.h"
#include "deploy_options.h"

#include "app/identity.h"
#include "app/lock_owner.h"
#include "deploy/journal.h"
#include "deploy/tell.h"
#include "util/file.h"
#include "util/timeutil.h"

/* ---- which one ----------------------------------------------------------- */

/* One that cannot be read: what is left to do about it. */
static int is_damaged(const char *file, struct err *err)
{
	CLEANUP(free_p) char *why = xstrdup(err_text(err));

	return err_set(err, E_INVALID, "the journal of a deployment cannot be "
	    "read: %s. 'ccdk attach STACK' shows how its stacks are; remove "
	    "'%s' when it is of no use", why, file);
}

/* The newest one of this folder. */
static int newest(struct app *app, char **ret_file,
    struct journal_data *ret, struct err *err)
{
	CLEANUP(strvec_release) struct strvec files = { 0 };
	CLEANUP(free_p) char *here = path_abs(".");

	journal_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		CLEANUP(err_release) struct err why = { 0 };
		struct journal_data d = { 0 };

		if (journal_read(files.v[i], &d, &why) < 0) {
			is_damaged(files.v[i], &why);
			msg_warn(app->sink, "%s", err_text(&why));
			continue;
		}
		if (streq(d.folder, here)) {
			*ret = d;
			*ret_file = xstrdup(files.v[i]);
			return 0;
		}
		journal_data_release(&d);
	}
	return err_set(err, E_NOTFOUND, "no deployment that was started in "
	    "'%s' is waiting to be continued; 'ccdk resume --list' shows "
	    "those of other folders", here);
}

static int find(struct app *app, char **ret_file, struct journal_data *ret,
    struct err *err)
{
	const struct strvec *pos = &app->args->pos;
	CLEANUP(free_p) char *dir = journal_folder(), *name = NULL;
	CLEANUP(free_p) char *file = NULL;
	bool ours;
	int r;

	if (!pos->n)
		return newest(app, ret_file, ret, err);
	name = xasprintf("%s.json", pos->v[0]);
	file = path_join(dir, name);
	ours = !strchr(pos->v[0], '/') && file_exists(file);
	if (!ours) {
		free(file);
		file = xstrdup(pos->v[0]);
	}
	r = journal_read(file, ret, err);
	if (r == E_NOTFOUND)
		return err_set(err, r, "there is no deployment '%s' to "
		    "continue: it has ended, or is unknown here; 'ccdk resume "
		    "--list' shows those there are", pos->v[0]);
	if (r < 0)
		return ours ? is_damaged(file, err) : r;
	*ret_file = TAKE(file);
	return 0;
}

static int check_owner(struct app *app, const struct journal_data *d,
    struct err *err)
{
	struct lock_owner o;

	if (!d->owner || !lock_owner_parse(sv_from(d->owner), &o))
		return 0;
	switch (lock_owner_life(&o, d->updated_ms / 1000, now_utc())) {
	case LOCK_HERE:
		return err_set(err, E_FAIL, "deployment %s is still being "
		    "carried out, by process %lld; 'ccdk attach STACK' shows "
		    "how a stack gets on", d->id, (long long)o.pid);
	case LOCK_ELSEWHERE:
		msg_warn(app->sink, "Deployment %s was carried out on '%s' a "
		    "short while ago: make sure that it does not run there "
		    "any more.", d->id, o.host);
		return 0;
	default:
		return 0;
	}
}

/* ---- its options --------------------------------------------------------- */

static bool fits(const struct opt *o, const cJSON *v)
{
	switch (o->type) {
	case OPT_BOOL:
		return cJSON_IsBool(v);
	case OPT_NUM:
	case OPT_COUNT:
		return cJSON_IsNumber(v);
	case OPT_LIST:
		JSON_EACH(item, v)
			if (!cJSON_IsString(item))
				return false;
		return cJSON_IsArray(v);
	default:
		return cJSON_IsString(v);
	}
}

static void take_options(const struct opt *opts, const cJSON *from,
    cJSON *to)
{
	for (const struct opt *o = opts; o->name; o++) {
		CLEANUP(free_p) char *name = opt_camel(o->name);
		const cJSON *v = json_get(from, name);

		if (v && fits(o, v))
			json_add_take(to, name, json_dup(v));
	}
}

/* Secrets come from this command line, the rest from the journal. */
static void add_parameters(const cJSON *line, cJSON *to)
{
	cJSON *list = json_get(to, "parameters");

	if (!cJSON_IsArray(line))
		return;
	if (!list)
		json_add_take(to, "parameters", list = cJSON_CreateArray());
	JSON_EACH(p, line)
		json_push_take(list, json_dup(p));
}

/* The line of the first run, as far as it still counts, under this one's. */
static int merge(const struct app *app, const struct journal_data *d,
    struct args *ret, struct err *err)
{
	char *argv[] = { (char *)(uintptr_t)"ccdk",
		(char *)(uintptr_t)d->command };
	const cJSON *line = app->args->given;
	int r = args_parse(ARRAY_SIZE(argv), argv, NULL, ret, err);

	if (r < 0)
		return r;
	take_options(ret->command->opts, d->options, ret->given);
	take_options(opt_global, d->options, ret->given);
	JSON_EACH(v, line)
		if (!streq(v->string, "parameters") &&
		    !streq(v->string, "list"))
			json_add_take(ret->given, v->string, json_dup(v));
	add_parameters(json_get(line, "parameters"), ret->given);
	if (!json_get(line, "app"))
		json_put_str(ret->given, "app", d->assembly);
	return 0;
}

static int load(struct app *app, const struct args *merged, struct err *err)
{
	int r;

	app->args = merged;
	settings_release(&app->settings);
	r = settings_load(merged, app->sink, &app->settings, err);
	if (r < 0)
		return r;
	identity_protect(&app->settings);
	return identity_check(&app->settings, err);
}

/* ---- the same assembly --------------------------------------------------- */

static int is_another(const struct journal_data *d, struct err *err)
{
	return err_set(err, E_CONFIG, "the cloud assembly is not the one that "
	    "deployment %s was started with. Give a copy of that one: ccdk "
	    "resume %s --app DIR. Without one, 'ccdk attach STACK' follows "
	    "what is under way, and 'ccdk deploy' deploys what there is now.",
	    d->id, d->id);
}

static int check_folder(const struct app *app, const struct journal_data *d,
    struct err *err)
{
	const char *dir = args_str(app->args, "app");

	if (dir && file_is_dir(dir))
		return 0;
	return err_set(err, E_CONFIG, "the cloud assembly of deployment %s is "
	    "not in '%s'. Give its folder: ccdk resume %s --app DIR", d->id,
	    dir ? dir : "", d->id);
}

static struct stack *stack_of(const struct assembly *a, const char *id)
{
	for (size_t i = 0; i < a->n_all; i++)
		if (streq(a->all[i]->hierarchical_id, id))
			return a->all[i];
	return NULL;
}

static int select_stacks(const struct assembly *a,
    const struct journal_data *d, struct stack_list *ret, struct err *err)
{
	char digest[SHA256_HEX];
	int r;

	ret->v = xcalloc(d->n + 1, sizeof(struct stack *));
	for (size_t i = 0; i < d->n; i++) {
		struct stack *s = stack_of(a, d->v[i]->id);

		if (!s)
			return is_another(d, err);
		ret->v[ret->n++] = s;
	}
	r = journal_digest(ret, digest, err);
	if (r == 0 && !streq(digest, d->digest))
		r = is_another(d, err);
	return r;
}

/* Is its value needed by anything that is still to be sent? */
static bool is_wanted(const struct journal_data *d, const char *stack)
{
	for (size_t i = 0; i < d->n; i++)
		if ((!stack || streq(stack, d->v[i]->name)) &&
		    d->v[i]->phase != PHASE_DONE &&
		    d->v[i]->phase != PHASE_RUNNING)
			return true;
	return false;
}

static int check_secrets(const struct journal_data *d, const cJSON *given,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < d->secrets.n; i++) {
		const char *name = d->secrets.v[i];
		const char *colon = strchr(name, ':');
		CLEANUP(free_p) char *stack = colon ? xstrndup(name,
		    (size_t)(colon - name)) : NULL;

		if (is_wanted(d, stack) &&
		    !json_get(json_get(given, stack ? stack : "*"),
			colon ? colon + 1 : name))
			strbuf_addf(&names, " --parameters %s=VALUE", name);
	}
	if (!names.len)
		return 0;
	return err_set(err, E_CONFIG, "values that are secret are not kept in "
	    "a journal and have to be given again: ccdk resume %s%s", d->id,
	    names.buf);
}

/* ---- listing ------------------------------------------------------------- */

static void list_one(struct app *app, const struct journal_data *d)
{
	char started[21];

	time_iso(d->started_ms / 1000, started);
	msg_result(app->sink, "%s  %s  %s  %s", d->id, started, d->command,
	    d->folder);
	for (size_t i = 0; i < d->n; i++) {
		const struct journal_stack *s = d->v[i];

		msg_result(app->sink, "    %s: %s%s%s", s->id,
		    journal_phase_name(s->phase), s->status ? ", " : "",
		    s->status ? s->status : "");
	}
}

static void tell_one(struct app *app, const struct journal_data *d,
    const char *file)
{
	cJSON *fields = cJSON_CreateObject(), *list = cJSON_CreateArray();
	char started[21];

	time_iso(d->started_ms / 1000, started);
	json_put_str(fields, "id", d->id);
	json_put_str(fields, "file", file);
	json_put_str(fields, "startedAt", started);
	json_put_str(fields, "command", d->command);
	json_put_str(fields, "folder", d->folder);
	for (size_t i = 0; i < d->n; i++) {
		const struct journal_stack *s = d->v[i];
		cJSON *o = cJSON_CreateObject();

		json_put_str(o, "stack", s->name);
		json_put_str(o, "id", s->id);
		json_put_str(o, "phase", journal_phase_name(s->phase));
		if (s->status)
			json_put_str(o, "status", s->status);
		json_push_take(list, o);
	}
	json_add_take(fields, "stacks", list);
	feed_put(app->feed, "deployment.waiting", fields);
}

static void list_all(struct app *app)
{
	CLEANUP(strvec_release) struct strvec files = { 0 };

	journal_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		CLEANUP(journal_data_release) struct journal_data d = { 0 };
		CLEANUP(err_release) struct err why = { 0 };

		if (journal_read(files.v[i], &d, &why) < 0) {
			is_damaged(files.v[i], &why);
			msg_warn(app->sink, "%s", err_text(&why));
		} else if (app->feed) {
			tell_one(app, &d, files.v[i]);
		} else {
			list_one(app, &d);
		}
	}
	if (!files.n)
		msg_info(app->sink, "No deployment is waiting to be continued");
}

/* ---- the command --------------------------------------------------------- */

static int go_on(struct app *app, struct journal_data *d, const char *file,
    struct err *err)
{
	CLEANUP(deploy_options_release) struct deploy_options r = { 0 };
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	CLEANUP(journal_free_p) struct journal *journal = NULL;
	int64_t began = mono_ms();
	struct assembly *a;
	char took[32];
	int e = check_folder(app, d, err);

	if (e == 0)
		e = app_assembly(app, &a, err);
	if (e == 0)
		e = select_stacks(a, d, &stacks, err);
	if (e < 0)
		return e;
	deploy_options_read(app, &r);
	e = deploy_options_files(app, &r, err);
	if (e == 0)
		e = check_secrets(d, r.parameters, err);
	if (e < 0)
		return e;
	msg_info(app->sink, "Continuing deployment %s", d->id);
	tell_run(app, &stacks, r.o.concurrency);
	journal = journal_reopen(app, d, file);
	e = deploy_stacks(app, &r, &stacks, journal, err);
	if (e == 0) {
		run_seconds(mono_ms() - began, took);
		msg_info(app->sink, "\n✨  Total time: %ss\n", took);
	}
	return e;
}

static int resume_run(struct app *app, struct err *err)
{
	CLEANUP(journal_data_release) struct journal_data d = { 0 };
	CLEANUP(args_release) struct args merged = { 0 };
	CLEANUP(free_p) char *file = NULL;
	const struct args *line = app->args;
	int r;

	if (args_bool(line, "list", false)) {
		list_all(app);
		return 0;
	}
	r = find(app, &file, &d, err);
	if (r == 0 && !streq(d.command, "deploy"))
		r = err_set(err, E_INVALID, "'%s' is the journal of '%s', "
		    "which is continued by running it again", file, d.command);
	if (r == 0)
		r = check_owner(app, &d, err);
	if (r == 0)
		r = merge(app, &d, &merged, err);
	if (r < 0)
		return r;
	r = load(app, &merged, err);
	if (r == 0)
		r = go_on(app, &d, file, err);
	app->args = line;
	return r;
}

const struct cmd cmd_resume = {
	.name = "resume",
	.flags = CMD_FEED,
	.run = resume_run,
};
