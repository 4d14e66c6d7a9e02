/* Tasks for prompts by name: those that are drawn (methods/prompt/tasks.h), and those of installed packages. */
#ifndef ORRERY_APP_PROMPT_TASKS_H
#define ORRERY_APP_PROMPT_TASKS_H

#include <orrery/progress.h>

#include "methods/prompt/tasks.h"

struct orr_prompt_packaged {
    const char *name, *about, *phrase;
    bool known; /* the words of its classes were in captions that our encoder was trained on */
};
/* fashion-mnist (photographs of garments), handwritten-digits: the encoder saw drawn garments and digits and never one of
 * these. stamps: pictures of tuxpaint-stamps-default by folder; its words were in no caption, so that zero-shot is chance. */
extern const struct orr_prompt_packaged orr_prompt_packaged[]; /* ends with a name NULL */

/* A drawn task, or one of a package; seed: which pictures. ENOTFOUND names the package that is missing. */
enum orr_status orr_prompt_task_load(const char *name, int side, uint64_t seed, const struct orr_ticker *ticker,
                                     struct orr_prompt_task *out, struct orr_error *err);

#endif
