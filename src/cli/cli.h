/* The batch face's entry, called by main. */
#ifndef ORRERY_CLI_CLI_H
#define ORRERY_CLI_CLI_H

int orr_cli_main(int argc, char **argv); /* returns the exit code */

#endif
