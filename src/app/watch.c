#include "app/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"

enum { TICK_MS = 100 };

struct orr_watch {
    int fd; /* -1: no inotify here */
};

struct orr_watch *orr_watch_new(void)
{
    struct orr_watch *w = orr_xcalloc(1, sizeof *w);
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return w;
}

void orr_watch_free(struct orr_watch *w)
{
    if (!w) return;
    if (w->fd >= 0) close(w->fd);
    free(w);
}

void orr_watch_folder(struct orr_watch *w, const char *path)
{
    /* Where this fails (no watches left, say) the passing of time still finds what changed. */
    if (w->fd >= 0) inotify_add_watch(w->fd, path, IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
}

static bool drain(struct orr_watch *w)
{
    char events[4096];
    bool any = false;
    while (read(w->fd, events, sizeof events) > 0) any = true;
    return any;
}

bool orr_watch_wait(struct orr_watch *w, double seconds, const struct orr_ticker *ticker)
{
    for (double waited = 0; waited < seconds; waited += TICK_MS / 1e3) {
        if (!orr_ticker_tick(ticker, "watching", "files", 0, 0)) return false;
        struct pollfd p = {.fd = w->fd, .events = POLLIN};
        poll(&p, 1, TICK_MS);
        if (w->fd >= 0 && (p.revents & POLLIN) && drain(w)) {
            poll(NULL, 0, TICK_MS); /* writers come in bursts */
            drain(w);
            break;
        }
    }
    return orr_ticker_tick(ticker, "watching", "files", 0, 0);
}
