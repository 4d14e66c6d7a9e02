#include "app/filter.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "base/vec.h"

/* The text is bounded so that the depth of the tree is. */
enum { MOST_TEXT = 4096, MOST_DEPTH = 64, MOST_REGEX = 256, MOST_REPEATS = 64, MOST_SIZE = 2000, MOST_LEVELS = 4 };

enum node_kind { NODE_TRUE, NODE_AND, NODE_OR, NODE_NOT, NODE_WORD, NODE_COMPARE };
enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH };

struct node {
    enum node_kind kind;
    struct node *left, *right;
    size_t at;        /* where it stands in the text, for messages */
    const char *word; /* WORD: in lower case; COMPARE: the column */
    enum op op;
    const char *value;
    bool is_number, is_time; /* what the value can be read as */
    double number, lo, hi;   /* a time is the span lo <= t < hi: a day, a minute or a second */
    regex_t *regex;
    const struct orr_run_column *column; /* bound */
};

struct orr_filter {
    struct orr_arena arena;
    struct node *root;
    ORR_VEC(struct node *) leaves; /* WORD and COMPARE */
    const char *const *words;      /* bound; NULL when no plain word is used */
};

/* ---- reading ---- */

struct parser {
    struct orr_filter *f;
    const char *text, *p;
    int depth;
    struct orr_error *err;
};

static enum orr_status complain(struct orr_error *err, size_t at, const char *what, const char *more)
{
    char where[32];
    snprintf(where, sizeof where, "filter:%zu", at + 1);
    return orr_error_set(err, ORR_EINVAL, where, "%s%s", what, more);
}
static enum orr_status complain_here(struct parser *p, const char *what)
{
    return complain(p->err, (size_t)(p->p - p->text), what, "");
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void skip_blanks(struct parser *p)
{
    while (is_blank(*p->p)) p->p++;
}

/* Reads quoted and plain pieces up to what ends them. Words end at an operator; values may hold operators, and a regular
 * expression may hold balanced parentheses with `|` inside. */
static enum orr_status read_text(struct parser *p, bool value, bool regex, const char **out)
{
    struct orr_str s = {0};
    const char *start = p->p;
    int open = 0;
    for (; *p->p; p->p++) {
        const char c = *p->p;
        if (c == '"' || c == '\'') {
            const char *close = strchr(p->p + 1, c);
            if (!close) {
                orr_str_free(&s);
                return complain_here(p, "this quote is never closed");
            }
            orr_str_append_n(&s, p->p + 1, (size_t)(close - p->p - 1));
            p->p = close;
            continue;
        }
        if (is_blank(c) || (!open && (c == '|' || c == ')' || (c == '(' && !regex)))) break;
        if (!value && (strchr("=<>~", c) || (c == '!' && p->p[1] == '='))) break;
        if (regex && c == '\\' && p->p[1])
            orr_str_append_char(&s, *p->p++);
        else if (regex)
            open += (c == '(') - (c == ')');
        orr_str_append_char(&s, *p->p);
    }
    *out = p->p > start ? orr_arena_strdup(&p->f->arena, orr_str_c(&s)) : NULL;
    orr_str_free(&s);
    return ORR_OK;
}

static bool read_operator(struct parser *p, enum op *op)
{
    static const struct {
        const char *text;
        enum op op;
    } ops[] = {
        {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}, {"==", OP_EQ},
        {"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT},  {"~", OP_MATCH},
    };
    const char *before = p->p;
    skip_blanks(p);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (!orr_starts_with(p->p, ops[i].text)) continue;
        p->p += strlen(ops[i].text);
        *op = ops[i].op;
        return true;
    }
    p->p = before;
    return false;
}

/* "2024-06-06", "2024-06-06T12:00", "2024-06-06 12:00:30", local time. */
static bool read_time(const char *s, double *lo, double *hi)
{
    struct tm tm = {.tm_isdst = -1};
    int used = 0, seconds_used = 0;
    char sep;
    if (strlen(s) > 19 || sscanf(s, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3) return false;
    double span = 86400;
    if (s[used]) {
        int n = 0;
        if (sscanf(s + used, "%c%2d:%2d%n", &sep, &tm.tm_hour, &tm.tm_min, &n) != 3 || (sep != 'T' && sep != ' '))
            return false;
        used += n;
        span = 60;
        if (s[used]) {
            if (sscanf(s + used, ":%2d%n", &tm.tm_sec, &seconds_used) != 1) return false;
            used += seconds_used;
            span = 1;
        }
    }
    if (s[used]) return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    const time_t t = mktime(&tm);
    *lo = (double)t;
    *hi = *lo + span;
    return t != (time_t)-1;
}

/* glibc copies what + and {m,n} repeat, nested ones over and over, follows nested repeats of the empty text along every
 * path, and takes exponential time for back-references: all three are refused before they cost anything. */
static const char *refuse_regex(const char *re)
{
    struct item {
        size_t size, levels; /* written out; repeats within repeats */
    } group[MOST_REGEX + 1] = {{0}}, atom = {0}; /* of the open groups before their last item; the last item */
    size_t depth = 0;
    if (strlen(re) > MOST_REGEX) return "a regular expression has at most 256 bytes";
    for (const char *c = re; *c; c++) {
        size_t times = 1;
        if (*c == '{') {
            const char *comma = c + 1 + strcspn(c + 1, ",}");
            const unsigned long least = strtoul(c + 1, NULL, 10),
                                most = *comma == ',' ? strtoul(comma + 1, NULL, 10) : 0;
            times = least > most ? least : most;
            if (times > MOST_REPEATS) return "repeats in a regular expression go up to 64";
        } else if (*c == '+') {
            times = 2;
        }
        if (strchr("*?+{", *c)) {
            atom.size *= times ? times : 1;
            atom.levels++;
        } else {
            group[depth].size += atom.size;
            if (atom.levels > group[depth].levels) group[depth].levels = atom.levels;
            atom = (struct item){.size = 1};
            if (*c == '\\' && c[1] >= '1' && c[1] <= '9') return "back-references are not supported";
            if (*c == '\\' && c[1]) c++;
            if (*c == '(') group[++depth] = atom = (struct item){0};
            if (*c == ')' && depth > 0) atom = group[depth--];
        }
        if (group[depth].size + atom.size > MOST_SIZE || atom.levels > MOST_LEVELS)
            return "this regular expression repeats too much";
    }
    return NULL;
}

static enum orr_status compile_regex(struct parser *p, struct node *n, size_t at)
{
    const char *why = refuse_regex(n->value);
    if (why) return complain(p->err, at, why, "");
    regex_t *re = orr_xcalloc(1, sizeof *re);
    const int rc = regcomp(re, n->value, REG_EXTENDED | REG_NOSUB | REG_ICASE);
    if (rc) {
        char text[128];
        regerror(rc, re, text, sizeof text);
        free(re);
        return complain(p->err, at, "not a regular expression: ", text);
    }
    n->regex = re;
    return ORR_OK;
}

static bool read_bool(const char *s, double *x)
{
    if (!strcasecmp(s, "yes") || !strcasecmp(s, "true")) return *x = 1, true;
    if (!strcasecmp(s, "no") || !strcasecmp(s, "false")) return *x = 0, true;
    return false;
}

static struct node *new_node(struct parser *p, enum node_kind kind, size_t at)
{
    struct node *n = orr_arena_zalloc(&p->f->arena, 1, sizeof *n);
    n->kind = kind;
    n->at = at;
    return n;
}

/* word | column op value */
static enum orr_status read_term(struct parser *p, struct node **out)
{
    const size_t at = (size_t)(p->p - p->text);
    struct node *n = new_node(p, NODE_WORD, at);
    enum orr_status s = read_text(p, false, false, &n->word);
    if (s) return s;
    if (!n->word)
        return complain_here(p, *p->p ? "a word or a column is missing before this" : "a term is missing at the end");
    if (read_operator(p, &n->op)) {
        n->kind = NODE_COMPARE;
        skip_blanks(p);
        const size_t value_at = (size_t)(p->p - p->text);
        s = read_text(p, true, n->op == OP_MATCH, &n->value);
        if (s) return s;
        if (!n->value) return complain_here(p, "a value is missing after the operator");
        n->is_number = orr_parse_double(n->value, strlen(n->value), &n->number) || read_bool(n->value, &n->number);
        n->is_time = !n->is_number && read_time(n->value, &n->lo, &n->hi);
        if (n->op == OP_MATCH) {
            s = compile_regex(p, n, value_at);
            if (s) return s;
        }
    } else {
        struct orr_str lower = {0};
        orr_text_lower(&lower, n->word);
        n->word = orr_arena_strdup(&p->f->arena, orr_str_c(&lower));
        orr_str_free(&lower);
    }
    ORR_VEC_PUSH(&p->f->leaves, n);
    *out = n;
    return ORR_OK;
}

static enum orr_status read_or(struct parser *p, struct node **out);

static enum orr_status read_factor(struct parser *p, struct node **out)
{
    skip_blanks(p);
    const size_t at = (size_t)(p->p - p->text);
    if (*p->p != '!' && *p->p != '(') return read_term(p, out);
    if (++p->depth > MOST_DEPTH) return complain_here(p, "nested too deeply");
    enum orr_status s;
    if (*p->p == '!') {
        p->p++;
        *out = new_node(p, NODE_NOT, at);
        s = read_factor(p, &(*out)->left);
    } else {
        p->p++;
        s = read_or(p, out);
        if (s == ORR_OK && *p->p != ')') s = complain(p->err, at, "this parenthesis is never closed", "");
        if (s == ORR_OK) p->p++;
    }
    p->depth--;
    return s;
}

static enum orr_status read_and(struct parser *p, struct node **out)
{
    enum orr_status s = read_factor(p, out);
    for (skip_blanks(p); s == ORR_OK && *p->p && *p->p != '|' && *p->p != ')'; skip_blanks(p)) {
        struct node *both = new_node(p, NODE_AND, (size_t)(p->p - p->text));
        both->left = *out;
        *out = both;
        s = read_factor(p, &both->right);
    }
    return s;
}

static enum orr_status read_or(struct parser *p, struct node **out)
{
    enum orr_status s = read_and(p, out);
    while (s == ORR_OK && *p->p == '|') {
        struct node *either = new_node(p, NODE_OR, (size_t)(p->p++ - p->text));
        either->left = *out;
        *out = either;
        s = read_and(p, &either->right);
    }
    return s;
}

enum orr_status orr_filter_parse(const char *text, struct orr_filter **out, struct orr_error *err)
{
    struct orr_filter *f = orr_xcalloc(1, sizeof *f);
    struct parser p = {.f = f, .text = text, .p = text, .err = err};
    enum orr_status s = ORR_OK;
    skip_blanks(&p);
    if (strlen(text) > MOST_TEXT)
        s = complain(err, MOST_TEXT, "a filter has at most 4096 bytes", "");
    else if (*p.p)
        s = read_or(&p, &f->root);
    else
        f->root = new_node(&p, NODE_TRUE, 0);
    if (s == ORR_OK && *p.p) s = complain_here(&p, "this parenthesis was never opened");
    if (s) {
        orr_filter_free(f);
        f = NULL;
    }
    *out = f;
    return s;
}

void orr_filter_free(struct orr_filter *f)
{
    if (!f) return;
    for (size_t i = 0; i < f->leaves.len; i++) {
        if (!f->leaves.data[i]->regex) continue;
        regfree(f->leaves.data[i]->regex);
        free(f->leaves.data[i]->regex);
    }
    free(f->leaves.data);
    orr_arena_free(&f->arena);
    free(f);
}

/* ---- binding ---- */

enum orr_status orr_filter_bind(struct orr_filter *f, const struct orr_filter_source *source, struct orr_error *err)
{
    for (size_t i = 0; i < f->leaves.len; i++) {
        struct node *n = f->leaves.data[i];
        if (n->kind == NODE_WORD) {
            const enum orr_status s = f->words ? ORR_OK : source->words(source->ctx, &f->words, err);
            if (s) return s;
            continue;
        }
        struct orr_error why = {0};
        const enum orr_status s = source->column(source->ctx, n->word, &n->column, &why);
        if (s) {
            char where[32];
            snprintf(where, sizeof where, "filter:%zu", n->at + 1);
            return orr_error_set(err, s == ORR_ENOTFOUND ? ORR_EINVAL : s, where, "%s", why.message);
        }
        if (n->column->kind == ORR_CELL_TIME && n->op != OP_MATCH && !n->is_time && !n->is_number)
            return complain(err, n->at, "a time is written like 2024-06-30 or 2024-06-30T12:00, not ", n->value);
    }
    return ORR_OK;
}

/* ---- matching ---- */

/* Whole numbers compare exactly; others as people type them: to six digits, since many are stored as float32. */
static bool same_number(double a, double b)
{
    if (a == b) return true;
    if (a == nearbyint(a) && b == nearbyint(b)) return false;
    return fabs(a - b) <= 5e-7 * fmax(fabs(a), fabs(b));
}

static bool compare_sign(enum op op, int sign)
{
    switch (op) {
    case OP_EQ: return sign == 0;
    case OP_NE: return sign != 0;
    case OP_LT: return sign < 0;
    case OP_LE: return sign <= 0;
    case OP_GT: return sign > 0;
    case OP_GE: return sign >= 0;
    case OP_MATCH: break;
    }
    return false;
}

static bool compare(const struct node *n, size_t row)
{
    const struct orr_run_column *c = n->column;
    const double x = c->number ? c->number[row] : NAN;
    char digits[32];
    const char *text = c->text ? c->text[row] : NULL;
    if (!text && !isnan(x) && (n->op == OP_MATCH || !n->is_number)) {
        orr_format_double(x, digits);
        text = digits;
    }
    if (isnan(x) && !text) return n->op == OP_NE ? n->value[0] != '\0' : n->op == OP_EQ && n->value[0] == '\0';
    if (n->op == OP_MATCH) return regexec(n->regex, text, 0, NULL, 0) == 0;
    if (n->is_time && c->kind == ORR_CELL_TIME) return compare_sign(n->op, x < n->lo ? -1 : x >= n->hi ? 1 : 0);
    if (n->is_number && !isnan(x)) return compare_sign(n->op, same_number(x, n->number) ? 0 : x < n->number ? -1 : 1);
    if (!text) return n->op == OP_NE;
    return compare_sign(n->op, n->op == OP_EQ || n->op == OP_NE ? strcmp(text, n->value) : strverscmp(text, n->value));
}

static bool match(const struct orr_filter *f, const struct node *n, size_t row)
{
    switch (n->kind) {
    case NODE_TRUE: return true;
    case NODE_AND: return match(f, n->left, row) && match(f, n->right, row);
    case NODE_OR: return match(f, n->left, row) || match(f, n->right, row);
    case NODE_NOT: return !match(f, n->left, row);
    case NODE_WORD: return strstr(f->words[row], n->word) != NULL;
    case NODE_COMPARE: return compare(n, row);
    }
    return false;
}

bool orr_filter_match(const struct orr_filter *f, size_t row) { return match(f, f->root, row); }
