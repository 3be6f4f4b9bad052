#include "deploy/ci.h"

#include <fcntl.h>
#include <inttypes.h>

#include "util/file.h"
#include "util/timeutil.h"

#define SUMMARY_MAX (1000u << 10) /* GitHub takes 1 MiB per step */
#define SUMMARY_ROOM 512	  /* for the line that says what is left out */
#define CELL_MAX 2000

struct ci {
	enum ci_format format;
	struct sink *sink;
	char *open; /* the stack whose group is open, or NULL */
	bool at_once;
	struct strbuf rows, failures; /* of the summary */
	size_t left_out;
	char *command;
};

enum ci_format ci_format_of(const char *option)
{
	if (streq0(option, "github"))
		return CI_GITHUB;
	if (streq0(option, "gitlab"))
		return CI_GITLAB;
	if (!streq0(option, "auto"))
		return CI_NONE;
	if (streq0(getenv("GITHUB_ACTIONS"), "true"))
		return CI_GITHUB;
	return streq0(getenv("GITLAB_CI"), "true") ? CI_GITLAB : CI_NONE;
}

/* ---- escaping ------------------------------------------------------------ */

void ci_github_escape(struct strbuf *out, const char *text, bool property)
{
	for (const char *p = text; *p; p++) {
		bool code = *p == '%' || *p == '\r' || *p == '\n' ||
		    (property && (*p == ':' || *p == ','));

		if (code)
			strbuf_addf(out, "%%%02X", (unsigned char)*p);
		else
			strbuf_addc(out, *p);
	}
}

void ci_markdown_escape(struct strbuf *out, const char *text)
{
	size_t from = out->len;

	for (const char *p = text; *p; p++) {
		if (out->len - from > CELL_MAX &&
		    ((unsigned char)*p & 0xc0) != 0x80) {
			strbuf_adds(out, "...");
			return;
		}
		if (*p == '\n' && p[1])
			strbuf_adds(out, "<br>"); /* fits into a table */
		else if (strchr("\\|`*_[]<>&#~", *p))
			strbuf_addf(out, "&#%d;", *p);
		else
			strbuf_addc(out, (unsigned char)*p < ' ' ? ' ' : *p);
	}
}

/* ---- groups -------------------------------------------------------------- */

/* The name of a section: letters, digits, "_.-". */
static char *section_of(const char *stack)
{
	char *name = xasprintf("ccdk_%s", stack);

	for (char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || *p == '-'))
			*p = '_';
	return name;
}

static void close_group(struct ci *ci)
{
	if (!ci->open)
		return;
	if (ci->format == CI_GITHUB) {
		msg_info(ci->sink, "::endgroup::");
	} else {
		CLEANUP(free_p) char *name = section_of(ci->open);

		msg_info(ci->sink, "\033[0Ksection_end:%" PRId64 ":%s\r"
		    "\033[0K", now_utc(), name);
	}
	free(ci->open);
	ci->open = NULL;
}

static void open_group(struct ci *ci, const char *stack)
{
	if (ci->at_once || !stack)
		return;
	close_group(ci);
	ci->open = xstrdup(stack);
	if (ci->format == CI_GITHUB) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		ci_github_escape(&b, stack, false);
		msg_info(ci->sink, "::group::%s", b.buf);
	} else {
		CLEANUP(free_p) char *name = section_of(stack);

		msg_info(ci->sink, "\033[0Ksection_start:%" PRId64 ":%s"
		    "[collapsed=true]\r\033[0K%s", now_utc(), name, stack);
	}
}

/* ---- annotations --------------------------------------------------------- */

static void add_property(struct strbuf *b, const char *name,
    const char *value)
{
	strbuf_addf(b, "%s%s=", str_ends(b->buf, " ") ? "" : ",", name);
	ci_github_escape(b, value, true);
}

/* Of a file of the repository, by its path in there. */
static void add_place(struct strbuf *b, const cJSON *source)
{
	const char *file = json_str(source, "file");
	const char *dir = getenv("GITHUB_WORKSPACE");
	CLEANUP(free_p) char *root = path_abs(dir && *dir ? dir : ".");
	CLEANUP(free_p) char *full = file ? path_abs(file) : NULL;
	CLEANUP(free_p) char *path = full ? path_normal(full) : NULL;
	size_t n = strlen(root);
	char number[24];
	double v;

	if (!path || strncmp(path, root, n) != 0 || path[n] != '/')
		return;
	add_property(b, "file", path + n + 1);
	if (json_num(source, "line", &v) && v >= 1) {
		snprintf(number, sizeof(number), "%d", (int)v);
		add_property(b, "line", number);
	}
	if (json_num(source, "column", &v) && v >= 1) {
		snprintf(number, sizeof(number), "%d", (int)v);
		add_property(b, "col", number);
	}
}

/* What it was: of the resource, else of the whole. */
static char *reason_of(const cJSON *fields)
{
	const char *reason = json_str(fields, "cause.reason");
	const char *last = json_str(fields, "error.message");

	for (const cJSON *e = json_at(fields, "error.cause"); e && !reason;
	    e = json_get(e, "cause"))
		last = json_str(e, "message") ? json_str(e, "message") : last;
	return xstrdup(reason ? reason : last ? last : "");
}

static void annotate(struct ci *ci, const cJSON *fields)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const char *stack = json_str(fields, "stack");
	const char *id = json_str(fields, "cause.logicalId");
	const char *status = json_str(fields, "cause.status");
	CLEANUP(free_p) char *title = id && status && stack
	    ? xasprintf("%s: %s %s", stack, status, id)
	    : xasprintf("%s failed", stack ? stack : "ccdk");
	CLEANUP(free_p) char *reason = reason_of(fields);

	strbuf_adds(&b, "::error ");
	add_place(&b, json_at(fields, "cause.source"));
	add_property(&b, "title", title);
	strbuf_adds(&b, "::");
	ci_github_escape(&b, reason, false);
	msg_text(ci->sink, MSG_INFO, b.buf);
}

/* ---- summary ------------------------------------------------------------- */

static void add_row(struct ci *ci, const cJSON *fields, const char *mark,
    const char *status)
{
	const char *stack = json_str(fields, "stack");
	const char *page = json_str(fields, "console");
	double ms;

	if (ci->rows.len + ci->failures.len > SUMMARY_MAX - SUMMARY_ROOM -
		4 * CELL_MAX) {
		ci->left_out++;
		return;
	}
	strbuf_adds(&ci->rows, "| ");
	if (page)
		strbuf_addc(&ci->rows, '[');
	ci_markdown_escape(&ci->rows, stack ? stack : "");
	if (page)
		strbuf_addf(&ci->rows, "](%s)", page);
	strbuf_addf(&ci->rows, " | %s %s | ", mark, status);
	if (json_num(fields, "durationMs", &ms))
		strbuf_addf(&ci->rows, "%.1f s", ms / 1000);
	strbuf_adds(&ci->rows, " |\n");
}

static void add_failure(struct ci *ci, const cJSON *fields)
{
	struct strbuf *b = &ci->failures;
	const char *stack = json_str(fields, "stack");
	const char *id = json_str(fields, "cause.logicalId");
	const char *type = json_str(fields, "cause.type");
	CLEANUP(free_p) char *reason = reason_of(fields);

	if (ci->left_out)
		return;
	strbuf_adds(b, "- **");
	ci_markdown_escape(b, stack ? stack : "");
	strbuf_adds(b, "**");
	if (id && type) {
		strbuf_adds(b, ", ");
		ci_markdown_escape(b, id);
		strbuf_adds(b, " (");
		ci_markdown_escape(b, type);
		strbuf_adds(b, ")");
	}
	strbuf_adds(b, ": ");
	ci_markdown_escape(b, reason);
	strbuf_addc(b, '\n');
}

static int append(const char *path, struct sv data)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int r;

	if (fd < 0)
		return E_IO;
	r = fd_write_all(fd, data.p, data.n);
	close(fd);
	return r;
}

/* A summary that cannot be written fails no deployment. */
static void write_summary(const struct ci *ci)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (ci->format != CI_GITHUB || !path || !*path || !ci->rows.len)
		return;
	strbuf_addf(&b, "### ccdk %s\n\n| Stack | Result | Time |\n"
	    "| --- | --- | --- |\n", ci->command ? ci->command : "");
	strbuf_addsv(&b, strbuf_sv(&ci->rows));
	if (ci->left_out)
		strbuf_addf(&b, "\n%zu more stacks are not shown.\n",
		    ci->left_out);
	if (ci->failures.len) {
		strbuf_addc(&b, '\n');
		strbuf_addsv(&b, strbuf_sv(&ci->failures));
	}
	strbuf_addc(&b, '\n');
	if (append(path, strbuf_sv(&b)) < 0)
		msg_debug(ci->sink, "The summary could not be written to "
		    "'%s': %s", path, strerror(errno));
}

/* ---- events -------------------------------------------------------------- */

static void note_failure(struct ci *ci, const cJSON *fields)
{
	close_group(ci);
	if (ci->format == CI_GITHUB)
		annotate(ci, fields);
	add_row(ci, fields, "❌", "failed");
	add_failure(ci, fields);
}

static void watch(void *arg, const char *event, const cJSON *fields)
{
	static const struct {
		const char *event, *mark, *status;
	} ends[] = {
		{ "stack.succeeded", "✅", "deployed" },
		{ "stack.destroyed", "✅", "destroyed" },
		{ "stack.rolledBack", "✅", "rolled back" },
		{ "stack.skipped", "⏭️", "skipped" },
	};
	struct ci *ci = arg;
	double n;

	if (streq(event, "run.started")) {
		ci->at_once = json_num(fields, "concurrency", &n) && n > 1;
		free(ci->command);
		ci->command = xstrdup0(json_str(fields, "command"));
	} else if (streq(event, "stack.started")) {
		open_group(ci, json_str(fields, "stack"));
	} else if (streq(event, "stack.failed")) {
		note_failure(ci, fields);
	} else if (streq(event, "run.finished")) {
		close_group(ci);
		/* before any stack: the app, the selection */
		if (json_get(fields, "error") && !ci->failures.len &&
		    ci->format == CI_GITHUB)
			annotate(ci, fields);
		write_summary(ci);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!streq(event, ends[i].event))
			continue;
		close_group(ci);
		add_row(ci, fields, ends[i].mark,
		    json_bool(fields, "changed", true) ? ends[i].status
						       : "no changes");
	}
}

struct ci *ci_new(enum ci_format format, struct feed *f, struct sink *sink)
{
	struct ci *ci;

	if (format == CI_NONE)
		return NULL;
	ci = xcalloc(1, sizeof(*ci));
	*ci = (struct ci){ .format = format, .sink = sink,
		.rows = STRBUF_INIT, .failures = STRBUF_INIT };
	f->watch = watch;
	f->watch_arg = ci;
	return ci;
}

void ci_free(struct ci *ci)
{
	if (!ci)
		return;
	strbuf_release(&ci->rows);
	strbuf_release(&ci->failures);
	free(ci->open);
	free(ci->command);
	free(ci);
}
