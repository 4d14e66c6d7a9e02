/* Sweeps: many training runs drawn from one JSON specification. An item's settings and seed follow from the specification
 * and the item's number alone, so that shards, resumed sweeps and any number of threads give the same runs.
 *
 *   {"name": "mlp-tabular", "runs": 400, "seed": 1, "seeds": 1,
 *    "data": ["iris", "wine"], "epochs": 100, "weights": "every:10:epochs",
 *    "arch": {"mlp": {"layers": [1, 5], "units": [16, 1024], "activation": ["relu", "tanh"], "dropout": [0, 0.5]}},
 *    "optim": "adam", "lr": {"log": [1e-4, 1e-1]}, "batch": {"log_int": [16, 512]}, "weight_decay": 0}
 *
 * A value is a constant, a list to choose from, or a range: {"uniform": [a, b]}, {"log": [a, b]}, {"int": [a, b]},
 * {"log_int": [a, b]}; a number may have one for each optimiser: {"sgd": VALUE, "adam": VALUE}.
 * arch may also be {"cell": {"channels": 8}}: six random edge operations that connect the cell.
 * "seeds": k runs k seeds of each setting (runs counts settings times seeds), 0 gives every run a setting and a seed of its own.
 * "moments": true stores the optimiser's moments with every snapshot.
 *
 * "jump": "flow" jump-starts training (lab/jump.h) at "jump_at": "20%", looking "jump_horizon" ahead (a share; 0: to the end).
 * A list, ["none", "linear", "flow"], is not chosen from: every setting and seed is run with each of its entries, so that the
 * runs are paired (runs counts them too). */
#ifndef ORRERY_LAB_SWEEP_H
#define ORRERY_LAB_SWEEP_H

#include <orrery/error.h>

#include "lab/train.h"

struct orr_sweep;

enum orr_status orr_sweep_read(const char *path, struct orr_sweep **out, struct orr_error *err);
enum orr_status orr_sweep_parse(const char *where, const char *text, size_t n, struct orr_sweep **out, struct orr_error *err);
void orr_sweep_free(struct orr_sweep *s); /* NULL-safe */
const char *orr_sweep_name(const struct orr_sweep *s);
size_t orr_sweep_runs(const struct orr_sweep *s);

/* One item, drawn. */
struct orr_sweep_item {
    char arch[160], data[96], optim[16], schedule[16], weights[32];
    char jump[24], jump_at[64]; /* jump: "none" without */
    double jump_horizon;
    double lr, weight_decay;
    int batch, epochs;
    bool moments;
    uint64_t seed;
};
/* Item 0 <= i < runs. EINVAL when a drawn value is of the wrong type. */
enum orr_status orr_sweep_draw(const struct orr_sweep *s, size_t i, struct orr_sweep_item *out, struct orr_error *err);

#endif
