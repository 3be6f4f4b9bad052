#include "util/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ini ini;

	ini_parse((struct sv){ (const char *)data, size }, &ini);
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_section *s = ini_section(&ini,
		    ini.v[i].prefix, ini.v[i].name);

		/* no section without keys, none twice, no empty values */
		if (!s || !s->keys.n || (s != &ini.v[i]))
			abort();
		STRMAP_EACH(&s->keys, e)
			if (!ini_get(s, e->key))
				abort();
	}
	ini_release(&ini);
	return 0;
}
