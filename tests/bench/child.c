/* Child processes with their wall time and peak memory. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double orr_bench_now(void) { return seconds(CLOCK_MONOTONIC); }
double orr_bench_cpu(void) { return seconds(CLOCK_THREAD_CPUTIME_ID); }

bool orr_bench_have(const char *program)
{
    const char *path = getenv("PATH");
    for (const char *p = path ? path : "", *end; *p; p = *end ? end + 1 : end) {
        end = strchrnul(p, ':');
        char file[4096];
        if (snprintf(file, sizeof file, "%.*s/%s", (int)(end - p), p, program) < (int)sizeof file && !access(file, X_OK))
            return true;
    }
    return false;
}

double orr_bench_peak(pid_t pid)
{
    char file[64], line[256];
    snprintf(file, sizeof file, "/proc/%d/status", (int)pid);
    FILE *f = fopen(file, "re");
    double mb = NAN;
    while (f && fgets(line, sizeof line, f)) {
        unsigned long kib;
        if (sscanf(line, "VmHWM: %lu kB", &kib) == 1) mb = (double)kib * 1024e-6;
    }
    if (f) fclose(f);
    return mb;
}

/* In the child: wires its files and becomes the program; tells errno through `failure`, which exec closes. */
static _Noreturn void become(const struct orr_bench_child *c, int out, int failure)
{
    const int in = open(c->stdin_path ? c->stdin_path : "/dev/null", O_RDONLY);
    const int null = open("/dev/null", O_WRONLY);
    if (in >= 0 && null >= 0 && dup2(in, 0) >= 0 && dup2(out >= 0 ? out : null, 1) >= 0 &&
        (getenv("ORRERY_BENCH_VERBOSE") || dup2(null, 2) >= 0)) {
        for (const char *const *e = c->env; e && *e; e++) putenv((char *)*e);
        execvp(c->argv[0], (char *const *)c->argv);
    }
    const int e = errno;
    if (write(failure, &e, sizeof e) < 0) _exit(126);
    _exit(127);
}

/* Reads the child's output as it comes and polls its memory until it has ended; returns its wait status. */
static int attend(struct orr_bench_child *c, pid_t pid, int out)
{
    char bytes[65536];
    int status = 0;
    for (;;) {
        const double mb = orr_bench_peak(pid);
        if (!(mb <= c->rss_mb) && !isnan(mb)) c->rss_mb = mb;
        if (out >= 0) {
            struct pollfd p = {.fd = out, .events = POLLIN};
            if (poll(&p, 1, 1) > 0) {
                const ssize_t n = read(out, bytes, sizeof bytes);
                if (n > 0) {
                    orr_str_append_n(c->captured, bytes, (size_t)n);
                    continue;
                }
                close(out);
                out = -1;
            }
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        struct rusage used;
        if (out < 0 && wait4(pid, &status, WNOHANG, &used) == pid) {
            c->cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
            return status;
        }
    }
}

bool orr_bench_run(struct orr_bench_child *c)
{
    int out[2] = {-1, -1}, failure[2], e;
    c->seconds = c->cpu = c->rss_mb = NAN;
    c->status = -1;
    if (pipe2(failure, O_CLOEXEC) < 0) return false;
    if (c->captured && pipe2(out, O_CLOEXEC) < 0) {
        close(failure[0]);
        close(failure[1]);
        return false;
    }
    const pid_t pid = fork();
    if (pid == 0) become(c, out[1], failure[1]);
    close(failure[1]);
    if (out[1] >= 0) close(out[1]);
    const bool started = pid > 0 && read(failure[0], &e, sizeof e) == 0; /* returns when exec closed the pipe */
    const double start = orr_bench_now();
    close(failure[0]);
    if (!started) {
        if (pid > 0) waitpid(pid, NULL, 0);
        if (out[0] >= 0) close(out[0]);
        return false;
    }
    const int status = attend(c, pid, out[0]);
    c->seconds = orr_bench_now() - start;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return c->status == 0;
}
