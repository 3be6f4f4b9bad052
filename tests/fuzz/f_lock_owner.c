/* Lock files of other processes. */
#include "app/lock_owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lock_owner o;

	if (lock_owner_parse((struct sv){ (const char *)data, size }, &o) &&
	    (o.pid <= 0 || o.pid > INT32_MAX))
		abort();
	return 0;
}
