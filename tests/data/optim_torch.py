#!/usr/bin/python3
"""Writes optim_torch.json: parameters after each of 5 steps of PyTorch's optimisers on fixed gradients.

Needs python3-torch; the JSON beside this script is what the tests read.
"""
import json
import os
import torch

GRADS = [[0.5, -0.1, 3.0, 1e-4], [0.4, -0.2, -2.0, 1e-4], [-0.3, 0.3, 1.0, 2e-4], [0.2, 0.0, 0.5, 0.0], [0.1, -0.5, -4.0, 1e-3]]
START = [1.0, -2.0, 0.5, 3.0]
CASES = {
    "sgd": lambda p, wd: torch.optim.SGD(p, lr=0.01, weight_decay=wd),
    "momentum": lambda p, wd: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=wd),
    "nesterov": lambda p, wd: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True, weight_decay=wd),
    "rmsprop": lambda p, wd: torch.optim.RMSprop(p, lr=0.01, weight_decay=wd),
    "adam": lambda p, wd: torch.optim.Adam(p, lr=0.01, weight_decay=wd),
    "adamw": lambda p, wd: torch.optim.AdamW(p, lr=0.01, weight_decay=wd),
}

out = {"torch": torch.__version__, "lr": 0.01, "start": START, "grads": GRADS, "cases": []}
for name, make in CASES.items():
    for wd in (0.0, 0.1):
        w = torch.nn.Parameter(torch.tensor([START]))
        opt = make([w], wd)
        steps = []
        for g in GRADS:
            w.grad = torch.tensor([g])
            opt.step()
            steps.append([float(x) for x in w.detach()[0]])
        out["cases"].append({"name": name, "weight_decay": wd, "steps": steps})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim_torch.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
