/*
 * What a journal says about the deployment as a whole, and the folder in which
 * journals are kept.
 */
#include "deploy/journal_internal.h"

#include <dirent.h>
#include <sys/stat.h>

#include "app/lock_owner.h"
#include "util/file.h"
#include "util/timeutil.h"

#define FILE_MAX ((size_t)64 << 20)
#define KEPT_DAYS 30
#define KEPT_FILES 200

/* ---- options ------------------------------------------------------------- */

/* Of what every command takes, what a deployment depends on. */
static const char *const common[] = { "profile", "oidcRole",
	"oidcTokenVariable", "region", "roleArn" };
/* About this run alone, or told in another way. */
static const char *const left_out[] = { "all", "exclusively", "parameters",
	"parametersFile", "journal", "watch", "progress", "json", "ciFormat",
	"onInterrupt", "execute", "ignoreNoStacks" };

static bool is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i], name))
			return true;
	return false;
}

/* [{Key, Value}] as the command line has it */
static cJSON *tag_words(const cJSON *tags)
{
	cJSON *list = cJSON_CreateArray();

	JSON_EACH(t, tags) {
		const char *key = json_str(t, "Key");
		const char *value = json_str(t, "Value");
		CLEANUP(free_p) char *word = key ? xasprintf("%s=%s", key,
		    value ? value : "") : NULL;

		if (word)
			json_push_take(list, cJSON_CreateString(word));
	}
	return list;
}

/* Its value, from wherever it comes but the built-in default; yours. */
static cJSON *value_of(const struct app *app, const char *name)
{
	const cJSON *given = json_get(app->args->given, name);
	const cJSON *set;

	if (streq(name, "tags")) {
		set = settings_get(&app->settings, "tags");
		return set ? tag_words(set) : NULL;
	}
	set = settings_get(&app->settings, name);
	if (set && !given && streq0(settings_origin(&app->settings, name),
			"default"))
		set = NULL;
	given = given ? given : set;
	return given ? json_dup(given) : NULL;
}

static void add_option(const struct app *app, const char *name, cJSON *out)
{
	cJSON *v = value_of(app, name);

	if (v)
		json_add_take(out, name, v);
}

/* Does any of the stacks keep this one to itself, or not know it? */
static bool is_secret(const struct stack_list *stacks, const char *stack,
    const char *key)
{
	bool known = false;

	for (size_t i = 0; i < stacks->n; i++) {
		struct stack *s = stacks->v[i];
		const cJSON *t = NULL, *p;

		if ((!streq(stack, "*") && !streq(stack, s->name)) ||
		    stack_template(s, &t, NULL) < 0)
			continue;
		p = json_get(json_get(t, "Parameters"), key);
		if (!p)
			continue;
		known = true;
		if (json_get(p, "NoEcho") &&
		    !cJSON_IsFalse(json_get(p, "NoEcho")) &&
		    !streq0(json_str(p, "NoEcho"), "false"))
			return true;
	}
	return !known;
}

static cJSON *parameter_words(const struct journal_start *s,
    struct strvec *secrets)
{
	cJSON *list = cJSON_CreateArray();

	JSON_EACH(stack, s->parameters)
		JSON_EACH(p, stack) {
			bool common_one = streq(stack->string, "*");
			CLEANUP(free_p) char *name = xasprintf("%s%s%s",
			    common_one ? "" : stack->string,
			    common_one ? "" : ":", p->string);
			CLEANUP(free_p) char *word = NULL;

			if (!cJSON_IsString(p))
				continue;
			if (is_secret(s->stacks, stack->string, p->string)) {
				strvec_add(secrets, name);
				continue;
			}
			word = xasprintf("%s=%s", name, p->valuestring);
			json_push_take(list, cJSON_CreateString(word));
		}
	return list;
}

cJSON *journal_options(const struct journal_start *s, struct strvec *secrets)
{
	cJSON *out = cJSON_CreateObject(), *words;

	for (const struct opt *o = s->app->args->command->opts; o->name; o++) {
		CLEANUP(free_p) char *name = opt_camel(o->name);

		if (!is_in(left_out, ARRAY_SIZE(left_out), name))
			add_option(s->app, name, out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		add_option(s->app, common[i], out);
	words = parameter_words(s, secrets);
	if (words->child)
		json_add_take(out, "parameters", words);
	else
		cJSON_Delete(words);
	return out;
}

/* ---- the digest ---------------------------------------------------------- */

static void add(struct sha256_ctx *c, const void *p, size_t n)
{
	uint64_t length = n;

	sha256_update(c, &length, sizeof(length));
	sha256_update(c, p, n);
}

static void add_entry(struct sha256_ctx *c, const struct artifact *a)
{
	CLEANUP(free_p) char *text = json_text(a->props, 0);

	add(c, a->id, strlen(a->id));
	add(c, text, strlen(text));
}

static int add_file(struct sha256_ctx *c, const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = file_read(path, 0, &text, err);

	if (r == 0)
		add(c, text.buf, text.len);
	return r;
}

static int add_stack(struct sha256_ctx *c, const struct stack *s,
    struct err *err)
{
	struct artifact *assets[16];
	size_t n = stack_asset_artifacts(s, assets, ARRAY_SIZE(assets));
	int r;

	add(c, s->hierarchical_id, strlen(s->hierarchical_id));
	add(c, s->account, strlen(s->account));
	add(c, s->region, strlen(s->region));
	add_entry(c, s->artifact);
	r = add_file(c, s->template_path, err);
	for (size_t i = 0; i < MIN(n, ARRAY_SIZE(assets)) && r == 0; i++) {
		CLEANUP(free_p) char *path = NULL;
		const char *name = json_str(assets[i]->props, "file");

		add_entry(c, assets[i]);
		if (!name)
			continue;
		r = assembly_file(assets[i]->assembly, name, &path, err);
		if (r == 0)
			r = add_file(c, path, err);
	}
	return r;
}

int journal_digest(const struct stack_list *stacks, char ret[SHA256_HEX],
    struct err *err)
{
	struct sha256_ctx *c = sha256_begin();
	unsigned char sum[SHA256_LEN];
	int r = 0;

	for (size_t i = 0; i < stacks->n && r == 0; i++)
		r = add_stack(c, stacks->v[i], err);
	sha256_end(c, sum);
	hex_encode(sum, sizeof(sum), ret);
	return r;
}

/* ---- the folder ---------------------------------------------------------- */

char *journal_folder(void)
{
	CLEANUP(free_p) char *home = settings_cdk_home();

	return path_join(home, "ccdk/deployments");
}

/* Names begin with a time: the newest comes first. */
static void list(const char *folder, const char *ending, struct strvec *ret)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	DIR *d = opendir(folder);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (str_ends(e->d_name, ending))
			strvec_add(&names, e->d_name);
	if (d)
		closedir(d);
	strvec_sort(&names);
	for (size_t i = names.n; i-- > 0;)
		strvec_add_take(ret, path_join(folder, names.v[i]));
}

void journal_files(struct strvec *ret)
{
	CLEANUP(free_p) char *folder = journal_folder();

	list(folder, ".json", ret);
}

int journal_read(const char *file, struct journal_data *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = file_read(file, FILE_MAX, &text, err);

	return r < 0 ? r : journal_parse(strbuf_sv(&text), file, ret, err);
}

static void prune(const char *folder, const char *ending, int days)
{
	CLEANUP(strvec_release) struct strvec files = { 0 };
	int64_t oldest = (int64_t)time(NULL) - (int64_t)days * 24 * 3600;

	list(folder, ending, &files);
	for (size_t i = 0; i < files.n; i++) {
		struct stat st;

		if (i >= KEPT_FILES || (stat(files.v[i], &st) == 0 &&
					   st.st_mtime < oldest))
			(void)unlink(files.v[i]);
	}
}

void journal_prune(const char *folder)
{
	prune(folder, ".json", KEPT_DAYS);
	/* of writers that were killed */
	prune(folder, "._tmp", 1);
}

static bool is_covered(const struct journal_data *old,
    const struct journal_data *by)
{
	struct lock_owner o;

	if (!streq(old->folder, by->folder) || streq(old->id, by->id))
		return false;
	if (old->owner && lock_owner_parse(sv_from(old->owner), &o) &&
	    lock_owner_life(&o, old->updated_ms / 1000, now_utc()) !=
		LOCK_GONE)
		return false;
	for (size_t i = 0; i < old->n; i++)
		if (!journal_data_stack(by, old->v[i]->id))
			return false;
	return true;
}

void journal_supersede(const struct journal_data *d)
{
	CLEANUP(strvec_release) struct strvec files = { 0 };

	journal_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		CLEANUP(journal_data_release) struct journal_data old = { 0 };

		if (journal_read(files.v[i], &old, NULL) == 0 &&
		    is_covered(&old, d))
			(void)unlink(files.v[i]);
	}
}
