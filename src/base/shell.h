/* Command lines as text: quoting for POSIX shells and splitting by the same rules. Nothing here runs a shell. */
#ifndef ORRERY_BASE_SHELL_H
#define ORRERY_BASE_SHELL_H

#include <stddef.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/str.h"

/* Appends one word, in single quotes where it needs them; a blank before it when *out is not empty. */
void orr_shell_append(struct orr_str *out, const char *word);

/* Splits a line into words: blanks part them; '...', "..." and backslash quote; `#` at the start of a word comments.
 * Variables, globs and redirections mean nothing. *argv is NULL-terminated and lives in the arena. EFORMAT at an
 * unclosed quote, `where` naming the line. */
enum orr_status orr_shell_split(struct orr_arena *a, const char *where, const char *line, int *argc, char ***argv,
                                struct orr_error *err);

#endif
