/*
 * Who holds a lock file, and is that process still there? The first line is a
 * decimal process id, all the reference writes and reads. Ours add a second
 * one, which the reference passes over, because a number says nothing in
 * another container, on another machine or after the process has ended:
 *
 *	4711
 *	host=builder boot=<boot id> pidns=4026531836 start=81234
 *
 * While it is held, such a file's time of change is renewed, so that a lock
 * from elsewhere that nobody renews any more can be told.
 */
#ifndef CCDK_APP_LOCK_OWNER_H
#define CCDK_APP_LOCK_OWNER_H

#include "util/strbuf.h"

#define LOCK_BEAT_S 10 /* how often a held lock is renewed */

struct lock_owner {
	int64_t pid;
	bool placed; /* what follows is known */
	char host[72], boot[48];
	uint64_t pidns; /* of its process numbers */
	uint64_t start; /* clock ticks since boot; 0: unknown */
};

enum lock_life {
	LOCK_GONE,
	LOCK_HERE,     /* a process of that number runs */
	LOCK_ELSEWHERE /* not one of ours; renewed of late */
};

/* Pure. false: there is no process number. */
bool lock_owner_parse(struct sv text, struct lock_owner *ret);
/* What this process writes. */
void lock_owner_self(struct strbuf *out);
/* Both since 1970, in seconds: when the file was renewed, and now. */
enum lock_life lock_owner_life(const struct lock_owner *o, int64_t renewed,
    int64_t now);
/*
 * The second half of an error: NULL when the number alone says it, else what
 * makes the lock doubtful and what to do; yours.
 */
char *lock_owner_doubt(const struct lock_owner *o, enum lock_life life,
    const char *path, int64_t age_s);

#endif
