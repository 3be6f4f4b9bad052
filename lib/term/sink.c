#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <fcntl.h>

#include "term/style.h"
#include "term/term.h"
#include "util/timeutil.h"
#include "util/utf8.h"

struct held {
	enum msg_level level;
	char *text;
};

struct term_sink {
	struct sink base;
	pthread_mutex_t lock;	/* everything below and the streams */
	pthread_mutex_t asking; /* one question at a time */
	bool prompt_open;
	bool watching; /* old_interrupt is set; under asking */
	struct sigaction old_interrupt;
	struct held *held;
	size_t held_n, held_cap;
	char *block; /* drawn at the bottom of the terminal, or NULL */
	unsigned block_lines;
	bool yes, quiet_info, error_color;
	bool stdout_failed;
	int stdout_errno;
};

static struct term_sink *self(struct sink *s)
{
	return (struct term_sink *)s;
}

/* ---- writing ---- */

static FILE *stream_of(const struct term_sink *t, enum msg_level level)
{
	if (level == MSG_DATA)
		return stdout;
	if (level == MSG_ERROR || level == MSG_REPORT || t->base.data)
		return stderr;
	if (level == MSG_RESULT)
		return stdout;
	return t->base.ci ? stdout : stderr;
}

static void write_to(struct term_sink *t, FILE *f, const char *p, size_t n)
{
	if (fwrite(p, 1, n, f) == n && fflush(f) == 0)
		return;
	if (f == stdout && !t->stdout_failed) {
		t->stdout_failed = true;
		t->stdout_errno = errno;
	}
}

static bool visible(const struct term_sink *t, enum msg_level level)
{
	switch (level) {
	case MSG_DEBUG:
		return t->base.verbose >= 1;
	case MSG_TRACE:
		return t->base.verbose >= 2;
	case MSG_INFO:
		return !t->quiet_info;
	case MSG_DATA:
	case MSG_ERROR:
	case MSG_REPORT:
	case MSG_RESULT:
	case MSG_WARN:
		break;
	}
	return true;
}

static const enum style level_style[] = {
	[MSG_ERROR] = STYLE_RED, [MSG_RESULT] = STYLE_RESET,
	[MSG_WARN] = STYLE_YELLOW, [MSG_INFO] = STYLE_RESET,
	[MSG_DEBUG] = STYLE_GRAY, [MSG_TRACE] = STYLE_GRAY,
};

/* On a terminal whole messages have a style; the clock stands outside it. */
static void write_message(struct term_sink *t, enum msg_level level,
    const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (level == MSG_DEBUG || level == MSG_TRACE) {
		char clock[9];

		time_local_hms(now_utc(), clock);
		strbuf_addf(&b, "[%s] ", clock);
	}
	style_add(&b, t->base.tty && t->base.color && level != MSG_REPORT &&
	    level != MSG_DATA, level_style[level], text);
	strbuf_addc(&b, '\n');
	utf8_plain(&b);
	write_to(t, stream_of(t, level), b.buf, b.len);
}

/* ---- the block ---- */

/* What is typed, a ^C too, is echoed where the cursor is: to its left first. */
#define BLOCK_UP "\r\033[%uA"

static FILE *block_stream(const struct term_sink *t)
{
	return t->base.ci && !t->base.data ? stdout : stderr;
}

static void erase_block(struct term_sink *t)
{
	char seq[32];
	int n;

	if (!t->block_lines)
		return;
	n = snprintf(seq, sizeof(seq), BLOCK_UP "\033[J", t->block_lines);
	write_to(t, block_stream(t), seq, (size_t)n);
}

/* The block never shrinks: what scrolled up would come back otherwise. */
static void draw_block(struct term_sink *t, bool over_old)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	unsigned lines = 0;
	struct sv rest = sv_from(t->block), line;

	if (over_old && t->block_lines)
		strbuf_addf(&b, BLOCK_UP, t->block_lines);
	for (; sv_next(&rest, '\n', &line); lines++) {
		strbuf_adds(&b, "\033[K");
		strbuf_addsv(&b, line);
		strbuf_addc(&b, '\n');
	}
	for (; lines < t->block_lines; lines++)
		strbuf_adds(&b, "\033[K\n");
	t->block_lines = lines;
	write_to(t, block_stream(t), b.buf, b.len);
}

/* What was padded at its end is given back: text goes on right below. */
static void end_block(struct term_sink *t)
{
	unsigned used = 0, n = 0;
	struct sv rest = sv_from(t->block ? t->block : ""), line;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	while (sv_next(&rest, '\n', &line)) {
		n++;
		if (line.n)
			used = n;
	}
	if (t->block && used < t->block_lines) {
		strbuf_addf(&b, BLOCK_UP "\033[J", t->block_lines - used);
		write_to(t, block_stream(t), b.buf, b.len);
	}
	t->block_lines = 0;
}

void term_sink_block(struct sink *s, const char *lines)
{
	struct term_sink *t = self(s);

	pthread_mutex_lock(&t->lock);
	if (!lines)
		end_block(t);
	free(t->block);
	t->block = xstrdup0(lines);
	if (lines && !t->prompt_open)
		draw_block(t, true);
	pthread_mutex_unlock(&t->lock);
}

/* ---- messages ---- */

static void hold(struct term_sink *t, const struct msg *m)
{
	if (t->held_n == t->held_cap) {
		t->held_cap = t->held_cap ? 2 * t->held_cap : 16;
		t->held = xreallocarray(t->held, t->held_cap,
		    sizeof(*t->held));
	}
	t->held[t->held_n++] = (struct held){ m->level, xstrdup(m->text) };
}

static void emit_locked(struct term_sink *t, enum msg_level level,
    const char *text)
{
	if (t->block)
		erase_block(t);
	write_message(t, level, text);
	if (t->block)
		draw_block(t, false);
}

static void emit(struct sink *s, const struct msg *m)
{
	struct term_sink *t = self(s);

	if (!visible(t, m->level))
		return;
	pthread_mutex_lock(&t->lock);
	if (t->prompt_open)
		hold(t, m);
	else
		emit_locked(t, m->level, m->text);
	pthread_mutex_unlock(&t->lock);
}

/*
 * Written to by the handler of Ctrl-C while a question is open. Opened with
 * the first question and never closed: the handler may still be running, on
 * another thread, when the question is over.
 */
static int interrupt_pipe[2] = { -1, -1 };

static void on_interrupt(int sig)
{
	int saved = errno;
	ssize_t n = write(interrupt_pipe[1], "!", 1);

	(void)sig;
	(void)n;
	errno = saved;
}

/* From before the question is shown: an early Ctrl-C is an answer too. */
static void watch_interrupt(struct term_sink *t)
{
	struct sigaction act = { .sa_handler = on_interrupt };
	char late[16];

	if (interrupt_pipe[0] < 0 &&
	    pipe2(interrupt_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	while (read(interrupt_pipe[0], late, sizeof(late)) > 0)
		; /* of the question before */
	t->watching = sigaction(SIGINT, &act, &t->old_interrupt) == 0;
}

static void unwatch_interrupt(struct term_sink *t)
{
	if (t->watching)
		sigaction(SIGINT, &t->old_interrupt, NULL);
	t->watching = false;
}

static void open_prompt(struct term_sink *t)
{
	pthread_mutex_lock(&t->asking);
	pthread_mutex_lock(&t->lock);
	if (t->block)
		erase_block(t);
	t->block_lines = 0;
	t->prompt_open = true;
	pthread_mutex_unlock(&t->lock);
	watch_interrupt(t);
}

static void close_prompt(struct term_sink *t)
{
	unwatch_interrupt(t);
	pthread_mutex_lock(&t->lock);
	t->prompt_open = false;
	for (size_t i = 0; i < t->held_n; i++) {
		write_message(t, t->held[i].level, t->held[i].text);
		free(t->held[i].text);
	}
	t->held_n = 0;
	if (t->block)
		draw_block(t, false);
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_unlock(&t->asking);
}

/* ---- questions ---- */

static bool wait_for_input(void)
{
	struct pollfd fds[3] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = interrupt_pipe[0], .events = POLLIN },
		{ .fd = cancel_fd(), .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (fds[1].revents || fds[2].revents)
			return false;
		if (fds[0].revents)
			return true;
	}
}

#define ANSWER_MAX 4096

/* A line from standard input without its end; false: Ctrl-C or no input. */
static bool read_line(struct strbuf *line)
{
	bool ok = false;
	char c;

	strbuf_reset(line);
	while (wait_for_input() && read(STDIN_FILENO, &c, 1) == 1) {
		ok = c == '\n';
		if (ok)
			break;
		if (line->len < ANSWER_MAX)
			strbuf_addc(line, c);
	}
	return ok || line->len;
}

static void put_question(struct term_sink *t, const char *question,
    const char *hint)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	FILE *f = t->base.data ? stderr : stdout;

	style_add(&b, t->base.color, STYLE_CYAN, question);
	strbuf_adds(&b, hint);
	pthread_mutex_lock(&t->lock);
	write_to(t, f, b.buf, b.len);
	pthread_mutex_unlock(&t->lock);
}

/* Where stdout is for programs, the question goes elsewhere. */
static bool is_attached(const struct term_sink *t)
{
	return t->base.data ? term_is_tty(STDIN_FILENO) &&
	    term_is_tty(STDERR_FILENO) : t->base.tty;
}

static int can_ask(const struct term_sink *t, const char *motivation,
    unsigned concurrency, struct err *err)
{
	int rc;

	if (!is_attached(t)) {
		rc = err_set(err, E_CONFIG, "%s, but terminal (TTY) is not "
		    "attached so we are unable to get a confirmation from the "
		    "user", motivation);
		err_set_name(err, "TtyNotAttached");
		return rc;
	}
	if (concurrency > 1) {
		rc = err_set(err, E_CONFIG, "%s, but concurrency is greater "
		    "than 1 so we are unable to get a confirmation from the "
		    "user", motivation);
		err_set_name(err, "ConcurrencyNotAllowed");
		return rc;
	}
	return 0;
}

/* 1 yes, 0 no, -1 neither */
static int yes_or_no(const char *answer)
{
	CLEANUP(free_p) char *a = str_lower(answer);

	if (streq(a, "y") || streq(a, "yes") || streq(a, "1"))
		return 1;
	if (streq(a, "n") || streq(a, "no") || streq(a, "0"))
		return 0;
	return -1;
}

/* Ctrl-C leaves the cursor behind the question. */
static int cancelled(struct term_sink *t, struct err *err)
{
	put_question(t, "", "\n");
	return err_set(err, E_CANCELLED, "canceled");
}

static int ask_until_clear(struct term_sink *t, const char *question,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	for (;;) {
		CLEANUP(free_p) char *retry = NULL;
		int answer;

		put_question(t, question, " (y/n) ");
		if (!read_line(&line))
			return cancelled(t, err);
		answer = yes_or_no(line.buf);
		if (answer == 1)
			return 0;
		if (answer == 0)
			return err_set(err, E_DECLINED, "declined");
		if (!line.len)
			continue; /* asked again without a word */
		retry = xasprintf("Invalid choice: %s\n", line.buf);
		put_question(t, "", retry);
	}
}

static int confirm(struct sink *s, const struct msg_confirm *q,
    struct err *err)
{
	struct term_sink *t = self(s);
	int rc;

	if (t->yes) {
		CLEANUP(free_p) char *text =
		    styled(s->color, STYLE_CYAN, q->question);

		msg_info(s, "%s (auto-confirmed)", text);
		return 0;
	}
	rc = can_ask(t, q->motivation, q->concurrency, err);
	if (rc < 0)
		return rc;
	open_prompt(t);
	rc = ask_until_clear(t, q->question, err);
	close_prompt(t);
	return rc;
}

static int ask(struct sink *s, const char *motivation, const char *question,
    char **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct term_sink *t = self(s);
	int rc = can_ask(t, motivation, 1, err);
	bool ok;

	if (rc < 0)
		return rc;
	open_prompt(t);
	put_question(t, question, " ");
	ok = read_line(&line);
	rc = ok ? 0 : cancelled(t, err);
	close_prompt(t);
	if (rc < 0)
		return rc;
	*ret = sv_dup(sv_trim(strbuf_sv(&line)));
	return 0;
}

/* ---- life ---- */

/* Of the build systems those whose logs show colours. */
static bool ci_has_color(void)
{
	static const char *const known[] = { "TRAVIS", "CIRCLECI", "APPVEYOR",
		"GITLAB_CI", "GITHUB_ACTIONS", "BUILDKITE" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (getenv(known[i]))
			return true;
	return streq0(getenv("CI_NAME"), "codeship");
}

/* Since 9.1 */
static bool teamcity_has_color(const char *version)
{
	static const char digits[] = "0123456789";
	size_t n = strspn(version, digits), zeros;

	if (!n || version[n] != '.')
		return false;
	if (n > 1 || *version != '9')
		return n > 1;
	version += 2;
	n = strspn(version, digits);
	zeros = strspn(version, "0");
	return version[n] == '.' && zeros < n;
}

static bool is_color_term(const char *term)
{
	static const char *const begins[] = { "screen", "xterm", "vt100",
		"vt220", "rxvt" };
	static const char *const has[] = { "color", "ansi", "cygwin", "linux" };
	size_t n = strlen(term);

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncasecmp(term, begins[i], strlen(begins[i])) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (strcasestr(term, has[i]))
			return true;
	return n >= 4 && streq(term + n - 4, "-256");
}

static bool is_forced(const char *force)
{
	return !streq(force, "0") && !streq(force, "false");
}

/* FORCE_COLOR first and then in this order, as the reference's colour library
 * has it. */
static bool terminal_has_color(void)
{
	const char *force = getenv("FORCE_COLOR"), *no = getenv("NO_COLOR");
	const char *term = getenv("TERM"), *program = getenv("TERM_PROGRAM");
	const char *teamcity = getenv("TEAMCITY_VERSION");

	if (force)
		return is_forced(force);
	if ((no && *no) || streq0(term, "dumb"))
		return false;
	if (getenv("CI"))
		return ci_has_color();
	if (teamcity)
		return teamcity_has_color(teamcity);
	return getenv("COLORTERM") || streq0(program, "iTerm.app") ||
	    streq0(program, "Apple_Terminal") || (term && is_color_term(term));
}

struct sink *term_sink_new(const struct term_opts *o)
{
	struct term_sink *t = xcalloc(1, sizeof(*t));
	bool tty = term_is_tty(STDOUT_FILENO);
	const char *force = getenv("FORCE_COLOR");

	t->base = (struct sink){
		.emit = emit,
		.confirm = confirm,
		.ask = ask,
		.color = o->color < 0 ? tty && terminal_has_color() :
					o->color > 0,
		.verbose = o->verbose,
		.ci = o->ci,
		.tty = tty,
	};
	/* decided by the environment alone, wherever it goes */
	t->error_color = force ? is_forced(force) : t->base.color;
	t->yes = o->yes;
	t->quiet_info = o->quiet_info;
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->asking, NULL);
	return &t->base;
}

int term_sink_free(struct sink *s, struct err *err)
{
	struct term_sink *t = self(s);
	bool failed;
	int number;

	if (!s)
		return 0;
	write_to(t, stdout, "", 0);
	failed = t->stdout_failed;
	number = t->stdout_errno;
	for (size_t i = 0; i < t->held_n; i++)
		free(t->held[i].text);
	free(t->held);
	free(t->block);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->asking);
	free(t);
	/* a reader that went away (head) wanted no more */
	if (!failed || number == EPIPE)
		return 0;
	return err_set(err, E_IO, "writing to standard output: %s",
	    strerror(number));
}

/* The last words of a run are not a message: no level colours them. */
static void put_last(struct term_sink *t, const char *text)
{
	pthread_mutex_lock(&t->lock);
	write_to(t, stderr, text, strlen(text));
	write_to(t, stderr, "\n", 1);
	pthread_mutex_unlock(&t->lock);
}

void term_print_error(struct sink *s, const struct err *err)
{
	bool declined = err->code == E_DECLINED;
	CLEANUP(free_p) char *text = NULL;

	if (err->code == E_SILENT)
		return;
	text = styled(self(s)->error_color,
	    declined ? STYLE_YELLOW : STYLE_RED, err_text(err));
	put_last(self(s), text);
	for (const struct err *c = err->cause; c && !declined; c = c->cause) {
		CLEANUP(free_p) char *line = xasprintf("\xe2\x80\xa3 %s: %s",
		    err_class(c), err_text(c));
		CLEANUP(free_p) char *yellow =
		    styled(self(s)->error_color, STYLE_YELLOW, line);

		put_last(self(s), yellow);
	}
	for (const struct err *c = err; c && !declined; c = c->cause)
		if (c->note)
			put_last(self(s), c->note);
}
