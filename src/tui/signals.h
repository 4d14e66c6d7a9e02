/* Signals as bytes on a pipe, and the last resort: the terminal is restored before a crash kills the process. */
#ifndef ORRERY_TUI_SIGNALS_H
#define ORRERY_TUI_SIGNALS_H

#include <stdbool.h>

/* Catches SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP; ignores SIGPIPE; on SIGSEGV, SIGBUS, SIGFPE, SIGILL and
 * SIGABRT calls `crash` (async-signal-safe) and dies of the same signal. */
bool orr_signals_catch(void (*crash)(void));
void orr_signals_release(void); /* what was before */
int orr_signals_fd(void);
int orr_signals_next(void); /* the next signal that came, 0 when there is none */
void orr_signals_stop_self(void); /* stops as if nothing had caught SIGTSTP; returns after SIGCONT */

#endif
