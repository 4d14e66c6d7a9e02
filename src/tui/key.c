/* Keys and their names: one spelling for key tables, help, palette, scripts of tests and recorded sessions. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/screen.h"

static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    {"Tab", ORR_KEY_TAB},       {"Enter", ORR_KEY_ENTER},         {"Esc", ORR_KEY_ESC},
    {"Space", ' '},             {"Backspace", ORR_KEY_BACKSPACE}, {"Up", ORR_KEY_UP},
    {"Down", ORR_KEY_DOWN},     {"Left", ORR_KEY_LEFT},           {"Right", ORR_KEY_RIGHT},
    {"Home", ORR_KEY_HOME},     {"End", ORR_KEY_END},             {"PgUp", ORR_KEY_PGUP},
    {"PgDn", ORR_KEY_PGDN},     {"Delete", ORR_KEY_DELETE},       {"BackTab", ORR_KEY_BACKTAB},
    {"Mouse", ORR_KEY_MOUSE},
};

struct orr_key orr_key_parse(const char *text)
{
    struct orr_key k = {0};
    while (text[0] && text[1] == '-' && text[2]) {
        if (text[0] == 'C') k.mods |= ORR_MOD_CTRL;
        else if (text[0] == 'M') k.mods |= ORR_MOD_ALT;
        else break;
        text += 2;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0) return k.code = names[i].code, k;
    int f, end = 0;
    if (sscanf(text, "F%d%n", &f, &end) == 1 && text[end] == '\0' && f >= 1 && f <= 12) {
        k.code = (uint32_t)(ORR_KEY_F1 + f - 1);
        return k;
    }
    size_t used;
    const size_t n = strlen(text);
    const uint32_t cp = orr_utf8_decode(text, n, &used);
    if (n == 0 || used != n || cp <= ' ' || cp == 0xFFFD) return (struct orr_key){0};
    k.code = cp;
    return k;
}

void orr_key_name(struct orr_key k, char out[16])
{
    char utf8[5] = "";
    const char *base = NULL;
    char function[8];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == k.code) base = names[i].name;
    if (k.code >= ORR_KEY_F1 && k.code <= ORR_KEY_F12) {
        snprintf(function, sizeof function, "F%d", (int)(k.code - ORR_KEY_F1 + 1) % 100);
        base = function;
    }
    if (!base) {
        if (k.code != ORR_KEY_NONE) orr_utf8_encode(k.code, utf8);
        base = utf8;
    }
    snprintf(out, 16, "%s%s%s", k.mods & ORR_MOD_CTRL ? "C-" : "", k.mods & ORR_MOD_ALT ? "M-" : "", base);
}
