#include "cfn/activity.h"

/*
 * A resource counts when it is complete for the first time; completing once
 * more means that it was rolled back. The clean-up after an update completes
 * a stack a second time, which is neither.
 */
void progress_count(struct progress *p, const struct event *e)
{
	static char once[] = "once", cleaning[] = "cleaning";
	const char *id = e->logical_id, *before;

	if (!e->root)
		return;
	before = strmap_get(&p->counted, id);
	if (str_ends(e->status, "_COMPLETE_CLEANUP_IN_PROGRESS")) {
		if (!before)
			p->done++;
		strmap_set(&p->counted, id, cleaning);
	} else if (str_ends(e->status, "_COMPLETE")) {
		if (!before)
			p->done++;
		else if (before == once && p->done > 0)
			p->done--;
		if (!before || before == cleaning)
			strmap_set(&p->counted, id, once);
	}
}

/* ceil(log10(n)) for n > 0 */
static int digits(int n)
{
	int d = 0;

	for (int64_t ten = 1; ten < n; ten *= 10)
		d++;
	return d;
}

char *progress_text(const struct progress *p)
{
	int w;

	if (p->total <= 0)
		return xasprintf("%3d", p->done);
	w = digits(p->total);
	return xasprintf("%*d/%*d", w, p->done, w, p->total);
}

void progress_release(struct progress *p)
{
	strmap_release(&p->counted);
	*p = (struct progress){ 0 };
}
