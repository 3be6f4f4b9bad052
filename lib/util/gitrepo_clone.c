#include "util/gitrepo.h"

#include <git2.h>

#include "util/file.h"

struct cloning {
	void (*progress)(void *user, unsigned received, unsigned total);
	void *user;
	bool login_wanted;
};

static int on_progress(const git_indexer_progress *p, void *user)
{
	struct cloning *c = user;

	if (c->progress)
		c->progress(c->user, p->received_objects, p->total_objects);
	return 0;
}

/* We have none to give, and the reason should not read like a bug. */
static int on_credentials(git_credential **ret, const char *url,
    const char *name, unsigned allowed, void *user)
{
	struct cloning *c = user;

	(void)ret;
	(void)url;
	(void)name;
	(void)allowed;
	c->login_wanted = true;
	return GIT_EUSER;
}

/* Only what the new project needs: no history, where the server can. */
static void plan(git_clone_options *o, struct cloning *c, bool remote)
{
	git_clone_options_init(o, GIT_CLONE_OPTIONS_VERSION);
	o->fetch_opts.callbacks.transfer_progress = on_progress;
	o->fetch_opts.callbacks.credentials = on_credentials;
	o->fetch_opts.callbacks.payload = c;
	o->fetch_opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	o->fetch_opts.proxy_opts.type = GIT_PROXY_AUTO;
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 7
	/* its transport between local folders has no shallow clones */
	if (remote)
		o->fetch_opts.depth = 1;
#else
	(void)remote;
#endif
}

/* "https://user:secret@host/x" must not end up in a message. */
char *git_url_shown(const char *url)
{
	const char *at = strstr(url, "://"), *slash, *end;

	if (!at)
		return xstrdup(url);
	at += 3;
	slash = at + strcspn(at, "/?#");
	for (end = slash; end > at && *end != '@'; end--)
		;
	if (end == at)
		return xstrdup(url);
	return xasprintf("%.*s%s", (int)(at - url), url, end + 1);
}

static const char *const schemes[] = { "https://", "http://", "file://" };

/* A folder, or a URL of a kind we speak. */
static int check_url(const char *url, const char *shown, bool *ret_remote,
    struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (str_starts(url, schemes[i])) {
			*ret_remote = !str_starts(url, "file://");
			return 0;
		}
	}
	*ret_remote = false;
	if (file_is_dir(url))
		return 0;
	if (strstr(url, "://") || strchr(url, ':'))
		return err_set(err, E_CONFIG, "cannot clone '%s': only "
		    "https:// and local repositories can be cloned; clone it "
		    "with git and name the folder", shown);
	return err_set(err, E_NOTFOUND, "cannot clone '%s': no such folder",
	    shown);
}

static int explain(const struct cloning *c, const char *shown, int rc,
    struct err *err)
{
	const git_error *e = git_error_last();

	if (c->login_wanted || rc == GIT_EAUTH)
		return err_set(err, E_AUTH, "cannot clone '%s': it needs a "
		    "login, or there is no such repository; clone it with git "
		    "and name the folder", shown);
	return err_set(err, E_NET, "cannot clone '%s': %s", shown,
	    e && e->message ? e->message : "unknown reason");
}

int git_clone_files(const char *url, const char *target,
    void (*progress)(void *user, unsigned received, unsigned total),
    void *user, struct err *err)
{
	struct cloning c = { .progress = progress, .user = user };
	CLEANUP(free_p) char *shown = git_url_shown(url);
	git_repository *repo = NULL;
	git_clone_options o;
	bool remote;
	int rc = check_url(url, shown, &remote, err);

	if (rc < 0)
		return rc;
	git_libgit2_init();
	plan(&o, &c, remote);
	rc = git_clone(&repo, url, target, &o);
	git_repository_free(repo);
	if (rc < 0)
		rc = explain(&c, shown, rc, err);
	git_libgit2_shutdown();
	return rc < 0 ? rc : 0;
}
