/*
 * The feed, its cache, and what happens around a command.
 */
#include "app/notices.h"

#include <fcntl.h>

#include "app/toolkit.h"
#include "net/http.h"
#include "term/style.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/timeutil.h"

#define FEED_MAX ((size_t)4 << 20)
#define CACHE_MAX ((size_t)8 << 20)
/* of the construct tree at a time; more than any one object in it */
#define TREE_PIECE ((size_t)1 << 20)
#define TIMEOUT_MS 3000
/* how long an answer is good, and a failure is not tried again */
#define FRESH_MS (60 * 60 * 1000)
#define RETRY_MS (60 * 1000)

/* ---- the cache ----------------------------------------------------------- */

static char *cache_path(void)
{
	CLEANUP(free_p) char *home = settings_cdk_home();

	return path_join(home, "cache/notices.json");
}

/* {"expiration": ms, "notices": [...]}; an unusable file is none. Yours. */
static cJSON *cache_load(void)
{
	CLEANUP(free_p) char *path = cache_path();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	cJSON *doc = NULL;

	if (file_read(path, CACHE_MAX, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), path, &doc, NULL) < 0)
		return NULL;
	if (cJSON_IsArray(json_get(doc, "notices")))
		return doc;
	json_free(doc);
	return NULL;
}

static bool is_fresh(const cJSON *cache)
{
	double until;

	return json_num(cache, "expiration", &until) &&
	    (double)now_utc_ms() <= until;
}

static void cache_save(struct app *app, const cJSON *notices, int64_t good_ms)
{
	CLEANUP(free_p) char *path = cache_path();
	CLEANUP(free_p) char *dir = path_dirname(path);
	CLEANUP(json_free_p) cJSON *doc = cJSON_CreateObject();
	CLEANUP(err_release) struct err why = { 0 };
	CLEANUP(free_p) char *text = NULL;

	json_put_num(doc, "expiration", (double)(now_utc_ms() + good_ms));
	json_add_take(doc, "notices", notices ? json_dup(notices) :
	    cJSON_CreateArray());
	text = json_text(doc, 0);
	if (dir_make(dir, &why) < 0 ||
	    file_write(path, sv_from(text), 0666, &why) < 0)
		msg_debug(app->sink, "Failed to store notices in the cache: "
		    "%s", err_text(&why));
}

/* ---- the feed ------------------------------------------------------------ */

static int64_t timeout_ms(void)
{
	const char *text = getenv("CDK_NOTICES_TIMEOUT");
	int64_t ms;

	return text && str_to_int64(text, &ms) && ms > 0 && ms <= 600000 ?
	    ms : TIMEOUT_MS;
}

static int download(struct app *app, struct strbuf *ret, struct err *err)
{
	const struct http_opts o = {
		.proxy = settings_str(&app->settings, "proxy"),
		.ca_bundle = settings_str(&app->settings, "caBundlePath"),
		.user_agent = "ccdk/" CCDK_VERSION };
	CLEANUP(http_free_p) struct http *http = http_new(&o);
	const char *url = getenv("CCDK_NOTICES_URL");
	struct http_req req = { .method = "GET",
		.url = url && *url ? url : NOTICES_URL, .reply_max = FEED_MAX };
	struct http_res res = { 0 };
	int rc;

	req.connect_timeout_ms = req.idle_timeout_ms = req.total_timeout_ms =
	    timeout_ms();
	rc = http_do(http, &req, &res, err);
	if (rc < 0) {
		err_set_name(err, "NetworkError");
		return rc;
	}
	if (res.status == 200) {
		strbuf_add(ret, res.body.buf, res.body.len);
	} else {
		rc = err_set(err, E_NET, "%s answered with status %d",
		    req.url, res.status);
		err_set_name(err, "HttpStatusError");
	}
	http_res_release(&res);
	return rc;
}

static int ask(struct app *app, cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(err_release) struct err why = { 0 };
	int rc = download(app, &text, err);

	if (rc < 0)
		return rc;
	rc = notices_parse(strbuf_sv(&text), ret, &why);
	if (rc < 0) {
		rc = err_set(err, E_INVALID, "Parse error: %s",
		    err_text(&why));
		err_set_name(err, "NoticesParseError");
	}
	return rc;
}

int notices_fetch(struct app *app, cJSON **ret, struct err *err)
{
	CLEANUP(err_release) struct err why = { 0 };
	int rc = ask(app, ret, &why);

	if (rc == 0) {
		cache_save(app, *ret, FRESH_MS);
		msg_debug(app->sink, "Notices refreshed");
		return 0;
	}
	/* what was known stays known */
	CLEANUP(json_free_p) cJSON *old = cache_load();

	cache_save(app, json_get(old, "notices"), RETRY_MS);
	msg_debug(app->sink, "Could not refresh notices: %s", err_text(&why));
	err_move(err, &why);
	return err_over(err, "NoticesFetchFailed", "Failed to load CDK "
	    "notices. Please try again later.");
}

/* ---- what they can be about ---------------------------------------------- */

static cJSON *component(cJSON *list, const char *name, const char *version)
{
	cJSON *c = cJSON_CreateObject();

	json_put_str(c, "name", name);
	json_put_str(c, "version", version);
	json_push_take(list, c);
	return c;
}

static void add_bootstrap(cJSON *list)
{
	CLEANUP(json_free_p) cJSON *seen = toolkit_seen_versions();

	JSON_EACH(env, seen) {
		CLEANUP(free_p) char *version = xasprintf("%d.0.0",
		    env->valueint);
		cJSON *c = component(list, "bootstrap", version);

		json_put_str(c, "key", "ENVIRONMENTS");
		json_put_str(c, "value", env->string);
	}
}

static void read_constructs(int fd, cJSON *list)
{
	CLEANUP(free_p) char *buf = xmalloc(TREE_PIECE);
	struct strmap seen = { 0 };
	size_t kept = 0;
	bool last = false;

	while (!last) {
		size_t room = TREE_PIECE - kept, done;
		ssize_t n = fd_read_full(fd, buf + kept, room);

		if (n < 0)
			break;
		last = (size_t)n < room;
		kept += (size_t)n;
		done = notices_tree_part((struct sv){ buf, kept }, last, &seen,
		    list);
		kept -= done;
		memmove(buf, buf + done, kept);
	}
	strmap_release(&seen);
}

static void add_constructs(cJSON *list)
{
	/* always this folder, as in the reference */
	int fd = open("cdk.out/tree.json", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	read_constructs(fd, list);
	close(fd);
}

static const char *display(const char *language)
{
	return streq(language, "typescript") ? "TypeScript" :
	    streq(language, "javascript") ? "JavaScript" :
	    streq(language, "python") ? "Python" :
	    streq(language, "java") ? "Java" :
	    streq(language, "dotnet") ? ".NET" : "Go";
}

cJSON *notices_components(const struct app *app, const cJSON *feed)
{
	cJSON *list = cJSON_CreateArray();
	const char *language = notices_language(".");

	(void)app;
	if (notices_need_tree(feed))
		add_constructs(list);
	component(list, "cli", CCDK_REFERENCE_VERSION);
	add_bootstrap(list);
	if (language) {
		CLEANUP(free_p) char *name = xasprintf("language:%s",
		    language);
		cJSON *c = component(list, name, "0.0.0");

		json_put_str(c, "key", "LANGUAGE");
		json_put_str(c, "value", display(language));
	}
	return list;
}

/* ---- showing ------------------------------------------------------------- */

void notices_print(struct app *app, const cJSON *chosen, enum msg_level level)
{
	struct sink *s = app->sink;
	CLEANUP(free_p) char *last = NULL;

	if (!chosen->child)
		return;
	msg_text(s, level, "\nNOTICES         (What's this? "
	    "https://github.com/aws/aws-cdk/wiki/CLI-Notices)\n");
	JSON_EACH(n, chosen) {
		const char *severity = json_str(n, "severity");
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		bool bad = severity && streq(severity, "error");
		bool warn = severity && streq(severity, "warning");

		style_add(&text, s->color && s->tty && (bad || warn),
		    bad ? STYLE_RED : STYLE_YELLOW, json_str(n, "text"));
		strbuf_addc(&text, '\n');
		msg_text(s, level, text.buf);
	}
	last = xasprintf("If you don't want to see a notice anymore, use "
	    "\"cdk acknowledge <id>\". For example, \"cdk acknowledge %s\".",
	    json_str(chosen->child, "id"));
	msg_text(s, level, last);
}

/* ---- around a command ---------------------------------------------------- */

bool notices_wanted(const struct app *app)
{
	static const char *const silent[] = { "notices", "version",
		"completion" };
	const char *name = app->args->command->name;

	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		if (streq(name, silent[i]))
			return false;
	/* no settings: nothing was loaded, or loading failed */
	return app->settings.merged &&
	    settings_bool(&app->settings, "notices", false);
}

/* The child lives for the feed's time limit at most, and on when we end. */
static void start_update(struct app *app)
{
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	CLEANUP(err_release) struct err why = { 0 };
	static const char *const pass[][2] = { { "proxy", "--proxy" },
		{ "caBundlePath", "--ca-bundle-path" } };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return;
	self[n] = '\0';
	strvec_add(&argv, self);
	strvec_add(&argv, "notices");
	strvec_add(&argv, "--update-cache");
	for (size_t i = 0; i < ARRAY_SIZE(pass); i++) {
		const char *value = settings_str(&app->settings, pass[i][0]);

		if (value)
			strvec_addf(&argv, "%s=%s", pass[i][1], value);
	}
	if (proc_detach(strvec_argv(&argv), &why) < 0)
		msg_debug(app->sink, "Could not refresh notices: %s",
		    err_text(&why));
}

void notices_begin(struct app *app)
{
	CLEANUP(json_free_p) cJSON *cache = NULL;

	if (!notices_wanted(app))
		return;
	cache = cache_load();
	if (!is_fresh(cache))
		start_update(app);
}

void notices_end(struct app *app)
{
	CLEANUP(json_free_p) cJSON *cache = NULL, *components = NULL;
	CLEANUP(json_free_p) cJSON *chosen = NULL;
	const cJSON *feed;

	if (!notices_wanted(app))
		return;
	cache = cache_load();
	feed = json_get(cache, "notices");
	if (!feed || !feed->child)
		return;
	components = notices_components(app, feed);
	chosen = notices_select(feed, components,
	    context_get(&app->context, "acknowledged-issue-numbers"));
	notices_print(app, chosen, MSG_REPORT);
}
