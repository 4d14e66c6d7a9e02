#!/bin/bash
# allocations.sh [REGEX]: what Orrery's core commands (those that match) do when an allocation fails, a row each; exit 1 when
# one crashes or damages a store. ALLOCS=400: so many allocations per command, spread evenly. FAULT_ALL=1: one of every place
# that allocates, places being told apart by their six innermost callers (FAIL_DEPTH). REAL=DIR: where a W&B file is found. FAIL_FOR=N: so many fail in a row.
# FAULT_LOG=FILE gets a line per crash. Needs gcc; gdb tells where. Part of `make check-faults`.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
orrery=$here/build/orrery
d=$(mktemp -d /tmp/orrery-faults.XXXXXX)
trap 'rm -rf "$d"' EXIT
export XDG_CACHE_HOME=$d/cache XDG_DATA_HOME=$d/data HOME=$d LC_ALL=C.UTF-8
cd "$d" || exit 2
only=${1:-.} bad=0
row() { # verdict fault what
    printf '%-5s %-34s %s\n' "$1" "$2" "$3"
    [ "$1" != FAIL ] || bad=1
}
logs=$here/datasets/formats

cat >failing.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* The FAIL_AT-th allocation of the program and every later one within FAIL_FOR fails. FAIL_LIST: none fails; the numbers of
 * those that come from a new place, told by the FAIL_DEPTH innermost callers, go to descriptor 9. */
extern void *__libc_malloc(size_t); extern void *__libc_calloc(size_t, size_t); extern void *__libc_realloc(void *, size_t);
enum { TABLE = 1 << 18, DEEPEST = 32 };
static long at, many, n;
static int listing, depth, lock, begun;
static unsigned long seen[TABLE];
static __thread int inside;
static void list(long i)
{
    void *caller[DEEPEST + 3];
    unsigned long h = 14695981039346656037UL, k;
    inside = 1;
    const int have = backtrace(caller, depth + 3);
    for (int c = 3; c < have; c++) h = (h ^ (unsigned long)caller[c]) * 1099511628211UL;
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) { }
    for (k = h % TABLE; seen[k] && seen[k] != h; k = (k + 1) % TABLE) { }
    if (!seen[k]) {
        char b[32] = "\n";
        int w = 31;
        seen[k] = h;
        b[w] = '\n';
        do b[--w] = '0' + i % 10; while (i /= 10);
        (void)!write(9, b + w, 32 - w);
    }
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    inside = 0;
}
static int fails(void)
{
    if (!begun || inside) return 0;
    const long i = __atomic_add_fetch(&n, 1, __ATOMIC_RELAXED);
    if (listing) { list(i); return 0; }
    return at > 0 && i >= at && i < at + many;
}
static int number(const char *name, int otherwise) { const char *x = getenv(name); return x ? atoi(x) : otherwise; }
__attribute__((constructor)) static void begin(void)
{
    void *caller[4];
    backtrace(caller, 4); /* it loads what it needs now */
    at = number("FAIL_AT", 0), many = number("FAIL_FOR", 1), listing = number("FAIL_LIST", 0), depth = number("FAIL_DEPTH", 6);
    if (depth > DEEPEST) depth = DEEPEST;
    begun = 1;
}
void *malloc(size_t k) { if (fails()) { errno = ENOMEM; return 0; } return __libc_malloc(k); }
void *calloc(size_t a, size_t b) { if (fails()) { errno = ENOMEM; return 0; } return __libc_calloc(a, b); }
void *realloc(void *p, size_t k) { if (fails()) { errno = ENOMEM; return 0; } return __libc_realloc(p, k); }
__attribute__((destructor)) static void tell(void) { if (getenv("FAIL_COUNT")) dprintf(9, "%ld\n", n); }
C
# try.sh NUMBER COMMAND...: one line: what became of the command when that allocation failed. Runs in a folder of its own.
cat >try.sh <<'T'
at=$1 d=$2
shift 2
mkdir "$d/try.$at" && cd "$d/try.$at" || exit
{ FAIL_AT=$at LD_PRELOAD=$d/failing.so timeout 120 "$@" >out 2>err </dev/null; } 2>/dev/null
rc=$?
if [ -s m.db ] && ! sqlite3 m.db 'pragma integrity_check' 2>/dev/null | grep -qx ok; then
    echo "crashed $at: the store is damaged"
else
    case $rc in
    0) echo fine ;;
    134) if grep -qi memory err; then echo named; else echo "crashed $at: $rc $(tail -1 err)"; fi ;;
    124 | 135 | 136 | 139)
        where=$(rm -f m.db*; gdb -batch -ex "set env FAIL_AT $at" -ex "set env LD_PRELOAD $d/failing.so" -ex "set startup-with-shell off" -ex run -ex 'bt 30' --args "$@" 2>/dev/null </dev/null |
            grep '^#' | sed -E 's/^#[0-9]+ +(0x[0-9a-f]+ in )?([^ ]+).*(at|from) (.*)$/\2 \4/' | tr '\n' ';')
        case $where in
        *gotoblas_init* | *libgfortran*) echo foreign ;; # OpenBLAS and what it brings end the process when they cannot load
        *) echo "crashed $at: $rc $where" ;;
        esac ;;
    *) echo named ;;
    esac
fi
cd / && rm -rf "$d/try.$at"
T
if gcc -shared -fPIC -O1 -o failing.so failing.c 2>/dev/null; then
    # allocations NAME COMMAND...: m.db in the command is a store that does not exist yet.
    allocations() {
        local name=$1 total tries named fine crashed foreign what
        shift
        [[ $name =~ $only ]] || return 0
        mkdir count && cd count || return
        total=$(FAIL_COUNT=1 LD_PRELOAD=$d/failing.so "$@" 9>&1 >/dev/null 2>/dev/null </dev/null)
        rm -f m.db*
        if [ -n "${FAULT_ALL:-}" ]; then
            FAIL_LIST=1 LD_PRELOAD=$d/failing.so "$@" 9>"$d/places" >/dev/null 2>/dev/null </dev/null
            what="each of $(wc -l <"$d/places") places that allocate ($total allocations)"
        else
            seq 1 $((${total:-0} / ${ALLOCS:-400} + 1)) "${total:-0}" >"$d/places"
            what="$(wc -l <"$d/places") of $total allocations"
        fi
        cd "$d" && rm -rf count
        xargs -P "$(nproc)" -I{} bash "$d/try.sh" {} "$d" "$@" <"$d/places" >tried
        foreign=$(grep -c '^foreign' tried)
        [ "$foreign" = 0 ] || what="$what, $foreign of them ended by OpenBLAS or libgfortran as they load"
        tries=$(wc -l <tried) named=$(grep -c '^named' tried) fine=$(grep -c '^fine' tried) crashed=$(grep -c '^crashed' tried)
        [ -z "${FAULT_LOG:-}" ] || grep '^crashed' tried >>"$FAULT_LOG"
        if [ "$crashed" = 0 ] && [ "$tries" -gt 0 ]; then
            row ok "allocation fails: $name" "$what: $named ended with an error, $fine went on, none crashed"
        else
            row FAIL "allocation fails: $name" "$what: $crashed crashed, first at $(grep -m1 '^crashed' tried | cut -c9-300)"
        fi
    }
    "$orrery" --store whole.db import "$logs" >/dev/null 2>&1
    "$orrery" --store corpus.db corpus add facts "$here/datasets/tables/tables.jsonl" >/dev/null 2>&1
    head -4 "$here/datasets/adoption/simulated.csv" >counts.csv
    "$orrery" forecast adoption counts.csv --json --fragments parts --shard 0/1 >/dev/null 2>&1
    # A small file of every format, from the seeds of fuzzing, whose first byte is for the target.
    seed() {
        mkdir -p "$(dirname "each/$2")"
        tail -c +2 "$here/tests/fuzz/corpus/$1" >"each/$2"
    }
    seed json/trainer trainer_state.json
    seed jsonl/mlperf result.log
    seed lcdb/two lcdb/er/7.json
    echo '{"learners":["SVC_linear","KNN"],"anchors":[16,23,32]}' >each/lcdb/meta.json
    echo '{"7":"a set"}' >each/lcdb/names.json
    seed npy/npz_deflated step_1.npz
    seed npy/f4 step_2.npy
    seed safetensors/two step_3.safetensors
    seed csv/dates counts.csv
    seed csv/lightning metrics.csv
    for name in optuna trackio mlflow; do tail -c +2 "$here/tests/fuzz/corpus/sqlite/$name" | sqlite3 "each/$name.db"; done
    mkdir -p each/mlruns/0/a/{metrics,params,tags}
    printf 'run_id: a\nexperiment_id: 0\nstatus: 3\n' >each/mlruns/0/a/meta.yaml
    printf '1 3.5 0\n2 2.5 1\n' >each/mlruns/0/a/metrics/loss
    echo 12 >each/mlruns/0/a/params/epochs
    echo name >each/mlruns/0/a/tags/mlflow.runName
    "$orrery" --store lab.db lab train --data spirals --arch mlp:4 --epochs 4 --weights every:epoch >/dev/null 2>&1
    "$orrery" --store lab.db export logs 1 --out each >/dev/null 2>&1
    "$orrery" simulate network --nodes 6 --points 30 >nodes.csv 2>/dev/null
    [ -z "${REAL:-}" ] || find "$REAL" -name '*.wandb' -size -200k 2>/dev/null | head -1 | xargs -I{} cp {} each/run.wandb
    store=$d/whole.db
    allocations runs "$orrery" --store "$store" runs --json
    allocations "runs, table" "$orrery" --store "$store" runs --group-by optim --columns val/loss
    allocations import "$orrery" --store m.db import "$logs/optimizers"
    allocations "import, JSON lines" "$orrery" --store m.db import "$logs/finetune.jsonl"
    for file in each/*; do
        [ "$file" != each/lcdb ] || file=each/lcdb/er/7.json
        allocations "import, ${file##*/}" "$orrery" --store m.db import "$d/$file"
    done
    allocations sql "$orrery" --store "$store" sql "select name, min(value) from point join run on run.id = run_id group by run_id"
    allocations search "$orrery" --store "$d/corpus.db" search facts 'which river is the longest' --json
    allocations curve "$orrery" --store "$store" curve 1 --plot -
    allocations "forecast curve" "$orrery" --store "$store" forecast curve 1 --observe 50% --method power
    allocations "forecast adoption" "$orrery" forecast adoption "$d/counts.csv" --json
    allocations "forecast weights" "$orrery" --store "$d/lab.db" forecast weights 1 --observe 3
    allocations "forecast network" "$orrery" forecast network "$d/nodes.csv" --observe 20
    allocations "merge of fragments" "$orrery" merge "$d/parts"
    allocations "merge of stores" "$orrery" --store m.db merge "$store"
else
    row skip "allocation fails" "gcc is missing"
fi
exit $bad
