#!/bin/bash
# The Prompts screen with the shipped encoder: prompts are learned, a search shows its weights while it goes on and is
# scrubbed, an image stands beside where the encoder looks, the window is resized, a ledger is exported.
. "$(dirname "$0")/lib.sh"
start 120 34
workbench
text ':open prompts'
keys Enter
wait_for 'prompt-modular: base 0\.'
wait_for 'one map per token'
keys S
wait_for 'epoch [1-9]'
wait_for 'prompt-search: base 0\.'
keys '[' '['
wait_for 'by 0\.'
keys Tab Tab Tab
wait_for 'nearest words'
keys Tab
wait_for 'image 1 of 40'
wait_until eval "screen | grep -qE '▀|▄|▌|▐|▞'" || fail "no picture is drawn"
keys j
wait_for 'image 2 of 40'
for size in '20 5' '40 10' '200 60' '120 34'; do
    # shellcheck disable=SC2086
    resize $size
    wait_until eval '[ -n "$(screen | tr -d "[:space:]")" ]' || fail "nothing is drawn at ${size/ /x}"
done
text ":export $scratch/home/ledger.csv"
keys Enter
wait_until [ -s "$scratch/home/ledger.csv" ] || fail "no file was written"
keys q
ended 0
