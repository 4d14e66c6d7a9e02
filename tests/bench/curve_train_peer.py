#!/usr/bin/python3
"""Steps of training of curve-ode or lstm in PyTorch: the peer of `orrery-bench curve_train`.

usage: curve_train_peer.py curve-ode|lstm STEPS
The same network, batch, loss, AdamW and clipping; one thread. Batches are drawn beforehand.
Prints {"steps_per_s": steps per second of the processor, "torch": version}.
"""
import json, os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.set_num_threads(1)
SEEN, POINT, CONTEXT, KNOTS, NODES, FEATURES, BATCH, BATCHES = 20, 2, 10, 10, 40, 22, 64, 4
HIDDEN, D, G, NOISE, KL = 32, 16, 16, 0.2, 2e-3


class CurveODE(nn.Module):
    def __init__(self):
        super().__init__()
        seen = HIDDEN + CONTEXT + G
        self.gcn0, self.gcn1, self.pool = nn.Linear(FEATURES, G), nn.Linear(G, G), nn.Linear(G, 1)
        self.gru = nn.GRU(POINT, HIDDEN, batch_first=True)
        self.mean, self.log_variance = nn.Linear(seen, D), nn.Linear(seen, D)
        self.field, self.context = nn.Linear(D, 4 * D, bias=False), nn.Linear(seen, 4 * D)
        self.out, self.decoder = nn.Linear(4 * D, D), nn.Linear(D, 2)

    def forward(self, b):
        h = F.relu(b["link"] @ self.gcn0(b["node"]))
        h = F.relu(b["link"] @ self.gcn1(h))
        score = torch.softmax(self.pool(h).squeeze(-1) + b["mask"], -1)
        g = (score.unsqueeze(1) @ h).squeeze(1)
        seen = torch.cat([self.gru(b["points"])[0][:, -1], b["context"], g], 1)
        mean, log_variance = self.mean(seen), self.log_variance(seen)
        z = mean + NOISE * torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        context, span, step, states = self.context(seen), b["span"], 1 / KNOTS, []
        slope = lambda z: self.out(F.gelu(self.field(z) + context)) * span
        for _ in range(KNOTS):
            k1 = slope(z)
            k2 = slope(z + step / 2 * k1)
            k3 = slope(z + step / 2 * k2)
            k4 = slope(z + step * k3)
            z = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            states.append(z)
        u, log_scale = self.decoder(torch.stack(states, 1)).unbind(-1)
        kl = 0.5 * (mean ** 2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        return u, log_scale, KL * kl


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.LSTM(POINT, HIDDEN, batch_first=True), nn.LSTM(CONTEXT + 1, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, 2)

    def forward(self, b):
        h = self.encoder(b["points"])[0][:, -1]
        states = self.decoder(b["ahead"], (h.unsqueeze(0), torch.zeros(1, BATCH, HIDDEN)))[0]
        u, log_scale = self.out(states).unbind(-1)
        return u, log_scale, 0


def batch():
    link = torch.rand(BATCH, NODES, NODES)
    return {"points": torch.randn(BATCH, SEEN, POINT), "context": torch.randn(BATCH, CONTEXT), "span": torch.rand(BATCH, 1) + 1,
            "node": torch.rand(BATCH, NODES, FEATURES), "link": link / link.sum(-1, keepdim=True),
            "mask": torch.zeros(BATCH, NODES), "target": torch.randn(BATCH, KNOTS), "ahead": torch.randn(BATCH, KNOTS, CONTEXT + 1)}


def main():
    torch.manual_seed(1)
    net = CurveODE() if sys.argv[1] == "curve-ode" else LSTM()
    steps, batches = int(sys.argv[2]), [batch() for _ in range(BATCHES)]
    optim = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05, foreach=True)
    for step in range(steps):
        if step == steps // 10:
            start, first = time.process_time(), step  # the first steps warm it up
        optim.zero_grad(set_to_none=True)
        b = batches[step % BATCHES]
        u, log_scale, extra = net(b)
        loss = ((u - b["target"]) * torch.exp(-log_scale)).abs().mean() + log_scale.mean() + extra
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optim.step()
    seconds = time.process_time() - start
    print(json.dumps({"steps_per_s": (steps - first) / seconds, "torch": torch.__version__}))


main()
