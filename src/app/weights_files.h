/* A folder of safetensors checkpoints as a list of snapshots whose values stay in the files. */
#ifndef ORRERY_APP_WEIGHTS_FILES_H
#define ORRERY_APP_WEIGHTS_FILES_H

#include <orrery/progress.h>
#include <orrery/store.h>

struct orr_weight_files;
/* Files whose name or folder names the step; several of one step are taken together. EUNSUPPORTED: this folder has to be
 * imported instead (NumPy files, several runs, very many files, nothing). EFORMAT: a damaged file, or a tensor that stands
 * twice at a step. *out needs orr_weight_files_free in any case. */
enum orr_status orr_weight_files_open(const char *folder, const struct orr_ticker *ticker, struct orr_weight_files **out,
                                      struct orr_error *err);
void orr_weight_files_free(struct orr_weight_files *f); /* NULL-safe */
/* Snapshots by tensor, then step, as orr_store_snapshots lists them; names live as long as f. */
size_t orr_weight_files_count(const struct orr_weight_files *f);
struct orr_snapshot orr_weight_files_item(const struct orr_weight_files *f, size_t i);
/* values[0..n): elements from `first` on of item i. */
enum orr_status orr_weight_files_read(struct orr_weight_files *f, size_t item, size_t first, size_t n, float *values,
                                      struct orr_error *err);

#endif
