#include "app/settings_list.h"

#include "util/file.h"
#include "util/strmap.h"

#define REDACTED "<redacted>"

/* ---- secrets ------------------------------------------------------------- */

static bool tells_secret(const char *name)
{
	static const char *const words[] = { "secret", "password", "passwd",
		"token", "credential", "apikey", "api_key", "api-key",
		"access_key", "access-key" };
	CLEANUP(free_p) char *lower = str_lower(name);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

/* "scheme://user:password@host": where the user stands, and what follows. */
static const char *url_user(const char *word, const char **end)
{
	const char *at, *start = strstr(word, "://");

	if (!start)
		return NULL;
	start += 3;
	at = start + strcspn(start, "/?#");
	while (at > start && at[-1] != '@')
		at--;
	*end = at - 1;
	return at > start ? start : NULL;
}

static void add_word(struct strbuf *out, const char *word)
{
	const char *eq = strchr(word, '='), *end, *user;
	CLEANUP(free_p) char *name = xstrndup(word,
	    eq ? (size_t)(eq - word) : 0);

	if (eq && tells_secret(name)) {
		strbuf_addf(out, "%s=" REDACTED, name);
		return;
	}
	user = url_user(word, &end);
	if (!user) {
		strbuf_adds(out, word);
		return;
	}
	strbuf_add(out, word, (size_t)(user - word));
	strbuf_addf(out, REDACTED "%s", end);
}

char *settings_hide(const char *name, const char *value)
{
	struct strbuf out = STRBUF_INIT;
	const char *p = value;

	if (name && tells_secret(name))
		return xstrdup(REDACTED);
	while (*p) {
		size_t blank = strspn(p, " \t\n");
		size_t n = strcspn(p + blank, " \t\n");
		CLEANUP(free_p) char *word = xstrndup(p + blank, n);

		strbuf_add(&out, p, blank);
		add_word(&out, word);
		p += blank + n;
	}
	return strbuf_detach(&out);
}

/* Every text in v, which is changed. */
static void hide_all(cJSON *v, const char *name)
{
	if (cJSON_IsString(v)) {
		CLEANUP(free_p) char *text = settings_hide(name,
		    v->valuestring);

		if (!streq(text, v->valuestring))
			cJSON_SetValuestring(v, text);
	}
	JSON_EACH(child, v)
		hide_all(child, child->string ? child->string : name);
}

/* ---- one entry ----------------------------------------------------------- */

struct lister {
	const struct settings *s;
	const struct args *args;
	char *project, *home; /* paths */
	struct strmap entries; /* name -> cJSON * */
};

static cJSON *entry(struct lister *l, const char *name, const cJSON *value,
    const char *source, const char *detail)
{
	cJSON *e = cJSON_CreateObject();

	json_put_str(e, "name", name);
	if (value) {
		cJSON *shown = json_dup(value);
		CLEANUP(json_free_p) cJSON *holder = cJSON_CreateObject();

		json_add_take(holder, "v", shown);
		hide_all(shown, name);
		json_add_take(e, "value", json_dup(shown));
	}
	json_put_str(e, "source", source);
	json_put_str(e, "detail", detail);
	json_free(strmap_get(&l->entries, name));
	strmap_set(&l->entries, name, e);
	return e;
}

static void note_file(cJSON *e, const cJSON *file, const char *name,
    const char *path)
{
	cJSON *list;

	if (!json_at(file, name))
		return;
	list = json_get(e, "overridden");
	if (!list) {
		list = cJSON_CreateArray();
		json_add_take(e, "overridden", list);
	}
	json_push_take(list, cJSON_CreateString(path));
}

/* option: its name on the command line in camelCase, NULL for none */
static void add_setting(struct lister *l, const char *name,
    const char *option)
{
	const cJSON *value = json_at(l->s->merged, name);
	const char *variable = option ? json_str(l->args->env, option) : NULL;
	bool on_line = json_at(l->s->line, name) != NULL;
	cJSON *e;

	if (!value) {
		(void)entry(l, name, NULL, "unset", NULL);
	} else if (on_line) {
		bool given = !option || json_get(l->args->given, option);

		e = entry(l, name, value, variable ? "environment" :
		    given ? "command-line" : "default", variable);
		note_file(e, l->s->project, name, l->project);
		note_file(e, l->s->home, name, l->home);
	} else if (json_at(l->s->project, name)) {
		e = entry(l, name, value, "project", l->project);
		note_file(e, l->s->home, name, l->home);
	} else if (json_at(l->s->home, name)) {
		(void)entry(l, name, value, "home", l->home);
	} else {
		(void)entry(l, name, value, "default", NULL);
	}
}

/* ---- all of them --------------------------------------------------------- */

/* What the files hold besides the settings that options make. */
static void add_file_keys(struct lister *l, const cJSON *at,
    const char *prefix)
{
	JSON_EACH(v, at) {
		CLEANUP(free_p) char *name = xasprintf("%s%s%s", prefix,
		    *prefix ? "." : "", v->string);

		if (strmap_has(&l->entries, name))
			continue;
		/* a dot in a key cannot be told from a level: shown whole */
		if (cJSON_IsObject(v) && v->child && !strchr(v->string, '.'))
			add_file_keys(l, v, name);
		else
			add_setting(l, name, streq(name, "tags") ? "tags" :
			    NULL);
	}
}

/* The variable of other programs that decides unless the option does. */
static const char *detected_by(const struct opt *o, char *const *environ_)
{
	if (!o->fallback || !streq(o->fallback, "CI"))
		return NULL;
	for (; environ_ && *environ_; environ_++)
		if (str_starts(*environ_, "CI="))
			return "CI";
	return NULL;
}

/* Options for the whole program that are no settings: --yes, --ci, ... */
static void add_globals(struct lister *l, char *const *environ_)
{
	static const char *const not_those[] = { "context", "version", "help",
		"json" };

	for (const struct opt *o = opt_global; o->name; o++) {
		CLEANUP(free_p) char *key = opt_camel(o->name);
		const cJSON *v = args_get(l->args, key);
		bool given = json_get(l->args->given, key) != NULL;
		const char *variable = given ? json_str(l->args->env, key) :
		    detected_by(o, environ_);
		bool skip = (o->flags & OPT_HIDDEN) != 0;
		cJSON *e;

		for (size_t i = 0; i < ARRAY_SIZE(not_those); i++)
			skip = skip || streq(key, not_those[i]);
		if (skip || strmap_has(&l->entries, key))
			continue;
		e = entry(l, key, v, !v ? "unset" : variable ? "environment" :
		    given ? "command-line" : "default", variable);
		note_file(e, l->s->project, key, l->project);
		note_file(e, l->s->home, key, l->home);
	}
}

/* CDK_REQUIRE_APPROVAL and the like: no options of this command, but of
 * others, which will see the variable. */
static void add_variable(struct lister *l, const struct opt *o,
    char *const *environ_)
{
	CLEANUP(free_p) char *key = opt_camel(o->name);
	CLEANUP(free_p) char *variable = xasprintf("CDK_%s", o->name);
	CLEANUP(json_free_p) cJSON *value = NULL;
	size_t n = strlen(variable);

	for (char *p = variable; *p; p++)
		*p = *p == '-' ? '_' : *p >= 'a' && *p <= 'z' ?
		    (char)(*p - 32) : *p;
	for (; environ_ && *environ_; environ_++)
		if (str_starts(*environ_, variable) && (*environ_)[n] == '=')
			break;
	if (!environ_ || !*environ_ || o->flags & OPT_HIDDEN)
		return;
	value = o->type == OPT_BOOL ?
	    cJSON_CreateBool(streq(*environ_ + n + 1, "true")) :
	    cJSON_CreateString(*environ_ + n + 1);
	cJSON *e = entry(l, key, value, "environment", variable);

	note_file(e, l->s->project, key, l->project);
	note_file(e, l->s->home, key, l->home);
}

static bool is_global(const char *name)
{
	for (const struct opt *o = opt_global; o->name; o++)
		if (streq(o->name, name))
			return true;
	return false;
}

static void add_variables(struct lister *l, char *const *environ_)
{
	for (const struct opt_command *c = opt_commands; c->name; c++)
		for (const struct opt *o = c->opts; o->name; o++)
			if (!is_global(o->name))
				add_variable(l, o, environ_);
}

cJSON *settings_list(const struct settings *s, const struct args *a,
    char *const *environ_)
{
	struct lister l = { .s = s, .args = a,
		.project = path_abs("cdk.json"),
		.home = settings_home_path() };
	CLEANUP(strvec_release) struct strvec names = { 0 };
	cJSON *ret = cJSON_CreateObject(), *list = cJSON_CreateArray();
	const char *option;
	char *path;

	for (size_t i = 0; (option = settings_known(i, &path)); i++) {
		add_setting(&l, path, option);
		free(path);
	}
	add_globals(&l, environ_);
	add_file_keys(&l, s->merged, "");
	add_variables(&l, environ_);
	STRMAP_EACH(&l.entries, e)
		strvec_add(&names, e->key);
	strvec_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		json_push_take(list, strmap_get(&l.entries, names.v[i]));
	strmap_release(&l.entries);
	free(l.project);
	free(l.home);
	json_put_num(ret, "version", SETTINGS_LIST_VERSION);
	json_add_take(ret, "settings", list);
	return ret;
}
