/* The option parser: GNU style (--name VALUE, --name=VALUE, -n VALUE, -nVALUE, clustered flags, `--`), driven by the
 * option tables of the verbs. */
#ifndef ORRERY_CLI_ARGS_H
#define ORRERY_CLI_ARGS_H

#include "base/arena.h"
#include "cli/verb.h"

/* Parses argv[0..argc) (without the verb's words). What *out points to lives in the arena or in argv. With --help
 * nothing else is required. EINVAL on a usage error; the message suggests the nearest name. */
enum orr_status orr_args_parse(const struct orr_verb *verb, int argc, char *const *argv, struct orr_arena *a,
                               struct orr_args *out, struct orr_error *err);

/* --observe N|P%, where it was given; `what` is counted: "points". EINVAL where it is neither. */
enum orr_status orr_args_observe(const struct orr_args *args, const char *what, size_t *count, double *share,
                                 struct orr_error *err);

#endif
