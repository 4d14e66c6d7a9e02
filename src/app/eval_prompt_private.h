/* Private to eval_prompt*.c: all scores of an evaluation of prompts. */
#ifndef ORRERY_APP_EVAL_PROMPT_PRIVATE_H
#define ORRERY_APP_EVAL_PROMPT_PRIVATE_H

#include "app/eval_prompt.h"

/* What is compared: a method with settings of its own. The trivial ones first. */
struct orr_prompt_arm {
    const char *name, *method;
    int length;                   /* uniform: prompts per layer */
    enum orr_prompts_maps maps;   /* OWN: the method's own */
    bool ours, transfers;         /* compared with all others; scored on other tasks too */
    int found;                    /* 1..3: the layout that the search of the same images found, as deep text, MaPLe, modular */
};
extern const struct orr_prompt_arm orr_prompt_arms[];
extern const size_t orr_prompt_arm_count;

enum { ORR_PROMPT_SEARCH_NUMBERS = 3 }; /* length, margin, entropy */
struct orr_prompt_panel {
    const struct orr_eval_prompt_options *o;
    struct orr_clip clip;
    struct orr_prompt_world *world; /* [tasks] */
    size_t tasks, seeds, transfer_seeds;
    bool *wanted;     /* [arms] */
    double *score;    /* (tasks, arms, seeds, metrics); NaN: none */
    double *seconds;  /* (tasks, arms, seeds) */
    double *size;     /* (arms) parameters */
    double *transfer; /* (tasks, arms, seeds): accuracy on task t of prompts learned on task 0 */
    double *search;   /* (tasks, seeds, branches, layers, numbers) */
    int layers[ORR_PROMPTS_BRANCHES];
};
double *orr_prompt_panel_score(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed);
double *orr_prompt_panel_seconds(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed);
double *orr_prompt_panel_transfer(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed);
double *orr_prompt_panel_search(const struct orr_prompt_panel *p, size_t task, size_t seed, int branch, int layer);

/* eval_prompt_report.c */
void orr_prompt_panel_report(const struct orr_prompt_panel *p, struct orr_eval *out);

#endif
