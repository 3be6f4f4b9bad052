#include "util/gitrepo.h"

#include <git2.h>

#include "util/file.h"

struct git {
	git_repository *repo;
	git_object *tree;
};

static void git_close(struct git *g)
{
	git_object_free(g->tree);
	git_repository_free(g->repo);
	git_libgit2_shutdown();
}

static const char *reason(void)
{
	const git_error *e = git_error_last();

	return e && e->message ? e->message : "unknown reason";
}

static int open_tree(struct git *g, const char *dir, const char *revision,
    struct err *err)
{
	CLEANUP(free_p) char *spec = xasprintf("%s^{tree}", revision);

	if (git_repository_open_ext(&g->repo, dir, 0, NULL) < 0)
		return err_set(err, E_CONFIG, "'%s' is in no git repository "
		    "(%s)", dir, reason());
	if (!git_repository_workdir(g->repo))
		return err_set(err, E_CONFIG, "the git repository of '%s' has "
		    "no work tree", dir);
	if (git_revparse_single(&g->tree, g->repo, spec) < 0)
		return err_set(err, E_CONFIG, "git does not know the revision "
		    "'%s' (%s)", revision, reason());
	return 0;
}

/* dir below the work tree, without slashes at its ends */
static int find_prefix(struct git *g, const char *dir, char **ret_root,
    char **ret_prefix, struct err *err)
{
	CLEANUP(free_p) char *here = realpath(dir, NULL);
	CLEANUP(free_p) char *root =
	    realpath(git_repository_workdir(g->repo), NULL);
	size_t n;

	if (!here || !root || !str_starts(here, root))
		return err_set(err, E_IO, "'%s' is not below the work tree of "
		    "its git repository", dir);
	n = strlen(root);
	while (here[n] == '/')
		n++;
	*ret_prefix = xstrdup(here + n);
	*ret_root = TAKE(root);
	return 0;
}

/* Where a tree is written, and the work tree that it is one of. */
struct export {
	const char *root, *target;
};

static int export_tree(git_repository *repo, const git_object *tree,
    const struct export *x);

/* A submodule that is not checked out here, or not as far, stays an empty
 * folder, as after a clone. */
static int export_submodule(const char *at, const git_tree_entry *e,
    void *arg)
{
	const struct export *x = arg;
	CLEANUP(free_p) char *name =
	    xasprintf("%s%s", at, git_tree_entry_name(e));
	CLEANUP(free_p) char *root = path_join(x->root, name);
	CLEANUP(free_p) char *target = path_join(x->target, name);
	const struct export inner = { root, target };
	git_repository *repo = NULL;
	git_object *commit = NULL, *tree = NULL;
	int r = 0;

	if (git_tree_entry_type(e) == GIT_OBJECT_COMMIT &&
	    file_is_dir(target) && git_repository_open(&repo, root) == 0 &&
	    git_object_lookup(&commit, repo, git_tree_entry_id(e),
		GIT_OBJECT_COMMIT) == 0 &&
	    git_object_peel(&tree, commit, GIT_OBJECT_TREE) == 0)
		r = export_tree(repo, tree, &inner);
	git_object_free(tree);
	git_object_free(commit);
	git_repository_free(repo);
	return r;
}

static int export_tree(git_repository *repo, const git_object *tree,
    const struct export *x)
{
	git_checkout_options o;
	int r;

	git_checkout_options_init(&o, GIT_CHECKOUT_OPTIONS_VERSION);
	o.checkout_strategy = GIT_CHECKOUT_FORCE |
	    GIT_CHECKOUT_DONT_UPDATE_INDEX | GIT_CHECKOUT_DONT_REMOVE_EXISTING |
	    GIT_CHECKOUT_NO_REFRESH | GIT_CHECKOUT_RECREATE_MISSING;
	o.target_directory = x->target;
	r = git_checkout_tree(repo, tree, &o);
	return r < 0 ? r : git_tree_walk((const git_tree *)tree,
	    GIT_TREEWALK_PRE, export_submodule, (void *)(uintptr_t)x);
}

int git_export(const char *dir, const char *revision, const char *target,
    char **ret_root, char **ret_prefix, struct err *err)
{
	CLEANUP(git_close) struct git g = { 0 };
	struct export x = { .target = target };
	int r;

	git_libgit2_init();
	r = open_tree(&g, dir, revision, err);
	if (r == 0)
		r = find_prefix(&g, dir, ret_root, ret_prefix, err);
	if (r < 0)
		return r;
	x.root = *ret_root;
	if (export_tree(g.repo, g.tree, &x) < 0)
		return err_set(err, E_IO, "cannot write revision '%s' to "
		    "'%s' (%s)", revision, target, reason());
	return 0;
}
