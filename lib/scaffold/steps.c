#include "scaffold/steps.h"

#include "scaffold/tools.h"
#include "term/style.h"
#include "term/term.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/timeutil.h"

/* Installing may take long, but not for ever. */
#define STEP_MS (INT64_C(60) * 60 * 1000)
#define TAIL_MAX ((size_t)32 << 10)
#define TAIL_LINES 25u

/* ---- one line of what goes on ---- */

struct watching {
	const struct steps *steps;
	const char *what;
	int64_t since_ms, drawn_ms;
	unsigned frame;
	struct strbuf tail; /* the end of what the tool printed */
};

/* Without escape sequences and control characters. */
static char *plain_line(struct sv line)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c == 033) {
			if (i + 1 < line.n && line.p[i + 1] == '[')
				i++;
			while (i + 1 < line.n && !(line.p[i + 1] >= '@' &&
			    line.p[i + 1] <= '~'))
				i++;
			i++;
		} else if (c >= ' ' && c != 0177) {
			strbuf_addc(&b, (char)c);
		}
	}
	return strbuf_detach(&b);
}

/* The last line with something in it; tools end lines with '\r' too. */
static struct sv last_line(const struct strbuf *b)
{
	size_t end = b->len, start;

	while (end && strchr("\r\n \t", b->buf[end - 1]))
		end--;
	for (start = end; start && !strchr("\r\n", b->buf[start - 1]); start--)
		;
	return (struct sv){ b->buf + start, end - start };
}

/* Cut to the width, between characters. */
static void cut(struct strbuf *b, unsigned columns)
{
	while (b->len && term_width(strbuf_sv(b)) >= columns) {
		size_t n = b->len - 1;

		while (n && ((unsigned char)b->buf[n] & 0xc0) == 0x80)
			n--;
		strbuf_setlen(b, n);
	}
}

static void draw(struct watching *w, const char *sign, const char *rest)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	unsigned columns = term_columns();

	strbuf_addf(&b, "%s %s (%lld s)%s%s", sign, w->what,
	    (long long)((mono_ms() - w->since_ms) / 1000),
	    *rest ? "  " : "", rest);
	cut(&b, columns ? columns : 80);
	term_sink_block(w->steps->sink, b.buf);
}

static void on_output(void *user, struct sv chunk)
{
	static const char *const spin[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦",
		"⠧", "⠇", "⠏" };
	struct watching *w = user;
	CLEANUP(free_p) char *rest = NULL;

	strbuf_addsv(&w->tail, chunk);
	if (w->tail.len > 2 * TAIL_MAX) {
		memmove(w->tail.buf, w->tail.buf + w->tail.len - TAIL_MAX,
		    TAIL_MAX);
		strbuf_setlen(&w->tail, TAIL_MAX);
	}
	if (!w->steps->live || mono_ms() - w->drawn_ms < 100)
		return;
	w->drawn_ms = mono_ms();
	rest = plain_line(last_line(&w->tail));
	draw(w, spin[w->frame++ % ARRAY_SIZE(spin)], rest);
}

/* The last lines of it, for a step that failed. */
static void show_tail(const struct watching *w)
{
	struct sv text = sv_trim(strbuf_sv(&w->tail));
	CLEANUP(free_p) char *shown = NULL;
	size_t at = text.n;
	unsigned lines = 0;

	if (!text.n)
		return;
	while (at && (text.p[at - 1] != '\n' || ++lines < TAIL_LINES))
		at--;
	shown = sv_dup((struct sv){ text.p + at, text.n - at });
	msg_text(w->steps->sink, MSG_INFO, shown);
}

/* ---- one program ---- */

struct step {
	const char *what; /* "npm install" */
	const char *argv[7];
	const char *folder; /* to run in, below the project; NULL: there */
	const char *makes;  /* taken back when interrupted half-way */
};

static int interrupted(const struct steps *s, const struct step *step,
    bool had, struct err *err)
{
	CLEANUP(free_p) char *made = path_join(s->dir,
	    step->makes ? step->makes : ".");

	if (step->makes && !had && dir_remove(made, NULL) < 0)
		msg_warn(s->sink, "'%s' is half made; remove it", made);
	return err_set(err, E_CANCELLED, "interrupted; the project is "
	    "complete, what it needs is not installed");
}

/* Why it failed, or NULL; yours. */
static char *why_failed(const struct step *step, int rc,
    const struct proc_result *r, const struct err *err)
{
	const char *get = tool_get(step->argv[0]);

	if (rc == E_NOTFOUND && get)
		return xasprintf("%s; get it from %s", err_text(err), get);
	if (rc < 0)
		return xstrdup(err_text(err));
	if (r->timed_out)
		return xasprintf("%s took longer than an hour", step->argv[0]);
	if (r->signal)
		return xasprintf("%s was ended by %s", step->argv[0],
		    proc_signal_name(r->signal));
	if (r->status)
		return xasprintf("%s exited with status %d", step->argv[0],
		    r->status);
	return NULL;
}

/* 0, with *ret_why set when it failed, or E_CANCELLED. */
static int run_step(const struct steps *s, const struct step *step,
    char **ret_why, struct err *err)
{
	CLEANUP(proc_result_release) struct proc_result r = { 0 };
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	CLEANUP(free_p) char *dir = path_join(s->dir,
	    step->folder ? step->folder : ".");
	CLEANUP(free_p) char *made = path_join(s->dir,
	    step->makes ? step->makes : ".");
	CLEANUP(err_release) struct err why = { 0 };
	struct watching w = { .steps = s, .what = step->what,
		.since_ms = mono_ms(), .tail = STRBUF_INIT };
	struct proc p = { .dir = dir, .out = PROC_CAPTURE,
		.err_out = PROC_CAPTURE, .capture_max = 1,
		.timeout_ms = STEP_MS, .watch = on_output, .watch_user = &w };
	bool had = file_exists(made);
	int rc;

	for (size_t i = 0; step->argv[i]; i++)
		strvec_add(&argv, step->argv[i]);
	p.argv = strvec_argv(&argv);
	rc = cancel_requested() ? 0 : proc_run(&p, &r, &why);
	*ret_why = why_failed(step, rc, &r, &why);
	if (s->live && (w.drawn_ms || !*ret_why)) {
		draw(&w, *ret_why || cancel_requested() ? "✗" : "✓", "");
		term_sink_block(s->sink, NULL);
	}
	if (*ret_why && !cancel_requested())
		show_tail(&w);
	strbuf_release(&w.tail);
	if (!cancel_requested())
		return 0;
	free(TAKE(*ret_why));
	return interrupted(s, step, had, err);
}

static void announce(const struct steps *s, const char *what)
{
	CLEANUP(free_p) char *shown = styled(s->sink->color, STYLE_GREEN, what);

	msg_info(s->sink, "Executing %s...", shown);
}

static bool has_file(const struct steps *s, const char *name)
{
	CLEANUP(free_p) char *path = path_join(s->dir, name);

	return file_exists(path);
}

/* ---- per language ---- */

static int node(const struct steps *s, bool *done, struct err *err)
{
	CLEANUP(free_p) char *what = xasprintf("%s install",
	    s->package_manager), *why = NULL;
	const struct step step = { what, { s->package_manager, "install" },
		NULL, "node_modules" };
	int rc;

	announce(s, what);
	rc = run_step(s, &step, &why, err);
	if (rc < 0)
		return rc;
	*done = !why;
	if (why) {
		msg_warn(s->sink, "%s failed: %s", what, why);
		msg_warn(s->sink, "Please run '%s'!", what);
	}
	return 0;
}

#define PIP_BY_HAND "python3 -m venv .venv && .venv/bin/pip install -r " \
	"requirements.txt"

static int python(const struct steps *s, bool *done, struct err *err)
{
	static const struct step make = { "python3 -m venv .venv",
		{ "python3", "-m", "venv", ".venv" }, NULL, ".venv" };
	static const struct step fill = { "pip install -r requirements.txt",
		{ "./.venv/bin/pip", "install", "--disable-pip-version-check",
		    "-r", "requirements.txt" }, NULL, NULL };
	CLEANUP(free_p) char *why = NULL;
	CLEANUP(free_p) char *venv = path_join(s->dir, ".venv");
	CLEANUP(free_p) char *green = styled(s->sink->color, STYLE_GREEN,
	    "Creating virtualenv...");
	CLEANUP(free_p) char *green2 = styled(s->sink->color, STYLE_GREEN,
	    "Installing dependencies...");
	bool had = file_exists(venv);
	int rc;

	if (!has_file(s, "requirements.txt")) {
		msg_warn(s->sink, "No requirements.txt found. Please set up "
		    "your Python environment manually.");
		return 0;
	}
	msg_info(s->sink, "Executing %s", green);
	rc = run_step(s, &make, &why, err);
	if (rc == 0 && !why) {
		msg_info(s->sink, "Executing %s", green2);
		rc = run_step(s, &fill, &why, err);
		if (rc < 0 && !had)
			(void)!dir_remove(venv, NULL);
	}
	if (rc < 0)
		return rc;
	*done = !why;
	if (why) {
		msg_warn(s->sink, "Unable to create virtualenv or install "
		    "dependencies automatically");
		msg_warn(s->sink, "%s", why);
		msg_warn(s->sink, "Please run '" PIP_BY_HAND "'!");
	}
	return 0;
}

static int java(const struct steps *s, bool *done, struct err *err)
{
	static const struct step gradle = { "./gradlew build",
		{ "./gradlew", "build" }, NULL, "build" };
	static const struct step maven = { "mvn package",
		{ "mvn", "-B", "package" }, NULL, "target" };
	const struct step *step = has_file(s, "build.gradle") ? &gradle :
	    has_file(s, "pom.xml") ? &maven : NULL;
	CLEANUP(free_p) char *why = NULL;
	int rc;

	if (!step) {
		msg_warn(s->sink, "No build.gradle or pom.xml found. Please "
		    "set up your build system manually.");
		return 0;
	}
	msg_info(s->sink, "Executing '%s'", step->what);
	rc = run_step(s, step, &why, err);
	if (rc < 0)
		return rc;
	*done = !why;
	if (why) {
		msg_warn(s->sink, step == &gradle ?
		    "Unable to build Gradle project" :
		    "Unable to package compiled code as JAR");
		msg_warn(s->sink, "%s", why);
		msg_warn(s->sink, "Please run '%s'!", step->what);
	}
	return 0;
}

static int go(const struct steps *s, bool *done, struct err *err)
{
	static const struct step tidy = { "go mod tidy",
		{ "go", "mod", "tidy" }, NULL, NULL };
	CLEANUP(free_p) char *why = NULL;
	int rc;

	announce(s, tidy.what);
	rc = run_step(s, &tidy, &why, err);
	if (rc < 0)
		return rc;
	*done = !why;
	if (why) {
		msg_warn(s->sink, "'go mod tidy' failed: %s", why);
		msg_warn(s->sink, "Please run 'go mod tidy'!");
	}
	return 0;
}

static int dotnet(const struct steps *s, bool *done, struct err *err)
{
	static const struct step steps[] = {
		{ "dotnet restore", { "dotnet", "restore" }, "src", NULL },
		{ "dotnet build", { "dotnet", "build" }, "src", NULL },
	};
	CLEANUP(free_p) char *why = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !why; i++) {
		int rc;

		announce(s, steps[i].what);
		rc = run_step(s, &steps[i], &why, err);
		if (rc < 0)
			return rc;
	}
	*done = !why;
	if (why) {
		msg_warn(s->sink, "Unable to restore/build .NET project: %s",
		    why);
		msg_warn(s->sink, "Please run 'cd src && dotnet restore && "
		    "dotnet build'!");
	}
	return 0;
}

int steps_run(const struct steps *s, bool *ret_done, struct err *err)
{
	static int (*const run[])(const struct steps *, bool *,
	    struct err *) = {
		[FAMILY_NODE] = node, [FAMILY_PYTHON] = python,
		[FAMILY_JAVA] = java, [FAMILY_GO] = go,
		[FAMILY_DOTNET] = dotnet,
	};

	*ret_done = false;
	return run[s->language->family](s, ret_done, err);
}

/* ---- what to type next ---- */

/* The one thing that is the language's own. */
static char *first_command(const struct language *l, const char *pm,
    bool installed)
{
	switch (l->family) {
	case FAMILY_NODE:
		/* bun's own test runner is another one */
		return xasprintf("%s%s", pm, !installed ? " install" :
		    streq(pm, "bun") ? " run test" : " test");
	case FAMILY_PYTHON:
		return xstrdup(installed ? "source .venv/bin/activate" :
		    PIP_BY_HAND " && source .venv/bin/activate");
	case FAMILY_JAVA:
		return xstrdup(installed ? "mvn test" : "mvn package");
	case FAMILY_GO:
		return xstrdup(installed ? "go test" : "go mod tidy");
	case FAMILY_DOTNET:
		break;
	}
	return xstrdup("dotnet build src");
}

void steps_next(const struct language *l, const char *package_manager,
    bool installed, bool library, const char *program, struct strvec *ret)
{
	strvec_add_take(ret, first_command(l, package_manager, installed));
	if (library) {
		strvec_addf(ret, "%s run build", package_manager);
		if (installed)
			strvec_add(ret, "npm pack");
		else
			strvec_addf(ret, "%s run test", package_manager);
		return;
	}
	strvec_addf(ret, "%s synth", program);
	strvec_addf(ret, "%s deploy", program);
}
