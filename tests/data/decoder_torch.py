#!/usr/bin/env python3
"""Small random decoders as Hugging Face folders, and the logits that PyTorch computes for them: an implementation of its
own, from the published layer equations. Writes tests/data/decoder/NAME/{config.json,model.safetensors,golden.json}.

  python3 tests/data/decoder_torch.py tests/data/decoder
"""
import json, math, os, struct, sys

import torch
import torch.nn.functional as F


def save(path, tensors):
    header, at, body = {}, 0, b""
    for name, t in tensors.items():
        raw = t.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def llama(c, w, ids):
    d, nh, nkv = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
    hs, n = c.get("head_dim", d // nh), len(ids)
    rms = lambda x, g: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + c["rms_norm_eps"]) * g
    inv = c["rope_theta"] ** (-torch.arange(0, hs, 2, dtype=torch.float64) / hs)
    angle = torch.outer(torch.arange(n, dtype=torch.float64), inv)
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    turn = lambda x: x * cos + torch.cat([-x[..., hs // 2:], x[..., :hs // 2]], -1) * sin
    lin = lambda x, name: F.linear(x, w[name + ".weight"], w.get(name + ".bias"))
    x = w["model.embed_tokens.weight"][ids]
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        h = rms(x, w[p + "input_layernorm.weight"])
        q = turn(lin(h, p + "self_attn.q_proj").view(n, nh, hs).transpose(0, 1))
        k = turn(lin(h, p + "self_attn.k_proj").view(n, nkv, hs).transpose(0, 1)).repeat_interleave(nh // nkv, 0)
        v = lin(h, p + "self_attn.v_proj").view(n, nkv, hs).transpose(0, 1).repeat_interleave(nh // nkv, 0)
        s = q @ k.transpose(1, 2) / math.sqrt(hs)
        s = s.masked_fill(torch.triu(torch.ones(n, n, dtype=torch.bool), 1), -math.inf).softmax(-1)
        x = x + lin((s @ v).transpose(0, 1).reshape(n, nh * hs), p + "self_attn.o_proj")
        h = rms(x, w[p + "post_attention_layernorm.weight"])
        x = x + lin(F.silu(lin(h, p + "mlp.gate_proj")) * lin(h, p + "mlp.up_proj"), p + "mlp.down_proj")
    x = rms(x, w["model.norm.weight"])
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def gpt2(c, w, ids):
    d, nh, n, eps = c["n_embd"], c["n_head"], len(ids), c["layer_norm_epsilon"]
    norm = lambda x, p: F.layer_norm(x, (d,), w[p + ".weight"], w[p + ".bias"], eps)
    lin = lambda x, p: x @ w[p + ".weight"] + w[p + ".bias"]
    x = w["wte.weight"][ids] + w["wpe.weight"][:n]
    for i in range(c["n_layer"]):
        p = f"h.{i}."
        q, k, v = (t.view(n, nh, d // nh).transpose(0, 1) for t in lin(norm(x, p + "ln_1"), p + "attn.c_attn").split(d, -1))
        s = q @ k.transpose(1, 2) / math.sqrt(d // nh)
        s = s.masked_fill(torch.triu(torch.ones(n, n, dtype=torch.bool), 1), -math.inf).softmax(-1)
        x = x + lin((s @ v).transpose(0, 1).reshape(n, d), p + "attn.c_proj")
        h = lin(norm(x, p + "ln_2"), p + "mlp.c_fc")
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h ** 3)))
        x = x + lin(h, p + "mlp.c_proj")
    return norm(x, "ln_f") @ w["wte.weight"].T


def llama_weights(c, biased, tied):
    d, hid, v = c["hidden_size"], c["intermediate_size"], c["vocab_size"]
    q, kv = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"]
    r = lambda *s: torch.randn(*s) * 0.25
    w = {"model.embed_tokens.weight": r(v, d), "model.norm.weight": 1 + r(d)}
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        w |= {p + "input_layernorm.weight": 1 + r(d), p + "post_attention_layernorm.weight": 1 + r(d),
              p + "self_attn.q_proj.weight": r(q, d), p + "self_attn.k_proj.weight": r(kv, d),
              p + "self_attn.v_proj.weight": r(kv, d), p + "self_attn.o_proj.weight": r(d, q),
              p + "mlp.gate_proj.weight": r(hid, d), p + "mlp.up_proj.weight": r(hid, d), p + "mlp.down_proj.weight": r(d, hid)}
        if biased:
            w |= {p + f"self_attn.{n}_proj.bias": r(kv if n != "q" else q) for n in "qkv"}
    if not tied:
        w["lm_head.weight"] = r(v, d)
    return w


def gpt2_weights(c):
    d, v, n = c["n_embd"], c["vocab_size"], c["n_positions"]
    r = lambda *s: torch.randn(*s) * 0.25
    w = {"wte.weight": r(v, d), "wpe.weight": r(n, d), "ln_f.weight": 1 + r(d), "ln_f.bias": r(d)}
    for i in range(c["n_layer"]):
        p = f"h.{i}."
        for ln in ("ln_1", "ln_2"):
            w |= {p + ln + ".weight": 1 + r(d), p + ln + ".bias": r(d)}
        for name, a, b in (("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d), ("mlp.c_fc", d, 4 * d), ("mlp.c_proj", 4 * d, d)):
            w |= {p + name + ".weight": r(a, b), p + name + ".bias": r(b)}
    return w


def main(folder):
    torch.manual_seed(1)
    base = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "head_dim": 6, "vocab_size": 37, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "rope_theta": 500.0, "hidden_act": "silu"}
    wide = base | {"num_key_value_heads": 1, "head_dim": 10, "model_type": "qwen2"}
    small = {"model_type": "gpt2", "n_embd": 24, "n_head": 3, "n_layer": 2, "n_positions": 32, "vocab_size": 41,
             "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}
    base["model_type"] = "llama"
    models = {"llama": (base, llama_weights(base, False, False), llama), "qwen2": (wide | {"tie_word_embeddings": True}, llama_weights(wide, True, True), llama),
              "gpt2": (small, gpt2_weights(small), gpt2)}
    for name, (config, weights, run) in models.items():
        os.makedirs(f"{folder}/{name}", exist_ok=True)
        ids = torch.randint(0, config["vocab_size"], (17,))
        logits = run(config, {k: v.double() for k, v in weights.items()}, ids)
        save(f"{folder}/{name}/model.safetensors", weights)
        json.dump(config, open(f"{folder}/{name}/config.json", "w"), indent=1)
        json.dump({"ids": ids.tolist(), "logits": [[round(x, 6) for x in row] for row in logits[[0, 8, 16]].tolist()], "rows": [0, 8, 16]},
                  open(f"{folder}/{name}/golden.json", "w"))


main(sys.argv[1])
