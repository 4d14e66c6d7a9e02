#include "cli/weights_args.h"

#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "cli/args.h"

enum orr_weights_chart orr_cli_weights_chart(const char *name)
{
    int k = 0;
    while (k + 1 < ORR_WEIGHTS_CHARTS && strcmp(name, orr_weights_chart_names[k]) != 0) k++;
    return (enum orr_weights_chart)k;
}

/* "TENSOR INDEX": the tensor is known only once the run is open. */
static enum orr_status find_weight(struct orr_store *store, int64_t run, const char *text,
                                   struct orr_scene_coordinate *out, struct orr_error *err)
{
    struct orr_scene s = {.group = ""};
    const char *blank = strrchr(text, ' ');
    char name[200];
    int64_t index;
    enum orr_status status = orr_run_weights_open(store, run, &s.run, err);
    if (!status) {
        status = ORR_EINVAL;
        if (blank && (size_t)(blank - text) < sizeof name && orr_parse_int64(blank + 1, strlen(blank + 1), &index) &&
            index >= 0) {
            memcpy(name, text, (size_t)(blank - text));
            name[blank - text] = '\0';
            if (orr_scene_find(&s, name, &out->tensor) && (uint64_t)index < s.run.tensors[out->tensor].n)
                status = ORR_OK;
            out->index = (size_t)index;
        }
        if (status)
            orr_error_set(err, status, "--weight",
                          "'%s' names no weight of this run: a tensor, a blank, the number of the weight", text);
    }
    orr_run_weights_free(&s.run);
    return status;
}

static enum orr_status open_scene(struct orr_store *store, const struct orr_args *args, const struct orr_ticker *ticker,
                                  struct orr_cli_weights_picture *p, bool *has_chosen, struct orr_error *err)
{
    const char *operand = args->operand[0], *weight = orr_args_text(args, "weight");
    struct stat st;
    int64_t run;
    *has_chosen = weight != NULL;
    if (stat(operand, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (weight) return orr_error_set(err, ORR_EINVAL, "--weight", "is for runs of the store");
        return orr_scene_load_folder(operand, ORR_SCENE_SAMPLE, ticker, &p->scene, err);
    }
    enum orr_status s = orr_store_run_find(store, operand, &run, err);
    if (!s && weight) s = find_weight(store, run, weight, &p->lines[0], err);
    return s ? s : orr_scene_load(store, run, ORR_SCENE_SAMPLE, weight ? &p->lines[0] : NULL, ticker, &p->scene, err);
}

/* Snapshots of the scene that --observe asks for. */
static enum orr_status count_observed(const struct orr_scene *s, const struct orr_args *args, size_t *n, struct orr_error *err)
{
    size_t count = 0;
    double share = 0;
    const enum orr_status status = orr_args_observe(args, "snapshots", &count, &share, err);
    if (status) return status;
    *n = s->sound;
    if (share > 0)
        for (*n = 0; *n < s->sound && (double)s->steps[*n] <= share * (double)s->steps[s->sound - 1] + 1e-9;)
            ++*n;
    if (count)
        for (*n = 0; *n < s->sound && s->at[*n] < count;) ++*n;
    return *n ? ORR_OK : orr_error_set(err, ORR_EINVAL, s->unsound, "no snapshot with finite weights is observed");
}

enum orr_status orr_cli_weights_picture(struct orr_app *app, const struct orr_args *args, enum orr_weights_chart chart,
                                        const struct orr_ticker *ticker, struct orr_cli_weights_picture *p,
                                        struct orr_error *err)
{
    struct orr_store *opened = NULL;
    struct orr_weights_picture *out = &p->picture;
    struct orr_scene_query q = {.method = orr_args_text(args, "method"),
                                .model = orr_args_text(args, "model"),
                                .learn = orr_args_text(args, "learn"),
                                .solver = orr_args_text(args, "solver"),
                                .to = orr_args_int(args, "to"),
                                .seed = (uint64_t)orr_args_int(args, "seed")};
    const char *tensor = orr_args_text(args, "tensor");
    bool chosen = false;
    if (args->n_operands != 1)
        return orr_error_set(err, ORR_EINVAL, NULL, "name one run with snapshots, or a folder of checkpoints");
    struct stat st;
    const bool folder = stat(args->operand[0], &st) == 0 && S_ISDIR(st.st_mode);
    enum orr_status s =
        app->store || (folder && !q.learn) ? ORR_OK : orr_store_open(app->store_path, ORR_STORE_READ, &opened, err);
    struct orr_store *store = app->store ? app->store : opened;
    if (!s) s = open_scene(store, args, ticker, p, &chosen, err);
    if (!s) s = count_observed(&p->scene, args, &q.observed, err);
    *out = (struct orr_weights_picture){.scene = &p->scene,
                                        .forecasts = p->list,
                                        .lines = p->lines,
                                        .observed = q.observed,
                                        .scope = p->scene.run.n_tensors};
    if (!s && tensor && !orr_scene_find(&p->scene, tensor, &out->scope))
        s = orr_error_set(err, ORR_ENOTFOUND, tensor, "is no tensor of this run");
    for (size_t m = 0; !s && m < (orr_args_flag(args, "overlay") ? 1 + ORR_WEIGHTS_OVERLAYS : 1); m++) {
        struct orr_scene_query one = q;
        struct orr_scene_forecast *f = &p->forecasts[out->n_forecasts];
        if (m) one.method = orr_weights_overlays[m - 1], one.model = one.learn = NULL;
        if (m && !strcmp(one.method, q.method)) continue;
        const enum orr_status made = orr_scene_forecast(store, &p->scene, &one, ticker, f, err);
        if (!made)
            p->list[out->n_forecasts++] = f;
        else
            orr_scene_forecast_free(f);
        if (made && (!m || made == ORR_ECANCELLED)) s = made; /* a baseline that needs more snapshots is left out */
    }
    orr_store_close(opened);
    if (s) return s;
    out->n_lines = (size_t)orr_args_int(args, "lines");
    const size_t first = chosen ? 1 : 0;
    out->n_lines =
        first + (out->n_lines > first ? orr_scene_draw(&p->scene, out->scope, (uint64_t)orr_args_int(args, "draw"),
                                                       out->n_lines - first, p->lines + first)
                                      : 0);
    struct orr_scene_plane plane;
    if (chart != ORR_WEIGHTS_PLANE || orr_args_flag(args, "no-field") ||
        !orr_scene_plane(&p->scene, out->scope, &plane) || !orr_weights_method_has_field(p->list[0]->model->method))
        return ORR_OK;
    p->field.scope = out->scope;
    orr_scene_window(&p->scene, p->list, 1, out->scope, &plane, &p->field.x0, &p->field.x1, &p->field.y0, &p->field.y1);
    out->field = &p->field;
    return orr_scene_field(&p->scene, p->list[0], ticker, &p->field, err);
}

void orr_cli_weights_picture_free(struct orr_cli_weights_picture *p)
{
    for (size_t m = 0; m < p->picture.n_forecasts; m++) orr_scene_forecast_free(&p->forecasts[m]);
    orr_scene_free(&p->scene);
    *p = (struct orr_cli_weights_picture){.picture = {0}};
}
