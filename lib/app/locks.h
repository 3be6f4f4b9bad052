/*
 * Locks in a cloud assembly folder, so that two runs do not write into one
 * folder at once: "synth.lock" (the writer) and "read.<pid>.<n>.lock". A lock
 * whose process is gone is stale and removed. Nobody waits: a live lock of
 * another process is an error with the reference's text.
 */
#ifndef CCDK_APP_LOCKS_H
#define CCDK_APP_LOCKS_H

#include "util/err.h"

struct dir_lock {
	char *path; /* NULL: not held */
};

/* The folder must exist or be creatable. */
MUST_USE int dir_lock_write(const char *dir, struct dir_lock *ret,
    struct err *err);
MUST_USE int dir_lock_read(const char *dir, struct dir_lock *ret,
    struct err *err);
/* Writer becomes reader: the reader's file is there before the other goes. */
MUST_USE int dir_lock_downgrade(const char *dir, struct dir_lock *l,
    struct err *err);
void dir_lock_release(struct dir_lock *l);
/*
 * From now on the locks that are held are renewed, which others can see. For
 * runs that wait for somebody; one that only reads files is over before its
 * lock looks old, and is quicker without a second thread.
 */
void dir_locks_renew(void);

#endif
