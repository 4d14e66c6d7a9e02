#!/bin/bash
# A network is trained for a moment; the Detect screen shows pictures with its boxes, thresholds move them, all pictures are
# scored, the window is resized, a picture is exported. The same in a terminal without colours.
. "$(dirname "$0")/lib.sh"
net=$scratch/net.safetensors
"$orrery" --store "$store" detect train drawn:easy:16 --model pico --size 64 --epochs 1 --mosaic 0 --out "$net" \
    >"$scratch/train.log" 2>&1 || { cat "$scratch/train.log"; exit 1; }
start 120 30
workbench
text ':open detect'
keys Enter
text ":weights $net"
keys Enter
text ':pictures drawn:easy:80'
keys Enter
wait_for '1/10 drawn 0'
wait_until eval "screen | grep -qE '▀|▄|▌|▐'" || fail "no picture is drawn"
keys n
wait_for '2/10 drawn 1'
text ':confidence 0.001'
keys Enter
wait_for '[1-9][0-9]* false'
keys t
wait_for '10 images'
keys Tab
wait_for 'mAP50'
for size in '20 5' '40 10' '200 60' '120 30'; do
    # shellcheck disable=SC2086
    resize $size
    wait_until eval '[ -n "$(screen | tr -d "[:space:]")" ]' || fail "nothing is drawn at ${size/ /x}"
done
text ":export $scratch/home/curves.csv"
keys Enter
wait_until [ -s "$scratch/home/curves.csv" ] || fail "no file was written"
keys q
ended 0
keys C-l
workbench NO_COLOR=1
text ':open detect'
keys Enter
wait_for '1/10 drawn 0'
wait_until eval "screen | grep -qF ⣿" || fail "no picture is drawn without colours"
keys q
ended 0
