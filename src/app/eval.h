/* Tables of an evaluation: what `orrery eval NAME` prints, in the layout that scripts rely on. */
#ifndef ORRERY_APP_EVAL_H
#define ORRERY_APP_EVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/table.h"
#include "num/stats.h"

struct orr_eval_row {
    const char *task, *setting, *method, *metric;
    const char *against; /* paired rows only */
    const char *better;  /* "lower", "higher" or "nominal" (coverage); static */
    struct orr_stats_interval value;
    size_t n;
};
struct orr_eval {
    const char *name;
    uint64_t seed;
    double seconds;
    struct orr_eval_row *rows, *paired;
    size_t n_rows, n_paired;
    struct orr_arena arena; /* owns the strings */
};

/* Strings are copied. */
void orr_eval_row(struct orr_eval *e, const char *task, const char *setting, const char *method, const char *metric,
                  const char *better, struct orr_stats_interval value, size_t n);
/* value: metric of `method` minus metric of `against` on the same items. */
void orr_eval_paired(struct orr_eval *e, const char *task, const char *setting, const char *method,
                     const char *against, const char *metric, struct orr_stats_interval value, size_t n);
void orr_eval_free(struct orr_eval *e);

/* One JSON object: {"eval","version","seed","seconds","rows":[...],"paired":[...]}. */
void orr_eval_json(const struct orr_eval *e, struct orr_str *out);
/* Reads such an object and adds its rows to *e, which may hold others of the same evaluation ("weights"). `where` names the
 * file in messages. EINVAL: the result of another evaluation. EFORMAT: none; *e then holds a part of its rows. */
enum orr_status orr_eval_parse(const char *where, const char *text, size_t n, const char *name, struct orr_eval *e,
                               struct orr_error *err);
enum orr_status orr_eval_read(const char *path, const char *name, struct orr_eval *e, struct orr_error *err);
/* All rows, or all paired differences with a verdict, as a table. Zero-initialise *t before. */
void orr_eval_table(const struct orr_eval *e, bool paired, struct orr_table *t);

#endif
