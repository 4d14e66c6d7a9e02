#!/bin/bash
# Names from outside cannot reach the terminal as escapes: no title, no clearing, no colour, no reversed text.
. "$(dirname "$0")/lib.sh"
mkdir "$scratch/logs" "$scratch/logs/"$'esc\e]0;owned-by-folder\a'
cp tests/data/example/diverged.csv "$scratch/logs/"$'esc\e]0;owned-by-folder\a/metrics.csv'
cat >"$scratch/logs/names.jsonl" <<'END'
{"run":"clear\u001b[2J\u001b[H","step":1,"loss":1.5}
{"run":"title\u001b]0;owned-by-run\u0007","step":1,"loss":1.5}
{"run":"c1\u009b31mred","step":1,"loss":1.5}
{"run":"bidi\u202Egnp.exe","step":1,"loss":1.5}
{"run":"wide\u6f22\u5b57\ud83d\ude00combining e\u0301","step":1,"loss":1.5}
{"run":"long long long long long long long long long long long long long long long long long long name","step":1,"lo\u001bss":1.5}
END
"$orrery" import "$scratch/logs" --store "$store" >"$scratch/import.log" 2>&1
! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$scratch/import.log" || fail "import prints control characters"
start 80 24
mux select-pane -T untouched
workbench
wait_for 'clear\?\[2J'
wait_for 'title\?\]0;'
wait_for 'bidi\?gnp'
keys j j j Enter
sleep 0.2
keys Escape
wait_for 'clear\?\[2J'
flag pane_title untouched || fail "the title was changed to $(mux display -p '#{pane_title}')"
keys q
ended 0
run "$orrery runs --store $store"
wait_for 'clear\?\[2J'
ended 0
flag pane_title untouched || fail "the title was changed to $(mux display -p '#{pane_title}')"
