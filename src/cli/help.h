/* Everything that explains the verbs, generated from their tables: --help, `orrery help`, JSON, man pages, completion. */
#ifndef ORRERY_CLI_HELP_H
#define ORRERY_CLI_HELP_H

#include "base/str.h"
#include "cli/verb.h"

void orr_help_overview(int width, struct orr_str *out);                       /* `orrery help` */
void orr_help_verb(const struct orr_verb *v, int width, struct orr_str *out); /* `orrery VERB --help` */
void orr_help_json(struct orr_str *out);                                      /* `orrery help --json` */
/* shell: "bash", "zsh" or "fish". */
void orr_help_completion(const char *shell, struct orr_str *out);
/* Writes orrery.1, one page per verb and orrery-methods.7 into the folder. */
enum orr_status orr_help_man(const char *folder, struct orr_error *err);

/* Appends paragraphs broken at blanks to fit the width; indented lines stay as they are. */
void orr_help_wrap(const char *text, int width, struct orr_str *out);

/* The verb that words[0..n) begin with, and how many words name it; NULL: none. */
const struct orr_verb *orr_verb_find(int n, char *const *words, int *used);

#endif
