#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Powers of ten that a double holds exactly. */
static const double EXACT_POW10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool is_blank(char c) { return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n'); }

static bool parse_word(const char *s, size_t n, double *out)
{
    const bool minus = n && *s == '-';
    if (n && (*s == '-' || *s == '+')) s++, n--;
    if (n == 3 && !strncasecmp(s, "nan", 3))
        *out = NAN;
    else if ((n == 3 && !strncasecmp(s, "inf", 3)) || (n == 8 && !strncasecmp(s, "infinity", 8)))
        *out = minus ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

/* strtod in the C locale, for the cases that the exact path below cannot round by itself. */
static bool parse_slow(const char *s, size_t n, double *out)
{
    static locale_t c_locale;
    locale_t loc = __atomic_load_n(&c_locale, __ATOMIC_ACQUIRE);
    if (!loc) {
        loc = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!loc) return false;
        locale_t expected = (locale_t)0;
        if (!__atomic_compare_exchange_n(&c_locale, &expected, loc, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            freelocale(loc);
            loc = expected;
        }
    }
    char small[128], *text = n < sizeof small ? small : malloc(n + 1), *end;
    if (!text) return false;
    memcpy(text, s, n);
    text[n] = '\0';
    *out = strtod_l(text, &end, loc);
    const bool all = end == text + n;
    if (text != small) free(text);
    return all;
}

/* Appends the digits from p on to *x, which may overflow; returns where they end. */
static inline const char *parse_digits(const char *p, const char *end, uint64_t *x)
{
    uint64_t m = *x;
    for (unsigned d; p < end && (d = (unsigned)(*p - '0')) < 10; p++) m = m * 10 + d;
    *x = m;
    return p;
}

bool orr_parse_double(const char *s, size_t n, double *out)
{
    while (n && is_blank(*s)) s++, n--;
    while (n && is_blank(s[n - 1])) n--;
    if (n == 0) return false;

    const char *p = s, *const end = s + n;
    const bool minus = *p == '-';
    if (*p == '-' || *p == '+') p++;
    uint64_t mantissa = 0;
    int exponent = 0;
    const char *const whole = p;
    p = parse_digits(p, end, &mantissa);
    ptrdiff_t digits = p - whole;
    if (p < end && *p == '.') {
        const char *const fraction = ++p;
        p = parse_digits(p, end, &mantissa);
        digits += p - fraction;
        if (p - fraction > 100000) return parse_slow(s, n, out);
        exponent = (int)(fraction - p);
    }
    if (digits == 0) return parse_word(s, n, out);
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        const bool e_minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end) return false;
        int e = 0;
        for (; p < end && (unsigned)(*p - '0') < 10; p++)
            if (e < 100000) e = e * 10 + (*p - '0');
        exponent += e_minus ? -e : e;
    }
    if (p != end) return false;
    /* Clinger's exact case: a mantissa below 2^53 times or over a power of ten up to 10^22 rounds once, correctly.
     * Nineteen digits cannot overflow the 64-bit mantissa. */
    if (digits <= 19 && mantissa < (UINT64_C(1) << 53) && exponent >= -22 && exponent <= 22) {
        double x = (double)mantissa;
        x = exponent < 0 ? x / EXACT_POW10[-exponent] : x * EXACT_POW10[exponent];
        *out = minus ? -x : x;
        return true;
    }
    return parse_slow(s, n, out);
}

bool orr_parse_int64(const char *s, size_t n, int64_t *out)
{
    while (n && is_blank(*s)) s++, n--;
    while (n && is_blank(s[n - 1])) n--;
    const bool minus = n && *s == '-';
    if (n && (*s == '-' || *s == '+')) s++, n--;
    if (n == 0) return false;
    int64_t x = 0;
    if (n <= 18) { /* cannot overflow */
        uint64_t u = 0;
        if (parse_digits(s, s + n, &u) != s + n) return false;
        *out = minus ? -(int64_t)u : (int64_t)u;
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        const int d = s[i] - '0';
        if (d < 0 || d > 9) return false;
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_sub_overflow(x, d, &x)) return false; /* negative: wider */
    }
    if (!minus && x == INT64_MIN) return false;
    *out = minus ? x : -x;
    return true;
}

bool orr_parse_count_or_share(const char *s, size_t *count, double *share)
{
    const size_t n = strlen(s);
    double x;
    int64_t k;
    if (n && s[n - 1] == '%') {
        if (!orr_parse_double(s, n - 1, &x) || !(x > 0 && x <= 100)) return false;
        *share = x / 100;
        return true;
    }
    if (!orr_parse_int64(s, n, &k) || k <= 0) return false;
    *count = (size_t)k;
    return true;
}
