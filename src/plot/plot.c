#include "plot/plot.h"

#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"
#include "plot/child.h"
#include "plot/templates.h"

enum { TIMEOUT_MS = 60000, PROBE_MS = 10000, TEMPLATE_LIMIT = 1 << 20, WORDS_SHOWN = 300 };

static const char not_installed[] = "gnuplot is not installed or does not start; `apt-get install gnuplot-nox` brings it";
static const char *const kinds[] = {
    [ORR_PLOT_PNG] = "png", [ORR_PLOT_SVG] = "svg", [ORR_PLOT_PDF] = "pdf", [ORR_PLOT_DUMB] = "dumb",
    [ORR_PLOT_SIXEL] = "sixel"};

/* ---- running gnuplot ---- */

static enum orr_status run(const struct orr_str *script, int timeout_ms, const struct orr_ticker *ticker,
                           struct orr_child_result *out, struct orr_error *err)
{
    /* -d: the user's gnuplotrc must not change what a picture looks like. */
    char *const argv[] = {(char[]){"gnuplot"}, (char[]){"-d"}, (char[]){"-"}, NULL};
    const enum orr_status s = orr_child_run(argv, script->data, script->len, timeout_ms, ticker, out, err);
    if (s != ORR_ENOTFOUND) return s;
    return orr_error_set(err, s, "gnuplot", "%s", not_installed);
}

/* ---- what is installed ---- */

static struct orr_plot_support support;
static pthread_once_t probed = PTHREAD_ONCE_INIT;

static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || isspace((unsigned char)p[-1])) && (!p[n] || isspace((unsigned char)p[n]))) return true;
    return false;
}

static void probe(void)
{
    struct orr_str script = {0};
    struct orr_child_result r = {0};
    orr_str_append(&script, "set print '-'\nprint GPVAL_VERSION, ' patchlevel ', GPVAL_PATCHLEVEL\nprint GPVAL_TERMINALS\n");
    if (run(&script, PROBE_MS, NULL, &r, NULL) == ORR_OK && r.exit_code == 0 && r.out.len) {
        const char *text = orr_str_c(&r.out), *list = strchr(text, '\n');
        struct orr_str version = {0};
        orr_str_printf(&version, "gnuplot %.*s", (int)strcspn(text, "\n"), text);
        orr_text_neutralise(version.data);
        support.found = list != NULL;
        strncpy(support.version, version.data, sizeof support.version - 1);
        orr_str_free(&version);
        if (!list) list = "";
        support.png = has_word(list, "png");
        support.pngcairo = has_word(list, "pngcairo");
        support.svg = has_word(list, "svg");
        support.pdf = has_word(list, "pdfcairo");
        support.dumb = has_word(list, "dumb");
        support.sixel = has_word(list, "sixelgd");
    }
    orr_str_free(&script);
    orr_str_free(&r.out);
    orr_str_free(&r.err);
}

const struct orr_plot_support *orr_plot_probe(void)
{
    pthread_once(&probed, probe);
    return &support;
}

/* ---- the script ---- */

/* In double quotes, with every byte but letters, digits and the most harmless signs as an octal escape: no quote,
 * backslash, `command` or @macro of the text ever stands in the script. (Doubling quotes inside single quotes does not
 * do: gnuplot 5.4 takes a text that begins with one for two texts.) gnuplot reads every octal digit after a backslash, so
 * a digit that follows an escape is escaped as well. */
void orr_plot_quote(struct orr_str *s, const char *text)
{
    char *safe = orr_xstrdup(text);
    orr_text_neutralise(safe); /* no newline, no control */
    bool escaped = false;
    orr_str_append_char(s, '"');
    for (const unsigned char *p = (const unsigned char *)safe; *p; p++) {
        const bool letter = *p < 0x80 && isalpha(*p), digit = *p < 0x80 && isdigit(*p);
        escaped = !(letter || strchr(" _.,/-", *p) || (digit && !escaped));
        if (escaped)
            orr_str_printf(s, "\\%03o", *p);
        else
            orr_str_append_char(s, (char)*p);
    }
    orr_str_append_char(s, '"');
    free(safe);
}

static void append_number(struct orr_str *s, double x)
{
    if (isfinite(x))
        orr_str_append_double(s, x);
    else
        orr_str_append(s, "NaN");
}

static bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_') return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_') return false;
    return true;
}

static void append_variable(struct orr_str *s, const struct orr_plot_variable *v)
{
    if (v->texts) {
        orr_str_printf(s, "array %s[%zu]\n", v->name, v->n ? v->n : 1);
        for (size_t i = 0; i < v->n; i++) {
            orr_str_printf(s, "%s[%zu] = ", v->name, i + 1);
            orr_plot_quote(s, v->texts[i] ? v->texts[i] : "");
            orr_str_append_char(s, '\n');
        }
        return;
    }
    orr_str_printf(s, "%s = ", v->name);
    if (v->text)
        orr_plot_quote(s, v->text);
    else
        append_number(s, v->number);
    orr_str_append_char(s, '\n');
}

static bool is_break(const double *row, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        if (!isnan(row[i])) return false;
    return true;
}

static void append_data(struct orr_str *s, const struct orr_plot_data *d)
{
    orr_str_printf(s, "$%s << EOD\n", d->name);
    for (size_t r = 0; r < d->rows; r++) {
        const double *row = d->values + r * d->columns;
        if (is_break(row, d->columns)) {
            orr_str_append(s, "\n\n");
            continue;
        }
        for (size_t c = 0; c < d->columns; c++) {
            if (c) orr_str_append_char(s, ' ');
            append_number(s, row[c]);
        }
        orr_str_append_char(s, '\n');
    }
    orr_str_append(s, "EOD\n");
}

static enum orr_status append_terminal(struct orr_str *s, const struct orr_plot *p, struct orr_error *err)
{
    const struct orr_plot_support *have = orr_plot_probe();
    const bool text = p->format == ORR_PLOT_DUMB;
    const int w = p->width > 0 ? p->width : text ? 100 : 1200, h = p->height > 0 ? p->height : text ? 30 : 700;
    bool ok = true;
    if (!have->found)
        return orr_error_set(err, ORR_ENOTFOUND, "gnuplot", "%s", not_installed);
    orr_str_append(s, "set encoding utf8\nset terminal ");
    switch (p->format) {
    case ORR_PLOT_PNG:
        ok = have->pngcairo || have->png;
        orr_str_printf(s, "%s noenhanced size %d,%d%s background '#ffffff'\n", have->pngcairo ? "pngcairo" : "png", w, h,
                       have->pngcairo ? " font 'Sans,14'" : "");
        break;
    case ORR_PLOT_SVG:
        ok = have->svg;
        orr_str_printf(s, "svg noenhanced size %d,%d dynamic font 'Sans,16' background '#ffffff'\n", w, h);
        break;
    case ORR_PLOT_PDF: /* sizes in inches: a hundred pixels each */
        ok = have->pdf;
        orr_str_printf(s, "pdfcairo noenhanced size %d.%02d,%d.%02d font 'Sans,13'\n", w / 100, w % 100, h / 100, h % 100);
        break;
    case ORR_PLOT_DUMB:
        ok = have->dumb;
        orr_str_printf(s, "dumb noenhanced size %d,%d %s\n", w, h, p->mono ? "mono" : "ansi256");
        break;
    case ORR_PLOT_SIXEL:
        ok = have->sixel;
        orr_str_printf(s, "sixelgd noenhanced size %d,%d\n", w, h);
        break;
    }
    if (!ok)
        return orr_error_set(err, ORR_EUNSUPPORTED, "gnuplot", "%s cannot draw %s; install gnuplot-nox, or choose another "
                             "kind of picture", have->version, kinds[p->format]);
    orr_str_printf(s, "width = %d\nheight = %d\nkind = '%s'\n", w, h, kinds[p->format]);
    return ORR_OK;
}

/* The user's own template, ENOTFOUND where there is none. */
static enum orr_status append_own_template(struct orr_str *s, const char *view, struct orr_error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct orr_str path = {0};
    struct orr_reader *r = NULL;
    if (config && *config)
        orr_str_printf(&path, "%s/orrery/plots/%s.gp", config, view);
    else
        orr_str_printf(&path, "%s/.config/orrery/plots/%s.gp", home ? home : "", view);
    enum orr_status status = ORR_ENOTFOUND;
    if (orr_reader_open(path.data, 0, &r, NULL) == ORR_OK) {
        size_t n;
        status = ORR_OK;
        if (orr_reader_size(r) > TEMPLATE_LIMIT)
            status = orr_error_set(err, ORR_EFORMAT, path.data, "a template of more than %d bytes", TEMPLATE_LIMIT);
        const unsigned char *bytes = status ? NULL : orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
        if (bytes)
            orr_str_append_n(s, bytes, n);
        else if (status == ORR_OK)
            status = orr_reader_status(r, err);
    }
    orr_reader_close(r);
    orr_str_free(&path);
    return status;
}

static enum orr_status append_template(struct orr_str *s, const char *view, struct orr_error *err)
{
    const enum orr_status own = append_own_template(s, view, err);
    if (own != ORR_ENOTFOUND) return own;
    for (const struct orr_plot_template *t = orr_plot_templates; t->view; t++)
        if (strcmp(t->view, view) == 0) {
            orr_str_append(s, t->text);
            return ORR_OK;
        }
    return orr_error_set(err, ORR_ENOTFOUND, view, "there is no plot template of this name");
}

static enum orr_status make_script(struct orr_str *s, const struct orr_plot *p, struct orr_error *err)
{
    enum orr_status status = append_terminal(s, p, err);
    for (size_t i = 0; status == ORR_OK && i < p->n_variables; i++)
        if (is_identifier(p->variables[i].name))
            append_variable(s, &p->variables[i]);
        else
            status = orr_error_set(err, ORR_EINVAL, p->variables[i].name, "not a name for a variable");
    for (size_t i = 0; status == ORR_OK && i < p->n_data; i++)
        if (is_identifier(p->data[i].name))
            append_data(s, &p->data[i]);
        else
            status = orr_error_set(err, ORR_EINVAL, p->data[i].name, "not a name for a data block");
    return status == ORR_OK ? append_template(s, p->view, err) : status;
}

/* gnuplot repeats the line of the script and points at it before it says what is wrong: only its last line matters. */
static const char *last_line(const char *words)
{
    const char *last = words;
    for (const char *line = words; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (line[strspn(line, " \t\n")]) last = line;
    return last;
}

static enum orr_status complain(const struct orr_plot *p, const struct orr_child_result *r, struct orr_error *err)
{
    const char *words = last_line(orr_str_c(&r->err));
    if (r->exit_code < 0)
        return orr_error_set(err, ORR_EIO, "gnuplot", "gnuplot was killed by a signal: %.*s", WORDS_SHOWN, words);
    return orr_error_set(err, ORR_EFORMAT, p->view, "gnuplot drew nothing (exit %d): %.*s", r->exit_code, WORDS_SHOWN,
                         words);
}

enum orr_status orr_plot_render(const struct orr_plot *p, const struct orr_ticker *ticker, struct orr_str *out,
                                struct orr_error *err)
{
    struct orr_str script = {0};
    struct orr_child_result r = {0};
    enum orr_status status = make_script(&script, p, err);
    if (status == ORR_OK) status = run(&script, p->timeout_ms > 0 ? p->timeout_ms : TIMEOUT_MS, ticker, &r, err);
    if (status == ORR_OK && (r.exit_code != 0 || !r.out.len)) status = complain(p, &r, err);
    if (status == ORR_OK) {
        const size_t feed = p->format == ORR_PLOT_DUMB && r.out.data[0] == '\f'; /* it begins with a new page */
        orr_str_append_n(out, r.out.data + feed, r.out.len - feed);
    }
    orr_str_free(&script);
    orr_str_free(&r.out);
    orr_str_free(&r.err);
    return status;
}

enum orr_status orr_plot_write(const struct orr_plot *p, const char *path, const struct orr_ticker *ticker,
                               struct orr_error *err)
{
    struct orr_str picture = {0};
    enum orr_status status = orr_plot_render(p, ticker, &picture, err);
    if (status == ORR_OK) status = orr_file_write(path, picture.data, picture.len, err);
    orr_str_free(&picture);
    return status;
}
