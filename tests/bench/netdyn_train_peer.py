#!/usr/bin/python3
"""The network dynamics model of src/methods/netdyn/network.c in PyTorch: the peer of `orrery-bench netdyn_train`.

usage: netdyn_train_peer.py NODES BATCH STEPS split|pairs
split: g's first layer as W1 z_i + W2 z_j and its second outside of the sum, as ours; pairs: [z_i, z_j] for every pair, as
published. Twelve Runge-Kutta steps, AdamW, gradients clipped. Prints {"seconds": per step, "torch": version}.
"""
import json, os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
N, B, STEPS, MODE = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
WIDTH, HIDDEN, Z, FIELD, PAIR, READ, GRID = 29, 32, 16, 32, 16, 8, 12


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, Z), nn.Tanh())
        self.field = nn.Sequential(nn.Linear(Z, FIELD), nn.SiLU(), nn.Linear(FIELD, Z))
        self.decoder = nn.Sequential(nn.Linear(Z, READ), nn.Tanh(), nn.Linear(READ, 1))
        self.pair_i, self.pair_j = nn.Linear(Z, PAIR), nn.Linear(Z, PAIR, bias=False)
        self.pair_out = nn.Linear(PAIR, Z, bias=False)
        self.edge_i, self.edge_j, self.edge_out = nn.Linear(Z, PAIR), nn.Linear(Z, PAIR, bias=False), nn.Linear(PAIR, 1)

    def pairs(self, z):
        n = z.shape[1]
        return torch.cat([z.unsqueeze(2).expand(-1, -1, n, -1), z.unsqueeze(1).expand(-1, n, -1, -1)], -1)

    def edges(self, h):
        if MODE == "split":
            e = self.edge_out(torch.relu(self.edge_i(h).unsqueeze(2) + self.edge_j(h).unsqueeze(1)))
        else:
            w = torch.cat([self.edge_i.weight, self.edge_j.weight], 1)
            e = self.edge_out(torch.relu(nn.functional.linear(self.pairs(h), w, self.edge_i.bias)))
        return e.squeeze(-1) / h.shape[1]

    def messages(self, z, e):
        if MODE == "split":
            m = torch.relu(self.pair_i(z).unsqueeze(2) + self.pair_j(z).unsqueeze(1))
            return self.pair_out(torch.einsum("bij,bijh->bih", e, m))
        w = torch.cat([self.pair_i.weight, self.pair_j.weight], 1)
        g = self.pair_out(torch.relu(nn.functional.linear(self.pairs(z), w, self.pair_i.bias)))
        return (e.unsqueeze(-1) * g).sum(2)

    def forward(self, x):
        h = self.encoder(x)
        e, start, z, out, now = self.edges(h), self.decoder(h), h, [], 0.0
        f = lambda y: self.field(y) + self.messages(y, e)
        for k in range(GRID):
            t = ((k + 1) / GRID) ** 1.5
            s, now = t - now, t
            k1 = f(z)
            k2 = f(z + s / 2 * k1)
            k3 = f(z + s / 2 * k2)
            k4 = f(z + s * k3)
            z = z + s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            out.append(self.decoder(z) - start)
        return torch.cat(out, -1)


def main():
    model = Model()
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=1e-5)
    x, y = torch.randn(B, N, WIDTH), torch.randn(B, N, GRID)

    def step():
        loss = ((model(x) - y) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()

    step()
    start = time.process_time()
    for _ in range(STEPS):
        step()
    print(json.dumps({"seconds": (time.process_time() - start) / STEPS, "torch": torch.__version__}))


main()
