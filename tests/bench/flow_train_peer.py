#!/usr/bin/python3
"""Steps of training of the networks among the weight methods in PyTorch: the peer of `orrery-bench flow_train`.

usage: flow_train_peer.py flow|lstm|transformer STEPS [ABOUT HIDDEN SAYS OWN UNITS]
The same network, batch, loss, AdamW with a cosine schedule and clipping; one thread. Batches are drawn beforehand.
Prints {"steps_per_s": steps per second of the processor, "torch": version}.
"""
import json, math, os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.set_num_threads(1)
POINTS, DIRECT, BATCH, BATCHES = 5, 5, 256, 8


class LSTM(nn.Module):
    rate, decay = 4e-3, 0.1

    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, DIRECT)

    def forward(self, x):
        return self.head(self.lstm(x.unsqueeze(-1))[0][:, -1])


class Transformer(nn.Module):
    rate, decay = 4e-3, 0.1

    def __init__(self, d=16, heads=2):
        super().__init__()
        self.heads = heads
        self.embed, self.position = nn.Linear(1, d), nn.Parameter(0.1 * torch.randn(POINTS, d))
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down, self.head = nn.Linear(d, 2 * d), nn.Linear(2 * d, d), nn.Linear(d, DIRECT)
        self.register_buffer("mask", torch.full((POINTS, POINTS), float("-inf")).triu(1))

    def forward(self, x):
        h = self.embed(x.unsqueeze(-1)) + self.position
        b, s, d = h.shape
        q, k, v = self.qkv(self.norm1(h)).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = torch.softmax((q * (d // self.heads) ** -0.5) @ k.transpose(-2, -1) + self.mask, -1) @ v
        h = h + self.out(a.transpose(1, 2).reshape(b, s, d))
        h = h + self.down(F.gelu(self.up(self.norm2(h))))
        return self.head(h[:, -1])


def direct_loss(net, batch):
    x, y, weight = batch
    return F.huber_loss(net(x) * weight, y * weight, delta=0.2)


def direct_batch():
    return torch.randn(BATCH, POINTS), torch.randn(BATCH, DIRECT), torch.rand(BATCH, 1) + 0.5


class Flow(nn.Module):
    """One network says the field of a whole tensor; the field is integrated by three steps of RK4."""
    rate, decay = 5e-3, 0.05
    STEPS, MATCHED, SMOOTH, GROUPS, WEIGHTS = 3, 2, 0.05, 32, 16

    def __init__(self, about, hidden, says, own, units):
        super().__init__()
        self.own, self.units = own, units
        self.body = nn.Sequential(nn.Linear(about, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, says))
        self.inner = nn.Parameter(torch.randn(units, own) / math.sqrt(own))
        self.about = about

    def batch(self):
        g, w = self.GROUPS, self.WEIGHTS
        return (torch.randn(g, self.about), torch.randn(w, self.own, g), torch.rand(g) + 0.5, torch.randn(self.STEPS, w, g),
                torch.randn(self.MATCHED, w, g), torch.randn(self.MATCHED, w, g), torch.rand(self.MATCHED).tolist())

    def loss(self, batch):
        about, own, share, path, at, velocity, taus = batch
        n, u = self.own, self.units
        says = self.body(about).T  # (SAYS, G)
        gates, rest = [says[k * n:(k + 1) * n] for k in range(3)], says[3 * n:]
        gain, bias, pull, out = rest[:n], rest[n:n + u], rest[n + u:n + 2 * u], (rest[n + 2 * u:n + 3 * u], rest[n + 3 * u:n + 4 * u])
        leak = F.softplus(rest[n + 4 * u])
        inner = torch.matmul(self.inner, own + own * gain) + bias

        def field(tau, z):
            c1, c2 = math.exp(-3 * tau), math.exp(-10 * tau)
            drive = (own * (gates[0] + c1 * gates[1] + c2 * gates[2])).sum(1)
            bent = (torch.tanh(inner + z.unsqueeze(1) * pull) * (out[0] + c1 * out[1])).sum(1)
            return drive + bent - z * leak

        error = lambda x, y: F.huber_loss(x * share, y * share, delta=self.SMOOTH) / self.SMOOTH
        z, h, total = torch.zeros(self.WEIGHTS, self.GROUPS), 1 / self.STEPS, 0
        for k in range(self.STEPS):
            t = k * h
            k1 = field(t, z)
            k2 = field(t + h / 2, z + h / 2 * k1)
            k3 = field(t + h / 2, z + h / 2 * k2)
            k4 = field(t + h, z + h * k3)
            z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            total = total + error(z, path[k]) * (1 if k + 1 == self.STEPS else 1 / (self.STEPS - 1))
        for k in range(self.MATCHED):
            total = total + error(field(taus[k], at[k]), velocity[k]) * 0.1 / self.MATCHED
        return total


def main():
    torch.manual_seed(1)
    kind, steps = sys.argv[1], int(sys.argv[2])
    if kind == "flow":
        net = Flow(*map(int, sys.argv[3:8]))
        batches, loss_of = [net.batch() for _ in range(BATCHES)], lambda n, b: n.loss(b)
    else:
        net = LSTM() if kind == "lstm" else Transformer()
        batches, loss_of = [direct_batch() for _ in range(BATCHES)], direct_loss
    optim = torch.optim.AdamW(net.parameters(), lr=net.rate, weight_decay=net.decay, foreach=True)
    for step in range(steps):
        if step == steps // 10:
            start, first = time.process_time(), step  # the first steps warm it up
        optim.param_groups[0]["lr"] = net.rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        optim.zero_grad(set_to_none=True)
        loss_of(net, batches[step % BATCHES]).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optim.step()
    seconds = time.process_time() - start
    print(json.dumps({"steps_per_s": (steps - first) / seconds, "torch": torch.__version__}))


main()
