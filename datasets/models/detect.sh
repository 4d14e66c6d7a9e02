#!/bin/sh
# Trains the detectors of datasets/models anew, for `make retrain`: detect.sh ORRERY [pico|n...]. Twenty minutes of one thread
# for pico.
set -eu
orrery=$1
shift
folder=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
train() { # MODEL OUT OPTION...
    model=$1 out=$2
    shift 2
    "$orrery" --store s.db detect train drawn:easy --model "$model" --size 192 --threads 1 --check-every 0 --out "$out" "$@"
}
[ $# -gt 0 ] || set -- pico
for model in "$@"; do
    train "$model" first --epochs 30 --lr 0.02 --class-gain 0.3
    train "$model" second --epochs 10 --start first --optim adamw --lr 0.001 --warmup 0.5 --class-gain 0.15 --mosaic 0.25
    train "$model" third --epochs 12 --start second --optim adamw --lr 0.002 --warmup 0.5 --class-gain 0.15 --mosaic 0.5 --seed 2
    cp third "$folder/detect-$model.safetensors"
done
