#include "base/shell.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

void orr_shell_append(struct orr_str *out, const char *word)
{
    if (out->len) orr_str_append_char(out, ' ');
    if (*word && word[strspn(word, PLAIN)] == '\0') {
        orr_str_append(out, word);
        return;
    }
    orr_str_append_char(out, '\'');
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            orr_str_append(out, "'\\''");
        else
            orr_str_append_char(out, *p);
    }
    orr_str_append_char(out, '\'');
}

/* Reads one word from *p into `word`; false at an unclosed quote. */
static bool read_word(const char **p, struct orr_str *word)
{
    const char *s = *p;
    char quote = 0;
    for (; *s && (quote || !strchr(" \t\r\n", *s)); s++) {
        if (*s == '\\' && quote != '\'' && s[1] && (!quote || strchr("\"\\$`", s[1])))
            orr_str_append_char(word, *++s);
        else if (quote ? *s == quote : *s == '\'' || *s == '"')
            quote = quote ? 0 : *s;
        else
            orr_str_append_char(word, *s);
    }
    *p = s;
    return quote == 0;
}

enum orr_status orr_shell_split(struct orr_arena *a, const char *where, const char *line, int *argc, char ***argv,
                                struct orr_error *err)
{
    ORR_VEC(char *) words = {0};
    struct orr_str word = {0};
    enum orr_status s = ORR_OK;
    *argc = 0;
    *argv = NULL;
    for (const char *p = line;;) {
        p += strspn(p, " \t\r\n");
        if (!*p || *p == '#') break;
        orr_str_clear(&word);
        if (!read_word(&p, &word)) {
            s = orr_error_set(err, ORR_EFORMAT, where, "a quote is opened and never closed: %.80s", line);
            goto out;
        }
        ORR_VEC_PUSH(&words, orr_arena_strdup(a, orr_str_c(&word)));
    }
    *argc = (int)words.len;
    *argv = orr_arena_zalloc(a, words.len + 1, sizeof **argv);
    if (words.len) memcpy(*argv, words.data, words.len * sizeof **argv);
out:
    free(words.data);
    orr_str_free(&word);
    return s;
}
