#include "net/retry.h"

#include "util/strbuf.h"
#include "util/timeutil.h"

#define LONGEST_S 3600

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

int64_t retry_after_ms(const char *value, int64_t now_utc_s)
{
	int64_t s, when;

	if (!value)
		return -1;
	if (!str_to_int64(value, &s)) {
		if (!time_parse_http(value, &when))
			return -1;
		s = when - now_utc_s;
	}
	return 1000 * MIN(MAX(s, 0), (int64_t)LONGEST_S);
}
