/*
 * UTF-8 as the text readers and writers see it. Strings in memory are UTF-8
 * with two extensions that only a JSON or YAML escape can bring in: U+0000 is
 * C0 80 (so that it does not end the string), and a half surrogate pair keeps
 * its three-byte form. Writers turn both back into escapes.
 */
#ifndef CCDK_UTIL_UTF8_H
#define CCDK_UTIL_UTF8_H

#include "util/strbuf.h"

/*
 * Decodes the character at p (n > 0 bytes left): its code point, or -1 for
 * bytes that are not UTF-8. *ret_n is the length, also of what a reader would
 * replace by one U+FFFD. The two extensions are not UTF-8 here.
 */
int32_t utf8_get(const char *p, size_t n, size_t *ret_n);
/* The same with the two extensions. */
int32_t utf8_get_ext(const char *p, size_t n, size_t *ret_n);
/* Encodes with the two extensions; the length, at most 4. */
size_t utf8_put(char *p, uint32_t c);
bool utf8_valid(struct sv text);
/* Makes of the two extensions what JavaScript writes to a stream: a zero byte
 * and U+FFFD. Anything else stays. */
void utf8_plain(struct strbuf *text);

/* JavaScript's toUpperCase(), appended: "\u00df" becomes "SS". */
void utf8_upper(struct strbuf *out, struct sv text);

/* Length of the white space character at p (n > 0 bytes left), 0: none is
 * there. White space is what JavaScript takes for it. */
size_t utf8_space(const char *p, size_t n);
/* Without white space at both ends. */
struct sv utf8_trim(struct sv v);

static inline UNUSED bool utf8_is_surrogate(int32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

#endif
