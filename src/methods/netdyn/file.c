/* Fitted methods for node states as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "methods/netdyn/private.h"
#include "methods/model_file.h"

static const char FORMAT[] = "orrery-nodes-1";

enum orr_status orr_nodes_save(const struct orr_nodes_model *m, const char *path, const char *made_by,
                               struct orr_error *err)
{
    char window[32], ahead[32], near[32], seed[32], gain[32];
    snprintf(window, sizeof window, "%zu", m->o.window);
    snprintf(ahead, sizeof ahead, "%zu", m->o.ahead);
    snprintf(near, sizeof near, "%zu", m->o.near);
    snprintf(gain, sizeof gain, "%.9g", m->gain);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    const char *const metadata[] = {"format", FORMAT, "method",  m->method->face->name,
                                    "window", window, "ahead",   ahead,
                                    "near",   near,   "seed",    seed,
                                    "gain",   gain,   "made_by", made_by ? made_by : "",
                                    NULL};
    return orr_model_write(path, &m->params, orr_shape1(ORR_NODES_GRID), m->spread, metadata, err);
}

/* 0 where it is missing or out of range. */
static size_t size_of(const struct orr_safetensors *f, const char *key)
{
    int64_t x;
    const char *text = orr_model_metadata(f, key);
    return orr_parse_int64(text, strlen(text), &x) && x > 0 && x <= 100000 ? (size_t)x : 0;
}

enum orr_status orr_nodes_load(const char *path, struct orr_nodes_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_nodes_model *m = NULL;
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_nodes_method *method = orr_nodes_method_find(orr_model_metadata(&f, "method"));
    struct orr_nodes_options o = orr_nodes_defaults();
    o.window = size_of(&f, "window");
    o.ahead = size_of(&f, "ahead");
    o.near = size_of(&f, "near");
    o.seed = size_of(&f, "seed");
    const char *gain = orr_model_metadata(&f, "gain");
    double scale = 0;
    if (!orr_parse_double(gain, strlen(gain), &scale) || !(scale > 0 && scale < 1e9)) scale = 0;
    if (strcmp(orr_model_metadata(&f, "format"), FORMAT) != 0 || !method || o.window < 3 || !o.ahead || !(scale > 0)) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted method for node states of this version");
        goto out;
    }
    m = orr_nodes_model_new(method, &o);
    m->gain = scale;
    m->outcome = method->net ? ORR_STOPPED_AT_LIMIT : ORR_CONVERGED;
    s = orr_model_read(&f, path, &m->params, orr_shape1(ORR_NODES_GRID), m->spread, err);
out:
    orr_safetensors_close(&f);
    if (s) {
        orr_nodes_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
