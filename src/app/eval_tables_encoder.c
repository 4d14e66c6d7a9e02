/* An encoder's vectors of the tables that are evaluated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/corpus_vectors.h"
#include "app/eval_tables.h"
#include "base/clock.h"

struct fetching {
    const struct orr_tables_set *set;
    struct orr_arena arena;
};
static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    struct fetching *f = ctx;
    orr_arena_reset(&f->arena);
    return orr_tables_set_doc(f->set, i, &f->arena, out, err);
}

enum orr_status orr_tables_encoder_open(const struct orr_eval_tables_options *o, const struct orr_tables_set *s,
                                        bool rows, const struct orr_ticker *ticker, double *seconds,
                                        struct orr_tables_encoder *out, struct orr_error *err)
{
    *out = (struct orr_tables_encoder){0};
    *seconds = (double)NAN;
    const char *name = o->encoder ? o->encoder : ORR_ENCODER_SHIPPED;
    if (orr_encoder_is_none(name)) return ORR_OK;
    enum orr_status status = orr_encoder_open_named(name, &out->encoder, err);
    if (status == ORR_ENOTFOUND && !o->encoder) return ORR_OK; /* not installed: its rows are left out */
    if (status != ORR_OK) return status;
    out->has_rows = rows && out->encoder->kind == ORR_ENCODER_VECTORS;
    if (orr_shards_merging(o->shards)) return ORR_OK;
    struct fetching f = {.set = s};
    struct orr_str bytes = {0};
    const struct orr_index_source source = {s->n_tables, s->key, s->hash, fetch, &f};
    const double start = orr_clock_cpu();
    status = orr_vectors_build(NULL, &source, out->encoder, name, rows, 0, ticker, &bytes, err);
    *seconds = orr_clock_cpu() - start;
    if (status == ORR_OK) status = orr_vectors_adopt(&bytes, "memory", &out->vectors, err);
    orr_str_free(&bytes);
    orr_arena_free(&f.arena);
    if (status != ORR_OK) orr_tables_encoder_close(out);
    return status;
}

void orr_tables_encoder_close(struct orr_tables_encoder *e)
{
    orr_vectors_close(e->vectors);
    orr_encoder_free(e->encoder);
    *e = (struct orr_tables_encoder){0};
}
