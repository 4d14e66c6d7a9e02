#include "aid_lab.h"

#include <stdlib.h>

#include <orrery/rng.h>

struct orr_dataset orr_aid_images(void)
{
    struct orr_dataset d = {.name = "images", .sample = orr_shape3(1, 8, 8), .width = 64, .classes = 2, .outputs = 2};
    struct orr_rng rng;
    orr_rng_seed(&rng, 9, 9);
    for (int s = 0; s < ORR_SPLITS; s++) {
        d.n[s] = 96;
        d.x[s] = malloc(96 * 64 * sizeof(orr_real));
        d.label[s] = malloc(96 * sizeof(int32_t));
        for (int i = 0; i < 96; i++) {
            d.label[s][i] = i % 2;
            for (int k = 0; k < 64; k++) d.x[s][i * 64 + k] = (orr_real)(orr_rng_normal(&rng) + (i % 2 ? 0.7 : -0.7));
        }
    }
    return d;
}
