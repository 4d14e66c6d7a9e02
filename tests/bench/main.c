/* orrery-bench: speed as ratios to peers, measured side by side in one run. */
#include "bench.h"

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
