#include "aid_command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/shell.h"

const char *aid_program(void)
{
    const char *given = getenv("ORRERY_BIN");
    return given && *given ? given : "build/orrery";
}

static char *slurp(FILE *f)
{
    struct orr_str s = {0};
    char block[4096];
    rewind(f);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) orr_str_append_n(&s, block, n);
    fclose(f);
    return s.data ? s.data : strdup("");
}

struct aid_output aid_command(const char *store, const char *line, const char *input)
{
    struct orr_arena arena = {0};
    struct orr_str whole = {0};
    int argc, status;
    char **argv;
    orr_shell_append(&whole, aid_program());
    orr_str_printf(&whole, " %s", line);
    ck_assert_int_eq(orr_shell_split(&arena, "test", whole.data, &argc, &argv, NULL), 0);
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    ck_assert(in && out && err);
    if (input) fputs(input, in);
    fflush(in);
    rewind(in);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(in), 0);
        dup2(fileno(out), 1);
        dup2(fileno(err), 2);
        setenv("TZ", "UTC", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        if (store) setenv("ORRERY_STORE", store, 1);
        execv(argv[0], argv);
        _exit(127);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child);
    fclose(in);
    orr_arena_free(&arena);
    orr_str_free(&whole);
    return (struct aid_output){slurp(out), slurp(err),
                               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
}

struct aid_output aid_command_expect(const char *store, const char *line, int code)
{
    const struct aid_output o = aid_command(store, line, NULL);
    ck_assert_msg(o.code == code, "orrery %s: exit %d, expected %d\n%s%s", line, o.code, code, o.out, o.err);
    return o;
}

void aid_output_free(struct aid_output *o)
{
    free(o->out);
    free(o->err);
    *o = (struct aid_output){0};
}
