/* The verbs, one const descriptor per file verb_NAME.c. */
#ifndef ORRERY_CLI_VERBS_H
#define ORRERY_CLI_VERBS_H

#include "cli/verb.h"

extern const struct orr_verb orr_verb_help;

#endif
