/*
 * How fast one kind of request may be sent, so that many threads of one run do
 * not throttle each other: a token bucket that is off until the first
 * throttling answer. That answer sets the rate to 70 % of what was being sent;
 * from there it grows back as TCP Cubic does, quickly to just below the old
 * rate, slowly around it, then faster again. The constants are those that the
 * AWS SDKs publish for their adaptive mode. Two things are different: requests
 * that were under way when the rate was cut do not cut it again, and the rate
 * grows only with requests that use it.
 *
 * Pure: times come in, waits go out. One owner at a time (aws/throttle.c).
 */
#ifndef CCDK_NET_PACE_H
#define CCDK_NET_PACE_H

#include "util/base.h"

struct pace {
	bool on;
	double rate;		/* tokens a second */
	double tokens;
	double most;		/* the rate that was too much */
	double grown_s;		/* for how long the rate has grown */
	double sent;		/* requests in about the last second */
	int64_t filled_ms, sent_ms, cut_ms, ok_ms;
};

/* 0: send now, and call pace_sent(); else look again in so many ms. ahead:
 * how many were here before and still wait. now_ms: monotonic. */
int64_t pace_wait_ms(struct pace *p, size_t ahead, int64_t now_ms);
void pace_sent(struct pace *p, int64_t now_ms);
/* The request of sent_ms was throttled; or not. */
void pace_throttled(struct pace *p, int64_t sent_ms, int64_t now_ms);
void pace_succeeded(struct pace *p, int64_t now_ms);

#endif
