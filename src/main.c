/* orrery: the terminal workbench for everything that moves while models are trained, adopted and used. */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("orrery " ORR_VERSION);
    return 0;
}
