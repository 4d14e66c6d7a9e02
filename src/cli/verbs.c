#include "cli/verbs.h"

const struct orr_verb *const orr_verbs[] = {
    &orr_verb_help,
    NULL,
};
