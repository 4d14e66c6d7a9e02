/* Wild scenes against the boxes that people drew around litter (TACO). */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/number.h"
#include "image/litter_scene.h"

enum { MOST = 20000, SCENES = 700, SIDE = 256 };

struct sample {
    double area[MOST]; /* of boxes, as parts of the picture */
    size_t n, images;
};

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void read_taco(const char *path, struct sample *out)
{
    struct orr_reader *r = NULL;
    struct orr_csv *c = NULL;
    struct orr_csv_row row;
    struct orr_error err;
    static bool seen[MOST];
    ck_assert_msg(orr_reader_open(path, 0, &r, &err) == ORR_OK, "%s", err.message);
    ck_assert_int_eq(orr_csv_open(r, ',', &c, &err), ORR_OK);
    ck_assert_int_eq(orr_csv_next(c, &row, &err), ORR_OK); /* image_id, file, img_w, img_h, ..., x, y, w, h, area */
    while (orr_csv_next(c, &row, &err) == ORR_OK) {
        static const size_t at[4] = {2, 3, 8, 9};
        double v[4];
        int64_t image;
        ck_assert(row.n == 11 && out->n < MOST && orr_parse_int64(row.cells[0].text, row.cells[0].n, &image));
        for (int k = 0; k < 4; k++) ck_assert(orr_parse_double(row.cells[at[k]].text, row.cells[at[k]].n, &v[k]));
        out->area[out->n++] = v[2] * v[3] / (v[0] * v[1]);
        ck_assert(image >= 0 && image < MOST);
        out->images += !seen[image];
        seen[image] = true;
    }
    orr_csv_close(c);
    orr_reader_close(r);
}

static void draw(struct sample *out)
{
    struct orr_litter_scenes *g =
        orr_litter_scenes_new(&(struct orr_litter_scene_options){ORR_LITTER_WILD, false, SIDE});
    struct orr_litter_scene s = {0};
    for (uint64_t i = 0; i < SCENES; i++) {
        ck_assert(orr_litter_scene_draw(g, 1, i, &s));
        out->images += s.n > 0;
        for (int k = 0; k < s.n; k++) {
            const struct orr_litter_box *b = &s.boxes[k];
            out->area[out->n++] = (double)(b->x1 - b->x0) * (double)(b->y1 - b->y0) / (SIDE * SIDE);
        }
    }
    orr_image_free(&s.image);
    orr_litter_scenes_free(g);
}

START_TEST(wild_scenes_have_as_many_boxes_of_as_many_sizes_as_photographs)
{
    static struct sample taco, ours;
    const char *real = getenv("REAL");
    char path[1024];
    if (!real) {
        puts("REAL is not set: nothing read");
        return;
    }
    snprintf(path, sizeof path, "%s/taco/boxes.csv", real);
    read_taco(path, &taco);
    draw(&ours);
    ck_assert_uint_eq(taco.n, 4784);
    const double per_image[2] = {(double)taco.n / (double)taco.images, (double)ours.n / (double)ours.images};
    printf("boxes an image: %.2f and %.2f\n", per_image[0], per_image[1]);
    ck_assert_double_eq_tol(per_image[1], per_image[0], 0.4);
    qsort(taco.area, taco.n, sizeof *taco.area, rising);
    qsort(ours.area, ours.n, sizeof *ours.area, rising);
    static const double at[] = {0.1, 0.25, 0.5, 0.75, 0.9};
    for (int k = 0; k < 5; k++) { /* the smallest are narrower than two pixels here and get no box */
        const double a = taco.area[(size_t)(at[k] * (double)taco.n)], b = ours.area[(size_t)(at[k] * (double)ours.n)];
        printf("quantile %.2f of the area: %.4f %% and %.4f %%\n", at[k], 100 * a, 100 * b);
        ck_assert_msg(fabs(log(b / a)) < log(k < 2 ? 2 : 1.35), "quantile %g: %g, not %g", at[k], b, a);
    }
}
END_TEST

ORR_SUITE("litter and TACO", wild_scenes_have_as_many_boxes_of_as_many_sizes_as_photographs)
