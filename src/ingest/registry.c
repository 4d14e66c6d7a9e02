/* The table of formats and the choice between them. */
#include <string.h>
#include <sys/stat.h>

#include "base/reader.h"
#include "ingest/format.h"

enum { HEAD = 4096 };

const struct orr_format *const orr_formats[] = {
    &orr_format_tensorboard,
    &orr_format_wandb,
    &orr_format_run_folder,
    &orr_format_checkpoint,
    &orr_format_mlflow,
    &orr_format_mlflow_db,
    &orr_format_optuna_db,
    &orr_format_trackio_db,
    &orr_format_hf_trainer,
    &orr_format_mlperf,
    &orr_format_lcdb,
    &orr_format_counts,
    &orr_format_csv,
    &orr_format_jsonl,
    NULL,
};

const struct orr_format *orr_format_by_name(const char *name)
{
    for (const struct orr_format *const *f = orr_formats; *f; f++)
        if (strcmp((*f)->name, name) == 0) return *f;
    return NULL;
}

/* The surest; between equals the one listed first. */
static const struct orr_format *surest(const char *path, bool folder, const unsigned char *head, size_t n, int *score_out)
{
    const struct orr_format *best = NULL;
    int best_score = 0;
    for (const struct orr_format *const *f = orr_formats; *f; f++) {
        if ((*f)->folder != folder) continue;
        const int score = (*f)->detect(path, head, n);
        if (score > best_score) {
            best = *f;
            best_score = score;
        }
    }
    *score_out = best_score;
    return best;
}

const struct orr_format *orr_format_detect(const char *path)
{
    int score;
    return orr_format_guess(path, &score);
}

const struct orr_format *orr_format_guess(const char *path, int *score)
{
    struct stat st;
    *score = 0;
    if (stat(path, &st) < 0) return NULL;
    if (S_ISDIR(st.st_mode)) return surest(path, true, NULL, 0, score);
    struct orr_reader *r;
    if (orr_reader_open(path, HEAD, &r, NULL)) return NULL;
    size_t n;
    const unsigned char *head = orr_reader_peek(r, HEAD, &n);
    const struct orr_format *best = head ? surest(path, false, head, n < HEAD ? n : HEAD, score) : NULL;
    orr_reader_close(r);
    return best;
}
