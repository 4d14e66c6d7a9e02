/* The frame of orrery-bench: our figure and a peer's, measured alternately in one run, as rows with a ratio. A benchmark
 * is one file bench_NAME.c with a descriptor that main.c lists. Peers that are no installed program lie in the folder
 * that ORRERY_PEERS names (../shared/peers where that exists). */
#ifndef ORRERY_TESTS_BENCH_H
#define ORRERY_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>

#include "base/str.h"

struct orr_bench_report; /* where rows go */

struct orr_bench {
    const char *name, *summary;
    void (*run)(struct orr_bench_report *report);
};

/* One measurement of one side. rss_mb: peak resident memory of the measured child process, NaN when the work is done
 * in this process. */
struct orr_bench_sample {
    double value; /* in the unit of the case */
    double rss_mb;
};
/* Measures once; false: it failed, and the row says so. */
typedef bool (*orr_bench_side)(void *ctx, struct orr_bench_sample *out);

struct orr_bench_case {
    const char *name;   /* the row's name: the benchmark's, "import_csv" */
    const char *config; /* what was measured: "1000000 rows x 7 columns" */
    int threads;
    const char *unit;   /* "rows/s", "fits/s", "s" */
    bool lower_is_better;
    const char *peer_name;    /* with its version where it has one: "sqlite3 3.40.1" */
    const char *peer_missing; /* not NULL: the peer cannot be run, and why */
    orr_bench_side ours, peer;
    void *ctx;
    int repetitions; /* of each side; fewer than 5 become 5 */
};

/* Runs each side once unmeasured, then ours, peer, ours, peer, ...; adds a row with the medians. ratio > 1: ours is
 * better. Strings are copied. */
void orr_bench_compare(struct orr_bench_report *report, const struct orr_bench_case *c);

/* Seconds of a monotonic clock; of this thread on a processor, for work that is neither side's waiting. */
double orr_bench_now(void);
double orr_bench_cpu(void);

/* A child process run to its end, without a shell. Its standard error goes to /dev/null unless ORRERY_BENCH_VERBOSE is
 * set. */
struct orr_bench_child {
    const char *const *argv;  /* looked up in PATH; ends with NULL */
    const char *const *env;   /* "NAME=VALUE" added to the environment; ends with NULL; may be NULL */
    const char *stdin_path;   /* NULL: /dev/null */
    struct orr_str *captured; /* receives standard output; NULL: discarded */
    /* out */
    double seconds; /* from exec to exit, wall clock */
    double cpu;     /* of all its threads on processors, user and system */
    double rss_mb;  /* largest VmHWM seen, polled every millisecond: ru_maxrss would start at our own size */
    int status;     /* exit status; 128 + signal when killed; -1 when it could not be started */
};
/* True when the child was started and left with status 0. */
bool orr_bench_run(struct orr_bench_child *child);

/* Whether `program` is in PATH. */
bool orr_bench_have(const char *program);
/* Peak resident memory of a living process in MB (10^6 bytes); NaN once it has ended. */
double orr_bench_peak(pid_t pid);

/* `orrery-bench --steps NAME N`, which the memory rows run as a child: N steps of a training workload and nothing else, or
 * for N 0 only the start of the process; prints its peak memory in MB. Returns the exit status. */
#define ORR_BENCH_STEPS "--steps"
int orr_bench_steps(const char *name, int steps);

/* The orrery under test: ORRERY_BIN, else the one beside this program. */
const char *orr_bench_orrery(void);
/* A scratch folder, made at the first call and removed at the end of the run. */
const char *orr_bench_scratch(void);

#endif
