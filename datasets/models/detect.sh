#!/bin/sh
# Trains the detectors of datasets/models anew, for `make retrain`: detect.sh ORRERY [pico|n...]. An hour of one thread for
# each.
set -eu
orrery=$1
shift
folder=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
train() { # MODEL OUT DATA OPTION...
    model=$1 out=$2 data=$3
    shift 3
    "$orrery" --store s.db detect train "$data" --model "$model" --size 192 --threads 1 --check-every 0 --out "$out" "$@"
}
adam() {
    train "$@" --optim adamw --lr 0.002 --class-gain 0.15 --mosaic 0.5
}
pico() {
    train pico first drawn:easy --epochs 30 --lr 0.02 --class-gain 0.3
    train pico second drawn:easy --epochs 10 --start first --optim adamw --lr 0.001 --warmup 0.5 --class-gain 0.15 --mosaic 0.25
    adam pico third drawn:easy --epochs 12 --start second --warmup 0.5 --seed 2
    adam pico fourth drawn:easy --epochs 34 --start third --warmup 0.5 --seed 6
    adam pico fifth drawn:easy:5000 --epochs 20 --start fourth --warmup 0.5 --seed 7
    adam pico detect-pico.safetensors drawn:easy:20000 --epochs 9 --start fifth --warmup 0.1 --lamps 0.5 --seed 8
}
n() {
    adam n detect-n.safetensors drawn:easy:20000 --epochs 9 --warmup 0.1 --lamps 0.5 --seed 1
}
[ $# -gt 0 ] || set -- pico n
for model in "$@"; do
    case $model in pico | n) "$model" ;; *) echo "$model: expected pico or n" >&2 && exit 2 ;; esac
    cp "detect-$model.safetensors" "$folder/"
done
