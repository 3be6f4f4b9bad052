#include "util/timeutil.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "util/pool.h"

/* ---- clocks -------------------------------------------------------------- */

#define RESTS_MS 20 /* a shorter pause lets nobody else begin */

static struct {
	pthread_once_t once;
	bool fixed;
	int64_t now;	/* seconds */
	int64_t scale;	/* percent */
	atomic_int cancel_fd;
	atomic_bool cancelled;
} st = { .once = PTHREAD_ONCE_INIT, .cancel_fd = -1 };

static void setup(void)
{
	const char *now = getenv("CCDK_NOW"), *scale = getenv("CCDK_POLL_SCALE");

	st.fixed = now && str_to_int64(now, &st.now);
	if (!scale || !str_to_int64(scale, &st.scale) || st.scale < 0)
		st.scale = 100;
	atomic_store(&st.cancel_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t now_utc_ms(void)
{
	pthread_once(&st.once, setup);
	return st.fixed ? st.now * 1000 : clock_ms(CLOCK_REALTIME);
}

int64_t now_utc(void)
{
	return now_utc_ms() / 1000;
}

int64_t mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- writing ------------------------------------------------------------- */

/* Years have four digits here; what is beyond is cut to the range. */
static void split(int64_t utc, struct tm *ret)
{
	time_t t = (time_t)MAX(MIN(utc, (int64_t)253402300799), (int64_t)0);

	gmtime_r(&t, ret);
}

void time_amz(int64_t utc, char ret[17])
{
	struct tm tm;

	split(utc, &tm);
	strftime(ret, 17, "%Y%m%dT%H%M%SZ", &tm);
}

void time_iso(int64_t utc, char ret[21])
{
	struct tm tm;

	split(utc, &tm);
	strftime(ret, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void time_local_hms(int64_t utc, char ret[9])
{
	time_t t = (time_t)utc;
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	strftime(ret, 9, "%H:%M:%S", &tm);
}

/* ---- reading ------------------------------------------------------------- */

/* Exactly n digits. */
static bool digits(const char **s, int n, int *ret)
{
	int v = 0;

	for (; n; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool skip(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_of(int y, int m, int d)
{
	int64_t year = m <= 2 ? y - 1 : y;
	int64_t era = (year >= 0 ? year : year - 399) / 400, yoe = year - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool valid_date(int y, int m, int d)
{
	static const char len[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m >= 1 && m <= 12 && d >= 1 &&
	    d <= len[m - 1] + (m == 2 && leap);
}

static bool parse_hms(const char **s, bool colons, int64_t *ret)
{
	int h, m, sec = 0;

	if (!digits(s, 2, &h) || (colons && !skip(s, ':')) ||
	    !digits(s, 2, &m))
		return false;
	if (!colons || **s == ':') {
		if (colons)
			(*s)++;
		if (!digits(s, 2, &sec))
			return false;
	}
	*ret = h * 3600 + m * 60 + sec;
	return h <= 24 && m <= 59 && sec <= 60;
}

static int64_t parse_fraction(const char **s)
{
	int64_t ms = 0, unit = 100;

	if (**s != '.' && **s != ',')
		return 0;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++) {
		ms += (**s - '0') * unit;
		unit /= 10;
	}
	return ms;
}

/* "Z", "+02:00", "-0330", or nothing, which is UTC. */
static bool parse_zone(const char **s, int64_t *ret)
{
	int sign = **s == '-' ? -1 : 1, h, m = 0;

	*ret = 0;
	if (skip(s, 'Z') || skip(s, 'z') || !**s)
		return true;
	if (**s != '+' && **s != '-')
		return false;
	(*s)++;
	if (!digits(s, 2, &h))
		return false;
	(void)skip(s, ':');
	if (**s && !digits(s, 2, &m))
		return false;
	*ret = sign * (h * 3600 + m * 60);
	return true;
}

bool time_parse_iso(const char *s, int64_t *ret_ms)
{
	int64_t secs = 0, zone = 0, ms = 0;
	int y, m, d;
	bool dashes;

	if (!digits(&s, 4, &y))
		return false;
	dashes = skip(&s, '-');
	if (!digits(&s, 2, &m) || (dashes && !skip(&s, '-')) ||
	    !digits(&s, 2, &d) || !valid_date(y, m, d))
		return false;
	if (*s == 'T' || *s == 't' || *s == ' ') {
		s++;
		if (!parse_hms(&s, dashes, &secs))
			return false;
		ms = parse_fraction(&s);
		if (!parse_zone(&s, &zone))
			return false;
	}
	if (*s)
		return false;
	*ret_ms = (days_of(y, m, d) * 86400 + secs - zone) * 1000 + ms;
	return true;
}

static int month_of(const char *s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(s, names + 3 * i, 3) == 0)
			return i + 1;
	return 0;
}

bool time_parse_http(const char *s, int64_t *ret)
{
	int64_t secs;
	int y, m, d;
	const char *comma = strchr(s, ',');

	if (!comma)
		return false;
	s = comma + 1;
	if (!skip(&s, ' ') || !digits(&s, 2, &d) || !skip(&s, ' '))
		return false;
	m = month_of(s);
	if (!m)
		return false;
	s += 3;
	if (!skip(&s, ' ') || !digits(&s, 4, &y) || !skip(&s, ' ') ||
	    !valid_date(y, m, d) || !parse_hms(&s, true, &secs) ||
	    !streq(s, " GMT"))
		return false;
	*ret = days_of(y, m, d) * 86400 + secs;
	return true;
}

/* ---- waiting ------------------------------------------------------------- */

/* Until the time has come, fd can be read (-1: none) or the run is cancelled;
 * false when it is. */
static bool sleep_until(int64_t end, int fd)
{
	struct pollfd p[] = { { .events = POLLIN }, { .events = POLLIN } };
	int64_t left;

	p[0].fd = atomic_load(&st.cancel_fd); /* -1 is skipped by poll */
	p[1].fd = fd;
	while (!cancel_requested()) {
		left = end - mono_ms();
		if (left <= 0 || p[1].revents)
			return true;
		/* without the event descriptor: look at the flag now and then */
		poll(p, 2, (int)MIN(left, p[0].fd < 0 ? 100 : 3600000));
	}
	return false;
}

bool wait_fd_ms(int fd, int64_t ms)
{
	int64_t end = mono_ms() + MIN(MAX(ms, (int64_t)0), (int64_t)1 << 40);
	bool go_on, rests = ms >= RESTS_MS;

	pthread_once(&st.once, setup);
	if (rests)
		pool_rest();
	go_on = sleep_until(end, fd);
	if (rests)
		pool_wake();
	return go_on;
}

bool wait_real_ms(int64_t ms)
{
	return wait_fd_ms(-1, ms);
}

int64_t wait_scaled(int64_t ms)
{
	pthread_once(&st.once, setup);
	return MIN(ms, (int64_t)1 << 40) * st.scale / 100;
}

bool wait_ms(int64_t ms)
{
	return wait_real_ms(wait_scaled(ms));
}

void cancel_request(void)
{
	uint64_t one = 1;
	int saved = errno, fd;

	/* flag before descriptor, the other way round in wait_ms() */
	atomic_store(&st.cancelled, true);
	fd = atomic_load(&st.cancel_fd);
	if (fd >= 0)
		(void)!write(fd, &one, sizeof(one));
	errno = saved;
}

bool cancel_requested(void)
{
	return atomic_load(&st.cancelled);
}

int cancel_fd(void)
{
	pthread_once(&st.once, setup);
	return atomic_load(&st.cancel_fd);
}
