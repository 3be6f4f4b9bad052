#include "spec/stateful.h"

#include <pthread.h>

#include "spec/lines.h"
#include "util/share.h"

static struct sv table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_open(void)
{
	if (share_get("data/stateful.tsv", &table, NULL) < 0)
		table = (struct sv){ "", 0 };
}

bool stateful_find(const char *type, struct stateful_type *ret)
{
	struct sv line;

	pthread_once(&table_once, table_open);
	if (!lines_find(table, type, &line))
		return false;
	(void)lines_field(&line);
	ret->kind = lines_field(&line);
	ret->holds = lines_field(&line);
	ret->snapshot = lines_field(&line).n > 0;
	ret->unless = lines_field(&line);
	return true;
}
