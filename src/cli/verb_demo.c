/* orrery demo: plays a tour. Each step runs its command for real, on the example store. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "app/handout.h"
#include "app/tour.h"
#include "base/file.h"
#include "base/shell.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/verbs.h"
#include "tui/terminfo.h"

enum next { NEXT, QUIT };
enum { ESCAPE = 27 };

static void print_caption(const struct orr_tour_step *step, size_t i, size_t n, struct orr_io *io)
{
    struct orr_str text = {0};
    orr_str_printf(&text, "[%zu/%zu] %s", i + 1, n, step->caption);
    struct orr_str lines = {0};
    orr_help_wrap(text.data, io->width, &lines);
    fprintf(io->out, "%s%s%s\n", io->color ? "\033[1m" : "", lines.data, io->color ? "\033[0m" : "");
    if (step->command)
        fprintf(io->out, "%s$ orrery %s%s\n", io->color ? "\033[36m" : "", step->command, io->color ? "\033[0m" : "");
    orr_str_free(&text);
    orr_str_free(&lines);
}

/* After a step: a key or a pause on a terminal, nothing elsewhere. */
static enum next linger(const struct orr_tour_step *step, double speed, struct orr_io *io)
{
    if (orr_console_signal()) return QUIT;
    if (!io->out_tty || !isatty(STDIN_FILENO)) return NEXT;
    fflush(io->out);
    int key = 0;
    if (speed > 0) {
        key = orr_terminal_wait_key(STDIN_FILENO, step->pause / speed);
    } else {
        fputs("-- any key goes on, q ends --", io->err);
        fflush(io->err);
        key = orr_terminal_wait_key(STDIN_FILENO, -1);
        fputs("\r                             \r", io->err);
    }
    return key < 0 || key == 'q' || key == ESCAPE || orr_console_signal() ? QUIT : NEXT;
}

static int run_command(const char *command, struct orr_io *io, const char *store_path)
{
    struct orr_arena arena = {0};
    struct orr_error err;
    int argc, code;
    char **argv;
    code = orr_shell_split(&arena, "tour", command, &argc, &argv, &err) ? orr_cli_fail(io, &orr_verb_demo, &err)
                                                                        : orr_cli_run(argc, argv, io, store_path);
    orr_arena_free(&arena);
    return code;
}

static int play(const struct orr_tour *tour, double speed, struct orr_io *io, const char *store_path)
{
    size_t n = 0;
    int worst = ORR_EXIT_OK;
    while (tour->steps[n].caption) n++;
    for (size_t i = 0; i < n; i++) {
        const struct orr_tour_step *step = &tour->steps[i];
        print_caption(step, i, n, io);
        const int code = step->command ? run_command(step->command, io, store_path) : ORR_EXIT_OK;
        if (code != ORR_EXIT_OK && worst == ORR_EXIT_OK) worst = code;
        fputc('\n', io->out);
        if (i + 1 < n && linger(step, speed, io) == QUIT) break;
    }
    return worst;
}

/* The tour as a page. The picture is drawn by the tour's own command, on the store that its steps have filled. */
static int handout(const struct orr_tour *tour, const char *path, const struct orr_args *args, struct orr_io *io,
                   const char *store_path)
{
    struct orr_error err;
    struct orr_str folder = {0}, picture = {0}, command = {0};
    struct orr_io quiet = *io;
    char *said = NULL;
    size_t n;
    int code = ORR_EXIT_OK;
    quiet.out = fopen("/dev/null", "we");
    quiet.err = open_memstream(&said, &n);
    if (!quiet.out) quiet.out = io->out;
    if (!quiet.err) quiet.err = io->err;
    quiet.out_tty = quiet.err_tty = false;
    const bool made = orr_folder_temporary("orrery-handout", &folder, &err) == ORR_OK;
    if (!made) code = orr_cli_fail(io, args->verb, &err);
    orr_str_printf(&picture, "%s/picture.png", orr_str_c(&folder));
    for (const struct orr_tour_step *s = tour->steps; tour->figure && s->caption && code == ORR_EXIT_OK; s++)
        if (s->command && orr_starts_with(s->command, "lab train")) code = run_command(s->command, &quiet, store_path);
    if (tour->figure && code == ORR_EXIT_OK) {
        orr_str_append(&command, tour->figure);
        orr_shell_append(&command, picture.data);
        code = run_command(command.data, &quiet, store_path);
    }
    if (quiet.out != io->out) fclose(quiet.out);
    if (quiet.err != io->err) fclose(quiet.err);
    if (code != ORR_EXIT_OK && said) fputs(said, io->err);
    if (code == ORR_EXIT_OK && orr_handout_write(tour, tour->figure ? picture.data : NULL, path, &io->ticker, &err))
        code = orr_cli_fail(io, args->verb, &err);
    if (code == ORR_EXIT_OK) orr_io_say(io, "wrote %s", path);
    if (made) orr_folder_remove(folder.data);
    free(said);
    orr_str_free(&folder);
    orr_str_free(&picture);
    orr_str_free(&command);
    return code;
}

static int list(const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    size_t n = 0;
    while (orr_tours[n]) n++;
    orr_table_init(&t, n, 2);
    orr_table_column(&t, 0, "tour", ORR_CELL_TEXT);
    orr_table_column(&t, 1, "summary", ORR_CELL_TEXT);
    for (size_t i = 0; i < n; i++) {
        orr_table_set_text(&t, i, 0, orr_tours[i]->name);
        orr_table_set_text(&t, i, 1, orr_tours[i]->summary);
    }
    const int code = orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    if (args->n_operands == 0 || orr_args_flag(args, "list")) return list(args, io);
    const struct orr_tour *tour = orr_tour_find(args->operand[0]);
    struct orr_error err;
    struct orr_str folder = {0};
    char *example = NULL, *store_path = NULL;
    if (!tour) {
        orr_error_set(&err, ORR_EINVAL, NULL, "no tour '%s'; `orrery demo --list` names them", args->operand[0]);
        return orr_cli_fail(io, args->verb, &err);
    }
    if (tour->scratch ? orr_folder_temporary("orrery-tour", &folder, &err) : orr_example_store(&io->ticker, &example, &err)) {
        orr_str_free(&folder);
        return orr_cli_fail(io, args->verb, &err);
    }
    struct orr_str scratch = {0};
    orr_str_printf(&scratch, "%s/tour.db", orr_str_c(&folder));
    store_path = tour->scratch ? scratch.data : example;
    orr_console_clear_bar(io);
    const char *page = orr_args_text(args, "handout");
    const int code = page ? handout(tour, page, args, io, store_path)
                          : play(tour, orr_args_number(args, "speed"), io, store_path);
    if (tour->scratch) orr_folder_remove(folder.data);
    orr_str_free(&folder);
    orr_str_free(&scratch);
    free(example);
    return code;
}

static const struct orr_option options[] = {
    {"list", 'l', ORR_OPT_FLAG, NULL, NULL, "list the tours", 0, 0},
    {"speed", 0, ORR_OPT_NUMBER, "X", NULL, "go on by itself, X times as fast as planned, instead of waiting for keys",
     0.01, 1000},
    {"handout", 0, ORR_OPT_FILE, "FILE", NULL, "write the tour as a page to print instead: .pdf, .svg or .png", 0, 0},
    {0},
};

const struct orr_verb orr_verb_demo = {
    .name = "demo",
    .summary = "play a live tour of a method on the example store",
    .operands = "[TOUR]",
    .details =
        "Every step runs a real command and prints what it gives. On a terminal a key goes on and q ends; elsewhere "
        "the tour runs through.",
    .examples = "orrery demo --list\norrery demo curves\norrery demo curves --speed 2\norrery demo curve --handout curve.pdf",
    .options = options,
    .run = run,
};
