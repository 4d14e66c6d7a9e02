#include "base/str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

static void reserve(struct orr_str *s, size_t more)
{
    if (s->cap - s->len > more) return;
    size_t cap = s->cap ? s->cap * 2 : 64;
    while (cap - s->len <= more) cap *= 2;
    s->data = orr_xrealloc(s->data, cap, 1);
    s->cap = cap;
}

void orr_str_append_n(struct orr_str *s, const void *bytes, size_t n)
{
    reserve(s, n);
    if (n) memcpy(s->data + s->len, bytes, n);
    s->len += n;
    s->data[s->len] = '\0';
}

void orr_str_append(struct orr_str *s, const char *text) { orr_str_append_n(s, text, strlen(text)); }
void orr_str_append_char(struct orr_str *s, char c) { orr_str_append_n(s, &c, 1); }

void orr_str_printf(struct orr_str *s, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        reserve(s, (size_t)n);
        vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

int orr_format_double(double x, char out[32])
{
    if (!isfinite(x)) return snprintf(out, 32, "%s", isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) { /* 15 always suffice for short decimals, 17 for any double */
        n = snprintf(out, 32, "%.*g", digits, x);
        for (char *p = out; *p; p++)
            if (*p == ',') *p = '.'; /* a locale with a decimal comma */
        double back;
        if (orr_parse_double(out, (size_t)n, &back) && back == x) break;
    }
    return n;
}

void orr_str_append_double(struct orr_str *s, double x)
{
    char text[32];
    const int n = orr_format_double(x, text);
    orr_str_append_n(s, text, (size_t)n);
}

void orr_str_clear(struct orr_str *s)
{
    s->len = 0;
    if (s->data) s->data[0] = '\0';
}

void orr_str_free(struct orr_str *s)
{
    free(s->data);
    *s = (struct orr_str){0};
}

const char *orr_str_c(const struct orr_str *s) { return s->data ? s->data : ""; }

bool orr_starts_with(const char *s, const char *prefix) { return strncmp(s, prefix, strlen(prefix)) == 0; }

bool orr_ends_with(const char *s, const char *suffix)
{
    const size_t n = strlen(s), k = strlen(suffix);
    return n >= k && memcmp(s + n - k, suffix, k) == 0;
}
