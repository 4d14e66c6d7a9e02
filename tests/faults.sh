#!/bin/bash
# faults.sh: what Orrery does when the world around it fails, as a table; exit 1 when a row is not as it should be. Needs root
# (small file systems) and gcc; rows that cannot be tried say so. Not part of `make check`, which has the same faults one by one
# in unit tests; `make check-faults`. BLAS_DIR=DIR: where other builds of OpenBLAS lie. KILLS=1000 rounds of
# kill -9 (default 1000). Failing allocations: allocations.sh, which has settings of its own.
# shellcheck disable=SC2317 # functions that holds calls
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
orrery=$here/build/orrery
d=$(mktemp -d /tmp/orrery-faults.XXXXXX)
trap 'umount "$d/full" 2>/dev/null; rm -rf "$d"' EXIT
export XDG_CACHE_HOME=$d/cache XDG_DATA_HOME=$d/data HOME=$d LC_ALL=C.UTF-8
cd "$d" || exit 2
bad=0
row() { # verdict fault what
    printf '%-5s %-34s %s\n' "$1" "$2" "$3"
    [ "$1" != FAIL ] || bad=1
}
# judge FAULT WANTED-EXIT WANTED-TEXT COMMAND...: runs it; the row is ok when exit and words are as wanted.
judge() {
    local fault=$1 want=$2 words=$3 out rc
    shift 3
    out=$(timeout 120 "$@" 2>&1 </dev/null)
    rc=$?
    if [[ $rc =~ ^($want)$ ]] && grep -qE "$words" <<<"$out"; then
        row ok "$fault" "exit $rc: $(grep -E "$words" <<<"$out" | head -1 | cut -c1-150)"
    else
        row FAIL "$fault" "exit $rc: $(tail -1 <<<"$out" | cut -c1-200)"
    fi
}
# holds FAULT GOOD BAD COMMAND...: ok when the command succeeds.
holds() {
    local fault=$1 good=$2 why=$3
    shift 3
    if "$@" >/dev/null 2>&1; then row ok "$fault" "$good"; else row FAIL "$fault" "$why"; fi
}
whole() { "$orrery" --store "$1" doctor >"$d/doctor.txt" 2>&1; grep -qE '^(store|runs).* ok ' "$d/doctor.txt" && ! grep -q ' bad ' "$d/doctor.txt"; }
logs=$here/datasets/formats
fill() { "$orrery" --store "$1" import "$logs" >/dev/null 2>&1; }
count() { "$orrery" --store "$1" sql 'select count(*) from run' --csv 2>/dev/null | tail -1; }
fill whole.db
all=$(count whole.db)

# ---- the disk ----
mkdir full
if mount -t tmpfs -o size=800k tmpfs full 2>/dev/null; then
    judge "disk full while importing" 1 'full|space' "$orrery" --store full/s.db import "$logs"
    rm -f full/s.db*
    "$orrery" --store full/s.db import "$logs/finetune.jsonl" >/dev/null 2>&1
    n=$(count full/s.db)
    dd if=/dev/zero of=full/fill bs=4k 2>/dev/null
    [ "${n:-0}" -gt 0 ] || row FAIL "a store on a small disk" "holds nothing"
    judge "disk full while pinning" '0|1' 'pinned|full|space|read' "$orrery" --store full/s.db pin 1
    holds "... the runs of before" "all $n are there" "$(count full/s.db) of $n" [ "$(count full/s.db)" = "$n" ]
    judge "disk full while writing a picture" 1 'full|space|written' "$orrery" --store whole.db curve 1 --plot full/x.png
    umount full
else
    row skip "disk full" "mounting a small file system needs root"
fi
cp whole.db ro.db && chmod 400 ro.db
if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ]; then
    chmod 755 "$d" && cp ro.db /tmp/orrery-faults-ro.db && chmod 444 /tmp/orrery-faults-ro.db
    judge "store may not be written: reading" 0 'lr|id' setpriv --reuid=65534 --clear-groups "$orrery" --store /tmp/orrery-faults-ro.db runs
    judge "store may not be written: pin" 1 'may not be written|read' setpriv --reuid=65534 --clear-groups "$orrery" --store /tmp/orrery-faults-ro.db pin 1
    rm -f /tmp/orrery-faults-ro.db*
fi
head -c 50000 whole.db >cut.db
judge "store cut short" 1 'damaged|not a' "$orrery" --store cut.db runs
printf 'hello' >text.db
judge "store is another file" 1 'not|another' "$orrery" --store text.db runs

# ---- two at once ----
sqlite3 whole.db 'BEGIN IMMEDIATE; SELECT 1;' '.system sleep 8' >/dev/null 2>&1 &
sleep 0.3
judge "another program holds the lock: reading" 0 'id' "$orrery" --store whole.db runs
judge "another program holds the lock: pin" 3 'busy|locked|another' "$orrery" --store whole.db pin 1
wait
fill two.db & fill two.db & wait
holds "two imports of the same at once" "$all runs, none twice" "$(count two.db) of $all runs" [ "$(count two.db)" = "$all" ]
if command -v tmux >/dev/null; then
    export TMUX_TMPDIR=$d
    cp whole.db gone.db
    tmux -u -L f -f /dev/null new-session -d -x 100 -y 30 "TERM=screen-256color $orrery --store gone.db; echo ended \$? >$d/ended; sleep 60"
    sleep 1.5
    rm -f gone.db*
    tmux -L f send-keys j j s Enter Escape
    sleep 1
    tmux -L f send-keys q
    for _ in $(seq 30); do [ -s ended ] && break; sleep 0.2; done
    holds "store removed while open" "goes on and quits with 0" "$(cat ended 2>/dev/null)" grep -q 'ended 0' ended
    rm -f ended
    tmux -L f kill-server 2>/dev/null
    sleep 0.5
    tmux -u -L f -f /dev/null new-session -d -x 100 -y 30 "TERM=screen-256color exec $orrery --store whole.db"
    sleep 1.5
    pid=$(tmux -L f display -p '#{pane_pid}')
    tmux -L f kill-server
    for _ in $(seq 30); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
    ended_whole() { [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null && whole whole.db; }
    holds "terminal gone" "ends by itself, the store is whole" "process $pid still runs, or the store is damaged" ended_whole
fi

# ---- gnuplot ----
mkdir none dies hangs
# They answer when asked what they are, and fail when they are to draw.
real=$(command -v gnuplot)
printf '#!/bin/sh\n[ -e "%s/asked" ] && kill -9 $$\n: >"%s/asked"\nexec %s "$@"\n' "$d" "$d" "$real" >dies/gnuplot
sed 's/kill -9 \$\$/exec sleep 1000/' dies/gnuplot >hangs/gnuplot
chmod +x dies/gnuplot hangs/gnuplot
judge "gnuplot missing" 1 'install gnuplot' env PATH="$d/none" "$orrery" --store whole.db curve 1 --plot x.png
judge "gnuplot dies" 1 'signal|drew nothing|died' env PATH="$d/dies:$PATH" "$orrery" --store whole.db curve 1 --plot x.png
rm -f asked
judge "gnuplot hangs, SIGTERM" '124' 'stopped|cancelled' env PATH="$d/hangs:$PATH" timeout 3 "$orrery" --store whole.db curve 1 --plot x.png
holds "... no half picture" "nothing was written" "x.png is there" [ ! -e x.png ]

# ---- OpenBLAS ----
mkdir blas
for kind in pthread openmp serial; do
    lib=$(find "${BLAS_DIR:-/usr/lib}" /usr/lib -path "*openblas-$kind/libopenblas.so.0" 2>/dev/null | head -1)
    [ -n "$lib" ] || { row skip "OpenBLAS, $kind" "not installed"; continue; }
    rm -f blas/*; ln -s "$lib" blas/libopenblas.so.0
    LD_LIBRARY_PATH=$d/blas "$orrery" --store "blas-$kind.db" lab train --data spirals --arch mlp:128-128 --epochs 2 --seed 1 --json >"blas-$kind.json" 2>"blas-$kind.err"
    rc=$?
    holds "OpenBLAS, $kind" "$(LD_LIBRARY_PATH=$d/blas "$orrery" doctor 2>/dev/null | grep -m1 '^openblas ' | tr -s ' ' | cut -c1-90)" \
        "exit $rc: $(tail -1 "blas-$kind.err")" [ $rc = 0 ]
done
rm -f blas/*; printf 'no library' >blas/libopenblas.so.0
judge "OpenBLAS is no library" 0 'val|accuracy|finished|epoch' env LD_LIBRARY_PATH="$d/blas" "$orrery" --store noblas.db lab train --data spirals --arch mlp:8 --epochs 2 --json

# ---- time ----
if command -v faketime >/dev/null; then
    judge "clock a century ahead" 0 'runs' faketime '+100 years' "$orrery" --store clock.db import "$logs/optimizers"
else
    row skip "clock jumps" "faketime is not installed"
fi

# ---- kill -9 ----
kills=${KILLS:-1000} lost=0 broken=0 reported=0
for ((i = 0; i < kills; i++)); do
    rm -f k.db*
    "$orrery" --store k.db import "$logs" >k.out 2>/dev/null &
    pid=$!
    sleep "0.0$((RANDOM % 60 + 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null && reported=$((reported + 1))
    if [ -e k.db ]; then
        sqlite3 k.db 'pragma integrity_check' 2>/dev/null | grep -qx ok || broken=$((broken + 1))
        if ((i % 20 == 0)); then fill k.db; [ "$(count k.db)" = "$all" ] || lost=$((lost + 1)); fi
    fi
done
holds "kill -9 during import, $kills times" "every store whole ($reported had ended); the next import goes on to all $all runs" \
    "$broken damaged, $lost with runs missing" [ $((lost + broken)) = 0 ]

cat >sweep.json <<'J'
{"name": "faults", "runs": 60, "seed": 3, "data": "spirals", "arch": "mlp:16", "optim": ["sgd", "adam"], "lr": {"log": [1e-3, 1e-1]},
 "batch": 32, "epochs": 6, "weights": "every:epoch"}
J
rm -f k.db*
lost=0
for ((i = 0; i < kills / 10; i++)); do
    "$orrery" --store k.db lab sweep sweep.json --threads 2 >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$((RANDOM % 60 + 10))"
    before=$(count k.db)
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    sqlite3 k.db 'pragma integrity_check' 2>/dev/null | grep -qx ok || lost=$((lost + 1))
    [ "$(count k.db)" -ge "${before:-0}" ] || lost=$((lost + 1))
done
"$orrery" --store k.db lab sweep sweep.json >/dev/null 2>&1
holds "kill -9 during a sweep, $((kills / 10)) times" "what was stored stays; all 60 runs in the end" \
    "$lost times damaged or runs lost, $(count k.db) of 60 in the end" [ "$lost $(count k.db)" = "0 60" ]

# ---- memory ----
"$here/tests/allocations.sh" || bad=1
exit $bad
