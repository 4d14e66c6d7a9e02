#include "cli/out_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum orr_status orr_args_out_file(const struct orr_args *args, const char **out, struct orr_error *err)
{
    *out = orr_args_text(args, "out");
    if (!*out) return ORR_OK;
    const char *slash = strrchr(*out, '/');
    struct orr_str folder = {0};
    orr_str_append_n(&folder, slash ? *out : ".", slash == *out || !slash ? 1 : (size_t)(slash - *out));
    const enum orr_status s = access(folder.data, W_OK | X_OK) == 0
                                  ? ORR_OK
                                  : orr_error_set(err, ORR_EIO, *out, "cannot be written: %s", strerror(errno));
    orr_str_free(&folder);
    return s;
}
