/* Waiting for changes in folders: inotify where it works, else (network file systems, too many folders) only time. */
#ifndef ORRERY_APP_WATCH_H
#define ORRERY_APP_WATCH_H

#include <stddef.h>

#include <orrery/progress.h>

struct orr_watch;

struct orr_watch *orr_watch_new(void);
void orr_watch_free(struct orr_watch *w); /* NULL-safe */
void orr_watch_folder(struct orr_watch *w, const char *path); /* again and again is fine */
/* Until something changed or `seconds` have passed: true; false once the ticker says stop (asked ten times a second). */
bool orr_watch_wait(struct orr_watch *w, double seconds, const struct orr_ticker *ticker);

#endif
