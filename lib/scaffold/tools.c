#include "scaffold/tools.h"

#include "util/file.h"
#include "util/proc.h"

#define CHECK_MS 20000
#define NODE_GET "https://nodejs.org, or apt-get install nodejs npm where " \
	"that is new enough"
#define JSII "the construct library runs on it in every language"

static const struct tool node = { "node", { "node", "--version" }, 20, 0,
	"it runs the app", NODE_GET };
static const struct tool npm = { "npm", { "npm", "--version" }, 8, 0,
	"it installs packages", NODE_GET };
static const struct tool node_for_jsii = { "node", { "node", "--version" }, 20,
	0, JSII, NODE_GET };
static const struct tool python = { "python3", { "python3", "--version" }, 3, 9,
	"it runs the app", "https://www.python.org, or apt-get install "
	"python3" };
static const struct tool venv = { "venv", { "python3", "-c",
	"import ensurepip, venv; print(ensurepip.version())" }, 0, 0,
	"it keeps the project's packages apart",
	"apt-get install python3-venv; elsewhere it comes with Python" };
static const struct tool javac = { "javac", { "javac", "-version" }, 17, 0,
	"it compiles the app", "https://adoptium.net, or apt-get install "
	"default-jdk" };
static const struct tool mvn = { "mvn", { "mvn", "-version" }, 3, 6,
	"it builds and runs the app", "https://maven.apache.org, or apt-get "
	"install maven" };
static const struct tool go = { "go", { "go", "version" }, 1, 21,
	"it compiles and runs the app", "https://go.dev/dl, or apt-get install "
	"golang" };
static const struct tool dotnet = { "dotnet", { "dotnet", "--version" }, 8, 0,
	"it compiles and runs the app",
	"https://dotnet.microsoft.com/download, version 8 or newer" };

static const struct tool *const node_tools[] = { &node, &npm, NULL };
static const struct tool *const python_tools[] = { &python, &venv,
	&node_for_jsii, NULL };
static const struct tool *const java_tools[] = { &javac, &mvn, &node_for_jsii,
	NULL };
static const struct tool *const go_tools[] = { &go, &node_for_jsii, NULL };
static const struct tool *const dotnet_tools[] = { &dotnet, &node_for_jsii,
	NULL };

static const struct tool *const *const by_family[] = {
	[FAMILY_NODE] = node_tools, [FAMILY_PYTHON] = python_tools,
	[FAMILY_JAVA] = java_tools, [FAMILY_GO] = go_tools,
	[FAMILY_DOTNET] = dotnet_tools,
};

/* Wanted by projects that were made with them, which their lock files tell. */
static const struct {
	const char *file;
	struct tool tool;
} managers[] = {
	{ "yarn.lock", { "yarn", { "yarn", "--version" }, 1, 0,
	    "it installs packages", "npm install --global yarn" } },
	{ "pnpm-lock.yaml", { "pnpm", { "pnpm", "--version" }, 8, 0,
	    "it installs packages", "npm install --global pnpm" } },
	{ "bun.lock", { "bun", { "bun", "--version" }, 1, 0,
	    "it installs packages", "npm install --global bun, or "
	    "https://bun.sh" } },
};

const struct tool *tool_of_lock_file(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		CLEANUP(free_p) char *path = path_join(dir, managers[i].file);

		if (file_exists(path))
			return &managers[i].tool;
	}
	return NULL;
}

const struct tool *const *tools_for(const struct language *l)
{
	return by_family[l->family];
}

const char *tool_get(const char *program)
{
	for (size_t f = 0; f < ARRAY_SIZE(by_family); f++)
		for (size_t i = 0; by_family[f][i]; i++)
			if (streq(by_family[f][i]->args[0], program))
				return by_family[f][i]->get;
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (streq(managers[i].tool.name, program))
			return managers[i].tool.get;
	return NULL;
}

/* ---- versions ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at text[*at]; larger than any version is as good as large. */
static unsigned number_at(struct sv text, size_t *at)
{
	unsigned n = 0;

	for (; *at < text.n && is_digit(text.p[*at]); (*at)++)
		n = MIN(n * 10 + (unsigned)(text.p[*at] - '0'), 100000u);
	return n;
}

struct sv version_find(struct sv text, unsigned *ret_major,
    unsigned *ret_minor)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t at = i, end;
		unsigned major, minor;

		if (!is_digit(text.p[i]))
			continue;
		major = number_at(text, &at);
		if (at + 1 >= text.n || text.p[at] != '.' ||
		    !is_digit(text.p[at + 1])) {
			i = at;
			continue;
		}
		at++;
		minor = number_at(text, &at);
		for (end = at; end < text.n && (is_digit(text.p[end]) ||
		    (text.p[end] == '.' && end + 1 < text.n &&
			is_digit(text.p[end + 1]))); end++)
			;
		*ret_major = major;
		*ret_minor = minor;
		return (struct sv){ text.p + i, end - i };
	}
	return (struct sv){ 0 };
}

enum tool_state tool_check(const struct tool *t, char **ret_version)
{
	CLEANUP(proc_result_release) struct proc_result r = { 0 };
	CLEANUP(strvec_release) struct strvec argv = { 0 };
	unsigned major = 0, minor = 0;
	struct proc p = { .out = PROC_CAPTURE, .err_out = PROC_CAPTURE,
		.timeout_ms = CHECK_MS };
	struct sv found;

	*ret_version = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(t->args) && t->args[i]; i++)
		strvec_add(&argv, t->args[i]);
	p.argv = strvec_argv(&argv);
	if (proc_run(&p, &r, NULL) < 0 || r.status != 0)
		return TOOL_MISSING;
	/* java and its like say it on the other stream */
	strbuf_addc(&r.out, '\n');
	strbuf_addsv(&r.out, strbuf_sv(&r.err_out));
	found = version_find(strbuf_sv(&r.out), &major, &minor);
	*ret_version = found.n ? sv_dup(found) : xstrdup("of some version");
	if (major < t->major || (major == t->major && minor < t->minor))
		return TOOL_OLD;
	return TOOL_FINE;
}

/* ---- what a folder is ---- */

static const struct language *dotnet_language(const char *dir)
{
	CLEANUP(free_p) char *path = path_join(dir, "cdk.json");
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (file_read(path, (size_t)1 << 20, &b, NULL) < 0 ||
	    !strstr(b.buf, "dotnet"))
		return NULL;
	return language_find(strstr(b.buf, ".fsproj") ? "fsharp" : "csharp");
}

const struct language *language_of_project(const char *dir)
{
	static const struct {
		const char *file, *language;
	} signs[] = {
		{ "tsconfig.json", "typescript" },
		{ "package.json", "javascript" },
		{ "requirements.txt", "python" },
		{ "pyproject.toml", "python" },
		{ "pom.xml", "java" },
		{ "build.gradle", "java" },
		{ "go.mod", "go" },
	};
	CLEANUP(free_p) char *settings = path_join(dir, "cdk.json");

	if (!file_exists(settings))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		CLEANUP(free_p) char *path = path_join(dir, signs[i].file);

		if (file_exists(path))
			return language_find(signs[i].language);
	}
	return dotnet_language(dir);
}
