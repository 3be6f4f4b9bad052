#include "util/utf8.h"

#include <utf8proc.h>

/* One character becomes two or three: Unicode's SpecialCasing.txt, without
 * what depends on a language or on the neighbours. Sorted. */
static const struct {
	int32_t c;
	const char *upper;
} special[] = {
	{ 0x00df, "SS" }, { 0x0149, "\xca\xbc" "N" },
	{ 0x01f0, "J" "\xcc\x8c" }, { 0x0390, "\xce\x99\xcc\x88\xcc\x81" },
	{ 0x03b0, "\xce\xa5\xcc\x88\xcc\x81" }, { 0x0587, "\xd4\xb5\xd5\x92" },
	{ 0x1e96, "H" "\xcc\xb1" }, { 0x1e97, "T" "\xcc\x88" },
	{ 0x1e98, "W" "\xcc\x8a" }, { 0x1e99, "Y" "\xcc\x8a" },
	{ 0x1e9a, "A" "\xca\xbe" }, { 0x1f50, "\xce\xa5\xcc\x93" },
	{ 0x1f52, "\xce\xa5\xcc\x93\xcc\x80" },
	{ 0x1f54, "\xce\xa5\xcc\x93\xcc\x81" },
	{ 0x1f56, "\xce\xa5\xcc\x93\xcd\x82" },
	{ 0x1f80, "\xe1\xbc\x88\xce\x99" }, { 0x1f81, "\xe1\xbc\x89\xce\x99" },
	{ 0x1f82, "\xe1\xbc\x8a\xce\x99" }, { 0x1f83, "\xe1\xbc\x8b\xce\x99" },
	{ 0x1f84, "\xe1\xbc\x8c\xce\x99" }, { 0x1f85, "\xe1\xbc\x8d\xce\x99" },
	{ 0x1f86, "\xe1\xbc\x8e\xce\x99" }, { 0x1f87, "\xe1\xbc\x8f\xce\x99" },
	{ 0x1f88, "\xe1\xbc\x88\xce\x99" }, { 0x1f89, "\xe1\xbc\x89\xce\x99" },
	{ 0x1f8a, "\xe1\xbc\x8a\xce\x99" }, { 0x1f8b, "\xe1\xbc\x8b\xce\x99" },
	{ 0x1f8c, "\xe1\xbc\x8c\xce\x99" }, { 0x1f8d, "\xe1\xbc\x8d\xce\x99" },
	{ 0x1f8e, "\xe1\xbc\x8e\xce\x99" }, { 0x1f8f, "\xe1\xbc\x8f\xce\x99" },
	{ 0x1f90, "\xe1\xbc\xa8\xce\x99" }, { 0x1f91, "\xe1\xbc\xa9\xce\x99" },
	{ 0x1f92, "\xe1\xbc\xaa\xce\x99" }, { 0x1f93, "\xe1\xbc\xab\xce\x99" },
	{ 0x1f94, "\xe1\xbc\xac\xce\x99" }, { 0x1f95, "\xe1\xbc\xad\xce\x99" },
	{ 0x1f96, "\xe1\xbc\xae\xce\x99" }, { 0x1f97, "\xe1\xbc\xaf\xce\x99" },
	{ 0x1f98, "\xe1\xbc\xa8\xce\x99" }, { 0x1f99, "\xe1\xbc\xa9\xce\x99" },
	{ 0x1f9a, "\xe1\xbc\xaa\xce\x99" }, { 0x1f9b, "\xe1\xbc\xab\xce\x99" },
	{ 0x1f9c, "\xe1\xbc\xac\xce\x99" }, { 0x1f9d, "\xe1\xbc\xad\xce\x99" },
	{ 0x1f9e, "\xe1\xbc\xae\xce\x99" }, { 0x1f9f, "\xe1\xbc\xaf\xce\x99" },
	{ 0x1fa0, "\xe1\xbd\xa8\xce\x99" }, { 0x1fa1, "\xe1\xbd\xa9\xce\x99" },
	{ 0x1fa2, "\xe1\xbd\xaa\xce\x99" }, { 0x1fa3, "\xe1\xbd\xab\xce\x99" },
	{ 0x1fa4, "\xe1\xbd\xac\xce\x99" }, { 0x1fa5, "\xe1\xbd\xad\xce\x99" },
	{ 0x1fa6, "\xe1\xbd\xae\xce\x99" }, { 0x1fa7, "\xe1\xbd\xaf\xce\x99" },
	{ 0x1fa8, "\xe1\xbd\xa8\xce\x99" }, { 0x1fa9, "\xe1\xbd\xa9\xce\x99" },
	{ 0x1faa, "\xe1\xbd\xaa\xce\x99" }, { 0x1fab, "\xe1\xbd\xab\xce\x99" },
	{ 0x1fac, "\xe1\xbd\xac\xce\x99" }, { 0x1fad, "\xe1\xbd\xad\xce\x99" },
	{ 0x1fae, "\xe1\xbd\xae\xce\x99" }, { 0x1faf, "\xe1\xbd\xaf\xce\x99" },
	{ 0x1fb2, "\xe1\xbe\xba\xce\x99" }, { 0x1fb3, "\xce\x91\xce\x99" },
	{ 0x1fb4, "\xce\x86\xce\x99" }, { 0x1fb6, "\xce\x91\xcd\x82" },
	{ 0x1fb7, "\xce\x91\xcd\x82\xce\x99" }, { 0x1fbc, "\xce\x91\xce\x99" },
	{ 0x1fc2, "\xe1\xbf\x8a\xce\x99" }, { 0x1fc3, "\xce\x97\xce\x99" },
	{ 0x1fc4, "\xce\x89\xce\x99" }, { 0x1fc6, "\xce\x97\xcd\x82" },
	{ 0x1fc7, "\xce\x97\xcd\x82\xce\x99" }, { 0x1fcc, "\xce\x97\xce\x99" },
	{ 0x1fd2, "\xce\x99\xcc\x88\xcc\x80" },
	{ 0x1fd3, "\xce\x99\xcc\x88\xcc\x81" }, { 0x1fd6, "\xce\x99\xcd\x82" },
	{ 0x1fd7, "\xce\x99\xcc\x88\xcd\x82" },
	{ 0x1fe2, "\xce\xa5\xcc\x88\xcc\x80" },
	{ 0x1fe3, "\xce\xa5\xcc\x88\xcc\x81" }, { 0x1fe4, "\xce\xa1\xcc\x93" },
	{ 0x1fe6, "\xce\xa5\xcd\x82" }, { 0x1fe7, "\xce\xa5\xcc\x88\xcd\x82" },
	{ 0x1ff2, "\xe1\xbf\xba\xce\x99" }, { 0x1ff3, "\xce\xa9\xce\x99" },
	{ 0x1ff4, "\xce\x8f\xce\x99" }, { 0x1ff6, "\xce\xa9\xcd\x82" },
	{ 0x1ff7, "\xce\xa9\xcd\x82\xce\x99" }, { 0x1ffc, "\xce\xa9\xce\x99" },
	{ 0xfb00, "FF" }, { 0xfb01, "FI" }, { 0xfb02, "FL" },
	{ 0xfb03, "FFI" }, { 0xfb04, "FFL" }, { 0xfb05, "ST" },
	{ 0xfb06, "ST" }, { 0xfb13, "\xd5\x84\xd5\x86" },
	{ 0xfb14, "\xd5\x84\xd4\xb5" }, { 0xfb15, "\xd5\x84\xd4\xbb" },
	{ 0xfb16, "\xd5\x8e\xd5\x86" }, { 0xfb17, "\xd5\x84\xd4\xbd" },
};

static const char *special_upper(int32_t c)
{
	size_t lo = 0, hi = ARRAY_SIZE(special);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (special[mid].c == c)
			return special[mid].upper;
		if (special[mid].c < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void utf8_upper(struct strbuf *out, struct sv text)
{
	for (size_t i = 0, n; i < text.n; i += n) {
		int32_t c = utf8_get_ext(text.p + i, text.n - i, &n);
		const char *more = c < 0 ? NULL : special_upper(c);
		char bytes[4];

		if (more)
			strbuf_adds(out, more);
		else if (c < 0 || utf8_is_surrogate(c))
			strbuf_add(out, text.p + i, n);
		else
			strbuf_add(out, bytes, utf8_put(bytes,
			    (uint32_t)utf8proc_toupper(c)));
	}
}
