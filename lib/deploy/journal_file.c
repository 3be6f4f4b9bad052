#include "deploy/journal.h"

#include "util/timeutil.h"

#define STACKS_MAX 20000
#define CALLS_MAX 1000
#define TEXT_MAX 4096
#define TIME_MAX_MS INT64_C(253402300800000) /* year 10000 */

static const char *const phase_names[PHASES] = {
	[PHASE_WAITING] = "waiting",
	[PHASE_PREPARING] = "preparing",
	[PHASE_PREPARED] = "prepared",
	[PHASE_STARTING] = "starting",
	[PHASE_RUNNING] = "running",
	[PHASE_ENDED] = "ended",
	[PHASE_DONE] = "done",
	[PHASE_FAILED] = "failed",
};

static const char *const step_names[STEPS] = {
	[STEP_CREATE_CHANGE_SET] = "createChangeSet",
	[STEP_EXECUTE] = "executeChangeSet",
	[STEP_CREATE_STACK] = "createStack",
	[STEP_UPDATE_STACK] = "updateStack",
	[STEP_DELETE_STACK] = "deleteStack",
	[STEP_DISCARD_STACK] = "discardStack",
	[STEP_ROLLBACK] = "rollbackStack",
	[STEP_CONTINUE_ROLLBACK] = "continueUpdateRollback",
};

static const char *const reply_names[] = {
	[REPLY_NONE] = "none",
	[REPLY_ACCEPTED] = "accepted",
	[REPLY_REFUSED] = "refused",
};

const char *journal_step_name(enum journal_step s)
{
	return step_names[s];
}

const char *journal_phase_name(enum journal_phase p)
{
	return phase_names[p];
}

/* ---- releasing ----------------------------------------------------------- */

static void stack_free(struct journal_stack *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_calls; i++)
		free(s->calls[i].token);
	free(s->calls);
	free(s->id);
	free(s->name);
	free(s->environment);
	free(s->arn);
	free(s->change_set);
	free(s->status);
	free(s->error);
	free(s->text);
	free(s);
}

void journal_data_release(struct journal_data *d)
{
	free(d->id);
	free(d->command);
	free(d->folder);
	free(d->assembly);
	free(d->digest);
	free(d->owner);
	cJSON_Delete(d->options);
	strvec_release(&d->secrets);
	for (size_t i = 0; i < d->n; i++)
		stack_free(d->v[i]);
	free(d->v);
	*d = (struct journal_data){ 0 };
}

struct journal_stack *journal_data_stack(const struct journal_data *d,
    const char *id)
{
	for (size_t i = 0; i < d->n; i++)
		if (streq(d->v[i]->id, id))
			return d->v[i];
	return NULL;
}

/* ---- writing ------------------------------------------------------------- */

static void put_time(cJSON *o, const char *key, int64_t ms)
{
	CLEANUP(free_p) char *text = NULL;
	char second[21];

	time_iso(ms / 1000, second);
	text = xasprintf("%.19s.%03dZ", second, (int)(ms % 1000));
	json_put_str(o, key, text);
}

static cJSON *call_json(const struct journal_call *c)
{
	cJSON *o = cJSON_CreateObject();

	json_put_str(o, "step", step_names[c->step]);
	json_put_str(o, "token", c->token);
	put_time(o, "at", c->at_ms);
	json_put_str(o, "reply", reply_names[c->reply]);
	return o;
}

static char *stack_text(const struct journal_stack *s)
{
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	cJSON *calls = cJSON_CreateArray();

	json_put_str(o, "id", s->id);
	json_put_str(o, "name", s->name);
	json_put_str(o, "environment", s->environment);
	json_put_str(o, "phase", phase_names[s->phase]);
	json_put_str(o, "arn", s->arn);
	json_put_str(o, "changeSet", s->change_set);
	json_put_str(o, "status", s->status);
	json_put_str(o, "error", s->error);
	for (size_t i = 0; i < s->n_calls; i++)
		json_push_take(calls, call_json(&s->calls[i]));
	json_append_take(o, "calls", calls);
	return json_text(o, 0);
}

static void write_stacks(struct strbuf *out, struct journal_data *d)
{
	strbuf_adds(out, "  \"stacks\": [");
	for (size_t i = 0; i < d->n; i++) {
		/* of hundreds of stacks one has changed */
		if (!d->v[i]->text)
			d->v[i]->text = stack_text(d->v[i]);
		strbuf_adds(out, i ? ",\n    " : "\n    ");
		strbuf_adds(out, d->v[i]->text);
	}
	strbuf_adds(out, "\n  ]\n}\n");
}

void journal_write(struct strbuf *out, struct journal_data *d)
{
	CLEANUP(json_free_p) cJSON *o = cJSON_CreateObject();
	cJSON *secrets = cJSON_CreateArray();

	json_put_num(o, "version", JOURNAL_VERSION);
	json_put_str(o, "id", d->id);
	json_put_str(o, "command", d->command);
	json_put_str(o, "folder", d->folder);
	put_time(o, "started", d->started_ms);
	put_time(o, "updated", d->updated_ms);
	json_put_str(o, "owner", d->owner);
	json_put_str(o, "assembly", d->assembly);
	json_put_str(o, "digest", d->digest);
	json_add_take(o, "options", json_dup(d->options));
	for (size_t i = 0; i < d->secrets.n; i++)
		json_push_take(secrets, cJSON_CreateString(d->secrets.v[i]));
	json_add_take(o, "secrets", secrets);
	json_write(out, o, 2);
	/* the object goes on */
	strbuf_setlen(out, out->len - strlen("\n}"));
	strbuf_adds(out, ",\n");
	write_stacks(out, d);
}

/* ---- reading ------------------------------------------------------------- */

static int bad(struct err *err, const char *what, const char *why,
    const char *name)
{
	return err_set(err, E_INVALID,
	    "'%s' is not a journal of a deployment: %s '%s'", what, why, name);
}

/* A copy of a text member; one that is too long, or no text, is refused. */
static int take_text(const cJSON *o, const char *key, bool needed,
    const char *what, char **ret, struct err *err)
{
	const cJSON *v = json_get(o, key);

	if (!v && !needed)
		return 0;
	if (!cJSON_IsString(v) || !*v->valuestring ||
	    strlen(v->valuestring) > TEXT_MAX)
		return bad(err, what, "no text as", key);
	*ret = xstrdup(v->valuestring);
	return 0;
}

static int take_word(const cJSON *o, const char *key,
    const char *const *names, size_t n, const char *what, size_t *ret,
    struct err *err)
{
	const char *word = json_str(o, key);

	for (size_t i = 0; i < n; i++)
		if (streq0(word, names[i])) {
			*ret = i;
			return 0;
		}
	return bad(err, what, "unknown word as", key);
}

static int take_time(const cJSON *o, const char *key, const char *what,
    int64_t *ret, struct err *err)
{
	const char *text = json_str(o, key);

	return text && time_parse_iso(text, ret) && *ret >= 0 &&
		*ret < TIME_MAX_MS ? 0 : bad(err, what, "no time as", key);
}

static int take_call(const cJSON *o, const char *what,
    struct journal_call *ret, struct err *err)
{
	size_t step = 0, reply = 0;
	int r = take_word(o, "step", step_names, STEPS, what, &step, err);

	if (r == 0)
		r = take_word(o, "reply", reply_names,
		    ARRAY_SIZE(reply_names), what, &reply, err);
	if (r == 0)
		r = take_time(o, "at", what, &ret->at_ms, err);
	if (r == 0)
		r = take_text(o, "token", true, what, &ret->token, err);
	ret->step = (enum journal_step)step;
	ret->reply = (enum journal_reply)reply;
	return r;
}

static int take_calls(const cJSON *list, const char *what,
    struct journal_stack *s, struct err *err)
{
	int n = cJSON_GetArraySize(list), r = 0;

	if (!cJSON_IsArray(list) || n > CALLS_MAX)
		return bad(err, what, "no list, or too long a one, as",
		    "calls");
	s->calls = xcalloc((size_t)n + 1, sizeof(*s->calls));
	JSON_EACH(o, list) {
		r = take_call(o, what, &s->calls[s->n_calls++], err);
		if (r < 0)
			break;
	}
	return r;
}

/* A phase needs what made it. */
static int check_stack(const struct journal_stack *s, const char *what,
    struct err *err)
{
	bool runs = journal_is_running(s);

	if ((runs || s->phase == PHASE_PREPARING) && !s->n_calls)
		return bad(err, what, "no call that explains phase of",
		    s->id);
	if (!s->change_set && (s->phase == PHASE_PREPARED ||
				  (runs && journal_last(s)->step ==
				      STEP_EXECUTE)))
		return bad(err, what, "no change set of", s->id);
	return 0;
}

static int take_stack(const cJSON *o, const char *what,
    struct journal_data *d, struct err *err)
{
	struct journal_stack *s = xcalloc(1, sizeof(*s));
	size_t phase = 0;
	int r;

	d->v[d->n++] = s;
	r = take_text(o, "id", true, what, &s->id, err);
	if (r == 0)
		r = take_text(o, "name", true, what, &s->name, err);
	if (r == 0)
		r = take_text(o, "environment", false, what, &s->environment,
		    err);
	if (r == 0)
		r = take_word(o, "phase", phase_names, PHASES, what, &phase,
		    err);
	if (r == 0)
		r = take_text(o, "arn", false, what, &s->arn, err);
	if (r == 0)
		r = take_text(o, "changeSet", false, what, &s->change_set,
		    err);
	if (r == 0)
		r = take_text(o, "status", false, what, &s->status, err);
	if (r == 0)
		r = take_text(o, "error", false, what, &s->error, err);
	if (r == 0)
		r = take_calls(json_get(o, "calls"), what, s, err);
	s->phase = (enum journal_phase)phase;
	return r < 0 ? r : check_stack(s, what, err);
}

static int take_stacks(const cJSON *list, const char *what,
    struct journal_data *d, struct err *err)
{
	CLEANUP(strmap_release) struct strmap seen = { 0 };
	int n = cJSON_GetArraySize(list);

	if (!cJSON_IsArray(list) || n > STACKS_MAX)
		return bad(err, what, "no list, or too long a one, as",
		    "stacks");
	d->v = xcalloc((size_t)n + 1, sizeof(struct journal_stack *));
	JSON_EACH(o, list) {
		int r = take_stack(o, what, d, err);

		if (r < 0)
			return r;
		if (!strmap_add(&seen, d->v[d->n - 1]->id, NULL))
			return bad(err, what, "twice the stack",
			    d->v[d->n - 1]->id);
	}
	return 0;
}

static int take_secrets(const cJSON *list, const char *what,
    struct journal_data *d, struct err *err)
{
	if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > STACKS_MAX)
		return bad(err, what, "no list, or too long a one, as",
		    "secrets");
	JSON_EACH(s, list) {
		if (!cJSON_IsString(s))
			return bad(err, what, "no text in", "secrets");
		strvec_add(&d->secrets, s->valuestring);
	}
	return 0;
}

static int take_head(const cJSON *o, const char *what,
    struct journal_data *d, struct err *err)
{
	const cJSON *options = json_get(o, "options");
	int r = take_text(o, "id", true, what, &d->id, err);

	if (r == 0)
		r = take_text(o, "command", true, what, &d->command, err);
	if (r == 0)
		r = take_text(o, "folder", true, what, &d->folder, err);
	if (r == 0)
		r = take_text(o, "owner", false, what, &d->owner, err);
	if (r == 0)
		r = take_text(o, "assembly", true, what, &d->assembly, err);
	if (r == 0)
		r = take_text(o, "digest", true, what, &d->digest, err);
	if (r == 0)
		r = take_time(o, "started", what, &d->started_ms, err);
	if (r == 0)
		r = take_time(o, "updated", what, &d->updated_ms, err);
	if (r == 0 && !cJSON_IsObject(options))
		r = bad(err, what, "no object as", "options");
	if (r == 0)
		d->options = json_dup(options);
	return r;
}

int journal_parse(struct sv text, const char *what, struct journal_data *ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *o = NULL;
	struct journal_data d = { 0 };
	double version = 0;
	int r = json_parse(text, what, &o, err);

	if (r < 0)
		return r;
	if (!json_num(o, "version", &version))
		return bad(err, what, "no number as", "version");
	if (version != JOURNAL_VERSION)
		return err_set(err, E_INVALID, "'%s' was written by another "
		    "version of ccdk (journal version %g, this one reads %d): "
		    "resume with the version that wrote it", what, version,
		    JOURNAL_VERSION);
	r = take_head(o, what, &d, err);
	if (r == 0)
		r = take_secrets(json_get(o, "secrets"), what, &d, err);
	if (r == 0)
		r = take_stacks(json_get(o, "stacks"), what, &d, err);
	if (r < 0) {
		journal_data_release(&d);
		return r;
	}
	*ret = d;
	return 0;
}
