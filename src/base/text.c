#include "base/text.h"

#include <string.h>
#include <utf8proc.h>

uint32_t orr_utf8_decode(const char *s, size_t n, size_t *used)
{
    const unsigned char *p = (const unsigned char *)s;
    *used = 1;
    if (n == 0) return 0xFFFD;
    if (p[0] < 0x80) return p[0];
    utf8proc_int32_t cp;
    const utf8proc_ssize_t k = utf8proc_iterate(p, (utf8proc_ssize_t)(n < 4 ? n : 4), &cp);
    if (k <= 0) return 0xFFFD;
    *used = (size_t)k;
    return (uint32_t)cp;
}

size_t orr_utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) cp = 0xFFFD;
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)out);
}

int orr_text_cp_width(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) return 1;
    if (cp < 0x300) return 1;
    return utf8proc_charwidth((utf8proc_int32_t)cp);
}

int orr_text_width(const char *s)
{
    int w = 0;
    for (size_t n = strlen(s), k; n > 0; s += k, n -= k) w += orr_text_cp_width(orr_utf8_decode(s, n, &k));
    return w;
}

size_t orr_text_fit(const char *s, int columns)
{
    size_t i = 0, n = strlen(s), k;
    for (int w = 0; i < n; i += k) {
        w += orr_text_cp_width(orr_utf8_decode(s + i, n - i, &k));
        if (w > columns) break;
    }
    return i;
}

static bool is_harmful(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0)      /* C0, DEL, C1 */
           || (cp >= 0x202A && cp <= 0x202E)           /* bidirectional embeddings and overrides */
           || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200E || cp == 0x200F || cp == 0x061C || cp == 0xFFFD;
}

uint32_t orr_text_safe_cp(uint32_t cp)
{
    if (cp == '\t' || cp == '\n' || cp == '\r') return ' ';
    return is_harmful(cp) ? '?' : cp;
}

size_t orr_text_neutralise(char *s)
{
    const size_t n = strlen(s);
    size_t out = 0, k;
    for (size_t i = 0; i < n; i += k) {
        const uint32_t cp = orr_utf8_decode(s + i, n - i, &k);
        const uint32_t safe = orr_text_safe_cp(cp);
        if (safe != cp) {
            s[out++] = (char)safe;
        } else {
            memmove(s + out, s + i, k);
            out += k;
        }
    }
    s[out] = '\0';
    return out;
}

void orr_text_lower(struct orr_str *out, const char *s)
{
    for (size_t n = strlen(s), k; n > 0; s += k, n -= k) {
        char utf8[4];
        const uint32_t cp = orr_utf8_decode(s, n, &k);
        if (cp < 0x80)
            orr_str_append_char(out, (char)(cp >= 'A' && cp <= 'Z' ? cp + 32 : cp));
        else
            orr_str_append_n(out, utf8, orr_utf8_encode((uint32_t)utf8proc_tolower((utf8proc_int32_t)cp), utf8));
    }
}
