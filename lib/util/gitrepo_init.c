#include "util/gitrepo.h"

#include <git2.h>

#include "util/file.h"

/* Everything of one new repository. */
struct fresh {
	git_repository *repo;
	git_index *index;
	git_tree *tree;
	git_signature *author, *committer;
};

static void fresh_close(struct fresh *f)
{
	git_signature_free(f->author);
	git_signature_free(f->committer);
	git_tree_free(f->tree);
	git_index_free(f->index);
	git_repository_free(f->repo);
	git_libgit2_shutdown();
}

static int failed(struct err *err, const char *what, const char *dir)
{
	const git_error *e = git_error_last();

	return err_set(err, E_IO, "%s in '%s': %s", what, dir,
	    e && e->message ? e->message : "unknown reason");
}

bool git_is_around(const char *dir)
{
	CLEANUP(free_p) char *at = path_abs(dir);

	for (;;) {
		CLEANUP(free_p) char *git = path_join(at, ".git");
		char *up;

		if (file_exists(git))
			return true;
		if (streq(at, "/"))
			return false;
		up = path_dirname(at);
		free(at);
		at = up;
	}
}

/* ---- who commits ---- */

static char *config_text(git_config *c, const char *key)
{
	git_buf b = { 0 };
	char *text;

	if (!c || git_config_get_string_buf(&b, c, key) < 0)
		return NULL;
	text = b.size ? xstrdup(b.ptr) : NULL;
	git_buf_dispose(&b);
	return text;
}

/* GIT_AUTHOR_NAME before author.name before user.name, as git has it. */
static char *identity(git_config *c, const char *role, const char *part,
    const char *fallback)
{
	static const char *const upper[][2] = { { "author", "AUTHOR" },
		{ "committer", "COMMITTER" }, { "name", "NAME" },
		{ "email", "EMAIL" } };
	CLEANUP(free_p) char *own = xasprintf("%s.%s", role, part);
	CLEANUP(free_p) char *user = xasprintf("user.%s", part);
	CLEANUP(strbuf_release) struct strbuf var = STRBUF_INIT;
	const char *env;
	char *text;

	strbuf_adds(&var, "GIT");
	for (size_t i = 0; i < ARRAY_SIZE(upper); i++)
		if (streq(upper[i][0], role) || streq(upper[i][0], part))
			strbuf_addf(&var, "_%s", upper[i][1]);
	env = getenv(var.buf);
	if (env && *env)
		return xstrdup(env);
	text = config_text(c, own);
	if (!text)
		text = config_text(c, user);
	return text ? text : xstrdup0(fallback);
}

static int sign(git_config *c, const char *role, git_signature **ret)
{
	const char *mail = getenv("EMAIL");
	CLEANUP(free_p) char *name = identity(c, role, "name", NULL);
	CLEANUP(free_p) char *email = identity(c, role, "email",
	    mail && *mail ? mail : NULL);

	if (!name || !email)
		return E_NOTFOUND;
	return git_signature_now(ret, name, email) < 0 ? E_NOTFOUND : 0;
}

/* E_NOTFOUND when git would not know either. */
static int find_identity(struct fresh *f, struct err *err)
{
	git_config *c = NULL;
	int rc;

	(void)git_repository_config(&c, f->repo);
	rc = sign(c, "author", &f->author);
	if (rc == 0)
		rc = sign(c, "committer", &f->committer);
	git_config_free(c);
	if (rc < 0)
		return err_set(err, E_NOTFOUND, "git knows no name and "
		    "address to commit with");
	return 0;
}

/* ---- what is committed ---- */

static int stage(struct fresh *f, const char *dir, struct err *err)
{
	git_strarray all = { 0 };
	git_oid id;

	if (git_repository_index(&f->index, f->repo) < 0 ||
	    git_index_add_all(f->index, &all, GIT_INDEX_ADD_DEFAULT, NULL,
		NULL) < 0 ||
	    git_index_write(f->index) < 0 ||
	    git_index_write_tree(&id, f->index) < 0 ||
	    git_tree_lookup(&f->tree, f->repo, &id) < 0)
		return failed(err, "cannot stage the files", dir);
	return 0;
}

int git_first_commit(const char *dir, const char *message, struct err *err)
{
	CLEANUP(fresh_close) struct fresh f = { 0 };
	git_oid id;
	int rc;

	git_libgit2_init();
	if (git_repository_init(&f.repo, dir, 0) < 0)
		return failed(err, "cannot make a git repository", dir);
	rc = stage(&f, dir, err);
	if (rc == 0)
		rc = find_identity(&f, err);
	if (rc < 0)
		return rc;
	if (git_commit_create(&id, f.repo, "HEAD", f.author, f.committer, NULL,
	    message, f.tree, 0, NULL) < 0)
		return failed(err, "cannot commit", dir);
	return 0;
}
