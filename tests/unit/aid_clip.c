#include "aid_clip.h"

#include <check.h>
#include <stdio.h>

#include "aid_folder.h"

void orr_aid_clip_init(struct orr_clip *c, int width)
{
    struct orr_error err = {0};
    struct orr_clip_tokens *words = orr_clip_tokens_words("a picture of cross disc star triangle red green dog cat");
    const struct orr_clip_config config = {.image = 16,
                                           .patch = 8,
                                           .vision_width = width,
                                           .vision_layers = 3,
                                           .vision_heads = 2,
                                           .vision_hidden = 2 * width,
                                           .vocab = orr_clip_tokens_count(words),
                                           .context = 16,
                                           .text_width = width,
                                           .text_layers = 2,
                                           .text_heads = 2,
                                           .text_hidden = 2 * width,
                                           .embed = 32,
                                           .activation = ORR_ACT_QUICK_GELU,
                                           .vision_eps = 1e-5,
                                           .text_eps = 1e-5,
                                           .mean = {0.5F, 0.5F, 0.5F},
                                           .std = {0.25F, 0.25F, 0.25F}};
    ck_assert_msg(orr_clip_init(c, &config, words, 3, &err) == ORR_OK, "%s", err.message);
}

const char *orr_aid_clip_file(int width)
{
    char name[40];
    struct orr_clip c = {0};
    struct orr_error err = {0};
    orr_aid_clip_init(&c, width);
    snprintf(name, sizeof name, "encoder-%d.safetensors", width);
    const char *path = aid_file_write(name, "", 0);
    ck_assert_msg(orr_clip_save(&c, path, false, "random", &err) == ORR_OK, "%s", err.message);
    orr_clip_free(&c);
    return path;
}
