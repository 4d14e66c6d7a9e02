/* What language models are there, and what one is. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/example.h"
#include "app/lm.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "text/decoder.h"

static const char SHIPPED[] = "wordnet-lm";

static char *models(void)
{
    char *datasets = orr_example_datasets();
    if (!datasets) return NULL;
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/models", datasets);
    free(datasets);
    return path.data;
}

char *orr_lm_shipped(void)
{
    char *folder = models();
    struct stat st;
    if (!folder) return NULL;
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/%s", folder, SHIPPED);
    free(folder);
    if (stat(path.data, &st) == 0 && S_ISDIR(st.st_mode)) return path.data;
    orr_str_free(&path);
    return NULL;
}

static void row(struct orr_table *t, size_t at, const char *name, const char *value)
{
    orr_table_set_text(t, at, 0, name);
    orr_table_set_text(t, at, 1, value);
}

enum orr_status orr_app_lm_show(const char *path, struct orr_table *t, struct orr_error *err)
{
    struct orr_decoder *m;
    struct orr_safetensors f = {0};
    struct orr_str file = {0};
    enum orr_status s = orr_decoder_open(path, NULL, &m, err);
    if (s) return s;
    const struct orr_decoder_config *c = orr_decoder_config(m);
    orr_str_printf(&file, "%s/model.safetensors", path);
    if (orr_safetensors_open(file.data, 0, &f, NULL)) { /* a llama2.c file, or one in parts, has no metadata here */
        orr_safetensors_close(&f);
        f = (struct orr_safetensors){0};
    }
    const struct {
        const char *name;
        double x;
    } numbers[] = {{"parameters", (double)orr_decoder_parameters(m)}, {"layers", c->layers}, {"width", c->dim},
                   {"heads", c->heads}, {"key-value heads", c->kv_heads}, {"inner width", c->hidden},
                   {"vocabulary", c->vocab}, {"context", c->context}};
    enum { N = sizeof numbers / sizeof *numbers };
    orr_table_init(t, 2 + N + f.n_metadata, 2);
    orr_table_column(t, 0, "property", ORR_CELL_TEXT);
    orr_table_column(t, 1, "value", ORR_CELL_TEXT);
    row(t, 0, "model", path);
    row(t, 1, "family", c->family == ORR_DECODER_GPT2 ? "GPT-2" : "LLaMA");
    for (size_t i = 0; i < N; i++) {
        char text[32];
        orr_format_double(numbers[i].x, text);
        row(t, 2 + i, numbers[i].name, text);
    }
    for (size_t i = 0; i < f.n_metadata; i++) row(t, 2 + N + i, f.metadata[i].key, f.metadata[i].value);
    orr_safetensors_close(&f);
    orr_str_free(&file);
    orr_decoder_free(m);
    return ORR_OK;
}

/* ---- list ---- */

struct found {
    char *name, *path;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

/* What may be a model: a folder with a config.json, a .bin file. */
static bool may_be(const char *path)
{
    struct stat st;
    struct orr_str config = {0};
    if (stat(path, &st) != 0) return false;
    if (S_ISREG(st.st_mode)) return orr_ends_with(path, ".bin") && !strstr(path, "tok");
    orr_str_printf(&config, "%s/config.json", path);
    const bool yes = S_ISDIR(st.st_mode) && stat(config.data, &st) == 0;
    orr_str_free(&config);
    return yes;
}

static void fill(struct orr_table *t, size_t at, const struct found *f)
{
    struct orr_decoder *m;
    struct orr_error err;
    orr_table_set_text(t, at, 0, f->name);
    if (orr_decoder_open(f->path, NULL, &m, &err)) {
        orr_table_set_text(t, at, 1, err.message);
        return;
    }
    const struct orr_decoder_config *c = orr_decoder_config(m);
    const double x[] = {(double)orr_decoder_parameters(m), c->layers, c->dim, c->vocab, c->context};
    orr_table_set_text(t, at, 1, c->family == ORR_DECODER_GPT2 ? "GPT-2" : "LLaMA");
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) orr_table_set_number(t, at, 2 + k, x[k]);
    orr_decoder_free(m);
}

enum orr_status orr_app_lm_list(const char *folder, struct orr_table *t, struct orr_error *err)
{
    static const char *const names[] = {"model", "family", "parameters", "layers", "width", "vocabulary", "context"};
    char *own = folder ? orr_xstrdup(folder) : models();
    DIR *d = own ? opendir(own) : NULL;
    ORR_VEC(struct found) list = {0};
    if (!d) {
        const enum orr_status s = orr_error_set(err, ORR_ENOTFOUND, own ? own : "datasets/models",
                                                "no such folder; name one that holds models");
        free(own);
        return s;
    }
    for (struct dirent *e; (e = readdir(d));) {
        struct orr_str path = {0};
        orr_str_printf(&path, "%s/%s", own, e->d_name);
        if (e->d_name[0] != '.' && may_be(path.data))
            ORR_VEC_PUSH(&list, (struct found){orr_xstrdup(e->d_name), path.data});
        else
            orr_str_free(&path);
    }
    closedir(d);
    if (list.len) qsort(list.data, list.len, sizeof *list.data, by_name);
    orr_table_init(t, list.len, sizeof names / sizeof *names);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        orr_table_column(t, k, names[k], k < 2 ? ORR_CELL_TEXT : ORR_CELL_INTEGER);
    for (size_t i = 0; i < list.len; i++) {
        fill(t, i, &list.data[i]);
        free(list.data[i].name);
        free(list.data[i].path);
    }
    free(list.data);
    free(own);
    return ORR_OK;
}
