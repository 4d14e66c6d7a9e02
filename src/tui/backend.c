#include "tui/backend.h"

#include <langinfo.h>
#include <curses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/mem.h"
#include "tui/color.h"

enum {
    PASTE_BEGIN = 4000, PASTE_END, /* far above the codes that curses gives to extended keys */
    ESCAPE_DELAY_MS = 10,
    CLIPBOARD_MAX = 64 * 1024,
    PAIRS = ORR_COLOR_COUNT * ORR_COLOR_COUNT,
    PICTURE_PAIRS = 1 << 15 /* slots; half of them are used at most */
};

/* Two colours of a picture's cell and the pair made for them. */
struct picture_pair {
    int fg, bg, pair; /* 0: a free slot */
};

struct orr_backend {
    int fd_in, fd_out;
    FILE *in, *out;
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading from it never refreshes the screen */
    struct orr_canvas shown;
    enum orr_glyphs glyphs;
    enum orr_color_depth depth;
    struct orr_color_theme theme;
    bool utf8, mouse, pasting, cursor_shown;
    int pairs[PAIRS]; /* 0: not made yet */
    int next_pair, picture_pairs;
    struct picture_pair *picture; /* [PICTURE_PAIRS] by hash; NULL before the first picture */
};

/* What an emergency writes. Filled once the terminal is known. */
static struct {
    char bytes[256];
    size_t n;
    int fd;
    struct termios saved;
    volatile sig_atomic_t armed;
} emergency;

/* What terminals send besides what terminfo says: cursor keys in the mode that was not asked for, older Home and End. */
static const struct {
    const char *bytes;
    int code;
} more_keys[] = {
    {"\033[A", KEY_UP},    {"\033[B", KEY_DOWN},  {"\033[C", KEY_RIGHT},  {"\033[D", KEY_LEFT},  {"\033OA", KEY_UP},
    {"\033OB", KEY_DOWN},  {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT},   {"\033[H", KEY_HOME},  {"\033[F", KEY_END},
    {"\033OH", KEY_HOME},  {"\033OF", KEY_END},   {"\033[1~", KEY_HOME},  {"\033[4~", KEY_END},  {"\033[7~", KEY_HOME},
    {"\033[8~", KEY_END},  {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}, {"\033[3~", KEY_DC},   {"\033[Z", KEY_BTAB},
    {"\033[200~", PASTE_BEGIN}, {"\033[201~", PASTE_END},
};

/* ---- colours ---- */

static enum orr_color_depth color_depth(void)
{
    const char *no_color = getenv("NO_COLOR");
    if ((no_color && *no_color) || !has_colors()) return ORR_DEPTH_MONO;
    if (COLORS > 256) return ORR_DEPTH_DIRECT; /* colour numbers are 0xRRGGBB */
    if (COLORS == 256) return ORR_DEPTH_256;
    return COLORS >= 16 ? ORR_DEPTH_16 : ORR_DEPTH_8;
}

/* Text without a colour of its own must stay readable on a coloured background. */
static int foreground(const struct orr_backend *b, struct orr_style s)
{
    if (s.fg != ORR_COLOR_DEFAULT || s.bg == ORR_COLOR_DEFAULT) {
        const bool lost = b->depth < ORR_DEPTH_256 && s.bg != ORR_COLOR_DEFAULT &&
                          orr_color_index(s.fg, b->depth, b->theme) == orr_color_index(s.bg, b->depth, b->theme);
        if (!lost && !(b->depth < ORR_DEPTH_256 && s.fg == ORR_COLOR_DIM && s.bg != ORR_COLOR_DEFAULT))
            return orr_color_index(s.fg, b->depth, b->theme);
        return COLOR_WHITE;
    }
    if (b->depth < ORR_DEPTH_256) return COLOR_WHITE;
    return orr_color_index(ORR_COLOR_SERIES + 7, b->depth, b->theme);
}

/* The pair of two of the terminal's colours, made at need. 0: there are no more. */
static int picture_pair(struct orr_backend *b, int fg, int bg)
{
    if (!b->picture) b->picture = orr_xcalloc(PICTURE_PAIRS, sizeof *b->picture);
    uint32_t h = ((uint32_t)fg * 0x9E3779B1u ^ (uint32_t)bg) * 0x85EBCA77u;
    for (h ^= h >> 15;; h++) {
        struct picture_pair *slot = &b->picture[h % PICTURE_PAIRS];
        if (slot->pair && (slot->fg != fg || slot->bg != bg)) continue;
        if (slot->pair) return slot->pair;
        if (b->next_pair >= COLOR_PAIRS || b->picture_pairs >= PICTURE_PAIRS / 2) return 0;
        if (init_extended_pair(b->next_pair, fg, bg) == ERR) return 0;
        b->picture_pairs++;
        *slot = (struct picture_pair){fg, bg, b->next_pair++};
        return slot->pair;
    }
}

/* Pictures looked at one after the other use up the pairs. Before they run out, all are given back, and the whole screen is
 * sent again. */
static void renew_pairs(struct orr_backend *b, const struct orr_canvas *c)
{
    const int by_curses = COLOR_PAIRS - b->next_pair, by_slots = PICTURE_PAIRS / 2 - b->picture_pairs;
    int needed = 0;
    for (int i = 0; b->picture_pairs && i < c->width * c->height; i++) needed += c->cells[i].style.bg == ORR_COLOR_RGB;
    if (b->picture_pairs == 0 || needed <= (by_curses < by_slots ? by_curses : by_slots)) return;
    reset_color_pairs();
    memset(b->pairs, 0, sizeof b->pairs);
    memset(b->picture, 0, PICTURE_PAIRS * sizeof *b->picture);
    b->next_pair = 1;
    b->picture_pairs = 0;
    orr_backend_repaint(b);
}

static int color_of(const struct orr_backend *b, uint8_t role, uint32_t rgb)
{
    return role == ORR_COLOR_RGB ? orr_color_of_rgb(rgb, b->depth) : orr_color_index(role, b->depth, b->theme);
}

static int pair_for(struct orr_backend *b, const struct orr_cell *cell)
{
    const struct orr_style s = cell->style;
    if (b->depth == ORR_DEPTH_MONO || (s.fg == 0 && s.bg == 0)) return 0;
    if (s.fg == ORR_COLOR_RGB || s.bg == ORR_COLOR_RGB)
        return picture_pair(b, color_of(b, s.fg, cell->ink), color_of(b, s.bg, cell->paper));
    if (s.fg >= ORR_COLOR_COUNT || s.bg >= ORR_COLOR_COUNT) return 0;
    int *pair = &b->pairs[s.fg * ORR_COLOR_COUNT + s.bg];
    if (*pair == 0 && b->next_pair < COLOR_PAIRS) {
        if (init_extended_pair(b->next_pair, foreground(b, s), orr_color_index(s.bg, b->depth, b->theme)) == ERR) return 0;
        *pair = b->next_pair++;
    }
    return *pair;
}

static attr_t curses_attr(uint8_t attr)
{
    return (attr & ORR_BOLD ? A_BOLD : 0) | (attr & ORR_UNDERLINE ? A_UNDERLINE : 0) |
           (attr & ORR_REVERSE ? A_REVERSE : 0) | (attr & ORR_FAINT ? A_DIM : 0);
}

/* ---- opening and closing ---- */

static void remember(const char *capability)
{
    const char *s = tigetstr(capability);
    if (!s || s == (const char *)-1) return;
    for (; *s; s++) {
        if (s[0] == '$' && s[1] == '<') { /* padding is for curses, not for a handler */
            s = strchr(s, '>');
            if (!s) return;
            continue;
        }
        if (emergency.n + 1 < sizeof emergency.bytes) emergency.bytes[emergency.n++] = *s;
    }
}

static void arm_emergency(const struct orr_backend *b)
{
    static const char modes[] = "\033[?2004l\033[?1006l\033[?1002l\033[?1000l";
    emergency.n = 0;
    remember("sgr0");
    remember("rmkx");
    remember("cnorm");
    memcpy(emergency.bytes + emergency.n, modes, sizeof modes - 1);
    emergency.n += sizeof modes - 1;
    remember("rmcup");
    emergency.fd = b->fd_out;
    emergency.armed = 1;
}

void orr_backend_emergency(void)
{
    if (!emergency.armed) return;
    emergency.armed = 0;
    if (write(emergency.fd, emergency.bytes, emergency.n) < 0) return;
    tcsetattr(emergency.fd, TCSANOW, &emergency.saved);
}

/* Bracketed paste is asked for by private modes that terminfo of this age does not name. */
static void send(struct orr_backend *b, const char *s)
{
    fflush(b->out);
    if (write(b->fd_out, s, strlen(s)) < 0) b->pasting = false;
}

static void set_modes(struct orr_backend *b)
{
    raw();
    noecho();
    nonl();
    intrflush(b->keys, FALSE);
    keypad(b->keys, TRUE);
    nodelay(b->keys, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
}

static void start_colors(struct orr_backend *b)
{
    b->depth = color_depth();
    const char *contrast = getenv("ORRERY_CONTRAST");
    b->theme = (struct orr_color_theme){.light = orr_color_is_light(getenv("COLORFGBG")),
                                        .stark = contrast && strcmp(contrast, "high") == 0};
    if (b->depth == ORR_DEPTH_MONO) return;
    start_color();
    use_default_colors();
    b->depth = color_depth(); /* COLORS is known only now */
    b->next_pair = 1;
}

/* Whether terminfo describes the terminal; *can_place: and it can place its cursor. */
static bool is_described(const char *term, int fd, bool *can_place)
{
    int known = 0;
    if (setupterm(term, fd, &known) != OK) return false;
    const char *cup = tigetstr("cup");
    *can_place = cup && cup != (const char *)-1;
    del_curterm(cur_term);
    return true;
}

static enum orr_status check_terminal(const char *term, int fd, struct orr_error *err)
{
    bool can_place;
    if (!term || !*term) return orr_error_set(err, ORR_ENOTFOUND, "TERM", "is not set; try TERM=xterm-256color");
    if (!is_described(term, fd, &can_place))
        return orr_error_set(err, ORR_ENOTFOUND, "TERM", "no description of the terminal '%s' here; try TERM=xterm or "
                             "install ncurses-term", term);
    if (!can_place)
        return orr_error_set(err, ORR_EUNSUPPORTED, "TERM", "the terminal '%s' cannot place its cursor", term);
    return ORR_OK;
}

/* A terminal that says COLORTERM=truecolor takes 0xRRGGBB, but its usual description knows 256 colours: prefers the
 * description NAME-direct where it is installed. Returns `term` or buffer. */
static const char *direct_term(const char *term, int fd, char *buffer, size_t size)
{
    const char *colorterm = getenv("COLORTERM");
    const size_t base = strcspn(term, "-");
    bool can_place;
    if (!colorterm || (strcmp(colorterm, "truecolor") != 0 && strcmp(colorterm, "24bit") != 0)) return term;
    if (strcmp(term + base, "-256color") != 0 || base + sizeof "-direct" > size) return term;
    snprintf(buffer, size, "%.*s-direct", (int)base, term);
    return is_described(buffer, fd, &can_place) ? buffer : term;
}

enum orr_status orr_backend_open(int fd_in, int fd_out, const char *term, struct orr_backend **out,
                                 struct orr_error *err)
{
    if (!term) term = getenv("TERM");
    *out = NULL;
    const enum orr_status rc = check_terminal(term, fd_out, err);
    if (rc != ORR_OK) return rc;
    char direct[64];
    term = direct_term(term, fd_out, direct, sizeof direct);
    struct orr_backend *b = orr_xcalloc(1, sizeof *b);
    b->fd_in = fd_in;
    b->fd_out = fd_out;
    b->in = fdopen(dup(fd_in), "r");
    b->out = fdopen(dup(fd_out), "w");
    tcgetattr(fd_in, &emergency.saved);
    use_env(FALSE); /* the size comes from the terminal itself */
    use_tioctl(TRUE);
    b->screen = b->in && b->out ? newterm(term, b->out, b->in) : NULL;
    b->keys = b->screen ? newpad(1, 1) : NULL;
    if (!b->keys) {
        if (b->screen) endwin(), delscreen(b->screen);
        if (b->in) fclose(b->in);
        if (b->out) fclose(b->out);
        free(b);
        return orr_error_set(err, ORR_EIO, "terminal", "could not be taken over");
    }
    b->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    b->glyphs = b->utf8 ? ORR_GLYPHS_BRAILLE : ORR_GLYPHS_ASCII;
    if (b->utf8 && strcmp(term, "linux") == 0) b->glyphs = ORR_GLYPHS_BLOCK; /* the console's font has no braille */
    start_colors(b);
    set_modes(b);
    for (size_t i = 0; i < sizeof more_keys / sizeof *more_keys; i++) define_key(more_keys[i].bytes, more_keys[i].code);
    curs_set(0);
    arm_emergency(b);
    refresh(); /* clears; later paints only send differences */
    send(b, "\033[?2004h");
    *out = b;
    return ORR_OK;
}

void orr_backend_close(struct orr_backend *b)
{
    if (!b) return;
    orr_backend_mouse(b, false);
    send(b, "\033[?2004l");
    delwin(b->keys);
    if (!tigetstr("rmcup")) { /* no screen to go back to: the shell's prompt comes on a clean line */
        move(LINES - 1, 0);
        clrtoeol();
        refresh();
    }
    curs_set(1);
    endwin();
    emergency.armed = 0;
    delscreen(b->screen);
    fclose(b->in);
    fclose(b->out);
    orr_canvas_free(&b->shown);
    free(b->picture);
    free(b);
}

void orr_backend_leave(struct orr_backend *b)
{
    send(b, b->mouse ? "\033[?2004l\033[?1000l\033[?1006l" : "\033[?2004l");
    curs_set(1);
    endwin();
    emergency.armed = 0;
}

void orr_backend_enter(struct orr_backend *b)
{
    set_modes(b);
    curs_set(0);
    b->cursor_shown = false;
    send(b, b->mouse ? "\033[?2004h\033[?1000h\033[?1006h" : "\033[?2004h");
    emergency.armed = 1;
    orr_backend_repaint(b);
}

enum orr_glyphs orr_backend_glyphs(const struct orr_backend *b) { return b->glyphs; }
int orr_backend_colors(const struct orr_backend *b) { return orr_color_count(b->depth); }

void orr_backend_size(struct orr_backend *b, int *width, int *height)
{
    struct winsize size = {0};
    if (ioctl(b->fd_out, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
    *width = COLS;
    *height = LINES;
}

/* ---- painting ---- */

/* Curses measures by wcwidth; where that disagrees with ours the rest of the line would shift. */
static void curses_cell(struct orr_backend *b, const struct orr_cell *cell, bool wide, cchar_t *out)
{
    wchar_t text[3] = {(wchar_t)cell->cp, (wchar_t)cell->mark, 0};
    const struct orr_style s = cell->style;
    int pair = pair_for(b, cell);
    if (!b->utf8 && cell->cp > 0x7E) text[0] = L'?', text[1] = 0;
    else if (wcwidth(text[0]) != (wide ? 2 : 1)) text[0] = wide ? 0xFF1F : L'?', text[1] = 0; /* fullwidth '?' */
    if (text[1] && (!b->utf8 || wcwidth(text[1]) != 0)) text[1] = 0;
    setcchar(out, text, curses_attr(orr_color_attr(s, b->depth, b->theme)), 0, &pair);
}

static void paint_row(struct orr_backend *b, const struct orr_canvas *c, int y)
{
    const struct orr_cell *row = &c->cells[(size_t)y * (size_t)c->width];
    struct orr_cell *shown = &b->shown.cells[(size_t)y * (size_t)c->width];
    if (memcmp(row, shown, (size_t)c->width * sizeof *row) == 0) return;
    for (int x = 0; x < c->width; x++) {
        const bool wide = x + 1 < c->width && row[x + 1].cp == 0;
        if (row[x].cp == 0) continue;
        if (memcmp(&row[x], &shown[x], sizeof *row) == 0 && (!wide || shown[x + 1].cp == 0)) continue;
        cchar_t cell;
        curses_cell(b, &row[x], wide, &cell);
        mvadd_wchnstr(y, x, &cell, 1);
    }
    memcpy(shown, row, (size_t)c->width * sizeof *row);
}

void orr_backend_paint(struct orr_backend *b, const struct orr_canvas *c)
{
    if (c->width != COLS || c->height != LINES) return; /* drawn for another size; the next one fits */
    if (b->shown.width != c->width || b->shown.height != c->height) {
        orr_canvas_free(&b->shown);
        orr_canvas_init(&b->shown, c->width, c->height);
        erase();
    }
    renew_pairs(b, c);
    for (int y = 0; y < c->height; y++) paint_row(b, c, y);
    const bool visible = c->cursor_x >= 0 && c->cursor_y >= 0;
    if (visible != b->cursor_shown) curs_set(visible);
    b->cursor_shown = visible;
    if (visible) move(c->cursor_y, c->cursor_x);
    refresh();
}

void orr_backend_repaint(struct orr_backend *b)
{
    clearok(stdscr, TRUE);
    orr_canvas_clear(&b->shown);
    erase();
}

/* ---- keys ---- */

static const struct {
    int curses;
    uint32_t code;
} named_keys[] = {
    {KEY_UP, ORR_KEY_UP},       {KEY_DOWN, ORR_KEY_DOWN},   {KEY_LEFT, ORR_KEY_LEFT},
    {KEY_RIGHT, ORR_KEY_RIGHT}, {KEY_HOME, ORR_KEY_HOME},   {KEY_END, ORR_KEY_END},
    {KEY_PPAGE, ORR_KEY_PGUP},  {KEY_NPAGE, ORR_KEY_PGDN},  {KEY_DC, ORR_KEY_DELETE},
    {KEY_BTAB, ORR_KEY_BACKTAB}, {KEY_ENTER, ORR_KEY_ENTER}, {KEY_BACKSPACE, ORR_KEY_BACKSPACE},
};

static struct orr_key mouse_key(void)
{
    MEVENT m;
    struct orr_key k = {0};
    if (getmouse(&m) != OK) return k;
    if (m.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) k.button = 1;
    else if (m.bstate & BUTTON4_PRESSED) k.button = 4;
    else if (m.bstate & BUTTON5_PRESSED) k.button = 5;
    if (k.button == 0) return k;
    k.code = ORR_KEY_MOUSE;
    k.x = (int16_t)m.x;
    k.y = (int16_t)m.y;
    return k;
}

static struct orr_key function_key(int code)
{
    struct orr_key k = {0};
    if (code == KEY_MOUSE) return mouse_key();
    if (code >= KEY_F(1) && code <= KEY_F(12)) k.code = (uint32_t)(ORR_KEY_F1 + code - KEY_F(1));
    for (size_t i = 0; i < sizeof named_keys / sizeof *named_keys; i++)
        if (named_keys[i].curses == code) k.code = named_keys[i].code;
    return k;
}

static struct orr_key character_key(wint_t ch)
{
    struct orr_key k = {.code = (uint32_t)ch};
    if (ch == '\n' || ch == '\r') k.code = ORR_KEY_ENTER;
    else if (ch == 8) k.code = ORR_KEY_BACKSPACE;
    else if (ch == 0) k = (struct orr_key){.code = ' ', .mods = ORR_MOD_CTRL};
    else if (ch < 27 && ch != '\t') k = (struct orr_key){.code = (uint32_t)('a' + ch - 1), .mods = ORR_MOD_CTRL};
    else if (ch > 27 && ch < 32) k.code = ORR_KEY_NONE;
    return k;
}

/* The rest of an escape sequence that nobody knows: its letters must not act as keys. `first` came after Esc. */
static bool skip_sequence(struct orr_backend *b, wint_t first)
{
    wint_t ch;
    if ((first != '[' && first != 'O') || wget_wch(b->keys, &ch) != OK) return false; /* Alt and that key */
    while (first == '[' && ch >= 0x20 && ch < 0x40 && wget_wch(b->keys, &ch) == OK)
        ; /* parameters, up to the final letter */
    return true;
}

bool orr_backend_key(struct orr_backend *b, struct orr_key *key)
{
    wint_t ch;
    *key = (struct orr_key){0};
    const int rc = wget_wch(b->keys, &ch);
    if (rc == ERR) return false;
    if (rc == KEY_CODE_YES) {
        if (ch == PASTE_BEGIN || ch == PASTE_END) b->pasting = ch == PASTE_BEGIN;
        else *key = function_key((int)ch);
        return true;
    }
    *key = character_key(ch);
    if (b->pasting) {
        if (key->code == ORR_KEY_ENTER || key->code == ORR_KEY_TAB) *key = (struct orr_key){.code = ' '};
        if (key->mods || key->code == ORR_KEY_ESC) *key = (struct orr_key){0};
        key->mods = ORR_MOD_PASTED;
        return true;
    }
    const int next = ch == 27 ? wget_wch(b->keys, &ch) : ERR;
    if (next == OK && skip_sequence(b, ch)) {
        *key = (struct orr_key){0};
    } else if (next != ERR) {
        *key = next == OK ? character_key(ch) : function_key((int)ch);
        key->mods |= ORR_MOD_ALT;
    }
    return true;
}

/* RFC 4648, section 4. */
static void append_base64(struct orr_str *out, const unsigned char *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        const uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        orr_str_append_char(out, digits[bits >> 18]);
        orr_str_append_char(out, digits[bits >> 12 & 63]);
        orr_str_append_char(out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
        orr_str_append_char(out, i + 2 < n ? digits[bits & 63] : '=');
    }
}

void orr_backend_copy(struct orr_backend *b, const char *text)
{
    static const char *const known[] = {"xterm", "tmux", "screen", "alacritty", "foot", "kitty", "wezterm", "rxvt", "st"};
    const size_t n = strlen(text);
    struct orr_str s = {0};
    bool reads = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) reads |= orr_starts_with(termname(), known[i]);
    if (!reads || n > CLIPBOARD_MAX) return; /* others would show the bytes */
    orr_str_append(&s, "\033]52;c;");
    append_base64(&s, (const unsigned char *)text, n);
    orr_str_append(&s, "\a");
    send(b, s.data);
    orr_str_free(&s);
}

void orr_backend_mouse(struct orr_backend *b, bool on)
{
    if (on == b->mouse) return;
    b->mouse = on;
    mouseinterval(0);
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}
