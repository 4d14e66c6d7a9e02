#!/bin/sh
# Trains the detectors of datasets/models anew, for `make retrain`: detect.sh ORRERY [pico|n...]. Forty minutes of one thread
# for pico.
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
[ $# -gt 0 ] || set -- pico
for model in "$@"; do
    train "$model" first drawn:easy --epochs 30 --lr 0.02 --class-gain 0.3
    train "$model" second drawn:easy --epochs 10 --start first --optim adamw --lr 0.001 --warmup 0.5 --class-gain 0.15 --mosaic 0.25
    train "$model" third drawn:easy --epochs 12 --start second --optim adamw --lr 0.002 --warmup 0.5 --class-gain 0.15 --mosaic 0.5 --seed 2
    train "$model" fourth drawn:easy --epochs 34 --start third --optim adamw --lr 0.002 --warmup 0.5 --class-gain 0.15 --mosaic 0.5 --seed 6
    train "$model" fifth drawn:easy:5000 --epochs 20 --start fourth --optim adamw --lr 0.002 --warmup 0.5 --class-gain 0.15 --mosaic 0.5 --seed 7
    cp fifth "$folder/detect-$model.safetensors"
done
