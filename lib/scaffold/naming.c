#include "scaffold/naming.h"

#include <utf8proc.h>

#include "util/strbuf.h"

#define STACK_NAME_MAX 128u

/* Not isalpha() and its like: those follow the locale. */
static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool is_separator(char c)
{
	return c == '-' || c == '_' || c == '.';
}

static char to_upper(char c)
{
	return is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

/* ---- from any text to ASCII words ---- */

/* "é" as "e"; yours. A text that is not UTF-8 stays as it is. */
static char *without_accents(const char *text)
{
	utf8proc_uint8_t *out = NULL;
	char *copy;

	if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
	    UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
	    UTF8PROC_STRIPMARK) < 0)
		return xstrdup(text);
	copy = xstrdup((const char *)out);
	free(out);
	return copy;
}

/* [A-Za-z0-9._-] only, beginning with a letter or digit. */
static char *plain_name(const char *text)
{
	CLEANUP(free_p) char *ascii = without_accents(text);
	struct strbuf b = STRBUF_INIT;
	bool ended = false;

	for (const char *s = ascii; *s; s++) {
		bool kept = is_alnum(*s) || is_separator(*s);

		if (kept ? b.len > 0 || is_alnum(*s) : false) {
			if (ended)
				strbuf_addc(&b, '-');
			strbuf_addc(&b, *s);
			ended = false;
		} else if (!kept) {
			ended = b.len > 0;
		}
	}
	return strbuf_detach(&b);
}

/* Does a word begin at text[i]? In "myApp" at A, in "HTTPServer" at S. */
static bool begins_word(const char *text, size_t i)
{
	if (!i || !is_upper(text[i]))
		return false;
	return is_lower(text[i - 1]) || is_digit(text[i - 1]) ||
	    (is_upper(text[i - 1]) && is_lower(text[i + 1]));
}

/* "HTTPServer" as "http_server"; separators stay. */
static char *decamelize(const char *text)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; text[i]; i++) {
		if (begins_word(text, i))
			strbuf_addc(&b, '_');
		strbuf_addc(&b, is_upper(text[i]) ?
		    (char)(text[i] - 'A' + 'a') : text[i]);
	}
	return strbuf_detach(&b);
}

/* "http_server2go" as "HttpServer2Go" or "httpServer2Go" */
static char *camelize(const char *name, bool pascal)
{
	struct strbuf b = STRBUF_INIT;
	bool up = pascal;

	for (const char *s = name; *s; s++) {
		if (is_separator(*s)) {
			up = b.len > 0;
			continue;
		}
		strbuf_addc(&b, up ? to_upper(*s) : *s);
		up = is_digit(*s);
	}
	return strbuf_detach(&b);
}

/* ---- names that must not be ---- */

/* Keywords, and packages whose place a folder of that name would take. */
static bool python_forbids(const char *module)
{
	static const char *const words[] = { "and", "as", "assert", "async",
		"await", "break", "class", "continue", "def", "del", "elif",
		"else", "except", "finally", "for", "from", "global", "if",
		"import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
		"raise", "return", "try", "while", "with", "yield",
		"aws_cdk", "constructs", "jsii", "publication", "typeguard",
		"attr", "attrs", "cattr", "cattrs", "pytest", "tests",
		"abc", "argparse", "ast", "asyncio", "base64", "codecs",
		"collections", "contextlib", "copy", "csv", "dataclasses",
		"datetime", "decimal", "email", "enum", "functools", "glob",
		"hashlib", "html", "http", "importlib", "inspect", "io",
		"itertools", "json", "logging", "math", "numbers", "operator",
		"os", "pathlib", "pickle", "platform", "queue", "random", "re",
		"secrets", "select", "shutil", "signal", "site", "socket",
		"ssl", "stat", "string", "struct", "subprocess", "sys",
		"tempfile", "textwrap", "threading", "time", "token", "types",
		"typing", "unittest", "urllib", "uuid", "warnings", "weakref",
		"xml", "zipfile", "zlib", "venv", "pip" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(words[i], module))
			return true;
	return false;
}

static char *python_module(const char *name)
{
	struct strbuf b = STRBUF_INIT;

	if (is_digit(*name))
		strbuf_adds(&b, "app_");
	for (const char *s = name; *s; s++)
		strbuf_addc(&b, is_alnum(*s) ? *s : '_');
	if (python_forbids(b.buf))
		strbuf_addc(&b, '_');
	return strbuf_detach(&b);
}

static char *construct_id(const char *name)
{
	struct strbuf b = STRBUF_INIT;

	if (is_digit(*name))
		strbuf_adds(&b, "app-");
	for (const char *s = name; *s; s++)
		strbuf_addc(&b, is_alnum(*s) ? *s : '-');
	return strbuf_detach(&b);
}

/* Go builds a file that ends in one of these elsewhere, or not at all. */
static char *go_file(const char *name)
{
	static const char *const last[] = { "test", "aix", "android", "darwin",
		"dragonfly", "freebsd", "illumos", "ios", "js", "linux",
		"netbsd", "openbsd", "plan9", "solaris", "unix", "wasip1",
		"windows", "386", "amd64", "arm", "arm64", "loong64", "mips",
		"mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
		"s390x", "wasm" };
	char *file = xstrdup(name), *bar = strrchr(file, '_');

	for (size_t i = 0; bar && i < ARRAY_SIZE(last); i++)
		if (streq(bar + 1, last[i]))
			*bar = '-';
	return file;
}

static char *file_name(const char *text)
{
	CLEANUP(free_p) char *plain = plain_name(text);

	return decamelize(plain);
}

static bool is_stack_name(const char *s)
{
	if (!is_alnum(*s) || is_digit(*s))
		return false;
	for (; *s; s++)
		if (!is_alnum(*s) && *s != '-')
			return false;
	return true;
}

/* ---- all of them ---- */

static char *class_name(const char *name, bool pascal)
{
	CLEANUP(free_p) char *camel = camelize(name, pascal);

	if (is_digit(*name))
		return xasprintf("%s%s", pascal ? "App" : "app", camel);
	return TAKE(camel);
}

static int check(const struct project_names *n, const char *text,
    struct err *err)
{
	if (!*n->name)
		return err_set(err, E_CONFIG, "no project can be named after "
		    "'%s': there is no letter of the Latin alphabet and no "
		    "digit in it; name it with --project-name NAME", text);
	if (!is_stack_name(n->stack))
		return err_set(err, E_CONFIG, "'%s' cannot be the name of a "
		    "stack: a letter, then letters, digits and '-'", n->stack);
	if (strlen(n->stack) > STACK_NAME_MAX ||
	    strlen(n->pascal) + strlen("Stack") > STACK_NAME_MAX)
		return err_set(err, E_CONFIG, "'%s' is too long to name a "
		    "project and its stack, which may have %u characters; "
		    "name it with --project-name NAME", text, STACK_NAME_MAX);
	return 0;
}

int project_names_init(const char *text, const char *stack,
    struct project_names *ret, struct err *err)
{
	CLEANUP(project_names_release) struct project_names n = { 0 };
	int rc;

	n.name = file_name(text);
	n.camel = class_name(n.name, false);
	n.pascal = class_name(n.name, true);
	n.module = python_module(n.name);
	n.construct = construct_id(n.name);
	n.go_file = go_file(n.name);
	n.stack = stack ? xstrdup(stack) : xasprintf("%sStack", n.pascal);
	rc = check(&n, text, err);
	if (rc < 0)
		return rc;
	*ret = n;
	n = (struct project_names){ 0 };
	return 0;
}

void project_names_release(struct project_names *n)
{
	free(n->name);
	free(n->camel);
	free(n->pascal);
	free(n->module);
	free(n->construct);
	free(n->go_file);
	free(n->stack);
	*n = (struct project_names){ 0 };
}
