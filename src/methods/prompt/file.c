/* Learned prompts as safetensors files; the encoder is not in them. */
#include <stdio.h>
#include <string.h>

#include "methods/model_file.h"
#include "methods/prompt/prompt.h"

static const char FORMAT[] = "prompts 2", OLDER[] = "prompts 1"; /* in 1 context stood in place of the last words */

enum orr_status orr_prompts_save(const struct orr_prompts *p, const char *path, const char *method, const char *task,
                                 struct orr_error *err)
{
    struct orr_str layout = {0}, template = {0};
    if (p->longest || !p->params.n)
        return orr_error_set(err, ORR_EINVAL, path, "only prompts of a fixed layout are saved");
    orr_prompts_layout_text(&p->layout, &layout);
    orr_str_printf(&template, "%s%%s%s", p->before, p->after);
    const char *const metadata[] = {"format", FORMAT,      "layout", orr_str_c(&layout), "template", orr_str_c(&template),
                                    "method", method, "task",   task,               NULL};
    const enum orr_status s = orr_model_write(path, &p->params, orr_shape1(0), NULL, metadata, err);
    orr_str_free(&layout);
    orr_str_free(&template);
    return s;
}

enum orr_status orr_prompts_load(const char *path, const struct orr_clip *clip, struct orr_prompts *out, char method[64],
                                 char task[64], struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_prompts_layout layout;
    struct orr_error why;
    *out = (struct orr_prompts){0};
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (!s && !strcmp(orr_model_metadata(&f, "format"), OLDER))
        s = orr_error_set(err, ORR_EUNSUPPORTED, path,
                          "holds prompts of an earlier form; learn them again with `orrery prompt train`");
    if (!s && strcmp(orr_model_metadata(&f, "format"), FORMAT) != 0)
        s = orr_error_set(err, ORR_EFORMAT, path, "holds no learned prompts; `orrery prompt train --out` writes them");
    if (!s && orr_prompts_layout_parse(orr_model_metadata(&f, "layout"), &layout, &why))
        s = orr_error_set(err, ORR_EFORMAT, path, "%s: %s", why.where, why.message);
    if (!s && orr_prompts_init(out, clip, &layout, orr_model_metadata(&f, "template"), 0, &why))
        s = orr_error_set(err, ORR_EFORMAT, path, "%s: %s", why.where, why.message);
    if (!s) s = orr_model_read(&f, path, &out->params, orr_shape1(0), NULL, err);
    if (!s) snprintf(method, 64, "%s", orr_model_metadata(&f, "method"));
    if (!s) snprintf(task, 64, "%s", orr_model_metadata(&f, "task"));
    orr_safetensors_close(&f);
    return s;
}
