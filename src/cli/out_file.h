/* The file that a long command is to write at its end. */
#ifndef ORRERY_CLI_OUT_FILE_H
#define ORRERY_CLI_OUT_FILE_H

#include <orrery/error.h>

#include "cli/verb.h"

/* The value of --out, NULL where it was not given. EIO names a folder that is missing or may not be written to: that is said
 * before hours of work and not after them. */
enum orr_status orr_args_out_file(const struct orr_args *args, const char **out, struct orr_error *err);

#endif
