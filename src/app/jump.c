#include "app/jump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "base/str.h"

static enum orr_status from_file(const char *method, const char *path, struct orr_weights_model **out, struct orr_error *err)
{
    enum orr_status s = orr_weights_load(path, out, err);
    if (s || !strcmp(orr_weights_method_name((*out)->method), method)) return s;
    s = orr_error_set(err, ORR_EINVAL, path, "was fitted for method %s", orr_weights_method_name((*out)->method));
    orr_weights_model_free(*out);
    *out = NULL;
    return s;
}

enum orr_status orr_jump_model(const char *method, const char *file, struct orr_weights_model **out, struct orr_error *err)
{
    const struct orr_weights_method *m = orr_weights_method_find(method);
    *out = NULL;
    if (!m) return orr_error_set(err, ORR_EINVAL, method, "is no method for weights");
    if (file) return from_file(method, file, out, err);
    if (!orr_weights_method_learns(m)) {
        const struct orr_weights_options o = orr_weights_defaults();
        return orr_weights_fit(m, NULL, &o, NULL, out, err);
    }
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/models/%s.safetensors", datasets ? datasets : "datasets", method);
    const enum orr_status s = access(path.data, R_OK) == 0
                                  ? from_file(method, path.data, out, err)
                                  : orr_error_set(err, ORR_ENOTFOUND, method, "learns from whole runs and none was shipped: "
                                                  "name a fitted file with --jump-model");
    orr_str_free(&path);
    free(datasets);
    return s;
}
