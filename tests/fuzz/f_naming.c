#include <assert.h>

#include "scaffold/naming.h"
#include "scaffold/tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool only(const char *text, const char *set)
{
	return *text && strspn(text, set) == strlen(text);
}

/* What is taken makes names that compile, import and deploy. */
static void check(const struct project_names *n)
{
	assert(only(n->name, SMALL "._-"));
	assert(only(n->pascal, SMALL CAPITALS));
	assert(n->pascal[0] >= 'A' && n->pascal[0] <= 'Z');
	assert(only(n->module, SMALL "_"));
	assert(n->module[0] >= 'a' && n->module[0] <= 'z');
	assert(only(n->construct, SMALL "-"));
	assert(only(n->stack, SMALL CAPITALS "-"));
	assert(strlen(n->stack) <= 128);
	assert(only(n->go_file, SMALL "._-"));
}

/* A folder's name; the same as the words of a program about its version. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_p) char *s = xstrndup((const char *)data, size);
	CLEANUP(project_names_release) struct project_names n = { 0 };
	unsigned major = 0, minor = 0;
	struct sv v;

	if (project_names_init(s, NULL, &n, NULL) == 0)
		check(&n);
	v = version_find((struct sv){ (const char *)data, size }, &major,
	    &minor);
	assert(!v.n || (v.n >= 3 && major <= 1000000 && minor <= 1000000));
	return 0;
}
