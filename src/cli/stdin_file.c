#include "cli/stdin_file.h"

#include <errno.h>
#include <string.h>

enum orr_status orr_cli_stdin_file(FILE **f, char path[64], struct orr_error *err)
{
    char buffer[1 << 14];
    size_t n;
    *f = tmpfile();
    if (!*f) return orr_error_set(err, ORR_EIO, "-", "cannot keep standard input: %s", strerror(errno));
    while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        if (fwrite(buffer, 1, n, *f) != n) return orr_error_set(err, ORR_EFULL, "-", "cannot keep standard input");
    if (ferror(stdin) || fflush(*f))
        return orr_error_set(err, ORR_EIO, "-", "cannot read standard input: %s", strerror(errno));
    snprintf(path, 64, "/proc/self/fd/%d", fileno(*f));
    return ORR_OK;
}
