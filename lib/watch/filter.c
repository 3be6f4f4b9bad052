#include "watch/filter.h"

#include "util/glob.h"

/* A plain name stands for the folder and all below it. */
static void add_pattern(struct strvec *to, const char *text)
{
	size_t n = strlen(text);

	if (strpbrk(text, "*?[")) {
		strvec_add(to, text);
		return;
	}
	while (n && text[n - 1] == '/')
		n--;
	strvec_addf(to, "%.*s/**", (int)MIN(n, (size_t)INT32_MAX), text);
}

static void add_patterns(struct strvec *to, const cJSON *v)
{
	if (cJSON_IsString(v))
		add_pattern(to, v->valuestring);
	if (!cJSON_IsArray(v))
		return;
	JSON_EACH(p, v)
		if (cJSON_IsString(p))
			add_pattern(to, p->valuestring);
}

/* "a", "a/b" and "a/b/c" of the pattern "a/b/c" */
static void add_folders(struct strvec *to, const char *pattern)
{
	const char *p = pattern;

	while ((p = strchr(p, '/'))) {
		strvec_addf(to, "%.*s", (int)(p - pattern), pattern);
		p++;
	}
	strvec_add(to, pattern);
}

void watch_filter_init(struct watch_filter *f, const cJSON *setting,
    const char *out_dir)
{
	static const char *const never[] = { ".*", "**/.*", "**/.*/**",
		"**/node_modules/**" };

	*f = (struct watch_filter){ 0 };
	add_patterns(&f->include, json_get(setting, "include"));
	if (!f->include.n)
		strvec_add(&f->include, "**");
	for (size_t i = 0; i < f->include.n; i++)
		add_folders(&f->folders, f->include.v[i]);
	add_patterns(&f->exclude, json_get(setting, "exclude"));
	if (out_dir)
		strvec_addf(&f->exclude, "%s/**", out_dir);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		strvec_add(&f->exclude, never[i]);
}

void watch_filter_release(struct watch_filter *f)
{
	strvec_release(&f->include);
	strvec_release(&f->exclude);
	strvec_release(&f->folders);
}

static bool matches(const struct strvec *patterns, const char *path)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (glob_match_with(patterns->v[i], path, GLOB_DOT))
			return true;
	return false;
}

bool watch_filter_has(const struct watch_filter *f, const char *path,
    bool is_dir)
{
	if (!*path)
		return true;
	return !matches(&f->exclude, path) &&
	    matches(is_dir ? &f->folders : &f->include, path);
}
