/*
 * A folder with everything below it, observed through inotify(7). Links are
 * followed. What happened is told per path, by comparing with what was there,
 * so that a file written in several steps is one change.
 */
#ifndef CCDK_WATCH_TREE_H
#define CCDK_WATCH_TREE_H

#include "util/err.h"
#include "watch/filter.h"

enum watch_event {
	WATCH_ADD,
	WATCH_ADD_DIR,
	WATCH_CHANGE,
	WATCH_UNLINK,
	WATCH_UNLINK_DIR
};

/* path: relative to the root, "" for the root itself */
typedef void watch_seen(void *arg, enum watch_event event, const char *path);

struct watch_tree;
/* Scans; tells of everything there is as an ADD. root and f are borrowed. */
MUST_USE int watch_tree_open(const char *root, const struct watch_filter *f,
    watch_seen *seen, void *arg, struct watch_tree **ret, struct err *err);
void watch_tree_free(struct watch_tree *t);
DEFINE_CLEANUP(struct watch_tree, watch_tree_free)

/* Readable when something happened. */
int watch_tree_fd(const struct watch_tree *t);
/* Takes in what happened, without telling yet. E_NOTFOUND: the root is gone. */
MUST_USE int watch_tree_read(struct watch_tree *t, struct err *err);
/* Tells of what was taken in. */
MUST_USE int watch_tree_tell(struct watch_tree *t, struct err *err);

/* "change", "addDir": the reference's words */
const char *watch_event_name(enum watch_event e);

#endif
