#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/suggest.h"
#include "base/vec.h"

const struct orr_option orr_common_options[] = {
    {"store", 0, ORR_OPT_FILE, "FILE", NULL,
     "the store to use (default: $ORRERY_STORE, else under the XDG data folder)", 0, 0},
    {"json", 0, ORR_OPT_FLAG, NULL, NULL, "print JSON", 0, 0},
    {"csv", 0, ORR_OPT_FLAG, NULL, NULL, "print CSV", 0, 0},
    {"markdown", 0, ORR_OPT_FLAG, NULL, NULL, "print a Markdown table", 0, 0},
    {"record", 0, ORR_OPT_FILE, "FILE", NULL, "append this command to a log that `orrery replay` runs again", 0, 0},
    {"help", 'h', ORR_OPT_FLAG, NULL, NULL, "explain this verb", 0, 0},
    {0},
};

static size_t count(const struct orr_option *o)
{
    size_t n = 0;
    while (o && o[n].name) n++;
    return n;
}

/* The verb's own options come first, the common ones after them. */
const struct orr_option *orr_args_option(const struct orr_verb *v, size_t i)
{
    const size_t own = count(v->options);
    return i < own ? &v->options[i] : &orr_common_options[i - own];
}

/* ---- parsing ---- */

struct parse {
    const struct orr_verb *verb;
    size_t n_options;
    const char **given;
    ORR_VEC(char *) operands;
    struct orr_arena *arena;
    struct orr_error *err;
};

static enum orr_status unknown_option(struct parse *p, const char *name)
{
    const char **names = orr_xcalloc(p->n_options, sizeof *names);
    for (size_t i = 0; i < p->n_options; i++) names[i] = orr_args_option(p->verb, i)->name;
    const char *near = orr_suggest(name, names, p->n_options);
    free(names);
    if (near) return orr_error_set(p->err, ORR_EINVAL, NULL, "unknown option --%s; did you mean --%s?", name, near);
    return orr_error_set(p->err, ORR_EINVAL, NULL, "unknown option --%s; `orrery %s --help` lists the options", name,
                         p->verb->name);
}

static bool is_choice(const char *choices, const char *value)
{
    const size_t n = strlen(value);
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
        if (strcspn(c, "|") == n && strncmp(c, value, n) == 0) return true;
    return false;
}

static enum orr_status check_value(struct parse *p, const struct orr_option *o, const char *value)
{
    const size_t n = strlen(value);
    int64_t whole = 0;
    double x = 0;
    if (o->type == ORR_OPT_CHOICE && !is_choice(o->value, value))
        return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s takes one of %s, not '%s'", o->name, o->value, value);
    if (o->type == ORR_OPT_INT) {
        if (!orr_parse_int64(value, n, &whole))
            return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s takes a whole number, not '%s'", o->name, value);
        x = (double)whole;
    }
    if (o->type == ORR_OPT_NUMBER && !orr_parse_double(value, n, &x))
        return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s takes a number, not '%s'", o->name, value);
    const bool limited = o->min != 0 || o->max != 0; /* NaN is in no range */
    if ((o->type == ORR_OPT_INT || o->type == ORR_OPT_NUMBER) && limited && !(x >= o->min && x <= o->max))
        return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s takes a value from %g to %g, not %s", o->name, o->min,
                             o->max, value);
    return ORR_OK;
}

static enum orr_status set_value(struct parse *p, size_t i, const char *value)
{
    const enum orr_status s = check_value(p, orr_args_option(p->verb, i), value);
    if (s) return s;
    const struct orr_option *o = orr_args_option(p->verb, i);
    const bool again = o->type == ORR_OPT_LIST && p->given[i] && p->given[i] != o->fallback;
    p->given[i] = again ? orr_arena_printf(p->arena, "%s,%s", p->given[i], value) : value;
    return ORR_OK;
}

/* "--name", "--name=value" or "--name value"; *at moves on when the next word is the value. */
static enum orr_status long_option(struct parse *p, int argc, char *const *argv, int *at)
{
    const char *text = argv[*at] + 2, *equals = strchr(text, '=');
    const size_t n = equals ? (size_t)(equals - text) : strlen(text);
    char name[64];
    if (n >= sizeof name) return unknown_option(p, "...");
    memcpy(name, text, n);
    name[n] = '\0';
    for (size_t i = 0; i < p->n_options; i++) {
        const struct orr_option *o = orr_args_option(p->verb, i);
        if (strcmp(o->name, name) != 0) continue;
        if (o->type == ORR_OPT_FLAG) {
            if (equals) return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s takes no value", o->name);
            return set_value(p, i, "1");
        }
        if (equals) return set_value(p, i, equals + 1);
        if (*at + 1 >= argc)
            return orr_error_set(p->err, ORR_EINVAL, NULL, "--%s needs a value (%s)", o->name, o->value);
        return set_value(p, i, argv[++*at]);
    }
    return unknown_option(p, name);
}

/* "-x", "-xVALUE", "-x VALUE" or "-xyz" where x and y are flags. */
static enum orr_status short_options(struct parse *p, int argc, char *const *argv, int *at)
{
    for (const char *c = argv[*at] + 1; *c; c++) {
        size_t i = 0;
        while (i < p->n_options && orr_args_option(p->verb, i)->letter != *c) i++;
        if (i == p->n_options)
            return orr_error_set(p->err, ORR_EINVAL, NULL, "unknown option -%c; `orrery %s --help` lists the options",
                                 *c, p->verb->name);
        const struct orr_option *o = orr_args_option(p->verb, i);
        if (o->type == ORR_OPT_FLAG) {
            const enum orr_status s = set_value(p, i, "1");
            if (s) return s;
            continue;
        }
        if (c[1]) return set_value(p, i, c + 1);
        if (*at + 1 >= argc) return orr_error_set(p->err, ORR_EINVAL, NULL, "-%c needs a value (%s)", *c, o->value);
        return set_value(p, i, argv[++*at]);
    }
    return ORR_OK;
}

/* How many operands "RUN [RUN...]" allows: words count, brackets make them optional, dots repeat them. */
static void operand_limits(const char *spec, size_t *least, size_t *most)
{
    *least = *most = 0;
    for (const char *w = spec; w && *w; w += strcspn(w, " "), w += strspn(w, " ")) {
        const size_t n = strcspn(w, " ");
        *least += *w != '[';
        if (*most != SIZE_MAX) ++*most;
        for (size_t i = 0; i + 3 <= n; i++)
            if (strncmp(w + i, "...", 3) == 0) *most = SIZE_MAX;
    }
}

static enum orr_status check_operands(struct parse *p)
{
    size_t least, most;
    operand_limits(p->verb->operands, &least, &most);
    if (p->operands.len < least)
        return orr_error_set(p->err, ORR_EINVAL, NULL, "needs %s; `orrery %s --help` explains", p->verb->operands,
                             p->verb->name);
    if (p->operands.len > most)
        return orr_error_set(p->err, ORR_EINVAL, NULL, "does not take '%s'; usage: orrery %s %s",
                             p->operands.data[most], p->verb->name, p->verb->operands ? p->verb->operands : "");
    return ORR_OK;
}

static bool looks_like_number(const char *s)
{
    double x;
    return orr_parse_double(s, strlen(s), &x);
}

static enum orr_status parse_words(struct parse *p, int argc, char *const *argv)
{
    bool only_operands = false;
    for (int i = 0; i < argc; i++) {
        const char *w = argv[i];
        enum orr_status s = ORR_OK;
        if (only_operands || w[0] != '-' || w[1] == '\0' || (w[1] != '-' && looks_like_number(w)))
            ORR_VEC_PUSH(&p->operands, argv[i]);
        else if (strcmp(w, "--") == 0)
            only_operands = true;
        else if (w[1] == '-')
            s = long_option(p, argc, argv, &i);
        else
            s = short_options(p, argc, argv, &i);
        if (s) return s;
    }
    return ORR_OK;
}

enum orr_status orr_args_parse(const struct orr_verb *verb, int argc, char *const *argv, struct orr_arena *a,
                               struct orr_args *out, struct orr_error *err)
{
    struct parse p = {
        .verb = verb, .n_options = count(verb->options) + count(orr_common_options), .arena = a, .err = err};
    p.given = orr_arena_zalloc(a, p.n_options, sizeof *p.given);
    *out = (struct orr_args){.verb = verb, .given = p.given, .n = p.n_options};
    for (size_t i = 0; i < p.n_options; i++) p.given[i] = orr_args_option(verb, i)->fallback;
    enum orr_status s = parse_words(&p, argc, argv);
    if (s == ORR_OK && !orr_args_flag(out, "help")) {
        if (orr_args_flag(out, "json") + orr_args_flag(out, "csv") + orr_args_flag(out, "markdown") > 1)
            s = orr_error_set(err, ORR_EINVAL, NULL, "--json, --csv and --markdown exclude each other");
        else
            s = check_operands(&p);
    }
    char **operand = orr_arena_zalloc(a, p.operands.len + 1, sizeof *operand);
    if (p.operands.len) memcpy(operand, p.operands.data, p.operands.len * sizeof *operand);
    out->operand = operand;
    out->n_operands = p.operands.len;
    free(p.operands.data);
    return s;
}

/* ---- reading ---- */

const char *orr_args_text(const struct orr_args *a, const char *name)
{
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(orr_args_option(a->verb, i)->name, name) == 0) return a->given[i];
    fprintf(stderr, "orrery: bug: verb %s reads an option --%s that its table lacks\n", a->verb->name, name);
    abort();
}

bool orr_args_has(const struct orr_args *a, const char *name)
{
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(orr_args_option(a->verb, i)->name, name) == 0) return true;
    return false;
}

bool orr_args_flag(const struct orr_args *a, const char *name) { return orr_args_text(a, name) != NULL; }

int64_t orr_args_int(const struct orr_args *a, const char *name)
{
    const char *text = orr_args_text(a, name);
    int64_t x = 0;
    if (text) orr_parse_int64(text, strlen(text), &x);
    return x;
}

double orr_args_number(const struct orr_args *a, const char *name)
{
    const char *text = orr_args_text(a, name);
    double x = 0;
    if (text) orr_parse_double(text, strlen(text), &x);
    return x;
}

const char *const *orr_args_list(const struct orr_args *a, const char *name, struct orr_arena *arena, size_t *n)
{
    const char *text = orr_args_text(a, name);
    *n = 0;
    if (!text) return NULL;
    const char **parts = orr_arena_zalloc(arena, strlen(text) + 1, sizeof *parts);
    char *part = orr_arena_alloc(arena, strlen(text) + 1), *end = part;
    for (const char *p = text;; p++) {
        if (*p == '\\' && p[1] == ',') {
            *end++ = *++p;
        } else if (*p == ',' || *p == '\0') {
            *end++ = '\0';
            if (*part) parts[(*n)++] = part;
            part = end;
            if (*p == '\0') break;
        } else {
            *end++ = *p;
        }
    }
    return parts;
}

enum orr_table_format orr_args_format(const struct orr_args *a)
{
    if (orr_args_flag(a, "json")) return ORR_TABLE_JSON;
    if (orr_args_flag(a, "csv")) return ORR_TABLE_CSV;
    return orr_args_flag(a, "markdown") ? ORR_TABLE_MARKDOWN : ORR_TABLE_TEXT;
}

enum orr_status orr_args_observe(const struct orr_args *args, const char *what, size_t *count, double *share,
                                 struct orr_error *err)
{
    const char *text = orr_args_text(args, "observe");
    if (!text || orr_parse_count_or_share(text, count, share)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, "--observe", "'%s' is neither a number of %s nor a share like 20%%", text, what);
}
