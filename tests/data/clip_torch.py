#!/usr/bin/env python3
"""A small random CLIP as a Hugging Face folder, and what PyTorch, Pillow and a tokenizer written from the published rules make
of pictures and texts: an implementation of its own on torch.nn. Writes OUT/{config.json, preprocessor_config.json,
model.safetensors, vocab.json, merges.txt, golden.json}. With a folder that holds another reference implementation
(networks.py with clip_image and clip_text) the two are compared before anything is written.

  python3 tests/data/clip_torch.py tests/data/clip [FOLDER]
"""
import json, math, os, struct, sys, unicodedata

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

VISION = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=24, patch_size=8,
              hidden_act="quick_gelu", layer_norm_eps=1e-5)
TEXT = dict(hidden_size=16, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=20,
            hidden_act="quick_gelu", layer_norm_eps=1e-5)
EMBED = 12
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

# ---------------------------------------------------------------- tokenizer

WHITE = {*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def alphabet():
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = [b for b in range(256) if b not in keep]
    return {**{b: chr(b) for b in keep}, **{b: chr(256 + i) for i, b in enumerate(spare)}}


BYTES = alphabet()


def words(raw):
    text = raw.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    text = unicodedata.normalize("NFC", text)
    text = "".join("i\u0307" if c == "\u0130" else c.lower() for c in text)

    def kind(c):
        g = unicodedata.category(c)[0]
        return "s" if ord(c) in WHITE else g if g in "LN" else "o"

    out, i = [], 0
    while i < len(text):
        short = next((s for s in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d") if text.startswith(s, i)), None)
        k, j = kind(text[i]), i + 1
        if short:
            j = i + len(short)
        elif k != "N":
            while j < len(text) and kind(text[j]) == k:
                j += 1
        if short or k != "s":
            out.append(text[i:j])
        i = j
    return out


def merge(symbols, ranks):
    while len(symbols) > 1:
        rank, at = min((ranks.get(p, math.inf), i) for i, p in enumerate(zip(symbols, symbols[1:])))
        if rank == math.inf:
            break
        symbols = symbols[:at] + [symbols[at] + symbols[at + 1]] + symbols[at + 2:]
    return symbols


def start(word):
    symbols = [BYTES[b] for b in word.encode("utf-8")]
    symbols[-1] += "</w>"
    return symbols


def learn(corpus, count):
    parts = [start(w) for w in words(corpus.encode())]
    merges = []
    while len(merges) < count:
        pairs = {}
        for p in parts:
            for q in zip(p, p[1:]):
                pairs[q] = pairs.get(q, 0) + 1
        best = min(pairs, key=lambda q: (-pairs[q], q))
        merges.append(best)
        parts = [merge(p, {best: 0}) for p in parts]
    return merges


def encode(raw, vocab, ranks, length):
    ids = [vocab[t] for w in words(raw) for t in merge(start(w), ranks)][:length - 2]
    return [vocab["<|startoftext|>"], *ids, vocab["<|endoftext|>"]]


CORPUS = """a photo of a red star on the grass, a picture of a cat's hat; it's the same as they'll say. we've seen the dogs and
the cats of the photo, i'm sure: the red hat, the star and the grass in a picture of the same photo. naïve café, straße."""
TEXTS = ["a photo of a red star", "A Photo of a CAT's hat!", "they'll say we've 1234 dogs", "", "   \t\n ", "naïve café",
         "nai\u0308ve cafe\u0301", "\U0001F600 smile \U0001F469\u200D\U0001F680", "a\u0300\u0301\u0327 zalgo", "İstanbul ΣΑΣ ǅ",
         "日本語 テキスト", "x²+½ = ٣", "<|endoftext|> a <|startoftext|>", "isn't 'sup ''s", "a" * 60, "a-b_c/d\\e",
         "\u2028line\u00a0break\u3000"]
RAW = [t.encode() for t in TEXTS] + [b"bad \xff\xfe bytes", b"cut \xe2\x82", b"\xf0\x9f\x98 half", b"nul \0 byte", b"\xed\xa0\x80 surrogate",
                                     b"\xc0\xaf overlong", b"\xe2\x28\xa1 \xf0\x28\x8c\xbc"]

# ---------------------------------------------------------------- towers


def draw(rng, vocab):
    w = {}

    def add(name, *shape, std, mean=0.0):
        w[name] = (mean + std * rng.standard_normal(shape)).astype(np.float32)

    def linear(name, out, n, bias=True):
        add(name + ".weight", out, n, std=1 / math.sqrt(n))
        if bias:
            add(name + ".bias", out, std=0.1)

    def norm(name, n):
        add(name + ".weight", n, std=0.2, mean=1.0)
        add(name + ".bias", n, std=0.1)

    for side, c in (("vision_model", VISION), ("text_model", TEXT)):
        d = c["hidden_size"]
        for i in range(c["num_hidden_layers"]):
            at = f"{side}.encoder.layers.{i}."
            norm(at + "layer_norm1", d)
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                linear(at + "self_attn." + part, d, d)
            norm(at + "layer_norm2", d)
            linear(at + "mlp.fc1", c["intermediate_size"], d)
            linear(at + "mlp.fc2", d, c["intermediate_size"])
    d, p = VISION["hidden_size"], VISION["patch_size"]
    e = "vision_model.embeddings."
    add(e + "class_embedding", d, std=0.5)
    add(e + "patch_embedding.weight", d, 3, p, p, std=1 / math.sqrt(3 * p * p))
    add(e + "position_embedding.weight", 1 + (VISION["image_size"] // p) ** 2, d, std=0.3)
    norm("vision_model.pre_layrnorm", d)
    norm("vision_model.post_layernorm", d)
    linear("visual_projection", EMBED, d, bias=False)
    d = TEXT["hidden_size"]
    add("text_model.embeddings.token_embedding.weight", vocab, d, std=0.5)
    add("text_model.embeddings.position_embedding.weight", TEXT["max_position_embeddings"], d, std=0.3)
    norm("text_model.final_layer_norm", d)
    linear("text_projection", EMBED, d, bias=False)
    w["logit_scale"] = np.array(2.6592, dtype=np.float32)
    return w


def tower(w, side, c, x, causal):
    d, heads = c["hidden_size"], c["num_attention_heads"]
    for i in range(c["num_hidden_layers"]):
        at = f"{side}.encoder.layers.{i}."
        a = torch.nn.MultiheadAttention(d, heads, batch_first=True, dtype=x.dtype)
        with torch.no_grad():
            a.in_proj_weight.copy_(torch.cat([w[at + f"self_attn.{k}_proj.weight"] for k in "qkv"]))
            a.in_proj_bias.copy_(torch.cat([w[at + f"self_attn.{k}_proj.bias"] for k in "qkv"]))
            a.out_proj.weight.copy_(w[at + "self_attn.out_proj.weight"])
            a.out_proj.bias.copy_(w[at + "self_attn.out_proj.bias"])
        norm = lambda x, n: F.layer_norm(x, (d,), w[at + n + ".weight"], w[at + n + ".bias"], c["layer_norm_eps"])
        y = norm(x, "layer_norm1")
        mask = torch.triu(torch.full((x.shape[1],) * 2, -math.inf, dtype=x.dtype), 1) if causal else None
        x = x + a(y, y, y, attn_mask=mask, need_weights=False)[0]
        y = F.linear(norm(x, "layer_norm2"), w[at + "mlp.fc1.weight"], w[at + "mlp.fc1.bias"])
        x = x + F.linear(y * torch.sigmoid(1.702 * y), w[at + "mlp.fc2.weight"], w[at + "mlp.fc2.bias"])
    return x


def image_features(w, pixels):
    e, d = "vision_model.embeddings.", VISION["hidden_size"]
    norm = lambda x, n: F.layer_norm(x, (d,), w[f"vision_model.{n}.weight"], w[f"vision_model.{n}.bias"], VISION["layer_norm_eps"])
    x = F.conv2d(pixels, w[e + "patch_embedding.weight"], stride=VISION["patch_size"]).flatten(2).transpose(1, 2)
    x = torch.cat([w[e + "class_embedding"].expand(len(x), 1, d), x], 1) + w[e + "position_embedding.weight"]
    x = tower(w, "vision_model", VISION, norm(x, "pre_layrnorm"), False)
    return x, F.normalize(norm(x[:, 0], "post_layernorm") @ w["visual_projection.weight"].T, dim=-1)


def text_features(w, ids):
    e, d = "text_model.embeddings.", TEXT["hidden_size"]
    x = w[e + "token_embedding.weight"][ids] + w[e + "position_embedding.weight"][:ids.shape[1]]
    x = tower(w, "text_model", TEXT, x, True)
    x = F.layer_norm(x, (d,), w["text_model.final_layer_norm.weight"], w["text_model.final_layer_norm.bias"], TEXT["layer_norm_eps"])
    at = (ids == ids.max()).int().argmax(-1)
    return F.normalize(x[torch.arange(len(ids)), at] @ w["text_projection.weight"].T, dim=-1)


def preprocess(image):
    side, (w, h) = VISION["image_size"], image.size
    short, long = min(w, h), max(w, h)
    sizes = (side, int(side * long / short))
    image = image.resize(sizes if w <= h else sizes[::-1], Image.BICUBIC)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    x = np.asarray(image.crop((left, top, left + side, top + side)), dtype=np.float64) / 255
    return ((x - MEAN) / STD).transpose(2, 0, 1)


# ---------------------------------------------------------------- files


def save(path, tensors):
    header, at, body = {}, 0, b""
    for name in sorted(tensors):
        raw = np.ascontiguousarray(tensors[name]).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def write(path, obj):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(obj, f, ensure_ascii=False, indent=None)
        f.write("\n")


def main(out, other):
    os.makedirs(out, exist_ok=True)
    merges = learn(CORPUS, 60)
    pieces = [BYTES[b] for b in range(256)] + [BYTES[b] + "</w>" for b in range(256)] + ["".join(m) for m in merges]
    vocab = {p: i for i, p in enumerate(dict.fromkeys(pieces + ["<|startoftext|>", "<|endoftext|>"]))}
    ranks = {m: i for i, m in enumerate(merges)}
    ids = [encode(t, vocab, ranks, TEXT["max_position_embeddings"]) for t in RAW]

    rng = np.random.default_rng(5)
    arrays = draw(rng, len(vocab))
    w = {k: torch.from_numpy(v).double() if v.ndim else torch.tensor(float(v)).double() for k, v in arrays.items()}
    pictures = [(rng.random((h, wd, 3)) * 255).astype(np.uint8) for h, wd in ((24, 24), (20, 33), (51, 30))]
    pixels = torch.from_numpy(np.stack([preprocess(Image.fromarray(p)) for p in pictures]))
    with torch.no_grad():
        tokens, images = image_features(w, pixels)
        length = max(map(len, ids))
        padded = torch.tensor([i + [vocab["<|endoftext|>"]] * (length - len(i)) for i in ids])
        texts = text_features(w, padded)
        logits = math.exp(float(arrays["logit_scale"])) * images @ texts.T
        if other:
            sys.path.insert(0, other)
            import networks
            c = {"vision_config": VISION, "text_config": TEXT}
            torch.set_default_dtype(torch.float64)
            for mine, theirs in ((images, networks.clip_image(w, c, pixels)[1]), (texts, networks.clip_text(w, c, padded)[1])):
                print("largest difference to the other reference: %.1e" % (mine - theirs).abs().max())

    write(os.path.join(out, "config.json"), dict(model_type="clip", projection_dim=EMBED, logit_scale_init_value=2.6592,
                                                 text_config=dict(TEXT, vocab_size=len(vocab)), vision_config=VISION))
    write(os.path.join(out, "preprocessor_config.json"), dict(image_mean=MEAN, image_std=STD, do_center_crop=True, resample=3))
    write(os.path.join(out, "vocab.json"), vocab)
    with open(os.path.join(out, "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join("%s %s\n" % m for m in merges))
    save(os.path.join(out, "model.safetensors"), arrays)
    digits = lambda t: [float("%.7g" % x) for x in np.asarray(t).ravel()]
    write(os.path.join(out, "golden.json"), dict(
        texts=[list(t) for t in RAW], ids=ids, pictures=[dict(width=p.shape[1], height=p.shape[0], rgb=p.ravel().tolist()) for p in pictures],
        pixels=digits(pixels), image_tokens=digits(tokens), images=digits(images), text_features=digits(texts), logits=digits(logits)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
