/* Runs as folders of ordinary files that Orrery imports again and other programs read: `orrery export logs`. */
#ifndef ORRERY_APP_EXPORT_LOGS_H
#define ORRERY_APP_EXPORT_LOGS_H

#include "app/app.h"

/* One folder per run below `folder`, named after the run: run.json, metrics.jsonl, config.json, graph.json and
 * checkpoints/step_N.safetensors, as ingest/run_folder.c reads them. run.json comes last: without it a folder is not
 * whole. wall: the times of points and runs, too; without them equal runs give equal bytes. Ticks in runs. EINVAL when a
 * folder of that name is there already. Memory: the largest snapshot; points pass through in blocks. */
enum orr_status orr_app_export_logs(struct orr_app *app, const int64_t *runs, size_t n, const char *folder, bool wall,
                                    const struct orr_ticker *ticker, struct orr_error *err);

#endif
