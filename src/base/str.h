/* A growing byte string, always NUL-terminated once anything was appended. Control tier. */
#ifndef ORRERY_BASE_STR_H
#define ORRERY_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct orr_str {
    char *data; /* NULL while empty; use orr_str_c() where a C string is wanted */
    size_t len, cap;
};

void orr_str_append(struct orr_str *s, const char *text);
void orr_str_append_n(struct orr_str *s, const void *bytes, size_t n);
void orr_str_append_char(struct orr_str *s, char c);
void orr_str_printf(struct orr_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Shortest decimal text that reads back as the same double; "nan", "inf", "-inf". Locale-independent. */
void orr_str_append_double(struct orr_str *s, double x);
void orr_str_clear(struct orr_str *s); /* keeps the memory */
void orr_str_free(struct orr_str *s);
const char *orr_str_c(const struct orr_str *s); /* never NULL; borrowed */

/* The same shortest text into a caller's buffer of at least 32 bytes; returns its length. */
int orr_format_double(double x, char out[32]);

bool orr_starts_with(const char *s, const char *prefix);
bool orr_ends_with(const char *s, const char *suffix);

#endif
