#!/bin/bash
# / filters while typing, Enter keeps, Esc drops the draft; s sorts by the column under the cursor, again the other way.
. "$(dirname "$0")/lib.sh"
small_store
start 120 24
workbench
wait_for 'diverged'
keys /
text w256
wait_gone 'diverged' # before Enter: the draft is live
wait_for 'lr3e-3-w256-s1'
keys Escape
wait_for 'diverged'
keys /
text w256
keys Enter
wait_gone 'diverged'
keys /
keys C-u
keys Enter
wait_for 'diverged'
order() { screen | grep -oE 'lr[^ ]*-s[0-9]|diverged' | awk '!seen[$0]++' | tr '\n' ' '; }
text ':sort name'
keys Enter
wait_until eval '[ "$(order | cut -d" " -f1)" = diverged ]' || fail "not sorted by name: $(order)"
text ':sort name'
keys Enter
wait_until eval '[ "$(order | cut -d" " -f1)" = lr3e-3-w256-s1 ]' || fail "not sorted downwards: $(order)"
keys q
ended 0
