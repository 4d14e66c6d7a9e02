#!/bin/bash
# run.sh BUILD SECONDS [TARGET...]: runs every fuzz target (or those named) for SECONDS and prints a line for each.
# Exit 1 when there is a finding. Seeds are in tests/fuzz/corpus/TARGET; what fuzzing adds to them, and findings, go to
# BUILD/fuzz.
set -u
build=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
bad=0
for binary in "$build"/fuzz/fuzz_*; do
    if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then continue; fi
    name=${binary##*/fuzz_}
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    found=$build/fuzz/corpus/$name seeds=$here/corpus/$name log=$build/fuzz/$name.log
    mkdir -p "$found" "$build/fuzz/findings"
    [ -d "$seeds" ] || seeds=$found
    if "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 -max_len=65536 \
        -artifact_prefix="$build/fuzz/findings/$name-" -print_final_stats=1 "$found" "$seeds" >"$log" 2>&1; then
        verdict='no finding'
    else
        verdict="FINDING, see $log"
        bad=1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    cover=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
    printf '%-14s %12s runs  %-12s %s\n' "$name" "${runs:-?}" "${cover:-cov: ?}" "$verdict"
done
exit $bad
