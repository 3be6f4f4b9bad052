#include "util/trace.h"

#include <sys/syscall.h>

#include "util/file.h"
#include "util/strbuf.h"

bool trace_on[TRACE_COUNT];

static const char *const names[TRACE_COUNT] = {
	[TRACE_HTTP] = "http",
	[TRACE_AWS] = "aws",
	[TRACE_CREDS] = "creds",
	[TRACE_GRAPH] = "graph",
	[TRACE_ASSET] = "asset",
	[TRACE_APP] = "app",
};

void trace_init(void)
{
	const char *want = getenv("CCDK_TRACE");
	struct sv rest = sv_from(want ? want : ""), area;

	while (sv_next(&rest, ',', &area)) {
		area = sv_trim(area);
		for (int i = 0; i < TRACE_COUNT; i++)
			if (sv_eq(area, names[i]) || sv_eq(area, "all") ||
			    sv_eq(area, "1"))
				trace_on[i] = true;
	}
}

/* One write per line, so that threads do not mix. */
void trace_put(enum trace_area area, const char *fmt, ...)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	int saved = errno;
	struct timespec ts;
	struct tm tm;
	va_list ap;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strbuf_addf(&b, "%02d:%02d:%02d.%06ld [%ld] %s: ", tm.tm_hour,
	    tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000, (long)gettid(),
	    names[area]);
	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	strbuf_addc(&b, '\n');
	(void)!fd_write_all(STDERR_FILENO, b.buf, b.len);
	errno = saved;
}
