#!/bin/bash
# scale_out.sh: evaluations, a sweep, forecasts, the index of a corpus and its encoding as a Slurm array of 8, under GNU
# parallel, and as one process give the same bytes (but for times). Starts a Slurm of its own, one node, in a temporary
# folder; says so when it cannot. Not part of
# `make check`: needs root and the packages slurm-wlm and parallel. `make check-scale`.
# shellcheck disable=SC2317 # what the trap calls
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
orrery=$here/build/orrery
d=$(mktemp -d /tmp/orrery-scale.XXXXXX)
stop() {
    for p in "$d"/run/*.pid; do [ -s "$p" ] && kill "$(cat "$p")" 2>/dev/null; done
    sleep 0.5
    rm -rf "$d"
}
trap stop EXIT
failed=0
say() { echo "$1"; }
same() { # what file file
    if cmp -s "$2" "$3"; then say "ok    $1: the same $(wc -c <"$2") bytes"; else say "FAIL  $1: $(cmp "$2" "$3")"; failed=1; fi
}
timeless() { grep -vE '"metric":"(ms|ms_p50|ms_p95|index_s|encode_s)"' | sed -E 's/"seconds":[0-9.e+-]+//'; }
rows() { # store: every point and every weight, by run
    "$orrery" --store "$1" sql --limit 10000000 --csv \
        'select r.key, s.series, s.step, s.value from point s join run r on r.id = s.run_id order by 1, 2, 3'
    "$orrery" --store "$1" sql --limit 10000000 --csv \
        'select r.key, p.tensor, p.step, hex(b.data) from snapshot p join run r on r.id = p.run_id
         join snapshot_block b on b.snapshot_id = p.id order by 1, 2, 3'
}

cd "$d" || exit 2
export XDG_CACHE_HOME=$d/cache XDG_DATA_HOME=$d/data
export ORRERY_DATASETS=$here/datasets
counts=$here/datasets/adoption/simulated.csv sweep=$here/datasets/sweeps/weights-linear2d.json
eval="eval adoption --quick --json" forecast="forecast adoption $counts --json" train="lab sweep $sweep"
tables="eval tables --quick --json" index="--store many.db corpus index many"
encode="--store corpus.db corpus encode facts --encoder $here/tests/data/encoder/bert_mean --rows"
say "one process"
# shellcheck disable=SC2086
{
    "$orrery" $eval 2>/dev/null | timeless >eval.one
    "$orrery" $forecast 2>/dev/null >forecast.one
    "$orrery" --store one.db $train --threads 1 >/dev/null 2>&1
    "$orrery" $tables 2>/dev/null | timeless >tables.one
    for i in $(seq 40); do sed "s/^{\"id\":\"/&$i-/; s/\"title\":\"/&No. $i: /" "$here/datasets/tables/tables.jsonl"; done >many.jsonl
    "$orrery" --store many.db corpus add many many.jsonl --no-index >/dev/null 2>&1
    "$orrery" $index >/dev/null 2>&1
    mv many.db.corpus-1.idx index.one
    "$orrery" --store corpus.db corpus add facts "$here/datasets/tables/tables.jsonl" >/dev/null 2>&1
    "$orrery" $encode >/dev/null 2>&1
    mv corpus.db.corpus-1.vec encode.one
}
rows one.db >sweep.one

check() { # how: the fragments are in HOW-eval, ...
    "$orrery" merge "$1-eval" 2>/dev/null | timeless >"$1.eval"
    "$orrery" merge "$1-forecast" >"$1.forecast" 2>/dev/null
    "$orrery" --store "$1.db" merge "$1-sweep" >/dev/null 2>&1
    rows "$1.db" >"$1.sweep"
    "$orrery" merge "$1-tables" 2>/dev/null | timeless >"$1.tables"
    "$orrery" --store many.db merge "$1-index" >/dev/null 2>&1
    mv many.db.corpus-1.idx "$1.index"
    "$orrery" --store corpus.db merge "$1-encode" >/dev/null 2>&1
    mv corpus.db.corpus-1.vec "$1.encode"
    for what in eval forecast sweep tables index encode; do same "$1, $what" "$what.one" "$1.$what"; done
}

# ---- GNU parallel ----
if command -v parallel >/dev/null; then
    export orrery eval forecast train tables index encode
    # shellcheck disable=SC2016
    seq 0 7 | parallel --will-cite -j 2 '$orrery $eval --fragments parallel-eval --shard {}/8; $orrery $forecast --fragments parallel-forecast --shard {}/8
        $orrery $train --fragments parallel-sweep --shard {}/8; $orrery $tables --fragments parallel-tables --shard {}/8
        $orrery $index --fragments parallel-index --shard {}/8; $orrery $encode --fragments parallel-encode --shard {}/8' >/dev/null 2>&1
    check parallel
else
    say "skip  GNU parallel is missing (apt-get install parallel)"
fi

# ---- Slurm ----
slurm() {
    local host
    for c in munged slurmctld slurmd sbatch; do
        command -v $c >/dev/null || { say "skip  $c is missing (apt-get install slurm-wlm)"; return 1; }
    done
    [ "$(id -u)" = 0 ] || { say "skip  Slurm: starting one needs root"; return 1; }
    host=$(hostname -s)
    mkdir -p "$d/spool" "$d/state" "$d/run"
    cat >"$d/slurm.conf" <<-END
	ClusterName=orrery
	SlurmctldHost=$host(127.0.0.1)
	AuthType=auth/munge
	AuthInfo=socket=$d/munge.socket
	CredType=cred/munge
	SlurmUser=root
	SlurmdUser=root
	StateSaveLocation=$d/state
	SlurmdSpoolDir=$d/spool
	SlurmctldPidFile=$d/run/ctld.pid
	SlurmdPidFile=$d/run/d.pid
	SlurmctldPort=26817
	SlurmdPort=26818
	SlurmctldLogFile=$d/ctld.log
	SlurmdLogFile=$d/d.log
	ProctrackType=proctrack/pgid
	TaskPlugin=task/none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_Core
	ReturnToService=2
	NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
	PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
	END
    export SLURM_CONF=$d/slurm.conf
    head -c 1024 /dev/urandom >"$d/munge.key" && chmod 400 "$d/munge.key"
    chmod 755 "$d"
    if ! { munged --force --key-file="$d/munge.key" --socket="$d/munge.socket" --pid-file="$d/run/munge.pid" \
        --log-file="$d/munge.log" --seed-file="$d/munge.seed" && slurmctld && slurmd; } >"$d/start.log" 2>&1; then
        say "skip  Slurm cannot start: $(tail -1 "$d/start.log" "$d"/*.log 2>/dev/null | tail -1)"
        return 1
    fi
    for _ in $(seq 40); do sinfo -h 2>/dev/null | grep -q idle && return 0; sleep 0.5; done
    say "skip  Slurm does not come up: $(tail -1 "$d/ctld.log")"
    return 1
}
if slurm; then
    for what in eval forecast tables index encode; do
        # shellcheck disable=SC2086
        sbatch --quiet --wait --array=0-7 --output="$d/$what-%a.log" --chdir="$d" --wrap "$orrery ${!what} --fragments slurm-$what"
    done
    # An array that begins at 1, as many do; one task is stopped as a batch system does it and goes on.
    sbatch --quiet --wait --array=1-8 --output="$d/sweep-%a.log" --chdir="$d" \
        --wrap "timeout -s USR1 0.2 $orrery $train --fragments slurm-sweep; $orrery $train --fragments slurm-sweep --resume"
    check slurm
fi
exit $failed
