#!/bin/bash
# Without a terminal the overview comes as text: no escapes, no questions, exit status 0, also when the reader leaves.
. "$(dirname "$0")/lib.sh"
small_store
"$orrery" open --store "$store" </dev/null >"$scratch/out" 2>"$scratch/err" || fail "exit status $?"
grep -q 'lr1e-3-w64-s1' "$scratch/out" || fail "no run in the overview: $(cat "$scratch/out")"
! LC_ALL=C grep -q $'\e' "$scratch/out" || fail "escapes in the overview"
"$orrery" runs --store "$store" --json </dev/null | python3 -c 'import json, sys; assert len(json.load(sys.stdin)) == 7' ||
    fail "runs --json is not seven runs"
"$orrery" runs --store "$store" </dev/null | head -1 >/dev/null
[ "${PIPESTATUS[0]}" -le 3 ] || fail "a reader that leaves early makes exit status ${PIPESTATUS[0]}"
