#include "app/lock_owner.h"

#include <signal.h>
#include <sys/stat.h>

#include "util/file.h"

/* A process that is this much younger than the file cannot have written it. */
#define CLOCK_SLACK_S 60
/* A lock from elsewhere counts until it was not renewed for so long: within
 * this machine there is one clock, between machines there are two. */
#define SILENT_CONTAINER_S (6 * LOCK_BEAT_S)
#define SILENT_MACHINE_S (90 * LOCK_BEAT_S)
#define START_FIELD 22 /* of /proc/PID/stat, see proc(5) */

/* ---- reading ------------------------------------------------------------- */

static void field_copy(char *to, size_t size, struct sv v)
{
	size_t n = MIN(v.n, size - 1);

	for (size_t i = 0; i < n; i++)
		to[i] = v.p[i] > ' ' && v.p[i] < 0x7f ? v.p[i] : '?';
	to[n] = '\0';
}

static bool number(struct sv v, uint64_t *ret)
{
	uint64_t n = 0;

	if (!v.n || v.n > 19)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	*ret = n;
	return true;
}

/* "key=value" words */
static void place_parse(struct sv line, struct lock_owner *ret)
{
	struct sv word;
	bool ns = false;

	while (sv_next(&line, ' ', &word)) {
		struct sv key;

		if (!sv_next(&word, '=', &key))
			continue;
		if (sv_eq(key, "host"))
			field_copy(ret->host, sizeof(ret->host), word);
		else if (sv_eq(key, "boot"))
			field_copy(ret->boot, sizeof(ret->boot), word);
		else if (sv_eq(key, "pidns"))
			ns = number(word, &ret->pidns);
		else if (sv_eq(key, "start") && !number(word, &ret->start))
			ret->start = 0;
	}
	ret->placed = ns && *ret->host && *ret->boot;
}

bool lock_owner_parse(struct sv text, struct lock_owner *ret)
{
	struct lock_owner o = { 0 };
	struct sv line;
	uint64_t pid;

	if (!sv_next(&text, '\n', &line))
		return false;
	if (!number(sv_trim(line), &pid) || !pid || pid > INT32_MAX)
		return false;
	o.pid = (int64_t)pid;
	if (sv_next(&text, '\n', &line))
		place_parse(line, &o);
	*ret = o;
	return true;
}

/* ---- this machine -------------------------------------------------------- */

static void read_line(const char *path, char *to, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	*to = '\0';
	if (file_read(path, 4096, &text, NULL) == 0)
		field_copy(to, size, sv_trim(strbuf_sv(&text)));
}

/* When a process was started, in clock ticks since boot; 0: unknown. */
static uint64_t start_of(int64_t pid)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/%lld/stat",
	    (long long)pid);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *after;
	uint64_t start = 0;
	struct sv rest, word;

	if (file_read(path, 4096, &text, NULL) < 0)
		return 0;
	/* the second field is a name in brackets and may hold anything */
	after = strrchr(text.buf, ')');
	if (!after || after[1] != ' ')
		return 0;
	rest = sv_from(after + 2);
	for (int i = 3; sv_next(&rest, ' ', &word); i++)
		if (i == START_FIELD)
			return number(word, &start) ? start : 0;
	return 0;
}

static uint64_t own_pidns(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

static void host_name(char *to, size_t size)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) < 0 || !*name)
		snprintf(name, sizeof(name), "localhost");
	field_copy(to, size, sv_from(name));
}

void lock_owner_self(struct strbuf *out)
{
	struct lock_owner me = { .pidns = own_pidns() };

	strbuf_addf(out, "%lld", (long long)getpid());
	read_line("/proc/sys/kernel/random/boot_id", me.boot, sizeof(me.boot));
	host_name(me.host, sizeof(me.host));
	if (!me.pidns || !*me.boot)
		return;
	strbuf_addf(out, "\nhost=%s boot=%s pidns=%llu start=%llu\n", me.host,
	    me.boot, (unsigned long long)me.pidns,
	    (unsigned long long)start_of(getpid()));
}

/* ---- judging ------------------------------------------------------------- */

/* Seconds since boot, as process start times are counted. */
static double uptime(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t) < 0)
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The number was given to a new process after the file was written. */
static bool is_reused(const struct lock_owner *o, int64_t written, int64_t now)
{
	uint64_t start = start_of(o->pid);
	long ticks = sysconf(_SC_CLK_TCK);
	double age;

	if (!start)
		return false;
	if (o->placed && o->start)
		return o->start != start;
	if (ticks <= 0)
		return false;
	age = uptime() - (double)start / (double)ticks;
	return age + CLOCK_SLACK_S < (double)(now - written);
}

/* In another container of this machine, or on another one. */
static bool is_elsewhere(const struct lock_owner *o, bool *ret_machine,
    bool *ret_rebooted)
{
	char boot[sizeof(o->boot)], host[sizeof(o->host)];

	*ret_machine = *ret_rebooted = false;
	if (!o->placed)
		return false;
	read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	host_name(host, sizeof(host));
	if (streq(boot, o->boot))
		return o->pidns != own_pidns();
	*ret_rebooted = streq(host, o->host);
	*ret_machine = !*ret_rebooted;
	return *ret_machine;
}

enum lock_life lock_owner_life(const struct lock_owner *o, int64_t renewed,
    int64_t now)
{
	bool machine, rebooted;

	if (is_elsewhere(o, &machine, &rebooted))
		return now - renewed > (machine ? SILENT_MACHINE_S :
		    SILENT_CONTAINER_S) ? LOCK_GONE : LOCK_ELSEWHERE;
	/* as the reference: whatever the reason, no signal means no process */
	if (rebooted || kill((pid_t)o->pid, 0) < 0 ||
	    is_reused(o, renewed, now))
		return LOCK_GONE;
	return LOCK_HERE;
}

/* ---- explaining ---------------------------------------------------------- */

static bool looks_like_cli(const char *comm)
{
	static const char *const names[] = { "cdk", "ccdk", "node", "bun",
		"deno", "npm", "npx", "yarn", "pnpm", "MainThread" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(comm, names[i]))
			return true;
	return false;
}

static char *age_text(int64_t s)
{
	if (s < 120)
		return xasprintf("%lld seconds", (long long)MAX(s, (int64_t)0));
	if (s < 7200)
		return xasprintf("%lld minutes", (long long)(s / 60));
	if (s < 172800)
		return xasprintf("%lld hours", (long long)(s / 3600));
	return xasprintf("%lld days", (long long)(s / 86400));
}

char *lock_owner_doubt(const struct lock_owner *o, enum lock_life life,
    const char *path, int64_t age_s)
{
	CLEANUP(free_p) char *age = age_text(age_s), *file = NULL;
	char comm[32];

	if (life == LOCK_ELSEWHERE)
		return xasprintf("That process is not one of this machine or "
		    "container: its lock was renewed %s ago by '%s'. Wait "
		    "until it ends; without renewal the lock stops counting "
		    "after a while. If you know that nothing runs there any "
		    "more, remove '%s'.", age, o->host, path);
	if (o->pid == getpid())
		return NULL;
	file = xasprintf("/proc/%lld/comm", (long long)o->pid);
	read_line(file, comm, sizeof(comm));
	if (!*comm || looks_like_cli(comm))
		return NULL;
	return xasprintf("Process %lld is '%s', which does not look like a CDK "
	    "CLI: the lock, written %s ago, may come from another container or "
	    "machine. If nothing works in that folder any more, remove '%s'.",
	    (long long)o->pid, comm, age, path);
}
