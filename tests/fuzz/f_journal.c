/* Journals of deployments: what was read is written and read again alike. */
#include "deploy/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(journal_data_release) struct journal_data a = { 0 };
	CLEANUP(journal_data_release) struct journal_data b = { 0 };
	CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf two = STRBUF_INIT;

	mem_init_json();
	if (journal_parse((struct sv){ (const char *)data, size }, "journal",
		&a, NULL) < 0)
		return 0;
	journal_write(&one, &a);
	if (journal_parse(strbuf_sv(&one), "journal", &b, NULL) < 0)
		abort();
	journal_write(&two, &b);
	if (!streq(one.buf, two.buf))
		abort();
	return 0;
}
