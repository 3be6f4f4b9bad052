#include "net/retry.h"

#include "util/strbuf.h"
#include "util/timeutil.h"

#define LONGEST_S 3600
#define ASKED_MORE_MS 5000
#define QUOTA 500

int64_t retry_pause_ms(const struct retry_policy *p, unsigned n,
    uint32_t random)
{
	int64_t pause = p->base_ms;

	for (unsigned i = 0; i < n && pause < p->cap_ms; i++)
		pause *= 2;
	if (pause > p->cap_ms)
		pause = p->cap_ms;
	if (p->exact)
		return pause;
	return pause / 2 +
	    (int64_t)((uint64_t)(pause - pause / 2) * random / UINT32_MAX);
}

int64_t retry_pause_asked(int64_t pause_ms, int64_t asked_ms)
{
	return MAX(pause_ms, MIN(asked_ms, pause_ms + ASKED_MORE_MS));
}

/* "2" or "1.5" */
static bool parse_seconds(const char *s, int64_t *ret_ms)
{
	size_t n = strspn(s, "0123456789"), frac = 0;
	CLEANUP(free_p) char *whole = xstrndup(s, n);
	int64_t ms = 0, unit = 100;

	if (!str_to_int64(whole, ret_ms) || *ret_ms > LONGEST_S)
		return false;
	if (s[n] == '.')
		frac = strspn(s + n + 1, "0123456789");
	if (s[n] && (!frac || s[n + 1 + frac]))
		return false;
	for (size_t i = 0; i < MIN(frac, (size_t)3); i++) {
		ms += (s[n + 1 + i] - '0') * unit;
		unit /= 10;
	}
	*ret_ms = *ret_ms * 1000 + ms;
	return true;
}

int64_t retry_after_ms(const char *value, int64_t now_utc_s)
{
	int64_t s, ms, when;

	if (!value)
		return -1;
	if (parse_seconds(value, &ms))
		return ms;
	if (!str_to_int64(value, &s)) {
		if (!time_parse_http(value, &when))
			return -1;
		s = when - now_utc_s;
	}
	return 1000 * MIN(MAX(s, 0), (int64_t)LONGEST_S);
}

bool retry_quota_take(struct retry_quota *q, int cost)
{
	if (QUOTA - q->used < cost)
		return false;
	q->used += cost;
	return true;
}

void retry_quota_return(struct retry_quota *q, int cost)
{
	q->used = MAX(q->used - (cost ? cost : 1), 0);
}
