#include "cmd.h"

#include <dirent.h>

#include "scaffold/custom.h"
#include "scaffold/render.h"
#include "scaffold/steps.h"
#include "term/style.h"
#include "term/term.h"
#include "util/file.h"
#include "util/gitrepo.h"
#include "util/interrupt.h"

/* What is made, from where to where. */
struct project {
	struct app *app;
	char *dir;
	const struct init_template *built_in; /* NULL: custom */
	struct custom_template custom;
	char *clone; /* temporary folder of --from-git-url */
	const struct language *language;
	const char *package_manager;
	struct project_names names;
	struct init_files files;
};

static void project_release(struct project *p)
{
	free(TAKE(p->dir));
	custom_template_release(&p->custom);
	if (p->clone)
		(void)!dir_remove(p->clone, NULL);
	free(TAKE(p->clone));
	project_names_release(&p->names);
	init_files_release(&p->files);
}

static const char *given(const struct project *p, const char *option)
{
	const char *text = args_str(p->app->args, option);

	return text && *text ? text : NULL;
}

static const char *template_name(const struct project *p)
{
	return p->built_in ? p->built_in->name : p->custom.name;
}

static void template_languages(const struct project *p, struct strvec *ret)
{
	if (p->built_in)
		init_template_languages(p->built_in, ret);
	for (size_t i = 0; i < p->custom.languages.n; i++)
		strvec_add(ret, p->custom.languages.v[i]);
}

/* ---- the list ---- */

static void embolden(const struct app *app, struct strvec *names)
{
	for (size_t i = 0; i < names->n; i++) {
		char *bold = styled(app->sink->color, STYLE_BOLD, names->v[i]);

		free(names->v[i]);
		names->v[i] = bold;
	}
}

static void list_one(struct app *app, const struct init_template *t,
    const struct language *only)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *joined = NULL, *line = NULL, *command = NULL;
	CLEANUP(free_p) char *name = styled(app->sink->color, STYLE_GREEN,
	    t->name);
	CLEANUP(free_p) char *bold = styled(app->sink->color, STYLE_BOLD,
	    t->name);
	bool several;

	if (only)
		strvec_add(&names, only->name);
	else
		init_template_languages(t, &names);
	embolden(app, &names);
	joined = strvec_join(&names, "|");
	several = names.n > 1;
	line = xasprintf("cdk init %s --language=%s%s%s", bold,
	    several ? "[" : "", joined, several ? "]" : "");
	command = styled(app->sink->color, STYLE_BLUE, line);
	msg_info(app->sink, "* %s: %s", name, t->description);
	msg_info(app->sink, "   └─ %s", command);
}

static void list_templates(struct app *app, const struct language *only)
{
	msg_info(app->sink, "Available templates:");
	for (const struct init_template *t = init_templates; t->name; t++)
		if (!only || init_template_has(t, only))
			list_one(app, t, only);
}

/* ---- which template, which language ---- */

static int wanted_language(struct project *p, struct err *err)
{
	const char *word = settings_str(&p->app->settings, "language");

	if (!word || !*word)
		return 0;
	p->language = language_find(word);
	if (!p->language)
		return err_set(err, E_CONFIG, "Unsupported language: %s", word);
	return 0;
}

static int built_in_template(struct project *p, const char *word,
    struct err *err)
{
	const char *near;

	p->built_in = init_template_find(word);
	if (p->built_in)
		return 0;
	list_templates(p->app, p->language);
	if (language_find(word))
		return err_set(err, E_CONFIG, "Unknown init template: %s\n"
		    "Did you mean app --language %s?", word, word);
	near = init_template_suggest(word);
	if (near)
		return err_set(err, E_CONFIG, "Unknown init template: %s\n"
		    "Did you mean %s?", word, near);
	return err_set(err, E_CONFIG, "Unknown init template: %s", word);
}

static void show_cloning(void *user, unsigned received, unsigned total)
{
	struct app *app = user;
	CLEANUP(free_p) char *line = xasprintf("Receiving objects: %u of %u",
	    received, total);

	if (term_is_tty(STDERR_FILENO) && !app->sink->ci)
		term_sink_block(app->sink, line);
}

static int from_git(struct project *p, const char *url, struct err *err)
{
	int rc = dir_temp("ccdk-init-", &p->clone, err);

	if (rc < 0)
		return rc;
	msg_info(p->app->sink, "Fetching the template");
	rc = git_clone_files(url, p->clone, show_cloning, p->app, err);
	if (term_is_tty(STDERR_FILENO) && !p->app->sink->ci)
		term_sink_block(p->app->sink, NULL);
	return rc;
}

/* The name of a cloned one is its URL's, not the temporary folder's. */
static int custom_template(struct project *p, struct err *err)
{
	const char *url = given(p, "fromGitUrl");
	const char *sub = given(p, "templatePath");
	CLEANUP(free_p) char *trimmed = NULL;
	size_t n;
	int rc;

	if (!url)
		return custom_template_load(given(p, "fromPath"), sub, 0,
		    &p->custom, err);
	if ((rc = from_git(p, url, err)) < 0 ||
	    (rc = custom_template_load(p->clone, sub, CUSTOM_CLONED,
		&p->custom, err)) < 0)
		return rc;
	if (!streq(p->custom.path, p->clone))
		return 0;
	trimmed = xstrdup(url);
	for (n = strlen(trimmed); n && trimmed[n - 1] == '/'; n--)
		trimmed[n - 1] = '\0';
	if (str_ends(trimmed, ".git"))
		trimmed[strlen(trimmed) - 4] = '\0';
	free(p->custom.name);
	p->custom.name = xstrdup(path_basename(trimmed));
	return 0;
}

static int choose_template(struct project *p, struct err *err)
{
	const struct args *a = p->app->args;

	if (given(p, "fromPath") || given(p, "fromGitUrl"))
		return custom_template(p, err);
	return built_in_template(p, a->pos.n ? a->pos.v[0] : "app", err);
}

static int choose_language(struct project *p, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *joined = NULL;

	if (p->language)
		return 0;
	template_languages(p, &names);
	if (names.n == 1) {
		p->language = language_find(names.v[0]);
		msg_warn(p->app->sink, "No --language was provided, but '%s' "
		    "supports only '%s', so defaulting to --language=%s",
		    template_name(p), names.v[0], names.v[0]);
		return 0;
	}
	joined = strvec_join(&names, ", ");
	msg_info(p->app->sink, "Available languages for %s: %s",
	    template_name(p), joined);
	return err_set(err, E_CONFIG, "No language was selected");
}

static int check_language(struct project *p, struct err *err)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *joined = NULL;

	template_languages(p, &names);
	if (strvec_has(&names, p->language->name))
		return 0;
	joined = strvec_join(&names, ", ");
	msg_error(p->app->sink, "The %s language is not supported for %s (it "
	    "supports: %s)", p->language->name, template_name(p), joined);
	return err_set(err, E_CONFIG, "Unsupported language: %s",
	    p->language->name);
}

/* ---- where ---- */

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int check_empty(const struct project *p, struct err *err)
{
	CLEANUP(close_dir) DIR *d = opendir(p->dir);
	CLEANUP(strvec_release) struct strvec names = { 0 };
	CLEANUP(free_p) char *list = NULL;
	struct dirent *e;

	if (!d)
		return err_set(err, E_IO, "Failed to validate directory %s: "
		    "%m", p->dir);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			strvec_add(&names, e->d_name);
	if (!names.n)
		return 0;
	strvec_sort(&names);
	list = strvec_join(&names, "\n  - ");
	return err_set(err, E_CONFIG, "Failed to validate directory %s: `cdk "
	    "init` cannot be run in a non-empty directory!\nFound %zu visible "
	    "files in %s:\n  - %s", p->dir, names.n, p->dir, list);
}

/* ---- the files ---- */

/* It goes into files of every syntax as it is. */
static int check_lib_version(const char *v, struct err *err)
{
	if (!v || strspn(v, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+-^~") == strlen(v))
		return 0;
	return err_set(err, E_CONFIG, "'%s' is no version of aws-cdk-lib", v);
}

static int render(struct project *p, struct err *err)
{
	struct render r = { .template = p->built_in, .language = p->language,
		.names = &p->names, .lib_version = given(p, "libVersion"),
		.package_manager = p->package_manager };
	const char *name = given(p, "projectName");
	int rc;

	if (!p->built_in)
		return custom_template_files(&p->custom, p->language->name,
		    &p->files, err);
	if ((rc = check_lib_version(r.lib_version, err)) < 0 ||
	    (rc = project_names_init(name ? name : path_basename(p->dir),
		given(p, "stackName"), &p->names, err)) < 0)
		return rc;
	return render_files(&r, &p->files, err);
}

static void show_readme(const struct project *p)
{
	const struct init_file *f = init_files_find(&p->files, "README.md");
	CLEANUP(free_p) char *green = NULL;

	if (!f || f->link)
		return;
	green = styled(p->app->sink->color, STYLE_GREEN, f->data.buf);
	msg_text(p->app->sink, MSG_INFO, green);
}

/* ---- git ---- */

static void init_git(const struct project *p)
{
	CLEANUP(err_release) struct err why = { 0 };
	struct sink *s = p->app->sink;
	int rc;

	if (git_is_around(p->dir))
		return;
	msg_info(s, "Initializing a new git repository...");
	rc = git_first_commit(p->dir, "Initial commit\n", &why);
	if (rc == 0)
		return;
	msg_warn(s, "Unable to initialize git repository for your project.");
	msg_warn(s, "%s", err_text(&why));
	if (rc == E_NOTFOUND)
		msg_warn(s, "The files are staged. Tell git who you are and "
		    "commit them:\n"
		    "  git config --global user.name \"Your Name\"\n"
		    "  git config --global user.email you@example.com\n"
		    "  git commit --message \"Initial commit\"");
}

/* ---- all of it ---- */

static void show_next(const struct project *p, bool installed)
{
	CLEANUP(strvec_release) struct strvec next = { 0 };
	CLEANUP(free_p) char *joined = NULL;
	bool library = p->built_in && streq(p->built_in->name, "lib");

	steps_next(p->language, p->package_manager, installed, library,
	    p->app->invoked_as_cdk ? "cdk" : "ccdk", &next);
	joined = strvec_join(&next, "\n  ");
	msg_info(p->app->sink, "\nNext:\n  %s", joined);
}

static int write_project(struct project *p, struct err *err)
{
	const struct app *app = p->app;
	bool installed = false;
	int rc = init_files_write(&p->files, p->dir, err);

	if (rc < 0)
		return rc;
	show_readme(p);
	if (!args_bool(app->args, "generateOnly", false)) {
		struct steps s = { .language = p->language, .dir = p->dir,
			.package_manager = p->package_manager,
			.sink = app->sink,
			.live = term_is_tty(STDERR_FILENO) && !app->sink->ci };

		init_git(p);
		rc = steps_run(&s, &installed, err);
	}
	if (rc == 0)
		msg_info(app->sink, "✅ All done!");
	show_next(p, installed);
	return rc;
}

static void check_package_manager(struct project *p)
{
	const char *wanted = given(p, "packageManager");

	p->package_manager = wanted ? wanted : "npm";
	if (!wanted || p->language->family == FAMILY_NODE)
		return;
	msg_warn(p->app->sink, "--package-manager option is only applicable "
	    "for JavaScript and TypeScript projects. Ignoring the provided "
	    "value: %s", wanted);
}

/* The temporary folder of a clone means nothing to anybody. */
static int name_the_url(const struct project *p, int rc, struct err *err)
{
	CLEANUP(free_p) char *shown = NULL, *text = NULL;

	if (rc == 0 || !p->clone)
		return rc;
	shown = git_url_shown(given(p, "fromGitUrl"));
	text = str_replace(err_text(err), p->clone, shown);
	return err_set(err, rc, "%s", text);
}

static int choose(struct project *p, struct err *err)
{
	int rc;

	if ((rc = choose_template(p, err)) < 0 ||
	    (rc = choose_language(p, err)) < 0 ||
	    (rc = check_empty(p, err)) < 0)
		return rc;
	check_package_manager(p);
	msg_info(p->app->sink, "Applying project template %s for %s",
	    template_name(p), p->language->name);
	rc = check_language(p, err);
	return rc < 0 ? rc : render(p, err);
}

/* Everything but writing: until then any signal may end us as it likes. */
static int prepare(struct project *p, struct err *err)
{
	return name_the_url(p, choose(p, err), err);
}

/* The reference calls templates of one's own unstable. */
static int check_unstable(const struct project *p, struct err *err)
{
	CLEANUP(strvec_release) struct strvec allowed = { 0 };

	if (!given(p, "fromPath"))
		return 0;
	(void)args_list(p->app->args, "unstable", &allowed);
	if (strvec_has(&allowed, "init"))
		return 0;
	return err_set(err, E_CONFIG, "Unstable feature use: 'init' is "
	    "unstable. It must be opted in via '--unstable', e.g. 'cdk init "
	    "--unstable=init'");
}

static bool only_lists(const struct project *p)
{
	const struct args *a = p->app->args;

	if (args_bool(a, "list", false))
		return true;
	return !a->pos.n && !p->language && !given(p, "fromPath") &&
	    !given(p, "fromGitUrl");
}

static int run(struct app *app, struct err *err)
{
	CLEANUP(project_release) struct project p = { .app = app,
		.dir = path_abs(".") };
	int rc;

	if ((rc = check_unstable(&p, err)) < 0 ||
	    (rc = wanted_language(&p, err)) < 0)
		return rc;
	if (only_lists(&p)) {
		list_templates(app, p.language);
		return 0;
	}
	if ((rc = prepare(&p, err)) < 0)
		return rc;
	/* from here on it stops between steps and takes back what is half done */
	interrupt_defer();
	return write_project(&p, err);
}

const struct cmd cmd_init = { .name = "init", .run = run };
