#include "tui/widgets/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/widgets/nav.h"

enum { HISTORY_MAX = 200, TEXT_MAX = 4096, POPUP_MAX = 10 };

void orr_prompt_widget_start(struct orr_prompt_widget *w, const char *label, const char *text)
{
    if (!w->label || strcmp(w->label, label) != 0) { /* another kind of prompt: another history */
        for (size_t i = 0; i < w->history.len; i++) free(w->history.data[i]);
        w->history.len = 0;
        free(w->label);
        w->label = orr_xstrdup(label);
    }
    orr_str_clear(&w->text);
    orr_str_append(&w->text, text ? text : "");
    orr_str_clear(&w->draft);
    w->cursor = w->text.len;
    w->recalled = w->history.len;
    w->candidates.len = w->remarks.len = 0;
    w->chosen = 0;
}

void orr_prompt_widget_free(struct orr_prompt_widget *w)
{
    for (size_t i = 0; i < w->history.len; i++) free(w->history.data[i]);
    free(w->history.data);
    free(w->candidates.data);
    free(w->remarks.data);
    free(w->label);
    orr_str_free(&w->text);
    orr_str_free(&w->draft);
    orr_str_free(&w->candidate_text);
}

static bool is_continuation(const struct orr_str *s, size_t i) { return ((unsigned char)s->data[i] & 0xC0) == 0x80; }

static size_t before(const struct orr_str *s, size_t i)
{
    while (i > 0 && is_continuation(s, --i))
        ;
    return i;
}

static size_t after(const struct orr_str *s, size_t i)
{
    if (i < s->len) i++;
    while (i < s->len && is_continuation(s, i)) i++;
    return i;
}

static size_t word_start(const struct orr_str *s, size_t i)
{
    while (i > 0 && s->data[i - 1] == ' ') i--;
    while (i > 0 && s->data[i - 1] != ' ') i--;
    return i;
}

static void cut(struct orr_prompt_widget *w, size_t from, size_t to)
{
    if (from >= to) return;
    memmove(w->text.data + from, w->text.data + to, w->text.len - to + 1);
    w->text.len -= to - from;
    w->cursor = from;
}

static void insert(struct orr_prompt_widget *w, uint32_t cp)
{
    char utf8[4];
    const size_t n = orr_utf8_encode(orr_text_safe_cp(cp), utf8);
    if (w->text.len + n > TEXT_MAX) return;
    orr_str_append_n(&w->text, utf8, n); /* makes room */
    memmove(w->text.data + w->cursor + n, w->text.data + w->cursor, w->text.len - n - w->cursor);
    memcpy(w->text.data + w->cursor, utf8, n);
    w->cursor += n;
}

static void replace(struct orr_prompt_widget *w, const char *text)
{
    orr_str_clear(&w->text);
    orr_str_append(&w->text, text);
    w->cursor = w->text.len;
}

static enum orr_prompt_event recall(struct orr_prompt_widget *w, bool older)
{
    if (older ? w->recalled == 0 : w->recalled == w->history.len) return ORR_PROMPT_MOVED;
    if (w->recalled == w->history.len) {
        orr_str_clear(&w->draft);
        orr_str_append(&w->draft, orr_str_c(&w->text));
    }
    w->recalled = older ? w->recalled - 1 : w->recalled + 1;
    replace(w, w->recalled == w->history.len ? orr_str_c(&w->draft) : w->history.data[w->recalled]);
    return ORR_PROMPT_EDITED;
}

/* Tab goes round the candidates; the text follows, the list stays until the next edit. */
static enum orr_prompt_event choose(struct orr_prompt_widget *w, bool next)
{
    const size_t n = w->candidates.len;
    if (n == 0) return ORR_PROMPT_MOVED;
    if (w->chosen >= n) w->chosen = next ? 0 : n - 1;
    else w->chosen = next ? (w->chosen + 1) % n : (w->chosen + n - 1) % n;
    replace(w, w->candidates.data[w->chosen]);
    return ORR_PROMPT_MOVED;
}

static enum orr_prompt_event control(struct orr_prompt_widget *w, uint32_t code)
{
    switch (code) {
    case 'a': w->cursor = 0; return ORR_PROMPT_MOVED;
    case 'e': w->cursor = w->text.len; return ORR_PROMPT_MOVED;
    case 'b': w->cursor = before(&w->text, w->cursor); return ORR_PROMPT_MOVED;
    case 'f': w->cursor = after(&w->text, w->cursor); return ORR_PROMPT_MOVED;
    case 'u': cut(w, 0, w->cursor); return ORR_PROMPT_EDITED;
    case 'k': cut(w, w->cursor, w->text.len); return ORR_PROMPT_EDITED;
    case 'w': cut(w, word_start(&w->text, w->cursor), w->cursor); return ORR_PROMPT_EDITED;
    case 'd': cut(w, w->cursor, after(&w->text, w->cursor)); return ORR_PROMPT_EDITED;
    case 'p': return recall(w, true);
    case 'n': return recall(w, false);
    case 'c': case 'g': return ORR_PROMPT_CANCELLED;
    default: return ORR_PROMPT_IGNORED;
    }
}

enum orr_prompt_event orr_prompt_widget_key(struct orr_prompt_widget *w, struct orr_key key)
{
    if (key.mods & ORR_MOD_CTRL) return control(w, key.code);
    if (key.mods) return ORR_PROMPT_IGNORED;
    switch (key.code) {
    case ORR_KEY_ENTER: return ORR_PROMPT_ACCEPTED;
    case ORR_KEY_ESC: return ORR_PROMPT_CANCELLED;
    case ORR_KEY_TAB: return choose(w, true);
    case ORR_KEY_BACKTAB: return choose(w, false);
    case ORR_KEY_UP: return recall(w, true);
    case ORR_KEY_DOWN: return recall(w, false);
    case ORR_KEY_LEFT: w->cursor = before(&w->text, w->cursor); return ORR_PROMPT_MOVED;
    case ORR_KEY_RIGHT: w->cursor = after(&w->text, w->cursor); return ORR_PROMPT_MOVED;
    case ORR_KEY_HOME: w->cursor = 0; return ORR_PROMPT_MOVED;
    case ORR_KEY_END: w->cursor = w->text.len; return ORR_PROMPT_MOVED;
    case ORR_KEY_DELETE: cut(w, w->cursor, after(&w->text, w->cursor)); return ORR_PROMPT_EDITED;
    case ORR_KEY_BACKSPACE:
        if (w->text.len == 0) return ORR_PROMPT_CANCELLED;
        cut(w, before(&w->text, w->cursor), w->cursor);
        return ORR_PROMPT_EDITED;
    default: break;
    }
    if (key.code < ' ' || key.code >= ORR_KEY_UP) return ORR_PROMPT_IGNORED;
    insert(w, key.code);
    return ORR_PROMPT_EDITED;
}

void orr_prompt_widget_candidates(struct orr_prompt_widget *w, const struct orr_str *lines)
{
    w->candidates.len = w->remarks.len = 0;
    orr_str_clear(&w->candidate_text);
    orr_str_append(&w->candidate_text, orr_str_c(lines));
    char *rest = w->candidate_text.data, *line;
    while (rest && (line = strsep(&rest, "\n"))) {
        char *tab = strchr(line, '\t');
        if (tab) *tab++ = '\0';
        if (!*line) continue;
        ORR_VEC_PUSH(&w->candidates, line);
        ORR_VEC_PUSH(&w->remarks, tab ? tab : "");
    }
    w->chosen = w->candidates.len;
}

void orr_prompt_widget_remember(struct orr_prompt_widget *w)
{
    const char *text = orr_str_c(&w->text);
    if (!*text) return;
    if (w->history.len && strcmp(w->history.data[w->history.len - 1], text) == 0) return;
    if (w->history.len == HISTORY_MAX) {
        free(w->history.data[0]);
        memmove(w->history.data, w->history.data + 1, --w->history.len * sizeof *w->history.data);
    }
    ORR_VEC_PUSH(&w->history, orr_xstrdup(text));
}

static void render_popup(const struct orr_prompt_widget *w, struct orr_canvas *c, struct orr_rect r, int above)
{
    const size_t n = w->candidates.len;
    int rows = above < POPUP_MAX ? above : POPUP_MAX, widest = 8;
    if (n == 0 || rows < 1) return;
    if ((size_t)rows > n) rows = (int)n;
    const size_t top = w->chosen < n ? orr_nav_scroll(0, w->chosen, n, rows) : 0;
    for (int i = 0; i < rows; i++) {
        const int width = orr_text_width(w->candidates.data[top + (size_t)i]);
        if (width > widest) widest = width;
    }
    if (widest > r.w - 2) widest = r.w - 2;
    for (int i = 0; i < rows; i++) {
        const size_t k = top + (size_t)i;
        const int y = r.y - rows + i;
        orr_canvas_fill(c, (struct orr_rect){r.x, y, r.w, 1}, ' ', (struct orr_style){.bg = ORR_COLOR_BAR});
        orr_canvas_text(c, r.x + 1, y, widest, w->candidates.data[k],
                        (struct orr_style){.fg = ORR_COLOR_ACCENT, .bg = ORR_COLOR_BAR});
        orr_canvas_text(c, r.x + widest + 3, y, r.w - widest - 4, w->remarks.data[k],
                        (struct orr_style){.fg = ORR_COLOR_DIM, .bg = ORR_COLOR_BAR});
        if (k == w->chosen) orr_canvas_tint(c, (struct orr_rect){r.x, y, r.w, 1}, ORR_COLOR_CURSOR);
    }
}

void orr_prompt_widget_render(const struct orr_prompt_widget *w, struct orr_canvas *c, struct orr_rect r, int above)
{
    const char *text = orr_str_c(&w->text);
    render_popup(w, c, r, above);
    orr_canvas_fill(c, (struct orr_rect){r.x, r.y, r.w, 1}, ' ', (struct orr_style){0});
    const int label = orr_canvas_text(c, r.x, r.y, r.w / 2, w->label,
                                      (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD});
    const int room = r.w - label - 1; /* one column for the cursor at the end */
    /* The text slides left so that the cursor stays on the line. */
    size_t from = 0;
    char *head = orr_xstrndup(text, w->cursor);
    while (from < w->cursor && orr_text_width(head + from) > (room > 0 ? room : 0)) from = after(&w->text, from);
    orr_canvas_text(c, r.x + label, r.y, r.w - label, text + from, (struct orr_style){0});
    c->cursor_x = r.x + label + orr_text_width(head + from);
    c->cursor_y = r.y;
    if (c->cursor_x >= r.x + r.w) c->cursor_x = r.x + r.w - 1;
    free(head);
}
