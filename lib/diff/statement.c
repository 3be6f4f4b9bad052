#include <stdatomic.h>

#include "diff/statement.h"

static int by_units(const void *a, const void *b)
{
	return js_compare(*(char *const *)a, *(char *const *)b);
}

static void sort(struct strvec *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_units);
}

static void flatten(struct strvec *ret, const cJSON *j);

/* A nested list is one value, its parts joined by commas. */
static void flatten_element(struct strvec *ret, const cJSON *j)
{
	struct strvec parts = { 0 };

	flatten(&parts, j);
	strvec_add_take(ret, strvec_join(&parts, ","));
	strvec_release(&parts);
}

static void flatten_member(struct strvec *ret, const cJSON *j)
{
	struct strvec values = { 0 };

	flatten(&values, j);
	for (size_t i = 0; i < values.n; i++)
		strvec_addf(ret, "%s:%s", j->string, values.v[i]);
	strvec_release(&values);
}

static void flatten(struct strvec *ret, const cJSON *j)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (!j || cJSON_IsNull(j))
		return;
	if (cJSON_IsArray(j)) {
		JSON_EACH(c, j)
			flatten_element(ret, c);
	} else if (cJSON_IsObject(j)) {
		JSON_EACH(c, j)
			flatten_member(ret, c);
	} else {
		js_string(&b, j);
		strvec_add(ret, b.buf);
	}
}

static void targets_read(struct targets *t, const cJSON *statement,
    const char *key, const char *negative_key)
{
	const cJSON *j = json_get(statement, negative_key);

	t->negative = j != NULL;
	flatten(&t->values, j ? j : json_get(statement, key));
	sort(&t->values);
}

static void targets_default(struct targets *t, const char *value)
{
	if (!value)
		return;
	if (t->values.n == 0)
		strvec_add(&t->values, value);
	for (size_t i = 0; i < t->values.n; i++) {
		if (streq(t->values.v[i], "*")) {
			free(t->values.v[i]);
			t->values.v[i] = xstrdup(value);
		}
	}
	sort(&t->values);
}

static char *targets_text(const struct targets *t)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < t->values.n; i++) {
		strbuf_adds(&b, i ? "\n" : "");
		strbuf_adds(&b, t->negative ? "NOT " : "");
		strbuf_adds(&b, t->values.v[i]);
	}
	return strbuf_detach(&b);
}

static void statement_read(struct statement *s, const cJSON *j)
{
	const char *effect = json_str(j, "Effect");

	if (cJSON_IsString(j)) {
		s->opaque = j->valuestring;
		s->effect = "Unknown";
		return;
	}
	s->sid = json_str(j, "Sid");
	s->effect = effect && (streq(effect, "Allow") || streq(effect, "Deny"))
	    ? effect
	    : "Unknown";
	targets_read(&s->resources, j, "Resource", "NotResource");
	targets_read(&s->actions, j, "Action", "NotAction");
	targets_read(&s->principals, j, "Principal", "NotPrincipal");
	s->condition = json_get(j, "Condition");
}

static void statement_release(struct statement *s)
{
	strvec_release(&s->resources.values);
	strvec_release(&s->actions.values);
	strvec_release(&s->principals.values);
}

/* Pretty JSON without the outer braces and the first level of blanks. */
static char *condition_text(const cJSON *condition)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *text = NULL;
	struct sv rest, line;
	bool first = true;

	if (!condition || !condition->child)
		return xstrdup("");
	text = json_text(condition, 2);
	rest = sv_from(text);
	(void)sv_next(&rest, '\n', &line);
	while (sv_next(&rest, '\n', &line) && rest.n) {
		size_t cut = MIN(line.n, 2);

		if (!first)
			strbuf_addc(&b, '\n');
		first = false;
		strbuf_add(&b, line.p + cut, line.n - cut);
	}
	return strbuf_detach(&b);
}

void key_add(struct strbuf *key, const char *part)
{
	size_t n = part ? strlen(part) : 0;

	/* the length, in digits of base 64: keys are never printed */
	strbuf_addc(key, part ? '+' : '-');
	for (size_t rest = n; rest; rest >>= 6)
		strbuf_addc(key, (char)('0' + (rest & 63)));
	strbuf_addc(key, ':');
	strbuf_add(key, part, n);
	strbuf_addc(key, '\n');
}

void key_add_identity(struct strbuf *key, const cJSON *value)
{
	static atomic_ulong count;

	if (cJSON_IsArray(value) || cJSON_IsObject(value))
		strbuf_addf(key, "#%lu\n", atomic_fetch_add(&count, 1));
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const cJSON *const *)a)->string,
	    (*(const cJSON *const *)b)->string);
}

/* Text that is equal when the values are, whatever the order of keys. */
static void canonical(struct strbuf *out, const cJSON *j)
{
	size_t n, i = 0;
	const cJSON **v;

	if (cJSON_IsArray(j)) {
		strbuf_addc(out, '[');
		JSON_EACH(c, j) {
			canonical(out, c);
			strbuf_addc(out, ',');
		}
		strbuf_addc(out, ']');
		return;
	}
	if (!cJSON_IsObject(j)) {
		json_write(out, j, 0);
		return;
	}
	n = (size_t)cJSON_GetArraySize(j);
	v = xcalloc(n ? n : 1, sizeof(*v));
	JSON_EACH(c, j)
		v[i++] = c;
	qsort(v, n, sizeof(*v), by_name);
	strbuf_addc(out, '{');
	for (i = 0; i < n; i++) {
		json_write_string(out, v[i]->string);
		strbuf_addc(out, ':');
		canonical(out, v[i]);
		strbuf_addc(out, ',');
	}
	strbuf_addc(out, '}');
	free(v);
}

void key_add_value(struct strbuf *key, const cJSON *value)
{
	if (value)
		canonical(key, value);
	strbuf_addc(key, '\n');
}

static void targets_key(struct strbuf *key, const struct targets *t)
{
	strbuf_addf(key, "%d %zu ", t->negative, t->values.n);
	for (size_t i = 0; i < t->values.n; i++)
		key_add(key, t->values.v[i]);
}

static char *statement_key(const struct statement *s)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	key_add(&key, s->opaque);
	key_add(&key, s->sid);
	key_add(&key, s->effect);
	targets_key(&key, &s->resources);
	targets_key(&key, &s->actions);
	targets_key(&key, &s->principals);
	if (s->condition)
		canonical(&key, s->condition);
	return strbuf_detach(&key);
}

/* Grants by leaving out (Allow), or takes away plainly (Deny). */
static bool is_negative(const struct statement *s)
{
	bool any_not = s->resources.negative || s->actions.negative ||
	    s->principals.negative;

	return streq(s->effect, "Allow") ? any_not : !any_not;
}

static void add_row(struct rows *ret, const struct statement *s)
{
	struct row *r = rows_push(ret);

	r->key = statement_key(s);
	r->negative = is_negative(s);
	r->cell[0] =
	    s->opaque ? xstrdup(s->opaque) : targets_text(&s->resources);
	r->cell[1] = xstrdup(s->opaque ? "" : s->effect);
	r->cell[2] = s->opaque ? xstrdup("") : targets_text(&s->actions);
	r->cell[3] = targets_text(&s->principals);
	r->cell[4] = s->opaque ? xstrdup("") : condition_text(s->condition);
}

static void add_one(struct rows *ret, const cJSON *j,
    const struct statement_defaults *d)
{
	struct statement s = { 0 };

	statement_read(&s, j);
	targets_default(&s.resources, d->resource);
	targets_default(&s.principals, d->principal);
	add_row(ret, &s);
	statement_release(&s);
}

void statements_add(struct rows *ret, const cJSON *list,
    const struct statement_defaults *d)
{
	if (!list)
		return;
	if (!cJSON_IsArray(list)) {
		add_one(ret, list, d);
		return;
	}
	JSON_EACH(c, list)
		add_one(ret, c, d);
}
