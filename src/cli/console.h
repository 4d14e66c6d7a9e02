/* The terminal side of the batch face: where output goes, the progress bar, and the signals that stop a verb. */
#ifndef ORRERY_CLI_CONSOLE_H
#define ORRERY_CLI_CONSOLE_H

#include "cli/verb.h"

/* Fills *io for the process's own stdout and stderr. Once per process. */
void orr_console_open(struct orr_io *io);
/* Installs handlers: the first SIGINT, SIGTERM, SIGUSR1 or SIGHUP makes ticks say stop, the second SIGINT kills. SIGPIPE is
 * ignored: writes report EPIPE instead. */
void orr_console_catch_signals(void);
/* The signal that asked to stop, 0 when none did. */
int orr_console_signal(void);
void orr_console_clear_bar(struct orr_io *io);
/* Flushes io->out and returns the exit code: `code`, or ORR_EXIT_FAILED with a message when the output could not be
 * written. A reader that went away (a closed pipe) is no failure and says nothing. */
int orr_console_finish(struct orr_io *io, int code);

#endif
