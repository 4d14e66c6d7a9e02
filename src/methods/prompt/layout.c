#include "methods/prompt/layout.h"

#include <stdlib.h>
#include <string.h>

const char *const orr_prompts_branch_names[ORR_PROMPTS_BRANCHES] = {"text", "image"};
static const char *const place_names[] = {"sequence", "keys"};
static const char *const map_names[] = {"own", "layer", "token"};

static int least(int a, int b) { return a < b ? a : b; }

struct orr_prompts_layout orr_prompts_none(int text_layers, int image_layers)
{
    return (struct orr_prompts_layout){
        .layers = {least(text_layers, ORR_PROMPTS_LAYERS), least(image_layers, ORR_PROMPTS_LAYERS)}};
}

void orr_prompts_deep(struct orr_prompts_layout *l, enum orr_prompts_branch branch, int depth, int first, int add, int drop)
{
    for (int k = 0; k < l->layers[branch]; k++) {
        l->add[branch][k] = (uint8_t)(k >= depth ? 0 : k ? add : first);
        l->drop[branch][k] = (uint8_t)(k && k < depth ? drop : 0);
    }
}

void orr_prompts_modular(struct orr_prompts_layout *l, int depth, int first, int add, int drop, enum orr_prompts_maps maps)
{
    depth = least(depth, least(l->layers[ORR_PROMPTS_TEXT], l->layers[ORR_PROMPTS_IMAGE]));
    l->maps = maps;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        orr_prompts_deep(l, (enum orr_prompts_branch)b, depth, first, add, drop);
}

struct orr_prompts_layout orr_prompts_in_sequence(const struct orr_prompts_layout *found, enum orr_prompts_maps maps, int drop)
{
    struct orr_prompts_layout l = *found;
    l.place = ORR_PROMPTS_IN_SEQUENCE;
    l.maps = maps;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++) {
        const int from = maps ? ORR_PROMPTS_TEXT : b, both = least(l.layers[0], l.layers[1]);
        int before = 0;
        for (int k = 0; k < l.layers[b]; k++) {
            l.add[b][k] = maps && k >= both ? 0 : found->add[from][k];
            l.drop[b][k] = (uint8_t)(!l.add[b][k] ? 0 : drop < 0 ? before : least(drop, before));
            before += l.add[b][k] - l.drop[b][k];
        }
    }
    return l;
}

struct orr_prompts_step orr_prompts_step(const struct orr_prompts_layout *l, enum orr_prompts_branch branch, int layer)
{
    struct orr_prompts_step s = {0};
    for (int k = 0; k <= layer && k < l->layers[branch]; k++) {
        s.before = l->place == ORR_PROMPTS_AS_KEYS ? 0 : s.tokens;
        s.removed = l->place == ORR_PROMPTS_AS_KEYS ? 0 : l->drop[branch][k];
        s.added = l->add[branch][k];
        s.tokens = s.before - s.removed + s.added;
    }
    return s;
}

int orr_prompts_first(const struct orr_prompts_layout *l, enum orr_prompts_branch branch)
{
    int k = 0;
    while (k < l->layers[branch] && !l->add[branch][k]) k++;
    return k;
}

size_t orr_prompts_count(const struct orr_prompts_layout *l, int text_width, int image_width, int embed)
{
    const size_t dt = (size_t)text_width, di = (size_t)image_width, map = dt * di + di, hidden = (size_t)embed / 16;
    size_t n = 0;
    for (int k = 0; k < l->layers[ORR_PROMPTS_TEXT]; k++) n += dt * l->add[ORR_PROMPTS_TEXT][k];
    for (int k = 0; k < l->layers[ORR_PROMPTS_IMAGE]; k++) {
        const size_t added = l->add[ORR_PROMPTS_IMAGE][k];
        n += l->maps == ORR_PROMPTS_OWN ? di * added : l->maps == ORR_PROMPTS_MAP_TOKEN ? map * added : added ? map : 0;
    }
    if (l->meta) n += hidden * (size_t)embed + hidden + dt * hidden + dt;
    return n;
}

enum orr_status orr_prompts_check(const struct orr_prompts_layout *l, struct orr_error *err)
{
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++) {
        if (l->layers[b] < 1 || l->layers[b] > ORR_PROMPTS_LAYERS)
            return orr_error_set(err, ORR_EINVAL, "layout", "a tower of %d layers; 1 to %d", l->layers[b], ORR_PROMPTS_LAYERS);
        for (int k = 0; k < l->layers[b]; k++) {
            const struct orr_prompts_step s = orr_prompts_step(l, (enum orr_prompts_branch)b, k);
            if (s.removed > s.before)
                return orr_error_set(err, ORR_EINVAL, "layout", "layer %d of the %s tower removes %d prompts of %d", k,
                                     orr_prompts_branch_names[b], s.removed, s.before);
            if (s.added > ORR_PROMPTS_MOST)
                return orr_error_set(err, ORR_EINVAL, "layout", "layer %d of the %s tower adds %d prompts; at most %d", k,
                                     orr_prompts_branch_names[b], s.added, ORR_PROMPTS_MOST);
        }
    }
    for (int k = 0; l->maps && k < l->layers[ORR_PROMPTS_IMAGE]; k++) {
        const int text = k < l->layers[ORR_PROMPTS_TEXT] ? l->add[ORR_PROMPTS_TEXT][k] : 0;
        if (l->add[ORR_PROMPTS_IMAGE][k] != text)
            return orr_error_set(err, ORR_EINVAL, "layout", "layer %d maps %d text prompts to %d image prompts", k, text,
                                 l->add[ORR_PROMPTS_IMAGE][k]);
    }
    if (l->meta && !l->add[ORR_PROMPTS_TEXT][0])
        return orr_error_set(err, ORR_EINVAL, "layout", "a meta network without context to shift");
    return ORR_OK;
}

/* ---- as text ---- */

void orr_prompts_layout_text(const struct orr_prompts_layout *l, struct orr_str *out)
{
    orr_str_printf(out, "%s %s%s", place_names[l->place], map_names[l->maps], l->meta ? " meta" : "");
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++) {
        orr_str_printf(out, " %s", orr_prompts_branch_names[b]);
        for (int k = 0; k < l->layers[b]; k++)
            orr_str_printf(out, "%c%d-%d", k ? ',' : ' ', l->add[b][k], l->drop[b][k]);
    }
}

static bool word(const char **at, const char *w)
{
    const size_t n = strlen(w);
    if (strncmp(*at, w, n) != 0 || ((*at)[n] != ' ' && (*at)[n] != '\0')) return false;
    *at += n + ((*at)[n] == ' ');
    return true;
}

static int one_of(const char **at, const char *const *words, int n)
{
    for (int k = 0; k < n; k++)
        if (word(at, words[k])) return k;
    return -1;
}

/* "1-0,2-1,...": added and removed of each layer. */
static bool lengths(const char **at, uint8_t *add, uint8_t *drop, int *layers)
{
    for (*layers = 0; *layers < ORR_PROMPTS_LAYERS; (*at)++) {
        char *end;
        const long a = strtol(*at, &end, 10);
        if (end == *at || *end != '-' || a < 0 || a > ORR_PROMPTS_MOST) return false;
        *at = end + 1;
        const long d = strtol(*at, &end, 10);
        if (end == *at || d < 0 || d > 255) return false;
        add[*layers] = (uint8_t)a;
        drop[(*layers)++] = (uint8_t)d;
        *at = end;
        if (*end == ',') continue;
        if (*end == ' ') (*at)++;
        return *end == ' ' || *end == '\0';
    }
    return false;
}

enum orr_status orr_prompts_layout_parse(const char *text, struct orr_prompts_layout *out, struct orr_error *err)
{
    struct orr_prompts_layout l = {0};
    const char *at = text;
    const int place = one_of(&at, place_names, 2), maps = place < 0 ? -1 : one_of(&at, map_names, 3);
    bool good = maps >= 0;
    if (good) {
        l.place = (enum orr_prompts_place)place;
        l.maps = (enum orr_prompts_maps)maps;
        l.meta = word(&at, "meta");
        for (int b = 0; b < ORR_PROMPTS_BRANCHES && good; b++)
            good = word(&at, orr_prompts_branch_names[b]) && lengths(&at, l.add[b], l.drop[b], &l.layers[b]);
    }
    if (!good || *at) return orr_error_set(err, ORR_EFORMAT, "layout", "'%.80s' is no layout of prompts", text);
    *out = l;
    return orr_prompts_check(out, err);
}
