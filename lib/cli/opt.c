#include "cli/opt.h"

#include <math.h>

#include "cli/suggest.h"

/* One option as it stands on the line or in the environment. */
struct seen {
	const struct opt *opt;
	char *value; /* NULL: none */
	bool negated;
};

struct parser {
	const struct opt_command *command; /* NULL: still looking for it */
	int argc;
	char *const *argv;
	int skip; /* index of the command word in argv, 0: none */
	struct seen *seen;
	size_t n, cap;
	struct strvec pos, unknown;
	int first_pos; /* index in argv of the first positional, 0: none */
	char *missing; /* option whose value is missing, as typed */
	bool help, version;
};

static void parser_release(struct parser *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->seen[i].value);
	free(p->seen);
	free(p->missing);
	strvec_release(&p->pos);
	strvec_release(&p->unknown);
}

char *opt_camel(const char *name)
{
	char *out = xmalloc(strlen(name) + 1), *w = out;
	bool up = false;

	for (const char *s = name; *s; s++) {
		if (*s == '-' && s != name) {
			up = true;
			continue;
		}
		*w++ = (char)(up && *s >= 'a' && *s <= 'z' ? *s - 32 : *s);
		up = false;
	}
	*w = '\0';
	return out;
}

/* Do both spell the same option ("require-approval", "requireApproval")? */
static bool same_name(const char *typed, size_t n, const char *name)
{
	const char *s = typed, *end = typed + n;

	while (s < end && *name) {
		if (*s == *name) {
			s++;
			name++;
		} else if (*name == '-' && name[1] >= 'a' && name[1] <= 'z' &&
			   *s == name[1] - 32) {
			s++;
			name += 2;
		} else {
			return false;
		}
	}
	return s == end && !*name;
}

static bool matches(const struct opt *o, const char *typed, size_t n)
{
	if (same_name(typed, n, o->name))
		return true;
	for (const char *a = o->aliases; a && *a;) {
		size_t len = strcspn(a, "|");
		CLEANUP(free_p) char *alias = xstrndup(a, len);

		if (same_name(typed, n, alias))
			return true;
		a += len + (a[len] == '|');
	}
	return n == 1 && o->letter == *typed;
}

static const struct opt *in_table(const struct opt *t, const char *typed,
    size_t n)
{
	for (; t->name; t++)
		if (matches(t, typed, n))
			return t;
	return NULL;
}

/*
 * Before the command is known its options are too; whether a following word is
 * the value of one of them is decided by the first command that has it.
 */
static const struct opt *find(const struct parser *p, const char *typed,
    size_t n)
{
	const struct opt *o = NULL;

	if (p->command)
		o = in_table(p->command->opts, typed, n);
	if (!o)
		o = in_table(opt_global, typed, n);
	if (o || p->command)
		return o;
	for (const struct opt_command *c = opt_commands; c->name && !o; c++)
		o = in_table(c->opts, typed, n);
	return o;
}

static bool is_negative_number(const char *s)
{
	size_t i = 1;

	if (s[0] != '-' || s[1] < '0' || s[1] > '9')
		return false;
	while ((s[i] >= '0' && s[i] <= '9') || s[i] == '.')
		i++;
	return !s[i];
}

/* Is the word after `i` there and no option? */
static const char *next_word(const struct parser *p, int i)
{
	const char *w;

	if (++i == p->skip)
		i++;
	if (i >= p->argc)
		return NULL;
	w = p->argv[i];
	if (w[0] == '-' && w[1] && !is_negative_number(w))
		return NULL;
	return w;
}

static int after_word(const struct parser *p, int i)
{
	return ++i == p->skip ? i + 1 : i;
}

static void note(struct parser *p, const struct opt *o, const char *value,
    bool negated)
{
	if (streq(o->name, "help"))
		p->help = true;
	if (streq(o->name, "version"))
		p->version = true;
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 16;
		p->seen = xreallocarray(p->seen, p->cap, sizeof(*p->seen));
	}
	p->seen[p->n++] = (struct seen){ o, xstrdup0(value), negated };
}

static void note_unknown(struct parser *p, const char *name, size_t n)
{
	CLEANUP(free_p) char *typed = xasprintf("--%.*s", (int)n, name);
	CLEANUP(free_p) char *plain = xstrndup(name, n);
	CLEANUP(free_p) char *camel = opt_camel(plain);
	CLEANUP(free_p) char *twin = xasprintf("--%s", camel);

	if (!strvec_has(&p->unknown, typed))
		strvec_add(&p->unknown, typed);
	if (!strvec_has(&p->unknown, twin))
		strvec_add(&p->unknown, twin);
}

static bool is_truth(const char *w)
{
	return w && (streq(w, "true") || streq(w, "false"));
}

/*
 * A known option without "=value": takes the next word where its type does.
 * Returns the index of the last word used.
 */
static int take_value(struct parser *p, const struct opt *o, const char *typed,
    size_t n, int i, bool negated)
{
	const char *w = next_word(p, i);

	if (o->type == OPT_COUNT || negated) {
		note(p, o, NULL, negated);
		return i;
	}
	if (o->type == OPT_BOOL) {
		if (!is_truth(w)) {
			note(p, o, NULL, false);
			return i;
		}
	} else if (!w) {
		if (o->flags & OPT_NEEDS_VALUE && !p->missing)
			p->missing = xstrndup(typed, n);
		note(p, o, NULL, false);
		return i;
	}
	note(p, o, w, false);
	return after_word(p, i);
}

static int unknown_long(struct parser *p, const char *name, size_t n,
    bool has_value, int i)
{
	bool no = n > 3 && !strncmp(name, "no-", 3);

	note_unknown(p, no ? name + 3 : name, no ? n - 3 : n);
	/* what follows an unknown option is taken for its value */
	if (!no && !has_value && next_word(p, i))
		return after_word(p, i);
	return i;
}

static int long_option(struct parser *p, int i)
{
	const char *name = p->argv[i] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct opt *o = find(p, name, n);

	if (!o && n > 3 && !strncmp(name, "no-", 3)) {
		o = find(p, name + 3, n - 3);
		/* --no-x=false is --x; of other types it says nothing */
		if (o && o->type == OPT_BOOL)
			note(p, o, NULL, !(eq && streq(eq + 1, "false")));
		if (o)
			return i;
	}
	if (!o)
		return unknown_long(p, name, n, eq, i);
	if (!eq)
		return take_value(p, o, name, n, i, false);
	note(p, o, eq + 1, false);
	return i;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* -x, -xyz, -ovalue, -o=value */
static int short_options(struct parser *p, int i)
{
	for (const char *s = p->argv[i] + 1; *s; s++) {
		const struct opt *o = find(p, s, 1);
		bool last = !s[1];

		if (!o) {
			note_unknown(p, s, 1);
			if (last && next_word(p, i))
				return after_word(p, i);
			if (!last && !is_letter(s[1]))
				return i;
			continue;
		}
		if (last)
			return take_value(p, o, s, 1, i, false);
		if (s[1] == '=' ||
		    (o->type != OPT_BOOL && o->type != OPT_COUNT)) {
			note(p, o, s + 1 + (s[1] == '='), false);
			return i;
		}
		note(p, o, NULL, false);
	}
	return i;
}

static void positional(struct parser *p, int i)
{
	if (!p->first_pos)
		p->first_pos = i;
	strvec_add(&p->pos, p->argv[i]);
}

static void scan(struct parser *p)
{
	bool only_words = false;

	for (int i = 1; i < p->argc; i++) {
		const char *w = p->argv[i];

		if (i == p->skip)
			continue;
		if (only_words || w[0] != '-' || !w[1] || is_negative_number(w))
			positional(p, i);
		else if (streq(w, "--"))
			only_words = true;
		else if (w[1] == '-')
			i = long_option(p, i);
		else
			i = short_options(p, i);
	}
}

/* ---- from the environment ---- */

static bool was_seen(const struct parser *p, const struct opt *o)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->seen[i].opt == o)
			return true;
	return false;
}

static void add_variable(cJSON *from, const struct opt *o, const char *var,
    size_t n)
{
	CLEANUP(free_p) char *key = opt_camel(o->name);
	CLEANUP(free_p) char *name = xstrndup(var, n);

	json_put_str(from, key, name);
}

/* CDK_REQUIRE_APPROVAL=never counts as if given, unless the line says so. */
static void scan_environ(struct parser *p, char *const *envp, cJSON *from)
{
	for (; *envp; envp++) {
		const char *eq = strchr(*envp, '=');
		CLEANUP(free_p) char *name = NULL;
		const struct opt *o;

		if (!eq || strncmp(*envp, "CDK_", 4) || eq - *envp < 6)
			continue;
		name = xstrndup(*envp + 4, (size_t)(eq - *envp) - 4);
		for (char *s = name; *s; s++) {
			if (*s == '_')
				*s = '-';
			else if (*s >= 'A' && *s <= 'Z')
				*s = (char)(*s + 32);
		}
		o = find(p, name, strlen(name));
		if (!o || streq(o->name, "help") || streq(o->name, "version") ||
		    o->flags & OPT_HIDDEN)
			continue;
		if (was_seen(p, o))
			continue;
		note(p, o, eq + 1, false);
		add_variable(from, o, *envp, (size_t)(eq - *envp));
	}
}

static bool ci_detected(char *const *envp)
{
	for (; envp && *envp; envp++)
		if (str_starts(*envp, "CI="))
			return !streq(*envp + 3, "false") &&
			       !streq(*envp + 3, "0");
	return false;
}

/* ---- values ---- */

/* "no-rollback" stands for the option it negates. */
static const struct opt *base_option(const struct parser *p,
    const struct opt *o)
{
	if (!(o->flags & OPT_HIDDEN) || strncmp(o->name, "no-", 3))
		return NULL;
	return find(p, o->name + 3, strlen(o->name + 3));
}

static bool to_number(const char *text, double *ret)
{
	char *end;
	double v;

	if (!*text)
		return false;
	v = strtod(text, &end);
	if (*end || !isfinite(v))
		return false;
	*ret = v;
	return true;
}

static void put(cJSON *o, const char *key, cJSON *value)
{
	if (json_get(o, key))
		json_del(o, key);
	json_add_take(o, key, value);
}

static void put_bool(const struct parser *p, const struct seen *s, cJSON *given)
{
	bool v = s->value ? streq(s->value, "true") : true;
	const struct opt *base = base_option(p, s->opt), *o = s->opt;
	CLEANUP(free_p) char *key = NULL;

	if (s->negated)
		v = !v;
	if (base) {
		o = base;
		v = !v;
	}
	key = opt_camel(o->name);
	put(given, key, cJSON_CreateBool(v));
}

static void put_count(const struct seen *s, const char *key, cJSON *given)
{
	const cJSON *old = json_get(given, key);
	double n = cJSON_IsNumber(old) ? old->valuedouble : 0, v;

	n = s->value && to_number(s->value, &v) ? v : n + 1;
	put(given, key, cJSON_CreateNumber(n));
}

static void put_list(const struct seen *s, const char *key, cJSON *given)
{
	cJSON *list = json_get(given, key);

	if (!list) {
		list = cJSON_CreateArray();
		json_add_take(given, key, list);
	}
	if (s->value)
		json_push_take(list, cJSON_CreateString(s->value));
}

/* A second value of a single-valued option: both are kept for the message. */
static void put_single(const struct seen *s, const char *key, cJSON *given,
    cJSON *twice)
{
	cJSON *list;
	double num;

	if (!s->value && (s->opt->choices || s->opt->type == OPT_NUM))
		return;
	list = json_get(twice, s->opt->name);
	if (!list) {
		list = cJSON_CreateArray();
		json_add_take(twice, s->opt->name, list);
	}
	json_push_take(list, cJSON_CreateString(s->value ? s->value : ""));
	if (s->opt->type == OPT_NUM && to_number(s->value, &num))
		put(given, key, cJSON_CreateNumber(num));
	else
		put(given, key, cJSON_CreateString(s->value ? s->value : ""));
}

static void collect(const struct parser *p, cJSON *given, cJSON *twice)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct seen *s = &p->seen[i];
		CLEANUP(free_p) char *key = opt_camel(s->opt->name);

		switch (s->opt->type) {
		case OPT_BOOL:
			put_bool(p, s, given);
			break;
		case OPT_COUNT:
			put_count(s, key, given);
			break;
		case OPT_LIST:
			put_list(s, key, given);
			break;
		case OPT_STR:
		case OPT_NUM:
			put_single(s, key, given, twice);
			break;
		}
	}
}

/* ---- checks, in the reference's order ---- */

static bool in_choices(const char *choices, const char *value)
{
	size_t len = strlen(value);

	for (const char *c = choices;;) {
		size_t n = strcspn(c, "|");

		if (n == len && !strncmp(c, value, n))
			return true;
		if (!c[n])
			return false;
		c += n + 1;
	}
}

static void add_choices(struct strbuf *b, const char *choices)
{
	for (const char *c = choices;; c++) {
		size_t n = strcspn(c, "|");

		strbuf_addf(b, "%s\"%.*s\"", c == choices ? "" : ", ", (int)n,
		    c);
		c += n;
		if (!*c)
			return;
	}
}

/* The nearest of the choices, yours; NULL: none is near. */
static char *near_choice(const char *choices, const char *given)
{
	struct sv rest = sv_from(choices), one;
	unsigned best = SUGGEST_FAR;
	char *near = NULL;

	while (sv_next(&rest, '|', &one)) {
		CLEANUP(free_p) char *choice = sv_dup(one);

		if (suggest_nearer(given, choice, &best)) {
			free(near);
			near = TAKE(choice);
		}
	}
	return near;
}

static const struct opt *option_of(const struct parser *p, const char *name)
{
	return find(p, name, strlen(name));
}

/* In the order of the line. */
static int check_choices(const struct parser *p, const cJSON *twice,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *near = NULL;

	JSON_EACH(values, twice) {
		const struct opt *o = option_of(p, values->string);

		JSON_EACH(v, o->choices ? values : NULL) {
			if (in_choices(o->choices, v->valuestring))
				continue;
			strbuf_addf(&b, "\n  Argument: %s, Given: \"%s\", "
			    "Choices: ", o->name, v->valuestring);
			add_choices(&b, o->choices);
			if (!near)
				near = near_choice(o->choices, v->valuestring);
		}
	}
	if (!b.len)
		return 0;
	if (near)
		strbuf_addf(&b, "\nDid you mean %s?", near);
	return err_set(err, E_CONFIG, "Invalid values:%s", b.buf);
}

static int check_conflict(const struct opt *o, const cJSON *given,
    struct err *err)
{
	for (const char *c = o->conflicts; c && *c;) {
		size_t n = strcspn(c, "|");
		CLEANUP(free_p) char *other = xstrndup(c, n);
		CLEANUP(free_p) char *key = opt_camel(other);

		if (json_get(given, key))
			return err_set(err, E_CONFIG, "Arguments %s and %s "
			    "are mutually exclusive", o->name, other);
		c += n + (c[n] == '|');
	}
	return 0;
}

/* The one that was typed first is named first. */
static int check_conflicts(const struct parser *p, const cJSON *given,
    struct err *err)
{
	JSON_EACH(item, given) {
		const struct opt *o = option_of(p, item->string);

		if (o && check_conflict(o, given, err) < 0)
			return E_CONFIG;
	}
	return 0;
}

static int check_values(const struct parser *p, const cJSON *twice,
    struct err *err)
{
	JSON_EACH(values, twice) {
		CLEANUP(strvec_release) struct strvec all = { 0 };
		CLEANUP(free_p) char *text = NULL;
		double num;

		JSON_EACH(v, values)
			strvec_add(&all, v->valuestring);
		text = strvec_join(&all, ", ");
		if (all.n > 1)
			return err_set(err, E_INVALID, "--%s can only be "
			    "specified once, but got: %s", values->string, text);
		if (option_of(p, values->string)->type == OPT_NUM &&
		    !to_number(text, &num))
			return err_set(err, E_INVALID, "--%s must be a number, "
			    "but got: %s", values->string, text);
	}
	return 0;
}

static int check(const struct parser *p, const cJSON *given,
    const cJSON *twice, struct err *err)
{
	if (p->help || p->version)
		return 0;
	if (p->missing)
		return err_set(err, E_CONFIG,
		    "Not enough arguments following: %s", p->missing);
	if (check_choices(p, twice, err) < 0 ||
	    check_conflicts(p, given, err) < 0)
		return E_CONFIG;
	return check_values(p, twice, err);
}

/* ---- the whole ---- */

static void add_defaults(const struct opt *t, char *const *envp, cJSON *out)
{
	for (; t->name; t++) {
		CLEANUP(free_p) char *key = opt_camel(t->name);
		cJSON *v = NULL;
		double num = 0;

		if (!t->fallback)
			continue;
		if (t->type == OPT_BOOL)
			v = cJSON_CreateBool(streq(t->fallback, "CI") ?
				ci_detected(envp) : streq(t->fallback, "true"));
		else if (t->type == OPT_LIST)
			v = cJSON_CreateArray();
		else if (t->type == OPT_STR)
			v = cJSON_CreateString(t->fallback);
		else
			v = cJSON_CreateNumber(to_number(t->fallback, &num) ?
				num : 0);
		put(out, key, v);
	}
}

/* Commands without positionals ignore them, single ones take the first. */
static void cut_positionals(const struct opt_command *c, struct strvec *pos)
{
	size_t keep;

	if (!c || (c->positional && str_ends(c->positional, "..")))
		return;
	keep = c->positional ? 1 : 0;
	while (pos->n > keep)
		free(pos->v[--pos->n]);
}

int args_parse(int argc, char *const *argv, char *const *environ_,
    struct args *ret, struct err *err)
{
	CLEANUP(parser_release) struct parser look = { .argc = argc,
		.argv = argv }, p = { .argc = argc, .argv = argv };
	CLEANUP(json_free_p) cJSON *twice = cJSON_CreateObject();

	*ret = (struct args){ 0 };
	scan(&look);
	if (look.first_pos) {
		p.skip = look.first_pos;
		ret->command_word = argv[look.first_pos];
		p.command = ret->command = opt_command_find(ret->command_word);
	}
	scan(&p);
	ret->env = cJSON_CreateObject();
	if (environ_)
		scan_environ(&p, environ_, ret->env);
	ret->given = cJSON_CreateObject();
	ret->defaults = cJSON_CreateObject();
	collect(&p, ret->given, twice);
	add_defaults(opt_global, environ_, ret->defaults);
	if (p.command)
		add_defaults(p.command->opts, environ_, ret->defaults);
	ret->pos = p.pos;
	ret->unknown = p.unknown;
	p.pos = p.unknown = (struct strvec){ 0 };
	cut_positionals(ret->command, &ret->pos);
	ret->help = p.help;
	ret->version = p.version;
	return check(&p, ret->given, twice, err);
}

void args_release(struct args *a)
{
	json_free(a->given);
	json_free(a->defaults);
	json_free(a->env);
	strvec_release(&a->pos);
	strvec_release(&a->unknown);
	*a = (struct args){ 0 };
}

const cJSON *args_get(const struct args *a, const char *name)
{
	const cJSON *v = json_get(a->given, name);

	return v ? v : json_get(a->defaults, name);
}

const char *args_str(const struct args *a, const char *name)
{
	const cJSON *v = args_get(a, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

int args_tri(const struct args *a, const char *name)
{
	const cJSON *v = args_get(a, name);

	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : -1;
}

bool args_bool(const struct args *a, const char *name, bool fallback)
{
	int v = args_tri(a, name);

	return v < 0 ? fallback : v;
}

double args_num(const struct args *a, const char *name, double fallback)
{
	const cJSON *v = args_get(a, name);

	return cJSON_IsNumber(v) ? v->valuedouble : fallback;
}

bool args_list(const struct args *a, const char *name, struct strvec *ret)
{
	const cJSON *list = json_get(a->given, name);

	if (!cJSON_IsArray(list))
		return false;
	JSON_EACH(v, list)
		strvec_add(ret, v->valuestring);
	return true;
}

const struct opt_command *opt_command_find(const char *word)
{
	for (const struct opt_command *c = opt_commands; c->name; c++)
		if (streq(c->name, word) ||
		    (c->aliases && in_choices(c->aliases, word)))
			return c;
	return NULL;
}
