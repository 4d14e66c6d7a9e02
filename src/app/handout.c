#include "app/handout.h"

#include <stdlib.h>
#include <string.h>

#include <orrery/method.h>

#include "app/export.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "plot/plot.h"

enum { PAGE_WIDTH = 827, PAGE_HEIGHT = 1169 /* A4 in hundredths of an inch */, COLUMNS = 122 };

struct page {
    ORR_VEC(const char *) lines, fonts, heights;
    double total;
    struct orr_arena arena;
};

static void line(struct page *p, const char *text, size_t n, const char *font, const char *height)
{
    ORR_VEC_PUSH(&p->lines, orr_arena_strndup(&p->arena, text, n));
    ORR_VEC_PUSH(&p->fonts, font);
    ORR_VEC_PUSH(&p->heights, height);
    p->total += strtod(height, NULL);
}

static void one_line(struct page *p, const char *text, const char *font, const char *height)
{
    line(p, text, strlen(text), font, height);
}

/* Words put into lines of so many columns; lines that begin with blanks (equations) stay as they are. The first line stands
 * `first` high, so that paragraphs part. */
static void wrapped(struct page *p, const char *text, size_t columns, const char *font, const char *first)
{
    const char *height = first;
    while (*text) {
        size_t n = strcspn(text, "\n");
        const bool fixed = *text == ' ';
        if (n > columns) {
            size_t cut = columns;
            while (cut > 0 && text[cut] != ' ') cut--;
            n = cut ? cut : columns;
        }
        line(p, text, n, fixed ? "monospace,8" : font, height);
        text += n;
        if (*text == '\n') text++;
        else while (*text == ' ') text++;
        height = "1";
    }
}

/* One to a line: they are parted by ";  ". */
static void equations(struct page *p, const char *text)
{
    while (*text) {
        const char *end = strstr(text, ";  ");
        const size_t n = end ? (size_t)(end - text) : strlen(text);
        wrapped(p, orr_arena_printf(&p->arena, "    %.*s", (int)n, text), COLUMNS - 22, "monospace,8", "1.1");
        text += n + (end ? 3 : 0);
    }
}

static void methods(struct page *p, const struct orr_tour *tour)
{
    for (const char *const *name = tour->methods; name && *name; name++) {
        const struct orr_method *m = orr_method_find(*name);
        if (!m) continue;
        wrapped(p, orr_arena_printf(&p->arena, "%s: %s", m->name, m->summary), COLUMNS, "Sans:Bold,10", "1.6");
        if (m->source && *m->source) wrapped(p, m->source, COLUMNS, "Sans:Italic,9", "1.1");
        if (m->equations && *m->equations)
            equations(p, m->equations);
    }
}

enum orr_status orr_handout_write(const struct orr_tour *tour, const char *figure, const char *path,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct page p = {0};
    const enum orr_status named = orr_export_kind(path, &kind, err);
    if (named) return named;
    if (!kind.picture) return orr_error_set(err, ORR_EINVAL, path, "a page is a .pdf, .svg or .png file");
    one_line(&p, orr_arena_printf(&p.arena, "Orrery: %s", tour->name), "Sans:Bold,16", "1");
    wrapped(&p, tour->summary, COLUMNS * 3 / 4, "Sans,12", "1.8");
    methods(&p, tour);
    int number = 0;
    for (const struct orr_tour_step *s = tour->steps; s->caption; s++) {
        wrapped(&p, orr_arena_printf(&p.arena, "%d. %s", ++number, s->caption), COLUMNS, "Sans,10", "1.6");
        if (s->command) wrapped(&p, orr_arena_printf(&p.arena, "$ orrery %s", s->command), COLUMNS - 22, "monospace,8", "1.1");
    }
    const struct orr_plot_variable variables[] = {
        {.name = "lines", .texts = p.lines.data, .n = p.lines.len},
        {.name = "fonts", .texts = p.fonts.data, .n = p.fonts.len},
        {.name = "heights", .texts = p.heights.data, .n = p.heights.len},
        {.name = "total", .number = p.total},
        {.name = "figure", .text = figure ? figure : ""},
    };
    const struct orr_plot plot = {.view = "help",
                                  .format = kind.plot,
                                  .width = PAGE_WIDTH,
                                  .height = PAGE_HEIGHT,
                                  .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables};
    const enum orr_status s = orr_plot_write(&plot, path, ticker, err);
    free(p.lines.data);
    free(p.fonts.data);
    free(p.heights.data);
    orr_arena_free(&p.arena);
    return s;
}
