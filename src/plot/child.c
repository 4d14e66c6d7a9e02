#include "plot/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { TICK_MS = 50 };

struct child {
    pid_t pid;
    int in, out, err; /* -1 once closed */
    const char *input;
    size_t left;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* The input is a socket: MSG_NOSIGNAL spares the process a SIGPIPE when the child is gone. */
static enum orr_status start(struct child *c, char *const argv[], struct orr_error *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, errs[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC) || pipe2(errs, O_CLOEXEC)) {
        const enum orr_status s = orr_error_set(err, ORR_EIO, argv[0], "cannot make a pipe: %s", strerror(errno));
        for (int i = 0; i < 2; i++) close_fd(&in[i]), close_fd(&out[i]), close_fd(&errs[i]);
        return s;
    }
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[1], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, errs[1], 2);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    const int rc = posix_spawnp(&c->pid, argv[0], &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    close_fd(&in[1]), close_fd(&out[1]), close_fd(&errs[1]);
    c->in = in[0], c->out = out[0], c->err = errs[0];
    if (rc == 0) return ORR_OK;
    close_fd(&c->in), close_fd(&c->out), close_fd(&c->err);
    return orr_error_set(err, rc == ENOENT || rc == EACCES ? ORR_ENOTFOUND : ORR_EIO, argv[0], "cannot start it: %s",
                         strerror(rc));
}

static void feed(struct child *c)
{
    const ssize_t sent = c->left ? send(c->in, c->input, c->left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    if (sent > 0) c->input += sent, c->left -= (size_t)sent;
    const bool later = sent < 0 && (errno == EAGAIN || errno == EINTR);
    if (!c->left || (sent < 0 && !later)) close_fd(&c->in); /* all said, or nobody listens: its exit tells why */
}

static void collect(int *fd, struct orr_str *to)
{
    char part[65536];
    const ssize_t got = read(*fd, part, sizeof part);
    if (got > 0)
        orr_str_append_n(to, part, (size_t)got);
    else if (got == 0 || (errno != EINTR && errno != EAGAIN))
        close_fd(fd);
}

/* One round: waits at most TICK_MS and moves what can be moved. */
static void pump(struct child *c, struct orr_child_result *out)
{
    struct pollfd p[3] = {{c->in, POLLOUT, 0}, {c->out, POLLIN, 0}, {c->err, POLLIN, 0}};
    if (poll(p, 3, TICK_MS) <= 0) return;
    if (c->in >= 0 && p[0].revents) feed(c);
    if (c->out >= 0 && p[1].revents) collect(&c->out, &out->out);
    if (c->err >= 0 && p[2].revents) collect(&c->err, &out->err);
}

enum orr_status orr_child_run(char *const argv[], const char *input, size_t n, int timeout_ms,
                              const struct orr_ticker *ticker, struct orr_child_result *out, struct orr_error *err)
{
    struct child c = {.input = input, .left = n};
    *out = (struct orr_child_result){.exit_code = -1};
    enum orr_status status = start(&c, argv, err);
    if (status != ORR_OK) return status;
    const int64_t deadline = now_ms() + timeout_ms;
    int state = 0;
    bool ended = false;
    while (status == ORR_OK && !(ended && c.out < 0 && c.err < 0)) {
        if (c.out >= 0 || c.err >= 0 || c.in >= 0)
            pump(&c, out);
        else
            nanosleep(&(struct timespec){0, 5000000}, NULL); /* it closed its outputs and lives on */
        if (!ended && (c.out < 0 || c.err < 0)) ended = waitpid(c.pid, &state, WNOHANG) == c.pid;
        if (!orr_ticker_tick(ticker, argv[0], "bytes", out->out.len, 0))
            status = orr_error_set(err, ORR_ECANCELLED, argv[0], "cancelled");
        else if (now_ms() > deadline)
            status = orr_error_set(err, ORR_EIO, argv[0], "not done within %.3g seconds; killed", timeout_ms / 1000.0);
        else if (out->out.len > ORR_CHILD_OUTPUT_LIMIT || out->err.len > ORR_CHILD_OUTPUT_LIMIT)
            status = orr_error_set(err, ORR_EIO, argv[0], "it writes without end; killed");
    }
    if (!ended) {
        kill(-c.pid, SIGKILL);
        while (waitpid(c.pid, &state, 0) < 0 && errno == EINTR) continue;
    }
    close_fd(&c.in), close_fd(&c.out), close_fd(&c.err);
    out->exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    return status;
}
