/* orrery doctor: what this installation is made of, and whether it is well. */
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "base/progress.h"
#include "base/vec.h"
#include "cli/verbs.h"
#include "num/gemm.h"
#include "plot/plot.h"
#include "tui/picture.h"
#include "tui/terminfo.h"

enum verdict { GOOD, NOTE, BAD };
static const char *const verdict_names[] = {"ok", "note", "bad"};

struct finding {
    const char *what;
    enum verdict verdict;
    const char *found, *remedy;
};
struct report {
    ORR_VEC(struct finding) rows;
    struct orr_arena arena;
};

/* found: printf style; remedy: what to do unless GOOD. */
static void add(struct report *r, const char *what, enum verdict verdict, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void add(struct report *r, const char *what, enum verdict verdict, const char *remedy, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0) text = NULL;
    va_end(ap);
    const char *found = orr_arena_strdup(&r->arena, text ? text : "");
    const char *what_to_do = verdict == GOOD ? NULL : orr_arena_strdup(&r->arena, remedy);
    ORR_VEC_PUSH(&r->rows, (struct finding){what, verdict, found, what_to_do});
    free(text);
}

static void check_numbers(struct report *r)
{
    add(r, "openblas", GOOD, NULL, "%s", orr_blas_describe());
    add(r, "openblas threads", GOOD, NULL, "%d of %ld processors", orr_blas_threads(), sysconf(_SC_NPROCESSORS_ONLN));
}

static void check_pictures(struct report *r)
{
    const char *what = orr_picture_describe();
    add(r, "pictures in the terminal", orr_starts_with(what, "no ") ? NOTE : GOOD,
        "pictures are coarser than they could be", "%s", what);
}

static void check_gnuplot(struct report *r)
{
    const struct orr_plot_support *p = orr_plot_probe();
    if (!p->found) {
        add(r, "gnuplot", BAD, "install gnuplot-nox: pictures need it", "not found");
        return;
    }
    const bool all = (p->png || p->pngcairo) && p->svg && p->pdf;
    add(r, "gnuplot", all ? GOOD : NOTE, "some kinds of pictures cannot be written", "%s; terminals:%s%s%s%s%s%s",
        p->version, p->pngcairo ? " pngcairo" : "", p->png ? " png" : "", p->svg ? " svg" : "", p->pdf ? " pdf" : "",
        p->dumb ? " dumb" : "", p->sixel ? " sixel" : "");
}

static void check_terminal(struct report *r, const struct orr_io *io)
{
    const struct orr_terminfo t = orr_terminfo_read(STDOUT_FILENO);
    const char *codeset = nl_langinfo(CODESET), *no_color = getenv("NO_COLOR");
    const bool utf8 = strcmp(codeset, "UTF-8") == 0;
    add(r, "ncurses", GOOD, NULL, "%s", t.curses_version);
    if (!io->out_tty)
        add(r, "terminal", GOOD, NULL, "none: output goes to a file or a pipe");
    else if (!t.described)
        add(r, "terminal", NOTE, "set TERM to a terminal that is described; the workbench has a line mode otherwise",
            "TERM=%s is not described", t.term);
    else
        add(r, "terminal", t.can_place_cursor ? GOOD : NOTE, "the workbench runs in line mode",
            "%s, %d columns, %s%d colours%s", t.term, io->width, t.direct_color ? "direct colour, " : "", t.colors,
            no_color && *no_color ? " (off by NO_COLOR)" : "");
    add(r, "locale", utf8 ? GOOD : NOTE, "set LC_ALL=C.UTF-8 for braille charts; blocks or ASCII are drawn otherwise",
        "%s, %s", setlocale(LC_CTYPE, NULL), codeset);
}

static void check_open_store(struct report *r, struct orr_store *store, bool check)
{
    struct orr_store_info info;
    struct orr_error err = {0};
    if (orr_store_info(store, check, &info, &err)) {
        add(r, "integrity", BAD, "copy what can be read: sqlite3 STORE .recover | sqlite3 NEW", "%s", err.message);
        return;
    }
    struct orr_str size = {0};
    orr_append_amount(&size, (double)info.bytes, true);
    add(r, "sqlite", GOOD, NULL, "%s", info.sqlite_version);
    add(r, "store", GOOD, NULL, "%lld runs, %lld series, %lld points in %lld chunks, %s, format %lld",
        (long long)info.runs, (long long)info.series, (long long)info.points, (long long)info.chunks, size.data,
        (long long)info.version);
    add(r, "journal", info.network ? NOTE : GOOD, "on a network file system only one process should write at a time",
        "%s%s", info.journal_mode, info.network ? ", network file system" : "");
    if (check) add(r, "integrity", GOOD, NULL, "checked");
    orr_str_free(&size);
}

static void check_store(struct report *r, const char *path, bool check)
{
    struct orr_store *store;
    struct orr_error err;
    const enum orr_status s = orr_store_open(path, ORR_STORE_READ, &store, &err);
    add(r, "store file",
        s == ORR_OK          ? GOOD
        : s == ORR_ENOTFOUND ? NOTE
                             : BAD,
        s == ORR_ENOTFOUND ? "`orrery import FOLDER` creates it" : err.message, "%s%s", path,
        s == ORR_OK          ? ""
        : s == ORR_ENOTFOUND ? " (not there yet)"
                             : " (cannot be opened)");
    if (s == ORR_OK) check_open_store(r, store, check);
    orr_store_close(store);
}

static int print(const struct report *r, const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    int code = ORR_EXIT_OK;
    orr_table_init(&t, r->rows.len, 4);
    static const char *const names[] = {"what", "is", "found", "remedy"};
    for (size_t c = 0; c < 4; c++) orr_table_column(&t, c, names[c], ORR_CELL_TEXT);
    for (size_t i = 0; i < r->rows.len; i++) {
        const struct finding *f = &r->rows.data[i];
        orr_table_set_text(&t, i, 0, f->what);
        orr_table_set_text(&t, i, 1, verdict_names[f->verdict]);
        orr_table_set_text(&t, i, 2, f->found);
        orr_table_set_text(&t, i, 3, f->remedy);
        if (f->verdict == BAD) code = ORR_EXIT_FAILED;
    }
    struct orr_io wide = *io; /* paths and remedies are not cut */
    wide.width = 0;
    orr_cli_print_table(&wide, args, &t);
    orr_table_free(&t);
    return code;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct report r = {0};
    add(&r, "orrery", GOOD, NULL, "%s", ORR_VERSION);
    check_numbers(&r);
    check_gnuplot(&r);
    check_pictures(&r);
    check_terminal(&r, io);
    char *datasets = orr_example_datasets();
    add(&r, "datasets", datasets ? GOOD : NOTE, "name the folder in $ORRERY_DATASETS for `orrery open --example`", "%s",
        datasets ? datasets : "not found");
    free(datasets);
    check_store(&r, app->store_path, !orr_args_flag(args, "quick"));
    const int code = print(&r, args, io);
    free(r.rows.data);
    orr_arena_free(&r.arena);
    return code;
}

static const struct orr_option options[] = {
    {"quick", 'q', ORR_OPT_FLAG, NULL, NULL, "leave out the integrity check, which reads the whole store", 0, 0},
    {0},
};

const struct orr_verb orr_verb_doctor = {
    .name = "doctor",
    .summary = "check the installation, the terminal and the store",
    .operands = "",
    .details = "Exit code 1 when something is bad; notes are no failure.",
    .examples = "orrery doctor\norrery --store runs.db doctor --json",
    .options = options,
    .run = run,
};
