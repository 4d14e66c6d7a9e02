#include "suite.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>

#include "base/npy.h"
#include "base/str.h"

START_TEST(real_scores_are_probabilities_and_real_targets_are_choices)
{
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing read");
        return;
    }
    char folder[1024], path[2048];
    snprintf(folder, sizeof folder, "%s/mcqa_logits/llm_probs_gpt", real);
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    int files = 0;
    for (const struct dirent *e; (e = readdir(d));) {
        if (!orr_ends_with(e->d_name, ".npy")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        struct orr_npy a;
        struct orr_error err;
        float *x;
        ck_assert_msg(orr_npy_load(path, &a, &x, &err) == ORR_OK, "%s: %s", err.where, err.message);
        if (orr_ends_with(e->d_name, "_scores.npy")) { /* (prompts, questions, 4 choices) */
            ck_assert(a.rank == 3 && a.shape[0] == 10 && a.shape[2] == 4);
            for (size_t i = 0; i < a.count; i += 4)
                ck_assert_float_eq_tol(x[i] + x[i + 1] + x[i + 2] + x[i + 3], 1, 1e-3f);
        } else {
            ck_assert_int_eq(a.rank, 1);
            for (size_t i = 0; i < a.count; i++) ck_assert(x[i] == 0 || x[i] == 1 || x[i] == 2 || x[i] == 3);
        }
        free(x);
        files++;
    }
    closedir(d);
    ck_assert_int_gt(files, 0);
}
END_TEST

ORR_SUITE("real_npy", real_scores_are_probabilities_and_real_targets_are_choices)
