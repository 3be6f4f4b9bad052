#include "scaffold/catalog.h"

#include "cli/suggest.h"

const struct language languages[] = {
	{ "csharp", "cs", FAMILY_DOTNET, { ".cs" } },
	{ "fsharp", "fs", FAMILY_DOTNET, { ".fs" } },
	{ "go", NULL, FAMILY_GO, { ".go" } },
	{ "java", NULL, FAMILY_JAVA, { ".java" } },
	{ "javascript", "js", FAMILY_NODE, { ".js" } },
	{ "python", "py", FAMILY_PYTHON, { ".py" } },
	{ "typescript", "ts", FAMILY_NODE, { ".ts", ".js" } },
	{ .name = NULL },
};

const struct init_template init_templates[] = {
	{ .name = "app", .aliases = "application|default",
	  .description = "Template for a CDK Application" },
	{ .name = "lib", .aliases = "library", .one_language = true,
	  .description = "Template for a CDK Construct Library" },
	{ .name = "sample-app", .aliases = "sample|example", .base = "app",
	  .without = "src/test/",
	  .description = "Example CDK Application with some constructs" },
	{ .name = NULL },
};

static bool listed(const char *list, const char *word)
{
	struct sv rest = sv_from(list ? list : ""), one;

	while (sv_next(&rest, '|', &one))
		if (sv_eq(one, word))
			return true;
	return false;
}

const struct language *language_find(const char *word)
{
	for (const struct language *l = languages; l->name; l++)
		if (streq(l->name, word) || streq0(l->alias, word))
			return l;
	return NULL;
}

const struct init_template *init_template_find(const char *word)
{
	for (const struct init_template *t = init_templates; t->name; t++)
		if (streq(t->name, word) || listed(t->aliases, word))
			return t;
	return NULL;
}

bool init_template_has(const struct init_template *t, const struct language *l)
{
	return !t->one_language || streq(l->name, "typescript");
}

void init_template_languages(const struct init_template *t, struct strvec *ret)
{
	for (const struct language *l = languages; l->name; l++)
		if (init_template_has(t, l))
			strvec_add(ret, l->name);
}

const char *init_template_suggest(const char *word)
{
	const char *best = NULL;
	unsigned least = SUGGEST_FAR;

	for (const struct init_template *t = init_templates; t->name; t++)
		if (suggest_nearer(word, t->name, &least))
			best = t->name;
	return best;
}
