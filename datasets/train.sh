#!/bin/sh
# Trains the runs of datasets/lab/ and writes them there as logs: train.sh ORRERY, in the folder datasets/. Called by
# `make datasets`; needs the data sets that `make models` brings. Seeds are fixed: the same machine gives the same bytes.
set -eu
orrery=$1
store=$(mktemp -u /tmp/orrery-datasets-XXXXXX).db
trap 'rm -f "$store" "$store"-wal "$store"-shm' EXIT
train() { "$orrery" --store "$store" lab train --json "$@" >/dev/null </dev/null; }

# Weight trajectories: every task with every optimiser, a snapshot per epoch.
for optim in sgd momentum rmsprop adam; do
    case $optim in sgd) lr=3e-2 ;; momentum) lr=1e-2 ;; *) lr=3e-3 ;; esac
    while read -r task data arch batch; do
        train --name "weights $task $optim" --group weights --data "$data" --arch "$arch" --batch "$batch" \
            --optim "$optim" --lr "$lr" --epochs 20 --weights every:epoch --seed 1
    done <<TASKS
linear linear2d linear 36
logistic wine logistic 16
mlp digits mlp:16:tanh 32
cnn digits cnn:4-8-16 32
TASKS
done
while read -r optim lr; do
    train --name "weights lm $optim" --group weights --data text:16:600 --arch lm:12:1:2 --batch 32 --optim "$optim" \
        --lr "$lr" --epochs 20 --weights every:epoch --seed 1
done <<RATES
sgd 0.5
momentum 5e-2
rmsprop 4e-3
adam 1e-2
RATES
# Five seeds of one configuration: mean and band.
for seed in 1 2 3 4 5; do
    train --name "seeds adam $seed" --group "seeds adam" --data digits --arch mlp:64 --optim adam --lr 1e-3 --epochs 40 --seed $seed
    train --name "seeds sgd $seed" --group "seeds sgd" --data digits --arch mlp:64 --optim sgd --lr 1e-1 --epochs 40 --seed $seed
done
# A learning rate far too high: the loss leaves the range of numbers.
train --name diverged --data diabetes --arch mlp:64-64 --optim sgd --lr 0.21 --batch 16 --epochs 40 --log-every 1 --seed 1
# Loss per batch.
train --name "fashion cnn" --data fashion-mnist:14:5000 --arch cnn:8-16-32 --optim adam --lr 2e-3 --schedule cosine \
    --batch 32 --epochs 12 --log-every 2 --seed 1
"$orrery" --store "$store" lab sweep sweeps/example-mlp.json --json >/dev/null
"$orrery" --store "$store" lab sweep sweeps/example-cell.json --json >/dev/null
rm -rf lab/runs
"$orrery" --store "$store" export logs --all --out lab/runs
# Exports have no times; these runs are listed by the day on which the set was first recorded (2026-11-24).
for run in lab/runs/*/run.json; do sed -i 's/"orrery": "run",/"orrery": "run",\n "started": 1795478400.0,/' "$run"; done
