#include "watch/tree.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/strmap.h"

#define EVENTS								\
	(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | \
	    IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
/* Links can make a tree without an end. */
#define DEPTH_MAX 100

struct node {
	bool is_dir;
	int wd; /* of a folder */
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct watch_tree {
	const char *root;
	const struct watch_filter *filter;
	watch_seen *seen;
	void *arg;
	int fd;
	struct strmap nodes;   /* path -> struct node * */
	struct strmap folders; /* watch descriptor as text -> path (char *) */
	struct strmap dirty;   /* paths that something happened to */
};

const char *watch_event_name(enum watch_event e)
{
	static const char *const names[] = {
		[WATCH_ADD] = "add",
		[WATCH_ADD_DIR] = "addDir",
		[WATCH_CHANGE] = "change",
		[WATCH_UNLINK] = "unlink",
		[WATCH_UNLINK_DIR] = "unlinkDir",
	};

	return names[e];
}

void watch_tree_free(struct watch_tree *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	strmap_release(&t->nodes);
	strmap_release(&t->folders);
	strmap_release(&t->dirty);
	free(t);
}

int watch_tree_fd(const struct watch_tree *t)
{
	return t->fd;
}

static char *full_path(const struct watch_tree *t, const char *path)
{
	return *path ? path_join(t->root, path) : xstrdup(t->root);
}

static char *child_path(const char *dir, const char *name)
{
	return *dir ? xasprintf("%s/%s", dir, name) : xstrdup(name);
}

/* ---- looking ------------------------------------------------------------- */

static int look_at(struct watch_tree *t, const char *path, int depth,
    struct err *err);

static int no_watch(const char *full, struct err *err)
{
	if (errno == ENOSPC)
		return err_set(err, E_IO, "cannot watch '%s': all watches the "
		    "system allows are in use (fs.inotify.max_user_watches); "
		    "name large folders in \"watch.exclude\" of cdk.json, or "
		    "raise that limit with sysctl", full);
	return err_set(err, E_IO, "cannot watch '%s': %m", full);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int look_inside(struct watch_tree *t, const char *path,
    const char *full, int depth, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(full, &list, NULL, by_name), r = 0;

	/* gone meanwhile, or not for us to read */
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		CLEANUP(free_p) char *child = child_path(path, name);

		if (r == 0 && !streq(name, ".") && !streq(name, ".."))
			r = look_at(t, child, depth + 1, err);
		free(list[i]);
	}
	free(list);
	return r;
}

static int add_folder(struct watch_tree *t, const char *path,
    struct node *node, int depth, struct err *err)
{
	CLEANUP(free_p) char *full = full_path(t, path), *key = NULL;

	node->wd = inotify_add_watch(t->fd, full, EVENTS);
	if (node->wd < 0 && errno != ENOENT && errno != EACCES)
		return no_watch(full, err);
	key = xasprintf("%d", node->wd);
	/* a link to a folder that is observed already tells nothing new */
	if (node->wd < 0 || strmap_has(&t->folders, key))
		return 0;
	strmap_set(&t->folders, key, xstrdup(path));
	return look_inside(t, path, full, depth, err);
}

static int add(struct watch_tree *t, const char *path, const struct stat *st,
    int depth, struct err *err)
{
	struct node *node = xcalloc(1, sizeof(*node));

	*node = (struct node){ .is_dir = S_ISDIR(st->st_mode), .wd = -1,
		.ino = st->st_ino, .size = st->st_size,
		.mtime = st->st_mtim };
	strmap_set(&t->nodes, path, node);
	t->seen(t->arg, node->is_dir ? WATCH_ADD_DIR : WATCH_ADD, path);
	return node->is_dir ? add_folder(t, path, node, depth, err) : 0;
}

/* With all below it, the folder first. */
static void drop(struct watch_tree *t, const char *path)
{
	CLEANUP(strvec_release) struct strvec gone = { 0 };
	CLEANUP(free_p) char *below = xasprintf("%s/", path);

	STRMAP_EACH(&t->nodes, e)
		if (streq(e->key, path) || str_starts(e->key, below))
			strvec_add(&gone, e->key);
	for (size_t i = 0; i < gone.n; i++) {
		const struct node *node = strmap_get(&t->nodes, gone.v[i]);
		CLEANUP(free_p) char *key = xasprintf("%d", node->wd);
		const char *owner = strmap_get(&t->folders, key);
		bool is_dir = node->is_dir;

		if (owner && streq(owner, gone.v[i])) {
			(void)inotify_rm_watch(t->fd, node->wd);
			strmap_del(&t->folders, key);
		}
		strmap_del(&t->nodes, gone.v[i]);
		t->seen(t->arg, is_dir ? WATCH_UNLINK_DIR : WATCH_UNLINK,
		    gone.v[i]);
	}
}

static bool is_same(const struct node *node, const struct stat *st)
{
	return node->ino == st->st_ino && node->size == st->st_size &&
	    node->mtime.tv_sec == st->st_mtim.tv_sec &&
	    node->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

/* What is at this path now, against what was. */
static int look_at(struct watch_tree *t, const char *path, int depth,
    struct err *err)
{
	CLEANUP(free_p) char *full = full_path(t, path);
	struct node *node = strmap_get(&t->nodes, path);
	struct stat st;
	bool there = stat(full, &st) == 0 && depth <= DEPTH_MAX &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
	    watch_filter_has(t->filter, path, S_ISDIR(st.st_mode));

	if (node && (!there || node->is_dir != S_ISDIR(st.st_mode) ||
	    (node->is_dir && node->ino != st.st_ino))) {
		drop(t, path);
		node = NULL;
	}
	if (!there)
		return 0;
	if (!node)
		return add(t, path, &st, depth, err);
	if (node->is_dir || is_same(node, &st))
		return 0;
	node->ino = st.st_ino;
	node->size = st.st_size;
	node->mtime = st.st_mtim;
	t->seen(t->arg, WATCH_CHANGE, path);
	return 0;
}

int watch_tree_open(const char *root, const struct watch_filter *f,
    watch_seen *seen, void *arg, struct watch_tree **ret, struct err *err)
{
	CLEANUP(watch_tree_free_p) struct watch_tree *t =
	    xcalloc(1, sizeof(*t));
	int r;

	*t = (struct watch_tree){ .root = root, .filter = f, .seen = seen,
		.arg = arg, .nodes = { .free_value = free },
		.folders = { .free_value = free } };
	t->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (t->fd < 0)
		return err_set(err, E_IO, "cannot watch '%s': %m%s", root,
		    errno == EMFILE ? " (fs.inotify.max_user_instances)" : "");
	if (!file_is_dir(root))
		return err_set(err, E_NOTFOUND, "cannot watch '%s': no such "
		    "folder", root);
	r = look_at(t, "", 0, err);
	if (r == 0)
		*ret = TAKE(t);
	return r;
}

/* ---- what happens -------------------------------------------------------- */

static int depth_of(const char *path)
{
	int depth = *path != '\0';

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* Events were lost: everything may have changed. */
static void all_dirty(struct watch_tree *t)
{
	STRMAP_EACH(&t->folders, e)
		strmap_add(&t->dirty, e->value, NULL);
	STRMAP_EACH(&t->nodes, e)
		strmap_add(&t->dirty, e->key, NULL);
}

static void take_in(struct watch_tree *t, const struct inotify_event *e)
{
	CLEANUP(free_p) char *key = xasprintf("%d", e->wd), *path = NULL;
	const char *dir;

	if (e->mask & IN_Q_OVERFLOW) {
		all_dirty(t);
		return;
	}
	dir = strmap_get(&t->folders, key);
	if (!dir)
		return; /* of a folder that was dropped */
	if (e->mask & IN_IGNORED) {
		strmap_add(&t->dirty, dir, NULL);
		return;
	}
	path = e->len ? child_path(dir, e->name) : xstrdup(dir);
	strmap_add(&t->dirty, path, NULL);
}

int watch_tree_read(struct watch_tree *t, struct err *err)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	while ((n = read(t->fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (void *)p;

			take_in(t, e);
			p += sizeof(*e) + e->len;
		}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return err_set(err, E_IO, "cannot watch '%s': %m", t->root);
	if (strmap_has(&t->dirty, "") && !file_is_dir(t->root))
		return err_set(err, E_NOTFOUND, "the watched folder '%s' is "
		    "gone", t->root);
	return 0;
}

int watch_tree_tell(struct watch_tree *t, struct err *err)
{
	struct strmap dirty = t->dirty;
	int r = 0;

	t->dirty = (struct strmap){ 0 };
	STRMAP_EACH(&dirty, e) {
		CLEANUP(free_p) char *full = full_path(t, e->key);
		bool known = strmap_has(&t->nodes, e->key);
		const struct node *node;

		if (r == 0)
			r = look_at(t, e->key, depth_of(e->key), err);
		node = strmap_get(&t->nodes, e->key);
		/* a folder with lost events: its new entries */
		if (r == 0 && known && node && node->is_dir)
			r = look_inside(t, e->key, full, depth_of(e->key),
			    err);
	}
	strmap_release(&dirty);
	return r;
}
