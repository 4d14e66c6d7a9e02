/* Shared by the files of this folder. */
#ifndef ORRERY_METHODS_PROMPT_PRIVATE_H
#define ORRERY_METHODS_PROMPT_PRIVATE_H

#include "methods/prompt/prompt.h"

const struct orr_clip_tower *orr_prompts_tower(const struct orr_clip *c, enum orr_prompts_branch branch);
/* Prompt vectors that are parameters of a layer: those added, or of all options of a search. */
int orr_prompts_rows(const struct orr_prompts *p, enum orr_prompts_branch branch, int layer);

#endif
