/* Standard input as a file, for readers that want one. */
#ifndef ORRERY_CLI_STDIN_FILE_H
#define ORRERY_CLI_STDIN_FILE_H

#include <stdio.h>

#include <orrery/error.h>

/* Copies all of standard input into an unlinked file; path names it as long as *f is open. The caller closes *f (also
 * after an error, when it is not NULL). */
enum orr_status orr_cli_stdin_file(FILE **f, char path[64], struct orr_error *err);

#endif
