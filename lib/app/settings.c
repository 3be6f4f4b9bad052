#include "app/settings.h"

#include <pwd.h>

#include "util/file.h"

#define PROJECT_FILE "cdk.json"
#define HOME_FILE ".cdk.json"
#define SETTINGS_MAX ((size_t)64 << 20)

/*
 * The options that are settings, and where they stand among them. An option
 * with a default of its own always beats the files, as in the reference;
 * `debug` is the exception there too.
 */
static const struct {
	const char *option, *group, *sub, *key;
	bool given_only;
} line_keys[] = {
	{ "app", NULL, NULL, "app", false },
	{ "appTimeout", NULL, NULL, "appTimeout", false },
	{ "assetBuildConcurrency", NULL, NULL, "assetBuildConcurrency", false },
	{ "assetMetadata", NULL, NULL, "assetMetadata", false },
	{ "assetParallelism", NULL, NULL, "assetParallelism", false },
	{ "assetPrebuild", NULL, NULL, "assetPrebuild", false },
	{ "bootstrapBucketName", "toolkitBucket", NULL, "bucketName", false },
	{ "bootstrapKmsKeyId", "toolkitBucket", NULL, "kmsKeyId", false },
	{ "browser", NULL, NULL, "browser", false },
	{ "build", NULL, NULL, "build", false },
	{ "caBundlePath", NULL, NULL, "caBundlePath", false },
	{ "debug", NULL, NULL, "debug", true },
	{ "debugApp", NULL, NULL, "debugApp", false },
	{ "debugCli", NULL, NULL, "debugCli", false },
	{ "hotswapEcsMaximumHealthyPercent", "hotswap", "ecs",
	    "maximumHealthyPercent", false },
	{ "hotswapEcsMinimumHealthyPercent", "hotswap", "ecs",
	    "minimumHealthyPercent", false },
	{ "hotswapEcsStabilizationTimeoutSeconds", "hotswap", "ecs",
	    "stabilizationTimeoutSeconds", false },
	{ "ignoreNoStacks", NULL, NULL, "ignoreNoStacks", false },
	{ "isolateApp", NULL, NULL, "isolateApp", false },
	{ "language", NULL, NULL, "language", false },
	{ "lookups", NULL, NULL, "lookups", false },
	{ "notices", NULL, NULL, "notices", false },
	{ "oidcRole", NULL, NULL, "oidcRole", false },
	{ "oidcTokenVariable", NULL, NULL, "oidcTokenVariable", false },
	{ "output", NULL, NULL, "output", false },
	{ "outputsFile", NULL, NULL, "outputsFile", false },
	{ "pathMetadata", NULL, NULL, "pathMetadata", false },
	{ "plugin", NULL, NULL, "plugin", false },
	{ "profile", NULL, NULL, "profile", false },
	{ "progress", NULL, NULL, "progress", false },
	{ "protectStateful", NULL, NULL, "protectStateful", false },
	{ "proxy", NULL, NULL, "proxy", false },
	{ "region", NULL, NULL, "region", false },
	{ "requireApproval", NULL, NULL, "requireApproval", false },
	{ "rollback", NULL, NULL, "rollback", false },
	{ "staging", NULL, NULL, "staging", false },
	{ "toolkitStackName", NULL, NULL, "toolkitStackName", false },
	{ "unstable", NULL, NULL, "unstable", false },
	{ "verbose", NULL, NULL, "verbose", false },
	{ "versionReporting", NULL, NULL, "versionReporting", false },
};

/* ---- the command line ---- */

static cJSON *member_object(cJSON *parent, const char *key)
{
	cJSON *o = json_get(parent, key);

	if (!o) {
		o = cJSON_CreateObject();
		json_add_take(parent, key, o);
	}
	return o;
}

/* KEY=VALUE texts become [{Key, Value}]; '' alone means no tags at all. */
static void add_tags(const struct args *args, struct sink *sink, cJSON *out)
{
	CLEANUP(strvec_release) struct strvec given = { 0 };
	cJSON *tags;

	if (!args_list(args, "tags", &given) || !given.n)
		return;
	tags = cJSON_CreateArray();
	for (size_t i = 0; i < given.n; i++) {
		const char *text = given.v[i], *eq = strchr(text, '=');
		CLEANUP(free_p) char *key = NULL;
		cJSON *tag;

		if (!eq) {
			if (*text)
				msg_warn(sink, "Tags argument is not an "
				    "assignment (key=value): %s", text);
			continue;
		}
		key = xstrndup(text, (size_t)(eq - text));
		tag = cJSON_CreateObject();
		json_put_str(tag, "Key", key);
		json_put_str(tag, "Value", eq + 1);
		json_push_take(tags, tag);
	}
	json_add_take(out, "tags", tags);
}

static cJSON *from_line(const struct args *args, struct sink *sink)
{
	cJSON *out = cJSON_CreateObject();

	if (!args)
		return out;
	for (size_t i = 0; i < ARRAY_SIZE(line_keys); i++) {
		const cJSON *v = line_keys[i].given_only ?
		    json_get(args->given, line_keys[i].option) :
		    args_get(args, line_keys[i].option);
		cJSON *at = out;

		if (!v)
			continue;
		if (line_keys[i].group)
			at = member_object(at, line_keys[i].group);
		if (line_keys[i].sub)
			at = member_object(at, line_keys[i].sub);
		json_add_take(at, line_keys[i].key, json_dup(v));
	}
	add_tags(args, sink, out);
	return out;
}

/* ---- the files ---- */

static int file_load(const char *path, cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;
	CLEANUP(err_release) struct err why = { 0 };
	struct sv sv;
	int rc = file_read(path, SETTINGS_MAX, &text, &why);

	if (rc == E_NOTFOUND) {
		*ret = cJSON_CreateObject();
		return 0;
	}
	if (rc < 0) {
		err_move(err, &why);
		return rc;
	}
	sv = strbuf_sv(&text);
	if (sv_starts(sv, "\xef\xbb\xbf")) {
		sv.p += 3;
		sv.n -= 3;
	}
	rc = json_parse(sv, path, &doc, err);
	if (rc < 0)
		return rc;
	if (!cJSON_IsObject(doc))
		return err_set(err, E_INVALID, "%s: the top level must be a "
		    "JSON object, but is %s", path, settings_kind_name(doc));
	*ret = TAKE(doc);
	return 0;
}

static char *home_dir(void)
{
	const char *home = getenv("HOME");
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (home && *home)
		return xstrdup(home);
	if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 && found)
		return xstrdup(pw.pw_dir);
	return xstrdup("/");
}

char *settings_home_path(void)
{
	CLEANUP(free_p) char *dir = home_dir();

	return path_join(dir, HOME_FILE);
}

static int home_load(cJSON **ret, struct err *err)
{
	CLEANUP(free_p) char *path = settings_home_path();
	int rc = file_load(path, ret, err);

	if (rc < 0)
		return rc;
	if (!json_get(*ret, "build"))
		return 0;
	json_free(*ret);
	*ret = NULL;
	return err_set(err, E_CONFIG, "The `build` key cannot be specified in "
	    "the user config (~/.cdk.json), specify it in the project config "
	    "(cdk.json) instead");
}

/* ---- merging ---- */

static cJSON *built_in(void)
{
	cJSON *o = cJSON_CreateObject();

	json_put_bool(o, "versionReporting", true);
	json_put_bool(o, "assetMetadata", true);
	json_put_bool(o, "pathMetadata", true);
	json_put_str(o, "output", "cdk.out");
	return o;
}

/* Context can be large and has a precedence of its own: it stays out. */
static void merge(cJSON *into, const cJSON *from, bool top)
{
	JSON_EACH(v, from) {
		cJSON *old;

		if (top && streq(v->string, "context"))
			continue;
		old = json_get(into, v->string);
		if (cJSON_IsObject(old) && cJSON_IsObject(v))
			merge(old, v, false);
		else
			json_add_take(into, v->string, json_dup(v));
	}
}

int settings_load(const struct args *args, struct sink *sink,
    struct settings *ret, struct err *err)
{
	CLEANUP(settings_release) struct settings s = { 0 };
	const char *region;
	int rc = home_load(&s.home, err);

	if (rc == 0)
		rc = file_load(PROJECT_FILE, &s.project, err);
	if (rc < 0)
		return rc;
	settings_check_file(s.home, "~/" HOME_FILE, sink);
	settings_check_file(s.project, PROJECT_FILE, sink);
	s.line = from_line(args, sink);
	s.merged = built_in();
	merge(s.merged, s.home, true);
	merge(s.merged, s.project, true);
	merge(s.merged, s.line, true);
	rc = settings_need_text(&s, "region", &region, err);
	if (rc < 0)
		return rc;
	*ret = s;
	s = (struct settings){ 0 };
	return 0;
}

void settings_release(struct settings *s)
{
	json_free(s->merged);
	json_free(s->project);
	json_free(s->home);
	json_free(s->line);
	*s = (struct settings){ 0 };
}

/* ---- reading ---- */

const cJSON *settings_get(const struct settings *s, const char *path)
{
	return json_at(s->merged, path);
}

const char *settings_str(const struct settings *s, const char *path)
{
	return json_str(s->merged, path);
}

/* As JavaScript judges a value; only `notices` knows the text "false". */
bool settings_bool(const struct settings *s, const char *path, bool fallback)
{
	const cJSON *v = settings_get(s, path);

	if (!v || cJSON_IsNull(v))
		return fallback;
	if (cJSON_IsBool(v))
		return cJSON_IsTrue(v);
	if (cJSON_IsNumber(v))
		return v->valuedouble < 0 || v->valuedouble > 0;
	if (!cJSON_IsString(v))
		return true;
	if (streq(path, "notices") && streq(v->valuestring, "false"))
		return false;
	return *v->valuestring != '\0';
}

const char *settings_origin(const struct settings *s, const char *path)
{
	if (json_at(s->line, path))
		return "command line";
	if (json_at(s->project, path))
		return "cdk.json";
	if (json_at(s->home, path))
		return "~/.cdk.json";
	return "default";
}

const char *settings_known(size_t i, char **ret_path)
{
	CLEANUP(strvec_release) struct strvec parts = { 0 };

	if (i >= ARRAY_SIZE(line_keys))
		return NULL;
	if (line_keys[i].group)
		strvec_add(&parts, line_keys[i].group);
	if (line_keys[i].sub)
		strvec_add(&parts, line_keys[i].sub);
	strvec_add(&parts, line_keys[i].key);
	*ret_path = strvec_join(&parts, ".");
	return line_keys[i].option;
}

char *settings_cdk_home(void)
{
	const char *set = getenv("CDK_HOME"), *home = getenv("HOME");
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (set && *set)
		return path_abs(set);
	if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 && found &&
	    !streq(pw.pw_dir, "/var/empty"))
		home = pw.pw_dir;
	if (home && *home)
		return path_join(home, ".cdk");
	home = getenv("TMPDIR");
	return path_join(home && *home ? home : "/tmp", ".cdk");
}
