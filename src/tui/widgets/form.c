#include "tui/widgets/form.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "tui/widgets/nav.h"

enum { STEPS = 40, SLIDER = 20, LABEL_MAX = 24 };

/* Choice k of "a|b|c"; its length in *n, 0 when there is none. */
static const char *choice(const char *choices, int k, size_t *n)
{
    while (k-- > 0 && choices) {
        choices = strchr(choices, '|');
        if (choices) choices++;
    }
    *n = choices ? strcspn(choices, "|") : 0;
    return choices;
}

static int count_choices(const char *choices)
{
    int n = choices && *choices ? 1 : 0;
    for (; choices && *choices; choices++) n += *choices == '|';
    return n;
}

static double lowest(const struct orr_param *p) { return p->type <= ORR_PARAM_REAL ? p->min : 0; }

static double highest(const struct orr_param *p)
{
    return p->type == ORR_PARAM_BOOL ? 1 : p->type == ORR_PARAM_CHOICE ? count_choices(p->choices) - 1 : p->max;
}

static bool is_log(const struct orr_param *p) { return p->type == ORR_PARAM_REAL && p->min > 0 && p->max / p->min > 1e3; }

/* Where x lies in the range, 0 to 1, and back. */
static double to_share(const struct orr_param *p, double x)
{
    const double a = lowest(p), b = highest(p);
    if (!(b > a)) return 0;
    return is_log(p) ? log(x / a) / log(b / a) : (x - a) / (b - a);
}

static double from_share(const struct orr_param *p, double u)
{
    const double a = lowest(p), b = highest(p);
    return is_log(p) ? a * pow(b / a, u) : a + u * (b - a);
}

static bool parse(const struct orr_param *p, const char *text, double *out)
{
    double x;
    size_t n;
    if (!text) return false;
    if (p->type == ORR_PARAM_CHOICE) {
        for (int k = 0; k < count_choices(p->choices); k++) {
            const char *name = choice(p->choices, k, &n);
            if (strlen(text) == n && memcmp(text, name, n) == 0) return *out = k, true;
        }
        return false;
    }
    if (p->type == ORR_PARAM_BOOL && strcmp(text, "yes") == 0) return *out = 1, true;
    if (p->type == ORR_PARAM_BOOL && strcmp(text, "no") == 0) return *out = 0, true;
    if (!orr_parse_double(text, strlen(text), &x) || !isfinite(x)) return false;
    const bool whole = p->type == ORR_PARAM_REAL || x == floor(x);
    const bool inside = highest(p) <= lowest(p) || (x >= lowest(p) && x <= highest(p)); /* both 0: no limit */
    if (whole && inside) *out = x;
    return whole && inside;
}

void orr_form_init(struct orr_form *f, const struct orr_param *params)
{
    *f = (struct orr_form){.params = params};
    while (params && params[f->n].name && f->n < ORR_FORM_MAX) {
        f->row = f->n++;
        orr_form_reset(f);
    }
    f->row = 0;
}

void orr_form_reset(struct orr_form *f)
{
    const struct orr_param *p = &f->params[f->row];
    if (f->row >= f->n) return;
    if (!parse(p, p->fallback, &f->values[f->row])) f->values[f->row] = lowest(p);
}

bool orr_form_set(struct orr_form *f, const char *text)
{
    return f->row < f->n && parse(&f->params[f->row], text, &f->values[f->row]);
}

bool orr_form_step(struct orr_form *f, int steps)
{
    if (f->row >= f->n) return false;
    const struct orr_param *p = &f->params[f->row];
    const double before = f->values[f->row], a = lowest(p), b = highest(p);
    double x = before + steps;
    if (p->type == ORR_PARAM_REAL && b > a) {
        const double u = to_share(p, before) * STEPS;
        x = from_share(p, (round(u) + steps) / STEPS);
    }
    if (b > a) x = x < a ? a : x > b ? b : x;
    f->values[f->row] = x;
    return x != before;
}

void orr_form_text(const struct orr_form *f, size_t i, struct orr_str *out)
{
    const struct orr_param *p = &f->params[i];
    size_t n;
    if (p->type == ORR_PARAM_BOOL) {
        orr_str_append(out, f->values[i] != 0 ? "yes" : "no");
    } else if (p->type == ORR_PARAM_CHOICE) {
        const char *name = choice(p->choices, (int)f->values[i], &n);
        if (name) orr_str_append_n(out, name, n);
    } else {
        orr_str_printf(out, "%.4g", f->values[i]);
    }
}

static int label_width(const struct orr_form *f, int w)
{
    int widest = 4;
    for (size_t i = 0; i < f->n; i++) {
        const int n = orr_text_width(f->params[i].name);
        if (n > widest) widest = n;
    }
    if (widest > LABEL_MAX) widest = LABEL_MAX;
    return widest > w / 2 ? w / 2 : widest;
}

static void render_row(const struct orr_form *f, size_t i, struct orr_canvas *c, struct orr_rect r, int label)
{
    const struct orr_param *p = &f->params[i];
    struct orr_str value = {0};
    int x = r.x + 1 + label + 2;
    orr_canvas_text(c, r.x + 1, r.y, label, p->name, (struct orr_style){0});
    if (p->type <= ORR_PARAM_REAL && highest(p) > lowest(p) && r.w >= label + SLIDER + 16) {
        const int at = (int)lround(to_share(p, f->values[i]) * (SLIDER - 1));
        for (int k = 0; k < SLIDER; k++)
            orr_canvas_put(c, x + k, r.y, k == at ? 0x25CF : k < at ? 0x2501 : 0x2500,
                           (struct orr_style){.fg = k <= at ? ORR_COLOR_ACCENT : ORR_COLOR_DIM});
    }
    if (r.w >= label + SLIDER + 16) x += SLIDER + 2;
    orr_form_text(f, i, &value);
    const int used = orr_canvas_text(c, x, r.y, r.x + r.w - x, orr_str_c(&value), (struct orr_style){.attr = ORR_BOLD});
    x += used + 1;
    if (p->unit) orr_canvas_text(c, x, r.y, r.x + r.w - x, p->unit, (struct orr_style){.fg = ORR_COLOR_DIM});
    if (i == f->row) orr_canvas_tint(c, (struct orr_rect){r.x, r.y, r.w, 1}, ORR_COLOR_CURSOR);
    orr_str_free(&value);
}

void orr_form_render(struct orr_form *f, struct orr_canvas *c, struct orr_rect r)
{
    const int help = r.h > 2 ? 1 : 0, label = label_width(f, r.w);
    f->page = r.h - help;
    f->top = orr_nav_scroll(f->top, f->row, f->n, f->page);
    for (int y = 0; y < f->page && f->top + (size_t)y < f->n; y++)
        render_row(f, f->top + (size_t)y, c, (struct orr_rect){r.x, r.y + y, r.w, 1}, label);
    if (help && f->row < f->n && f->params[f->row].help)
        orr_canvas_text(c, r.x + 1, r.y + r.h - 1, r.w - 1, f->params[f->row].help, (struct orr_style){.fg = ORR_COLOR_DIM});
}
