#include "aid_screen.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void golden_path(const struct orr_canvas *c, const char *name, char path[512])
{
    snprintf(path, 512, "tests/screens/%s.%dx%d.txt", name, c->width, c->height); /* tests run in the root */
}

static void read_file(const char *path, struct orr_str *out)
{
    char part[4096];
    FILE *f = fopen(path, "rb");
    if (!f) return;
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) orr_str_append_n(out, part, n);
    fclose(f);
}

void orr_aid_golden(const struct orr_canvas *c, const char *name, bool styles)
{
    char path[512];
    struct orr_str now = {0}, golden = {0};
    golden_path(c, name, path);
    orr_canvas_dump(c, styles, &now);
    if (getenv("ORR_UPDATE_GOLDEN")) {
        FILE *f = fopen(path, "wb");
        ck_assert_msg(f != NULL, "cannot write %s", path);
        fwrite(orr_str_c(&now), 1, now.len, f);
        fclose(f);
    } else {
        read_file(path, &golden);
        const bool same = strcmp(orr_str_c(&now), orr_str_c(&golden)) == 0;
        /* Check's own messages have no room for two screens. */
        if (!same) fprintf(stderr, "%s now:\n%s\ngolden:\n%s\n", path, orr_str_c(&now), orr_str_c(&golden));
        ck_assert_msg(same, "%s differs from what is drawn now", path);
    }
    orr_str_free(&now);
    orr_str_free(&golden);
}
