#include "lab/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { MAX_FILE = 1 << 20, MAX_RUNS = 1000000, MOST_LAYERS = 128 };

struct orr_sweep {
    char *where;
    struct json_object *spec;
    char name[96];
    size_t runs, seeds;
    uint64_t seed;
};

static const char *const KEYS[] = {"name", "runs", "seed", "seeds", "data", "arch", "optim", "lr", "batch", "weight_decay",
                                   "epochs", "schedule", "weights", "moments", "jump", "jump_at",
                                   "jump_horizon"};

static struct json_object *get(const struct orr_sweep *s, const char *key)
{
    struct json_object *o = NULL;
    json_object_object_get_ex(s->spec, key, &o);
    return o;
}

static enum orr_status bad(const struct orr_sweep *s, const char *key, const char *what, struct orr_error *err)
{
    return orr_error_set(err, ORR_EINVAL, s->where, "\"%s\": %s", key, what);
}

/* ---- reading ---- */

/* The ways to jump that each setting and seed is run with; draws nothing, so that sweeps without jumps stay as they are. */
static size_t arms(const struct orr_sweep *s)
{
    struct json_object *o = get(s, "jump");
    return json_object_is_type(o, json_type_array) && json_object_array_length(o) ? json_object_array_length(o) : 1;
}

static enum orr_status whole(const struct orr_sweep *s, const char *key, int64_t fallback, int64_t least, int64_t most,
                             int64_t *out, struct orr_error *err)
{
    struct json_object *o = get(s, key);
    *out = o ? json_object_get_int64(o) : fallback;
    if ((o && !json_object_is_type(o, json_type_int)) || *out < least || *out > most)
        return bad(s, key, "must be a whole number in its range", err);
    return ORR_OK;
}

static enum orr_status check(struct orr_sweep *s, struct orr_error *err)
{
    if (!json_object_is_type(s->spec, json_type_object))
        return orr_error_set(err, ORR_EINVAL, s->where, "a sweep is a JSON object");
    json_object_object_foreach(s->spec, key, value)
    {
        size_t k = 0;
        (void)value;
        while (k < sizeof KEYS / sizeof *KEYS && strcmp(KEYS[k], key)) k++;
        if (k == sizeof KEYS / sizeof *KEYS) return bad(s, key, "no such setting of a sweep", err);
    }
    struct json_object *name = get(s, "name");
    if (!json_object_is_type(name, json_type_string)) return bad(s, "name", "must be a text", err);
    const size_t length = (size_t)json_object_get_string_len(name);
    if (length == 0 || length >= sizeof s->name) return bad(s, "name", "must have 1 to 95 bytes", err);
    memcpy(s->name, json_object_get_string(name), length);
    int64_t runs, seeds, seed;
    enum orr_status status = whole(s, "runs", 1, 1, MAX_RUNS, &runs, err);
    if (!status) status = whole(s, "seeds", 1, 0, MAX_RUNS, &seeds, err);
    if (!status) status = whole(s, "seed", 1, 0, INT64_MAX, &seed, err);
    if (status) return status;
    s->runs = (size_t)runs;
    s->seeds = (size_t)seeds;
    s->seed = (uint64_t)seed;
    if (get(s, "moments") && !json_object_is_type(get(s, "moments"), json_type_boolean))
        return bad(s, "moments", "must be true or false", err);
    struct orr_sweep_item item; /* a first look at every value */
    for (size_t i = 0; i < arms(s) && !status; i++) status = orr_sweep_draw(s, i, &item, err);
    return status;
}

static enum orr_status adopt(const char *where, struct json_object *spec, struct orr_sweep **out, struct orr_error *err)
{
    struct orr_sweep *s = orr_xcalloc(1, sizeof *s);
    s->where = orr_xstrdup(where);
    s->spec = spec;
    const enum orr_status status = check(s, err);
    if (status) {
        orr_sweep_free(s);
        s = NULL;
    }
    *out = s;
    return status;
}

enum orr_status orr_sweep_parse(const char *where, const char *text, size_t n, struct orr_sweep **out, struct orr_error *err)
{
    struct json_object *spec;
    *out = NULL;
    const enum orr_status s = orr_json_parse(where, text, n, &spec, err);
    return s ? s : adopt(where, spec, out, err);
}

enum orr_status orr_sweep_read(const char *path, struct orr_sweep **out, struct orr_error *err)
{
    struct json_object *spec;
    *out = NULL;
    const enum orr_status s = orr_json_parse_file(path, MAX_FILE, &spec, err);
    return s ? s : adopt(path, spec, out, err);
}

void orr_sweep_free(struct orr_sweep *s)
{
    if (!s) return;
    json_object_put(s->spec);
    free(s->where);
    free(s);
}

const char *orr_sweep_name(const struct orr_sweep *s) { return s->name; }
size_t orr_sweep_runs(const struct orr_sweep *s) { return s->runs; }

/* ---- drawing ---- */

static bool bounds(struct json_object *o, double *a, double *b)
{
    if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) != 2) return false;
    *a = json_object_get_double(json_object_array_get_idx(o, 0));
    *b = json_object_get_double(json_object_array_get_idx(o, 1));
    return isfinite(*a) && isfinite(*b) && *a <= *b;
}

/* A list gives one of its entries; what is drawn otherwise is the value itself. */
static struct json_object *choose(struct json_object *o, struct orr_rng *rng)
{
    if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) == 0) return o;
    return json_object_array_get_idx(o, (size_t)orr_rng_below(rng, json_object_array_length(o)));
}

/* {"sgd": ..., "adam": ...}: what stands there for the optimiser drawn. */
static struct json_object *for_optim(struct json_object *o, const char *optim)
{
    struct json_object *own;
    return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, optim, &own) ? own : o;
}

static enum orr_status draw_number(const struct orr_sweep *s, const char *key, const char *optim, double fallback,
                                   struct orr_rng *rng, double *out, struct orr_error *err)
{
    struct json_object *o = choose(for_optim(get(s, key), optim), rng);
    const double u = orr_rng_uniform(rng); /* drawn always: one setting does not shift the others */
    *out = fallback;
    if (!o) return ORR_OK;
    if (json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double)) {
        *out = json_object_get_double(o);
        return ORR_OK;
    }
    if (!json_object_is_type(o, json_type_object) || json_object_object_length(o) != 1)
        return bad(s, key, "must be a number, a list or a range", err);
    json_object_object_foreach(o, kind, range)
    {
        double a, b;
        const bool logarithmic = !strncmp(kind, "log", 3), integer = !strcmp(kind, "int") || !strcmp(kind, "log_int");
        if (strcmp(kind, "uniform") && strcmp(kind, "log") && !integer)
            return bad(s, key, "ranges are uniform, log, int and log_int, also of each optimiser drawn", err);
        if (!bounds(range, &a, &b) || (logarithmic && a <= 0))
            return bad(s, key, "a range is [low, high]; log ranges are above 0", err);
        if (integer) { /* every whole number of a..b alike */
            a -= logarithmic ? 0 : 0.5;
            b += logarithmic ? 0 : 0.5 - 1e-9;
        }
        *out = logarithmic ? exp(log(a) + (log(b) - log(a)) * u) : a + (b - a) * u;
        if (integer) *out = round(*out);
    }
    return ORR_OK;
}

static enum orr_status draw_text(const struct orr_sweep *s, const char *key, const char *fallback, struct orr_rng *rng,
                                 char *out, size_t size, struct orr_error *err)
{
    struct json_object *o = choose(get(s, key), rng);
    if (o && !json_object_is_type(o, json_type_string)) return bad(s, key, "must be a text or a list of texts", err);
    const int n = snprintf(out, size, "%s", o ? json_object_get_string(o) : fallback);
    return n < (int)size ? ORR_OK : bad(s, key, "too long", err);
}

static double between(struct json_object *o, const char *key, double lo, double hi, bool logarithmic, struct orr_rng *rng)
{
    struct json_object *range;
    const double u = orr_rng_uniform(rng);
    if (json_object_object_get_ex(o, key, &range) && !bounds(range, &lo, &hi)) hi = lo = json_object_get_double(range);
    return logarithmic && lo > 0 ? exp(log(lo) + (log(hi) - log(lo)) * u) : lo + (hi - lo) * u;
}

/* A whole number that snprintf and the reader of architectures can judge, whatever the file says. */
static int whole_between(struct json_object *o, const char *key, double lo, double hi, bool logarithmic,
                         struct orr_rng *rng)
{
    const double x = round(between(o, key, lo, hi, logarithmic, rng));
    return x > -1e9 && x < 1e9 ? (int)x : 0;
}

/* LCBench's space of funnel-free MLPs: each hidden layer has its own width, drawn log-uniformly. */
static void draw_mlp(struct json_object *o, struct orr_rng *rng, struct orr_str *out)
{
    struct json_object *act;
    const int layers = whole_between(o, "layers", 1, 5, false, rng);
    orr_str_append(out, "mlp:");
    for (int k = 0; k < (layers < 1 ? 1 : layers) && k <= MOST_LAYERS; k++)
        orr_str_printf(out, "%s%d", k ? "-" : "", whole_between(o, "units", 16, 1024, true, rng));
    if (json_object_object_get_ex(o, "activation", &act) && json_object_is_type(act = choose(act, rng), json_type_string))
        orr_str_printf(out, ":%s", json_object_get_string(act));
    const double dropout = between(o, "dropout", 0, 0, false, rng);
    if (dropout > 0.005) orr_str_printf(out, ":dropout=%.2f", dropout);
}

/* Whether operations lead from node 0 to node 3; edges 0>1 0>2 1>2 0>3 1>3 2>3. */
static bool connected(const char ops[6])
{
    const bool one = ops[0] != '0', two = ops[1] != '0' || (one && ops[2] != '0');
    return ops[3] != '0' || (one && ops[4] != '0') || (two && ops[5] != '0');
}

static void draw_cell(struct json_object *o, struct orr_rng *rng, struct orr_str *out)
{
    char ops[7] = "";
    do
        for (int e = 0; e < 6; e++) ops[e] = (char)('0' + orr_rng_below(rng, 5));
    while (!connected(ops));
    orr_str_printf(out, "cell:%s:%d", ops, whole_between(o, "channels", 8, 8, false, rng));
}

static enum orr_status draw_arch(const struct orr_sweep *s, struct orr_rng *rng, char *out, size_t size, struct orr_error *err)
{
    struct json_object *o = choose(get(s, "arch"), rng), *inner;
    if (!o) return bad(s, "arch", "is missing", err);
    struct orr_str text = {0};
    enum orr_status status = ORR_OK;
    if (json_object_is_type(o, json_type_string))
        orr_str_append(&text, json_object_get_string(o));
    else if (json_object_object_get_ex(o, "mlp", &inner))
        draw_mlp(inner, rng, &text);
    else if (json_object_object_get_ex(o, "cell", &inner))
        draw_cell(inner, rng, &text);
    else
        status = bad(s, "arch", "must be a text, {\"mlp\": ...} or {\"cell\": ...}", err);
    if (!status && text.len >= size) status = bad(s, "arch", "too long", err); /* cut short it would be another one */
    snprintf(out, size, "%s", orr_str_c(&text));
    orr_str_free(&text);
    return status;
}

static enum orr_status draw_jump(const struct orr_sweep *s, size_t arm, struct orr_rng *rng, struct orr_sweep_item *out,
                                 struct orr_error *err)
{
    struct json_object *o = get(s, "jump");
    struct orr_jump_options jump;
    if (json_object_is_type(o, json_type_array)) o = json_object_array_get_idx(o, arm);
    if (get(s, "jump") && !json_object_is_type(o, json_type_string))
        return bad(s, "jump", "must be a text or a list of texts", err);
    const int n = snprintf(out->jump, sizeof out->jump, "%s", o ? json_object_get_string(o) : "none");
    if (n >= (int)sizeof out->jump || (strcmp(out->jump, "none") != 0 && !orr_weights_method_find(out->jump)))
        return bad(s, "jump", "must be none or a method for weights", err);
    enum orr_status status = draw_text(s, "jump_at", "20%", rng, out->jump_at, sizeof out->jump_at, err);
    if (!status) status = draw_number(s, "jump_horizon", out->optim, 0, rng, &out->jump_horizon, err);
    if (!status && !(out->jump_horizon >= 0 && out->jump_horizon <= 1))
        status = bad(s, "jump_horizon", "must be a share from 0 to 1", err);
    return status ? status : orr_jump_parse_at(out->jump_at, &jump, err);
}

enum orr_status orr_sweep_draw(const struct orr_sweep *s, size_t i, struct orr_sweep_item *out, struct orr_error *err)
{
    struct orr_rng rng;
    double batch = 64, epochs = 10;
    const size_t arm = i % arms(s), pair = i / arms(s);
    *out = (struct orr_sweep_item){.seed = s->seed * 1000003 + (s->seeds ? pair % s->seeds : pair),
                                   .moments = json_object_get_boolean(get(s, "moments"))};
    orr_rng_seed(&rng, s->seed, s->seeds ? pair / s->seeds : pair);
    enum orr_status status = draw_text(s, "data", "digits", &rng, out->data, sizeof out->data, err);
    if (!status) status = draw_arch(s, &rng, out->arch, sizeof out->arch, err);
    if (!status) status = draw_text(s, "optim", "adam", &rng, out->optim, sizeof out->optim, err);
    if (!status) status = draw_text(s, "schedule", "constant", &rng, out->schedule, sizeof out->schedule, err);
    if (!status) status = draw_text(s, "weights", "none", &rng, out->weights, sizeof out->weights, err);
    if (!status) status = draw_number(s, "lr", out->optim, 1e-3, &rng, &out->lr, err);
    if (!status) status = draw_number(s, "weight_decay", out->optim, 0, &rng, &out->weight_decay, err);
    if (!status) status = draw_number(s, "batch", out->optim, batch, &rng, &batch, err);
    if (!status) status = draw_number(s, "epochs", out->optim, epochs, &rng, &epochs, err);
    if (!status && !(batch >= 1 && batch <= 1e6)) status = bad(s, "batch", "must be from 1 to a million", err);
    if (!status && !(epochs >= 1 && epochs <= 1e6)) status = bad(s, "epochs", "must be from 1 to a million", err);
    if (!status) status = draw_jump(s, arm, &rng, out, err);
    if (!status) out->batch = (int)batch, out->epochs = (int)epochs;
    return status;
}
