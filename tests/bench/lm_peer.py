#!/usr/bin/python3
"""Greedy decoding of a llama2.c file, one token at a time, in numpy or PyTorch: the peers of `orrery-bench lm_llama2c`.

usage: lm_peer.py numpy|torch MODEL.bin TOKENS [LLAMA2_NUMPY.py]
numpy: the independent reader among the peers, by its path. torch: written here from the format, with a key-value cache, one
thread, no autograd. Prints {"tokens_per_s": of the processor, "ids": what was decoded}.
"""
import importlib.util, json, math, os, struct, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import numpy as np


def numpy_step(path, script):
    spec = importlib.util.spec_from_file_location("llama2_numpy", script)
    module = importlib.util.module_from_spec(spec)
    with open(os.devnull, "w") as sys.stderr:       # it is a program; what we want of it is defined by the time it complains
        try:
            spec.loader.exec_module(module)
        except SystemExit:
            pass
    sys.stderr = sys.__stderr__
    model = module.Model(path, np.float32)
    return lambda token, p: int(np.argmax(model.step(token, p)))


def torch_step(path):
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    raw = open(path, "rb").read()
    dim, hidden, layers, heads, kv, vocab, length = struct.unpack("<7i", raw[:28])
    tied, vocab, size = vocab > 0, abs(vocab), dim // heads
    w, at = torch.from_numpy(np.frombuffer(raw, "<f4", offset=28).copy()), 0

    def take(*shape):
        nonlocal at
        n = math.prod(shape)
        at += n
        return w[at - n:at].view(*shape)
    table, norm1 = take(vocab, dim), take(layers, dim)
    wq, wk, wv = take(layers, dim, dim), take(layers, kv * size, dim), take(layers, kv * size, dim)
    qkv = torch.cat([wq, wk, wv], 1).contiguous()
    out, norm2 = take(layers, dim, dim), take(layers, dim)
    w1, w2, w3 = take(layers, hidden, dim), take(layers, dim, hidden), take(layers, hidden, dim)
    up = torch.cat([w1, w3], 1).contiguous()
    norm = take(dim)
    at += length * size
    head = table if tied else take(vocab, dim)
    angle = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(0, size, 2) / size)
    turn = torch.polar(torch.ones_like(angle), angle)                   # adjacent pairs as complex numbers
    keys, values = torch.zeros(layers, kv, length, size), torch.zeros(layers, kv, length, size)
    rms = lambda x, g: x * torch.rsqrt(x.pow(2).mean() + 1e-5) * g
    rotate = lambda x, p: torch.view_as_real(torch.view_as_complex(x.view(x.shape[0], -1, 2)) * turn[p]).flatten(1)

    def step(token, p):
        x = table[token]
        for l in range(layers):
            y = qkv[l] @ rms(x, norm1[l])
            q = rotate(y[:dim].view(heads, size), p).view(kv, heads // kv, size)
            keys[l, :, p] = rotate(y[dim:dim + kv * size].view(kv, size), p)
            values[l, :, p] = y[dim + kv * size:].view(kv, size)
            s = torch.softmax(q @ keys[l, :, :p + 1].transpose(1, 2) / math.sqrt(size), -1)
            x = x + out[l] @ (s @ values[l, :, :p + 1]).reshape(-1)
            u = up[l] @ rms(x, norm2[l])
            x = x + w2[l] @ (F.silu(u[:hidden]) * u[hidden:])
        return int(torch.argmax(head @ rms(x, norm)))
    return step


def main():
    kind, path, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    step = numpy_step(path, sys.argv[4]) if kind == "numpy" else torch_step(path)
    step(1, 0)
    ids, token, start = [], 1, time.process_time()
    for p in range(n):
        token = step(token, p)
        ids.append(token)
    print(json.dumps({"tokens_per_s": n / (time.process_time() - start), "ids": ids}))


main()
