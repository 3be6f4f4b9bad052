#include "app/report.h"

#include "util/file.h"
#include "util/utf8.h"

#define REPORT_FILE "validation-report.json"
#define REPORT_MAX ((size_t)256 << 20)
#define ANNOTATIONS "Construct Annotations"

/* ---- stack traces -------------------------------------------------------- */

/* "at f (file:1:2)" in parts; file is empty when there is no location. */
struct frame {
	struct sv file, place;
};

static bool digits_from(struct sv v, size_t at)
{
	if (at >= v.n || v.p[at] != ':' || at + 1 == v.n)
		return false;
	for (size_t i = at + 1; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

/* Cuts one ":123" off the end. */
static bool cut_number(struct sv *v)
{
	for (size_t i = v->n; i > 0; i--)
		if (v->p[i - 1] == ':') {
			if (!digits_from(*v, i - 1))
				return false;
			v->n = i - 1;
			return true;
		}
	return false;
}

/* As the reference reads it: a line without parentheses loses its last
 * character, and one that starts with them keeps them. */
static struct frame frame_parse(struct sv line)
{
	const char *paren = memchr(line.p, '(', line.n);
	struct frame f = { 0 };
	struct sv in = line;

	if (paren && paren > line.p) {
		in.p = paren + 1;
		in.n = line.n - (size_t)(in.p - line.p);
	}
	if (!in.n)
		return f;
	if (paren != line.p)
		in.n--;
	f.file = in;
	if (!cut_number(&f.file))
		return (struct frame){ 0 };
	(void)cut_number(&f.file);
	f.place.p = in.p + f.file.n + 1;
	f.place.n = in.n - f.file.n - 1;
	return f;
}

static bool sv_has(struct sv v, const char *what)
{
	return memmem(v.p ? v.p : "", v.n, what, strlen(what)) != NULL;
}

/* Frames that are not the user's: libraries, node itself, decorators. */
static bool is_foreign(struct sv file)
{
	return sv_has(file, "/node_modules/") ||
	    sv_has(file, "\\node_modules\\") || sv_has(file, "node:") ||
	    sv_has(file, "/prop-injectable.") ||
	    sv_has(file, "/no-box-stack-traces.");
}

/* First frame of the user's code in a trace as the app recorded it. */
static char *user_frame(const cJSON *trace)
{
	JSON_EACH(line, trace) {
		struct frame f;

		if (!cJSON_IsString(line))
			continue;
		f = frame_parse(sv_from(line->valuestring));
		if (is_foreign(f.file))
			continue;
		if (!f.file.n)
			return NULL;
		return xasprintf("at (%.*s:%.*s)", SV_FMT(f.file),
		    SV_FMT(f.place));
	}
	return NULL;
}

/* ---- annotations --------------------------------------------------------- */

static const struct {
	const char *type, *severity;
} annotation_types[] = {
	{ "aws:cdk:warning", "warning" },
	{ "aws:cdk:error", "error" },
	{ "aws:cdk:info", "info" },
};

static const char *annotation_severity(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(annotation_types); i++)
		if (streq(type, annotation_types[i].type))
			return annotation_types[i].severity;
	return NULL;
}

/* text without [from, from + n), trimmed; yours */
static char *without(const char *text, const char *from, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	strbuf_add(&b, text, (size_t)(from - text));
	strbuf_adds(&b, from + n);
	return sv_dup(utf8_trim(strbuf_sv(&b)));
}

/* "text [ack: Id]", anywhere. */
static bool split_ack(const char *text, char **ret_text, char **ret_rule)
{
	const char *at = text;

	while ((at = strstr(at, "[ack: "))) {
		const char *id = at + strlen("[ack: ");
		size_t n = strcspn(id, "]");

		if (n && id[n]) {
			*ret_rule = xstrndup(id, n);
			*ret_text = without(text, at,
			    (size_t)(id - at) + n + 1);
			return true;
		}
		at = id;
	}
	return false;
}

/* "text (Namespace::Id)", at the end. */
static bool split_id(const char *text, char **ret_text, char **ret_rule)
{
	size_t n = strlen(text);
	const char *open, *sep;

	if (!n || text[n - 1] != ')')
		return false;
	for (open = text + n - 1; open > text; open--)
		if (open[-1] == '(' || open[-1] == ')')
			break;
	if (open == text || open[-1] != '(')
		return false;
	sep = strstr(open, "::");
	if (!sep || sep == open || sep + 2 >= text + n - 1)
		return false;
	*ret_rule = xstrndup(open, (size_t)(text + n - 1 - open));
	*ret_text = without(text, open - 1, strlen(open - 1));
	return true;
}

struct annotations {
	cJSON *violations;
	struct strmap by_key; /* "rule|severity|text" -> its constructs */
	bool failed;
};

static cJSON *violation_new(struct annotations *an, const char *rule,
    const char *severity, const char *text)
{
	cJSON *v = cJSON_CreateObject(), *list = cJSON_CreateArray();
	cJSON *meta = cJSON_CreateObject();

	if (rule)
		json_put_str(v, "ruleName", rule);
	else
		json_add_take(v, "ruleName", cJSON_CreateString(
		    streq(severity, "error") ? "error-annotation" :
		    streq(severity, "warning") ? "warning-annotation" :
		    "info-annotation"));
	json_put_str(v, "description", text);
	json_put_str(v, "severity", severity);
	json_add_take(v, "violatingConstructs", list);
	json_put_str(meta, "cdk:annotation", "true");
	json_add_take(v, "ruleMetadata", meta);
	json_push_take(an->violations, v);
	return list;
}

static void annotation_add(struct annotations *an, const char *path,
    const char *severity, const cJSON *entry)
{
	const cJSON *data = json_get(entry, "data");
	CLEANUP(free_p) char *raw = cJSON_IsString(data) ?
	    xstrdup(data->valuestring) : data ? json_text(data, 0) :
	    xstrdup("undefined");
	CLEANUP(free_p) char *text = NULL, *rule = NULL, *key = NULL;
	CLEANUP(free_p) char *frame = user_frame(json_get(entry, "trace"));
	cJSON *c = cJSON_CreateObject(), *traces = cJSON_CreateArray(), *list;

	if (!split_ack(raw, &text, &rule) && !split_id(raw, &text, &rule))
		text = TAKE(raw);
	key = xasprintf("%s|%s|%s", rule ? rule : "undefined", severity, text);
	list = strmap_get(&an->by_key, key);
	if (!list) {
		list = violation_new(an, rule, severity, text);
		strmap_set(&an->by_key, key, list);
	}
	json_put_str(c, "constructPath", *path == '/' ? path + 1 : path);
	if (frame)
		json_push_take(traces, cJSON_CreateString(frame));
	json_add_take(c, "stackTraces", traces);
	json_push_take(list, c);
	an->failed = an->failed || streq(severity, "error");
}

static int annotations_of(struct annotations *an, const struct stack *s,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *all = NULL;
	int r = artifact_metadata(s->artifact, &all, err);

	if (r < 0)
		return r;
	JSON_EACH(list, all)
		JSON_EACH(entry, list) {
			const char *severity =
			    annotation_severity(json_str(entry, "type"));

			if (severity)
				annotation_add(an, list->string, severity,
				    entry);
		}
	return 0;
}

static int annotations_report(const struct stack_list *stacks, cJSON *reports,
    struct err *err)
{
	struct annotations an = { .violations = cJSON_CreateArray() };
	cJSON *report;
	int r = 0;

	for (size_t i = 0; i < stacks->n && r == 0; i++)
		r = annotations_of(&an, stacks->v[i], err);
	strmap_release(&an.by_key);
	if (r < 0 || !an.violations->child) {
		json_free(an.violations);
		return r;
	}
	report = cJSON_CreateObject();
	json_put_str(report, "pluginName", ANNOTATIONS);
	json_put_str(report, "conclusion", an.failed ? "failure" : "success");
	json_add_take(report, "violations", an.violations);
	json_push_take(reports, report);
	return 0;
}

/* ---- the app's own report ------------------------------------------------ */

static bool is_below(const char *path, const struct stack_list *stacks)
{
	for (size_t i = 0; i < stacks->n; i++) {
		const char *id = stacks->v[i]->hierarchical_id;
		size_t n = strlen(id);

		if (!strncmp(path, id, n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

/* Keeps what concerns the stacks; false when the violation is none of them. */
static bool violation_filter(cJSON *v, const struct stack_list *stacks)
{
	cJSON *list = json_get(v, "violatingConstructs");
	cJSON *next, *c = list ? list->child : NULL;

	if (!c)
		return true;
	for (; c; c = next) {
		const char *path = json_str(c, "constructPath");

		next = c->next;
		if (path && *path && !is_below(path, stacks))
			json_free(cJSON_DetachItemViaPointer(list, c));
	}
	return list->child != NULL;
}

static void report_filter(cJSON *report, const struct stack_list *stacks)
{
	cJSON *list = json_get(report, "violations");
	cJSON *next, *v = list ? list->child : NULL;

	for (; v; v = next) {
		next = v->next;
		if (!violation_filter(v, stacks))
			json_free(cJSON_DetachItemViaPointer(list, v));
	}
	if (!list || !list->child)
		json_put_str(report, "conclusion", "success");
}

static int file_reports(const struct assembly *a,
    const struct stack_list *stacks, cJSON *reports, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err absent = { 0 };
	CLEANUP(json_free_p) cJSON *doc = NULL;
	CLEANUP(free_p) char *path = NULL;
	cJSON *list, *next;
	int r = assembly_file(a, REPORT_FILE, &path, err);

	if (r < 0)
		return r;
	r = file_read(path, REPORT_MAX, &text, &absent);
	if (r == E_NOTFOUND)
		return 0;
	if (r < 0) {
		err_move(err, &absent);
		return r;
	}
	r = json_parse(strbuf_sv(&text), path, &doc, err);
	if (r < 0)
		return r;
	list = json_get(doc, "pluginReports");
	for (cJSON *one = list ? list->child : NULL; one; one = next) {
		next = one->next;
		report_filter(one, stacks);
		json_push_take(reports, cJSON_DetachItemViaPointer(list, one));
	}
	return 0;
}

static bool has_annotations(const cJSON *reports)
{
	JSON_EACH(report, reports)
		if (streq0(json_str(report, "pluginName"), ANNOTATIONS))
			return true;
	return false;
}

int report_load(const struct assembly *a, const struct stack_list *stacks,
    cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *reports = cJSON_CreateArray();
	int r = file_reports(a, stacks, reports, err);

	if (r == 0 && !has_annotations(reports))
		r = annotations_report(stacks, reports, err);
	if (r == 0)
		*ret = TAKE(reports);
	return r;
}

bool report_failed(const cJSON *reports)
{
	JSON_EACH(report, reports)
		if (streq0(json_str(report, "conclusion"), "failure"))
			return true;
	return false;
}

bool report_warns(const cJSON *reports)
{
	JSON_EACH(report, reports)
		JSON_EACH(v, json_get(report, "violations"))
			if (streq0(json_str(v, "severity"), "warning"))
				return true;
	return false;
}

/* ---- text ---------------------------------------------------------------- */

struct writer {
	struct strbuf out;
	const char *root;
	bool color;
};

static void sgr(struct writer *w, const char *code)
{
	if (w->color)
		strbuf_addf(&w->out, "\033[%sm", code);
}

/* Control characters could play with the terminal; what is no character at
 * all is replaced as the reference's output does it. */
static void clean(struct strbuf *out, const char *s)
{
	size_t n;

	for (; s && *s; s += n) {
		int32_t c = utf8_get_ext(s, strnlen(s, 4), &n);

		if (c < 0 || utf8_is_surrogate(c) || c == 0x7f || c == 0x9b ||
		    (c < 0x20 && c != '\t' && c != '\n'))
			strbuf_adds(out, "\xef\xbf\xbd");
		else
			strbuf_add(out, s, n);
	}
}

static char *cleaned(const char *s)
{
	struct strbuf b = STRBUF_INIT;

	clean(&b, s);
	return strbuf_detach(&b);
}

static void styled_text(struct writer *w, const char *code, const char *s)
{
	sgr(w, code);
	strbuf_adds(&w->out, s);
	sgr(w, "0");
}

/* path seen from root when that is shorter; yours */
static char *shown_path(const char *root, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *abs = path_abs(path);
	CLEANUP(free_p) char *to = path_normal(abs);
	size_t same = 0, i = 0;

	while (root[i] && root[i] == to[i]) {
		i++;
		if ((!root[i] || root[i] == '/') && (!to[i] || to[i] == '/'))
			same = i;
	}
	if (streq(root, "/"))
		same = 0;
	for (const char *p = root + same; *p; p++)
		if (*p == '/' && p[1])
			strbuf_adds(&b, b.len ? "/.." : "..");
	if (to[same]) {
		if (b.len)
			strbuf_addc(&b, '/');
		strbuf_adds(&b, to + same + (to[same] == '/'));
	}
	return xstrdup(b.len < strlen(path) ? b.buf : path);
}

/* "file:line:col" of the first line that reads like a frame, or NULL. */
static char *trace_location(const char *root, const char *trace)
{
	struct sv rest = sv_from(trace), line;

	while (sv_next(&rest, '\n', &line)) {
		CLEANUP(free_p) char *file = NULL, *shown = NULL;
		struct frame f;

		if (!sv_has(line, " (") || line.p[line.n - 1] != ')')
			continue;
		f = frame_parse(line);
		if (!f.file.n)
			return NULL;
		file = sv_dup(f.file);
		shown = shown_path(root, file);
		return xasprintf("%s:%.*s", shown, SV_FMT(f.place));
	}
	return NULL;
}

static void locations_add(struct writer *w, const cJSON *traces)
{
	CLEANUP(strvec_release) struct strvec seen = { 0 };
	const size_t max = 5;

	JSON_EACH(trace, traces) {
		CLEANUP(free_p) char *at = cJSON_IsString(trace) ?
		    trace_location(w->root, trace->valuestring) : NULL;

		if (at && !strvec_has(&seen, at))
			strvec_add(&seen, at);
	}
	for (size_t i = 0; i < MIN(seen.n, max); i++) {
		CLEANUP(free_p) char *at = cleaned(seen.v[i]);

		strbuf_adds(&w->out, i ? "or " : "");
		styled_text(w, "4", at);
		strbuf_addc(&w->out, '\n');
	}
	if (seen.n > max) {
		CLEANUP(free_p) char *more =
		    xasprintf("(and %zu more...)", seen.n - max);

		styled_text(w, "90", more);
		strbuf_addc(&w->out, '\n');
	}
}

/* "Namespace::Rule": where the separator is, outside of any brackets. */
static const char *rule_separator(const char *id)
{
	int depth = 0;

	for (const char *p = id; *p; p++) {
		if (strchr("([{", *p))
			depth++;
		else if (strchr(")]}", *p))
			depth--;
		else if (!depth && p > id && p[0] == ':' && p[1] == ':')
			return p;
	}
	return NULL;
}

static char *spaces_to_dashes(const char *s)
{
	return str_replace(s, " ", "-");
}

static const char *namespace_of(const char *dashed)
{
	return streq(dashed, "annotation") ||
	    streq(dashed, "Construct-Annotations") ? "Annotation" : dashed;
}

/* The id by which a rule is named or acknowledged; yours. */
static char *rule_id(const char *rule, const char *plugin)
{
	const char *sep = rule_separator(rule);
	CLEANUP(free_p) char *own = sep ?
	    xstrndup(rule, (size_t)(sep - rule)) : xstrdup(plugin);
	CLEANUP(free_p) char *space = spaces_to_dashes(own);
	CLEANUP(free_p) char *name = spaces_to_dashes(sep ? sep + 2 : rule);

	return xasprintf("%s::%s", namespace_of(space), name);
}

/* What stands in brackets after the description; yours. */
static char *plugin_label(const char *rule, const char *plugin)
{
	const char *sep = rule_separator(rule);
	CLEANUP(free_p) char *space = NULL;

	if (!sep)
		return xstrdup(plugin);
	space = xstrndup(rule, (size_t)(sep - rule));
	return str_replace(space, "-", " ");
}

static size_t spaces(const char *text)
{
	size_t i = 0, n;

	while (text[i] && (n = utf8_space(text + i, strnlen(text + i, 4))))
		i += n;
	return i;
}

/* "[ack: ...]" tags go, with the blanks around them; yours. */
static char *without_acks(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	while (*text) {
		size_t n = spaces(text);
		const char *p = text + n;
		size_t id;

		if (str_starts(p, "[ack:") && (id = strcspn(p + 5, "]")) > 0 &&
		    p[5 + id]) {
			text = p + 5 + id + 1;
			text += spaces(text);
			continue;
		}
		n = n ? n : 1;
		strbuf_add(&b, text, n);
		text += n;
	}
	return sv_dup(utf8_trim(strbuf_sv(&b)));
}

/* What one block is made of. */
struct violation {
	char *severity; /* as shown */
	int rank;
	const char *plugin;
	const cJSON *json, *construct;
};

static const char *severity_color(int rank)
{
	static const char *const codes[] = { "31", "38;5;208", "33" };

	return rank < (int)ARRAY_SIZE(codes) ? codes[rank] : "34";
}

static void construct_add(struct writer *w, const cJSON *c)
{
	CLEANUP(free_p) char *path = cleaned(json_str(c, "constructPath"));
	CLEANUP(free_p) char *id =
	    cleaned(json_str(c, "cloudFormationResource.logicalId"));
	CLEANUP(free_p) char *file =
	    cleaned(json_str(c, "cloudFormationResource.templatePath"));
	CLEANUP(free_p) char *fqn = cleaned(json_str(c, "constructFqn"));
	const char *sep = "";

	if (*path) {
		styled_text(w, "1", path);
		if (*id)
			strbuf_addf(&w->out, " (%s)", id);
		sep = " ";
	} else {
		if (*file) {
			CLEANUP(free_p) char *shown =
			    shown_path(w->root, file);

			strbuf_adds(&w->out, shown);
			sep = " ";
		}
		if (*id) {
			strbuf_adds(&w->out, sep);
			styled_text(w, "1", id);
			sep = " ";
		}
	}
	if (*fqn) {
		strbuf_adds(&w->out, sep);
		styled_text(w, "90", fqn);
	}
}

static void headline_add(struct writer *w, const struct violation *v)
{
	const char *rule = json_str(v->json, "ruleName");
	CLEANUP(free_p) char *severity = cleaned(v->severity);
	CLEANUP(free_p) char *raw = cleaned(json_str(v->json, "description"));
	CLEANUP(free_p) char *text = without_acks(raw);
	CLEANUP(free_p) char *label = plugin_label(rule ? rule : "", v->plugin);
	CLEANUP(free_p) char *clean_label = cleaned(label);
	CLEANUP(free_p) char *origin = xasprintf("(%s)", clean_label);

	sgr(w, "1");
	styled_text(w, severity_color(v->rank), severity);
	sgr(w, "0");
	strbuf_addc(&w->out, ' ');
	styled_text(w, "1", text);
	strbuf_addc(&w->out, ' ');
	styled_text(w, "90", origin);
}

static void block_add(struct writer *w, const struct violation *v)
{
	const char *rule = json_str(v->json, "ruleName");
	const char *fix = json_str(v->json, "suggestedFix");
	CLEANUP(free_p) char *id = rule_id(rule ? rule : "", v->plugin);
	CLEANUP(free_p) char *clean_id = cleaned(id), *last = NULL;
	bool annotation =
	    json_str(v->json, "ruleMetadata.cdk:annotation") != NULL;
	bool fixed = v->rank == 0 || (annotation && v->rank == 1);

	if (w->out.len)
		strbuf_adds(&w->out, "\n\n");
	locations_add(w, json_get(v->construct, "stackTraces"));
	headline_add(w, v);
	strbuf_adds(&w->out, "\n   ");
	construct_add(w, v->construct);
	if (fix && *fix) {
		CLEANUP(free_p) char *text = cleaned(fix);
		CLEANUP(free_p) char *lines = str_replace(text, "\n",
		    "\n   ");

		strbuf_addf(&w->out, "\n   Suggested fix: %s", lines);
	}
	strbuf_adds(&w->out, "\n   ");
	last = fixed ? xasprintf("Rule %s", clean_id) :
	    xasprintf("Acknowledge with '%s'", clean_id);
	styled_text(w, "90", last);
}

static int severity_rank(const char *severity)
{
	static const char *const names[] = { "fatal", "error", "warning",
		"info" };
	CLEANUP(free_p) char *lower = str_lower(severity);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(lower, names[i]))
			return (int)i;
	return (int)ARRAY_SIZE(names);
}

static char *severity_shown(const cJSON *v)
{
	const char *s = json_str(v, "severity");
	const char *custom = json_str(v, "customSeverity");
	char *up;

	if (!s || streq(s, "custom"))
		return xstrdup(custom ? custom : "INFO");
	up = xstrdup(s);
	for (char *p = up; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return up;
}

/* The message of a plugin that failed itself, or NULL. */
static const char *plugin_failure(const cJSON *report)
{
	const cJSON *list = json_get(report, "violations");
	const char *text = json_str(report, "metadata.error");

	if (streq0(json_str(report, "conclusion"), "success") ||
	    (list && list->child) || !text || !*text)
		return NULL;
	return text;
}

struct violations {
	struct violation *v;
	size_t n, cap;
};

static void collect(struct violations *all, const cJSON *report)
{
	const char *plugin = json_str(report, "pluginName");

	JSON_EACH(one, json_get(report, "violations"))
		JSON_EACH(c, json_get(one, "violatingConstructs")) {
			struct violation *v;

			if (all->n == all->cap) {
				all->cap = all->cap ? all->cap * 2 : 16;
				all->v = xreallocarray(all->v, all->cap,
				    sizeof(*all->v));
			}
			v = &all->v[all->n++];
			v->severity = severity_shown(one);
			v->rank = severity_rank(v->severity);
			v->plugin = plugin ? plugin : "";
			v->json = one;
			v->construct = c;
		}
}

char *report_text(const cJSON *reports, const char *root, bool color)
{
	struct writer w = { .out = STRBUF_INIT, .root = root,
		.color = color };
	struct violations all = { 0 };

	JSON_EACH(report, reports) {
		const char *failure = plugin_failure(report);

		if (!failure) {
			collect(&all, report);
			continue;
		}
		if (w.out.len)
			strbuf_adds(&w.out, "\n\n");
		styled_text(&w, "38;5;208", "ERROR");
		strbuf_addc(&w.out, ' ');
		clean(&w.out, failure);
	}
	/* one pass per rank keeps the order within it */
	for (int rank = 0; rank <= 4; rank++)
		for (size_t i = 0; i < all.n; i++)
			if (all.v[i].rank == rank)
				block_add(&w, &all.v[i]);
	for (size_t i = 0; i < all.n; i++)
		free(all.v[i].severity);
	free(all.v);
	return strbuf_detach(&w.out);
}
