#!/usr/bin/python3
"""Scores of a pool from one position's logits in numpy: the peer of `orrery-bench select_pool`.

usage: select_peer.py CANDIDATES TOKENS VOCAB ROUNDS
Sums of logits over each candidate's tokens (average), gathered and reduced at once. Prints {"ms": median of the processor}.
"""
import json, os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

candidates, tokens, vocab, rounds = map(int, sys.argv[1:5])
rng = np.random.default_rng(1)
token = rng.integers(0, vocab, candidates * tokens)
first = np.arange(candidates) * tokens
logits = rng.normal(size=vocab).astype(np.float32)
times = []
for _ in range(rounds):
    start = time.process_time()
    score = np.add.reduceat(logits[token], first) / tokens
    times.append(time.process_time() - start)
print(json.dumps({"ms": 1e3 * sorted(times)[rounds // 2]}))
