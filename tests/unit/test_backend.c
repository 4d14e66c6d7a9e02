#include "suite.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tui/backend.h"
#include "tui/color.h"

/* Curses on a pseudo terminal of 40 x 6: `master` is what a terminal emulator would see. */
static int master, slave;
static struct orr_backend *backend;
static struct orr_canvas canvas;

static void open_terminal(const char *term)
{
    struct winsize size = {.ws_row = 6, .ws_col = 40};
    struct orr_error err = {0};
    unsetenv("COLORTERM");
    ck_assert_msg(setlocale(LC_CTYPE, "C.UTF-8") != NULL, "no UTF-8 locale");
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, &size), 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    ck_assert_msg(orr_backend_open(slave, slave, term, &backend, &err) == ORR_OK, "%s: %s", err.where, err.message);
    orr_canvas_init(&canvas, 40, 6);
}

static void close_terminal(void)
{
    orr_backend_close(backend);
    orr_canvas_free(&canvas);
    close(slave);
    close(master);
}

/* Everything sent so far. */
static size_t sent(char *out, size_t size)
{
    size_t n = 0;
    for (;;) {
        struct pollfd p = {master, POLLIN, 0};
        if (poll(&p, 1, 20) <= 0) break;
        const ssize_t k = read(master, out + n, size - 1 - n);
        if (k <= 0) break;
        n += (size_t)k;
    }
    out[n] = '\0';
    return n;
}

static size_t paint(char *out, size_t size)
{
    orr_backend_paint(backend, &canvas);
    return sent(out, size);
}

START_TEST(a_second_paint_of_the_same_sends_nothing_and_one_cell_few_bytes)
{
    char out[8192];
    open_terminal("xterm-256color");
    orr_canvas_text(&canvas, 0, 0, 40, "learning curves", (struct orr_style){.fg = ORR_COLOR_ACCENT});
    ck_assert_uint_gt(paint(out, sizeof out), 15);
    ck_assert_ptr_nonnull(strstr(out, "learning curves"));
    ck_assert_uint_eq(paint(out, sizeof out), 0);
    orr_canvas_put(&canvas, 9, 3, 'x', (struct orr_style){0});
    const size_t n = paint(out, sizeof out);
    ck_assert_msg(n > 0 && n < 30, "%zu bytes for one cell", n);
    close_terminal();
}
END_TEST

START_TEST(keys_of_every_kind_arrive_by_their_names)
{
    static const struct {
        const char *bytes, *name;
    } keys[] = {{"j", "j"},       {"\r", "Enter"},      {"\x1b[A", "Up"},     {"\x1bOB", "Down"},  {"\x1b[5~", "PgUp"},
                {"\x1b[6~", "PgDn"}, {"\x1b[Z", "BackTab"}, {"\x7f", "Backspace"}, {"\x04", "C-d"},    {"\x1a", "C-z"},
                {"\x1b[3~", "Delete"}, {"\xc3\xa9", "é"},    {"\xe5\xad\xa6", "学"}, {"\x1bx", "M-x"},   {"\x1b", "Esc"},
                {"\t", "Tab"},     {" ", "Space"},        {"\x1bOP", "F1"},     {"\x08", "Backspace"}};
    char name[16], out[8192];
    struct orr_key k;
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ck_assert(write(master, keys[i].bytes, strlen(keys[i].bytes)) > 0);
        struct pollfd p = {slave, POLLIN, 0};
        poll(&p, 1, 1000);
        ck_assert_msg(orr_backend_key(backend, &k), "%s does not arrive", keys[i].name);
        orr_key_name(k, name);
        ck_assert_str_eq(name, keys[i].name);
        ck_assert(!orr_backend_key(backend, &k));
    }
    close_terminal();
}
END_TEST

START_TEST(unknown_escape_sequences_are_no_keys)
{
    struct orr_key k;
    char out[8192];
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    static const char bytes[] = "\x1b[1;9X\x1b[?62;4c\x1b[33;77~j";
    ck_assert(write(master, bytes, sizeof bytes - 1) > 0);
    usleep(20000);
    while (orr_backend_key(backend, &k) && k.code == ORR_KEY_NONE)
        ;
    ck_assert_uint_eq(k.code, 'j');
    ck_assert(!orr_backend_key(backend, &k));
    close_terminal();
}
END_TEST

START_TEST(pasted_text_is_marked_and_its_controls_are_dropped)
{
    static const char paste[] = "\x1b[200~a\rq\x03\x1b[201~q";
    struct orr_key k;
    char got[64] = "", out[8192];
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "\x1b[?2004h"));
    ck_assert(write(master, paste, sizeof paste - 1) > 0);
    usleep(20000);
    while (orr_backend_key(backend, &k))
        if (k.code) sprintf(got + strlen(got), "%c%s", (char)k.code, k.mods & ORR_MOD_PASTED ? "*" : "");
    ck_assert_str_eq(got, "a* *q*q");
    close_terminal();
}
END_TEST

START_TEST(copied_text_goes_to_the_clipboard_of_terminals_that_have_one)
{
    char out[8192];
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    orr_backend_copy(backend, "orrery show 3");
    sent(out, sizeof out);
    ck_assert_str_eq(out, "\x1b]52;c;b3JyZXJ5IHNob3cgMw==\a");
    close_terminal();
    open_terminal("vt100");
    sent(out, sizeof out);
    orr_backend_copy(backend, "orrery show 3");
    ck_assert_uint_eq(sent(out, sizeof out), 0);
    close_terminal();
}
END_TEST

START_TEST(colours_follow_the_terminal_and_no_color)
{
    char out[8192];
    static const struct {
        const char *term, *no_color, *wanted, *unwanted;
    } cases[] = {{"xterm-256color", "", "\x1b[38;5;", NULL},
                 {"xterm", "", "\x1b[3", "38;5;"},
                 {"vt100", "", "x", "\x1b[3"},
                 {"xterm-256color", "1", "x", "38;5;"}};
    for (size_t i = 0; i < 4; i++) {
        setenv("NO_COLOR", cases[i].no_color, 1);
        open_terminal(cases[i].term);
        for (int s = 0; s < 8; s++) orr_canvas_put(&canvas, s, 1, 'x', (struct orr_style){.fg = (uint8_t)(ORR_COLOR_SERIES + s)});
        paint(out, sizeof out);
        ck_assert_msg(strstr(out, cases[i].wanted) != NULL, "%s", cases[i].term);
        if (cases[i].unwanted) ck_assert_msg(strstr(out, cases[i].unwanted) == NULL, "%s", cases[i].term);
        close_terminal();
    }
    unsetenv("NO_COLOR");
}
END_TEST

START_TEST(unknown_and_dumb_terminals_are_refused_with_a_remedy)
{
    struct orr_error err = {0};
    struct orr_backend *b;
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(orr_backend_open(slave, slave, "no-such-terminal", &b, &err), ORR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "no-such-terminal"));
    ck_assert_int_eq(orr_backend_open(slave, slave, "dumb", &b, &err), ORR_EUNSUPPORTED);
    ck_assert_int_eq(orr_backend_open(slave, slave, "", &b, &err), ORR_ENOTFOUND);
    ck_assert_ptr_null(b);
    close(slave);
    close(master);
}
END_TEST

START_TEST(resizing_down_to_one_cell_and_back_paints_every_size)
{
    static const int sizes[][2] = {{1, 1}, {3, 2}, {120, 50}, {1, 1}, {40, 6}};
    char out[65536];
    open_terminal("xterm-256color");
    for (size_t i = 0; i < 5; i++) {
        struct winsize size = {.ws_col = (unsigned short)sizes[i][0], .ws_row = (unsigned short)sizes[i][1]};
        int w, h;
        ioctl(master, TIOCSWINSZ, &size);
        orr_backend_size(backend, &w, &h);
        ck_assert_int_eq(w, sizes[i][0]);
        ck_assert_int_eq(h, sizes[i][1]);
        orr_canvas_free(&canvas);
        orr_canvas_init(&canvas, w, h);
        orr_canvas_fill(&canvas, (struct orr_rect){0, 0, w, h}, '#', (struct orr_style){0});
        ck_assert_uint_gt(paint(out, sizeof out), 0);
    }
    close_terminal();
}
END_TEST

START_TEST(closing_and_an_emergency_both_leave_the_alternate_screen)
{
    char out[8192];
    struct termios before, after;
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    tcgetattr(slave, &before);
    orr_backend_emergency();
    sent(out, sizeof out);
    tcgetattr(slave, &after);
    ck_assert_ptr_nonnull(strstr(out, "\x1b[?1049l"));
    ck_assert_ptr_nonnull(strstr(out, "\x1b[?2004l"));
    ck_assert(!(before.c_lflag & ICANON) && (after.c_lflag & ICANON));
    close_terminal();
    open_terminal("xterm-256color");
    sent(out, sizeof out);
    orr_backend_close(backend);
    sent(out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "\x1b[?1049l"));
    orr_canvas_free(&canvas);
    close(slave);
    close(master);
}
END_TEST

START_TEST(every_role_has_a_colour_at_every_depth_and_series_stay_apart)
{
    for (int light = 0; light < 2; light++) {
        for (int role = 1; role < ORR_COLOR_COUNT; role++) {
            ck_assert_int_ge(orr_color_index(role, ORR_DEPTH_DIRECT, (struct orr_color_theme){.light = light}), 0);
            const int n = orr_color_index(role, ORR_DEPTH_256, (struct orr_color_theme){.light = light});
            ck_assert(n >= 16 && n < 256);
            ck_assert_int_lt(orr_color_index(role, ORR_DEPTH_16, (struct orr_color_theme){.light = light}), 16);
            ck_assert_int_eq(orr_color_index(role, ORR_DEPTH_MONO, (struct orr_color_theme){.light = light}), -1);
        }
        for (int a = 0; a < 8; a++)
            for (int b = 0; b < a; b++)
                ck_assert_int_ne(orr_color_index(ORR_COLOR_SERIES + a, ORR_DEPTH_256, (struct orr_color_theme){.light = light}),
                                 orr_color_index(ORR_COLOR_SERIES + b, ORR_DEPTH_256, (struct orr_color_theme){.light = light}));
    }
    ck_assert(orr_color_is_light("0;15") && orr_color_is_light("0;default;7"));
    ck_assert(!orr_color_is_light("15;0") && !orr_color_is_light(NULL) && !orr_color_is_light("15;default"));
}
END_TEST

ORR_SUITE("backend", a_second_paint_of_the_same_sends_nothing_and_one_cell_few_bytes,
          keys_of_every_kind_arrive_by_their_names, unknown_escape_sequences_are_no_keys,
          pasted_text_is_marked_and_its_controls_are_dropped,
          copied_text_goes_to_the_clipboard_of_terminals_that_have_one, colours_follow_the_terminal_and_no_color,
          unknown_and_dumb_terminals_are_refused_with_a_remedy,
          resizing_down_to_one_cell_and_back_paints_every_size,
          closing_and_an_emergency_both_leave_the_alternate_screen,
          every_role_has_a_colour_at_every_depth_and_series_stay_apart)
