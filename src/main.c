/* orrery: the terminal workbench for everything that moves while models are trained, adopted and used. */
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"

/* json-c 0.16 copies the keys of objects without looking whether there was memory, and dies of a null pointer. Libraries find
 * this one before that of libc: without memory the program ends with a message, as for control data of its own. */
char *strdup(const char *s) { return orr_xstrdup(s); }

int main(int argc, char **argv) { return orr_cli_main(argc, argv); }
