#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

enum { WIDTH = 80, WIDEST = 100, INDENT = 2, SUMMARY_COLUMN = 20, HELP_COLUMN = 26 };

const struct orr_verb *orr_verb_find(int n, char *const *words, int *used)
{
    char two[128];
    if (n >= 2) snprintf(two, sizeof two, "%s %s", words[0], words[1]);
    for (int k = n >= 2 ? 2 : 1; k >= 1; k--) {
        *used = k;
        for (const struct orr_verb *const *v = orr_verbs; *v && n >= 1; v++)
            if (strcmp((*v)->name, k == 2 ? two : words[0]) == 0) return *v;
    }
    *used = 0;
    return NULL;
}

static void blanks(struct orr_str *out, int n)
{
    for (; n > 0; n--) orr_str_append_char(out, ' ');
}

/* Breaks the text at blanks; every line but the first (which starts at column `at`) starts at `indent`. */
static void wrapped(struct orr_str *out, const char *text, int at, int indent, int width)
{
    bool first = true;
    for (const char *w = text + strspn(text, " "); *w; w += strspn(w, " ")) {
        const size_t n = strcspn(w, " ");
        char *word = strndup(w, n);
        const int columns = word ? orr_text_width(word) : 0;
        free(word);
        if (!first && at + 1 + columns > width) {
            orr_str_append_char(out, '\n');
            blanks(out, indent);
            at = indent;
            first = true;
        }
        if (!first) orr_str_append_char(out, ' ');
        orr_str_append_n(out, w, n);
        at += columns + !first;
        first = false;
        w += n;
    }
    orr_str_append_char(out, '\n');
}

/* Paragraphs are parted by line breaks. */
static void paragraphs(struct orr_str *out, const char *text, int indent, int width)
{
    while (text && *text) {
        const size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);
        blanks(out, n ? indent : 0);
        if (*text == ' ') /* set as it is: an equation, a table */
            orr_str_printf(out, "%s\n", line ? line : "");
        else
            wrapped(out, line ? line : "", indent, indent, width);
        free(line);
        text += n + (text[n] == '\n');
    }
}

static int usable(int width) { return width <= 0 ? WIDTH : width > WIDEST ? WIDEST : width < 40 ? 40 : width; }

void orr_help_wrap(const char *text, int width, struct orr_str *out)
{
    paragraphs(out, text, 0, usable(width));
    if (out->len) out->data[--out->len] = '\0'; /* the last line break is the caller's */
}

/* "  -n, --name VALUE   what it does (default: 3)" */
static void one_option(const struct orr_option *o, int width, struct orr_str *out)
{
    const size_t start = out->len;
    blanks(out, INDENT);
    if (o->letter)
        orr_str_printf(out, "-%c, --%s", o->letter, o->name);
    else
        orr_str_printf(out, "    --%s", o->name);
    if (o->type != ORR_OPT_FLAG) orr_str_printf(out, " %s", o->value);
    const int used = (int)(out->len - start);
    if (used + 2 > HELP_COLUMN) {
        orr_str_append_char(out, '\n');
        blanks(out, HELP_COLUMN);
    } else {
        blanks(out, HELP_COLUMN - used);
    }
    struct orr_str help = {0};
    orr_str_append(&help, o->help);
    if (o->fallback) orr_str_printf(&help, " (default: %s)", o->fallback);
    wrapped(out, help.data, HELP_COLUMN, HELP_COLUMN, width);
    orr_str_free(&help);
}

void orr_help_verb(const struct orr_verb *v, int width, struct orr_str *out)
{
    width = usable(width);
    const bool options = v->options && v->options->name;
    orr_str_printf(out, "orrery %s: %s\n\nUsage: orrery %s%s%s%s\n", v->name, v->summary, v->name, " [OPTION...]",
                   v->operands && *v->operands ? " " : "", v->operands ? v->operands : "");
    if (v->details) {
        orr_str_append_char(out, '\n');
        paragraphs(out, v->details, 0, width);
    }
    if (options) {
        orr_str_append(out, "\nOptions:\n");
        for (const struct orr_option *o = v->options; o->name; o++) one_option(o, width, out);
    }
    orr_str_append(out, "\nFor every verb:\n");
    for (const struct orr_option *o = orr_common_options; o->name; o++) one_option(o, width, out);
    if (v->examples) {
        orr_str_append(out, "\nExamples:\n");
        paragraphs(out, v->examples, INDENT, 1 << 20);
    }
}

void orr_help_overview(int width, struct orr_str *out)
{
    width = usable(width);
    orr_str_append(
        out, "orrery: the terminal workbench for everything that moves while models are trained, adopted and used\n\n"
             "Usage: orrery                       open the workbench\n"
             "       orrery VERB [OPTION...] ...  do one thing and print the result\n\nVerbs:\n");
    for (const struct orr_verb *const *v = orr_verbs; *v; v++) {
        const int n = (int)strlen((*v)->name);
        orr_str_printf(out, "  %s", (*v)->name);
        blanks(out, SUMMARY_COLUMN - INDENT - n > 1 ? SUMMARY_COLUMN - INDENT - n : 2);
        wrapped(out, (*v)->summary, SUMMARY_COLUMN, SUMMARY_COLUMN, width);
    }
    orr_str_append(out, "\n`orrery VERB --help` explains a verb. Exit codes: 0 done, 1 failed, 2 wrong usage,\n"
                        "3 worth a retry or stopped by a signal, 4 done in part, 130 stopped by Ctrl-C.\n");
}

/* ---- JSON ---- */

static const char *const type_names[] = {
    [ORR_OPT_FLAG] = "flag",     [ORR_OPT_TEXT] = "text",     [ORR_OPT_LIST] = "list", [ORR_OPT_INT] = "integer",
    [ORR_OPT_NUMBER] = "number", [ORR_OPT_CHOICE] = "choice", [ORR_OPT_FILE] = "file"};

static void member(struct orr_str *out, const char *key, const char *value)
{
    orr_str_printf(out, ",\"%s\":", key);
    if (value)
        orr_json_append_string(out, value);
    else
        orr_str_append(out, "null");
}

static void json_options(const struct orr_option *o, struct orr_str *out)
{
    orr_str_append_char(out, '[');
    for (bool first = true; o && o->name; o++, first = false) {
        const char letter[2] = {o->letter, '\0'};
        orr_str_append(out, first ? "\n  {\"name\":" : ",\n  {\"name\":");
        orr_json_append_string(out, o->name);
        member(out, "letter", o->letter ? letter : NULL);
        member(out, "type", type_names[o->type]);
        member(out, "value", o->value);
        member(out, "default", o->fallback);
        if (o->min != 0 || o->max != 0) {
            orr_str_append(out, ",\"min\":");
            orr_json_append_double(out, o->min);
            orr_str_append(out, ",\"max\":");
            orr_json_append_double(out, o->max);
        }
        member(out, "help", o->help);
        orr_str_append_char(out, '}');
    }
    orr_str_append_char(out, ']');
}

void orr_help_json(struct orr_str *out)
{
    orr_str_append(out, "{\"version\":\"" ORR_VERSION "\",\n\"common\":");
    json_options(orr_common_options, out);
    orr_str_append(out, ",\n\"verbs\":[");
    for (const struct orr_verb *const *v = orr_verbs; *v; v++) {
        orr_str_append(out, v == orr_verbs ? "\n {\"name\":" : ",\n {\"name\":");
        orr_json_append_string(out, (*v)->name);
        member(out, "summary", (*v)->summary);
        member(out, "operands", (*v)->operands ? (*v)->operands : "");
        orr_str_append(out, ",\"options\":");
        json_options((*v)->options, out);
        orr_str_append_char(out, '}');
    }
    orr_str_append(out, "\n]}\n");
}
