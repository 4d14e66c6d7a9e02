/* Runs as folders: what `orrery export logs` writes, and MLflow's file store. The first byte says which; files follow, each
 * behind a line "~~~K", K the letter of its name. The graph of a run is read as `forecast curve` reads it. */
#include "fuzz.h"

#include <sys/stat.h>

#include "methods/curve/graph.h"

static const char *const names[] = {"run.json", "config.json", "graph.json", "metrics.jsonl", "checkpoints/step_1.safetensors",
                                    "meta.yaml", "metrics/loss", "metrics/val/acc", "params/lr", "tags/mlflow.runName"};
static const char *const folders[] = {"checkpoints", "metrics", "metrics/val", "params", "tags"};

static enum orr_status graph(void *ctx, uint32_t run, const char *json, struct orr_error *err)
{
    struct orr_lc_graph g;
    struct orr_error why = {.code = ORR_OK};
    (void)ctx, (void)err;
    fuzz_require(run < fuzz_seen.runs && json);
    const enum orr_status s = orr_lc_graph_parse("graph", json, &g, &why);
    fuzz_require(s == ORR_OK ? g.n > 0 && g.n <= ORR_LC_NODES : why.code == s && why.message[0]);
    return ORR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) return 0;
    const char *const folder = fuzz_folder_put("run.json", NULL, 0);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        mkdir(path, 0777);
    }
    fuzz_folder_parts(data + 1, n - 1, names, sizeof names / sizeof *names);
    const struct orr_format *format = data[0] & 1 ? &orr_format_mlflow : &orr_format_run_folder;
    struct orr_ingest in = {.path = folder, .buffer_size = data[0] / 2};
    format->detect(folder, NULL, 0);
    fuzz_graph = graph;
    fuzz_import(format, &in);
    free(in.state);
    return 0;
}
