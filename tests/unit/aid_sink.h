/* A sink that keeps everything in memory, for tests of importers. */
#ifndef ORRERY_TESTS_AID_SINK_H
#define ORRERY_TESTS_AID_SINK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"
#include "ingest/format.h"

struct aid_run {
    struct orr_run_meta meta; /* as last told */
};
struct aid_config {
    uint32_t run;
    const char *key, *value;
    enum orr_value_kind kind;
};
struct aid_tag {
    uint32_t run;
    const char *tag;
};
struct aid_series {
    uint32_t run;
    const char *name;
    ORR_VEC(int64_t) step;
    ORR_VEC(double) value;
    ORR_VEC(double) wall; /* NaN where unknown */
};
struct aid_snapshot {
    uint32_t run;
    int64_t step;
    const char *tensor;
    int64_t shape[8];
    int rank;
    size_t total, parts;
    ORR_VEC(float) values;
};
struct aid_sink {
    struct orr_sink *sink; /* hand this to the importer */
    ORR_VEC(struct aid_run) runs;
    ORR_VEC(struct aid_config) configs;
    ORR_VEC(struct aid_tag) tags;
    ORR_VEC(struct aid_series) series;
    ORR_VEC(struct aid_snapshot) snapshots;
    ORR_VEC(char *) warnings; /* "where: message" */
    struct orr_arena arena;
    size_t batches;     /* calls of points() */
    size_t fail_after;  /* points() fails with ORR_EFULL once so many batches came; 0: never */
};

/* Keeps everything that comes; batch as in orr_sink_new. */
void aid_sink_open(struct aid_sink *a, size_t batch);
void aid_sink_close(struct aid_sink *a);

/* What an importer made of a file; all fields may be read afterwards. Asserts nothing. */
enum orr_status aid_sink_import(struct aid_sink *a, const struct orr_format *format, struct orr_ingest *in,
                                struct orr_error *err); /* and flushes */

/* NULL where there is none. */
struct aid_series *aid_sink_series(struct aid_sink *a, const char *run_key, const char *name);
const char *aid_sink_config(struct aid_sink *a, const char *run_key, const char *key);
bool aid_sink_warned(const struct aid_sink *a, const char *part); /* does some warning contain it? */

/* Everything but the warnings as text, one line per run, configuration, tag, point and tensor: two imports that saw the
 * same data give the same text whatever the batches. The caller frees. */
char *aid_sink_text(const struct aid_sink *a);

#endif
