/* orrery: the terminal workbench for everything that moves while models are trained, adopted and used. */
#include "cli/cli.h"

int main(int argc, char **argv) { return orr_cli_main(argc, argv); }
