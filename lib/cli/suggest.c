#include "cli/suggest.h"

#include <strings.h>

#include "cli/opt.h"

#define LONGEST 64u
#define NEAR 3u

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = MIN(a, b);

	return MIN(m, c);
}

unsigned suggest_distance(const char *a, const char *b)
{
	unsigned d[LONGEST + 1][LONGEST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > LONGEST || m > LONGEST)
		return n == m && streq(a, b) ? 0 : LONGEST;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			unsigned cost = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

bool suggest_nearer(const char *word, const char *name, unsigned *best)
{
	unsigned d = strcasecmp(word, name) ? suggest_distance(word, name) : 1;

	if (d >= *best || (d > 1 && 2 * d > strlen(word)))
		return false;
	*best = d;
	return true;
}

struct best {
	const char *name;
	unsigned distance;
};

/* Of names equally near the longer one wins, then the earlier one. */
static void consider(struct best *best, const char *word, const char *name)
{
	unsigned d = suggest_distance(word, name);

	if (d > NEAR || (best->name && (d > best->distance ||
	    (d == best->distance && strlen(name) <= strlen(best->name)))))
		return;
	best->name = name;
	best->distance = d;
}

const char *suggest_command(const char *word)
{
	struct best best = { 0 };
	const struct opt_command *c;

	for (c = opt_commands; c->name; c++)
		consider(&best, word, c->name);
	/* no command of the table has more than one alias */
	for (c = opt_commands; c->name; c++)
		if (c->aliases)
			consider(&best, word, c->aliases);
	return best.name;
}

static void consider_options(struct best *best, const struct opt *o,
    const char *word)
{
	for (; o->name; o++)
		if (!(o->flags & OPT_HIDDEN))
			consider(best, word, o->name);
}

const char *suggest_option(const struct opt_command *c, const char *word)
{
	struct best best = { 0 };

	consider_options(&best, opt_global, word);
	if (c)
		consider_options(&best, c->opts, word);
	/* of a short word everything is near */
	return best.name && 3 * best.distance <= strlen(word) ? best.name :
							       NULL;
}
