#!/usr/bin/env python3
"""Small random encoders as Hugging Face folders with a WordPiece vocabulary, the tokens of hard texts, and the vectors,
scores and weights that PyTorch computes: an implementation of its own, from the published layer equations. Writes
tests/data/encoder/NAME/{config.json,model.safetensors,vocab.txt,...,golden.json}.

  python3 tests/data/encoder_torch.py tests/data/encoder
"""
import json, math, os, struct, sys, unicodedata

import torch
import torch.nn.functional as F

PIECES = ("the of in a town city river north oslo zen ##da ##s ##ing ##ed play cafe na ##ive 1 ##9 ##7 2 ##0 , . ? ! - ' "
          "\u65e5 \u672c \U0001f600 resume i ##i ##st ##an ##bul \u00df stra ##\u00df ##e \u03c3 \u03bf ##\u03c3 ## \u2014 caf\u00e9 Oslo").split(" ")
TEXTS = ["The town of Zenda, in 1972!", "playing  played\tplays", "Caf\u00e9 na\u00efve \ufb01ne r\u00e9sum\u00e9", "cafe\u0301 \u0130stanbul",
         "\u65e5\u672c city\u65e5", "\U0001f600 oslo\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467", "", "   ", "[CLS] [UNK] ##s", "a" * 101, "the" * 40,
         "Stra\u00dfe \u039f\u03a3", "\u2014oslo\u2014north", "in\u00a0a\u3000river\u2003of", "zen\u200bda \x07oslo", "\uac00 \u0e01\u0e33", "o\u0308slo"]
RAW = [b"oslo \xff\xfe river", b"caf\xc3", b"\xed\xa0\x80the\xf0\x9f\x98", b"a\x00b"]


def white(c):
    return c in "\t\n\r\x0b\x0c \x85\u1680\u2028\u2029" or unicodedata.category(c) == "Zs"


def words(text, fold):
    out, word = [], ""
    for c in text:
        if c in "\t\n\r" or unicodedata.category(c) == "Zs":
            c = " "
        elif c in "\0\ufffd" or unicodedata.category(c)[0] == "C":
            continue
        o = ord(c)
        chinese = any(a <= o <= b for a, b in ((0x4e00, 0x9fff), (0x3400, 0x4dbf), (0x20000, 0x2a6df), (0x2a700, 0x2b73f),
                                               (0x2b740, 0x2b81f), (0x2b820, 0x2ceaf), (0xf900, 0xfaff), (0x2f800, 0x2fa1f)))
        for d in (unicodedata.normalize("NFD", c) if fold else c):
            if fold and unicodedata.category(d) == "Mn":
                continue
            d = d.lower() if fold else d
            mark = unicodedata.category(d[0])[0] == "P" or (33 <= ord(d[0]) <= 126 and not d.isalnum())
            if white(d) or mark or chinese:
                out += [word] * bool(word) + [d] * (not white(d))
                word = ""
            else:
                word += d
    return out + [word] * bool(word)


def tokens(raw, vocab, fold=True):
    out = []
    for w in words(raw.decode("utf-8", "replace"), fold):
        got, at = [], 0
        while at < len(w) and len(w) <= 100:
            end = next((e for e in range(len(w), at, -1) if ("##" if at else "") + w[at:e] in vocab), None)
            if end is None:
                break
            got.append(vocab[("##" if at else "") + w[at:end]])
            at = end
        out += got if at == len(w) else [vocab["[UNK]"]]
    return out


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


def bucket(o, buckets):
    half = buckets // 2
    exact, n = half // 2, abs(o)
    far = n if n < exact else min(half - 1, exact + int(math.log(n / exact) / math.log(128 / exact) * (half - exact)))
    return (half if o > 0 else 0) + far


def run(c, w, ids, types):
    d, heads, n, eps, mp = c["hidden_size"], c["num_attention_heads"], len(ids), c["layer_norm_eps"], c["model_type"] == "mpnet"
    norm = lambda x, p: F.layer_norm(x, (d,), w[p + ".weight"], w[p + ".bias"], eps)
    lin = lambda x, p: F.linear(x, w[p + ".weight"], w[p + ".bias"])
    first = c["pad_token_id"] + 1 if mp else 0
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][first:first + n]
    if not mp:
        x = x + w["embeddings.token_type_embeddings.weight"][types]
    x = norm(x, "embeddings.LayerNorm")
    bias = 0
    if mp:
        table = w["encoder.relative_attention_bias.weight"]
        bias = table[torch.tensor([[bucket(j - i, table.shape[0]) for j in range(n)] for i in range(n)])].permute(2, 0, 1)
    act = {"gelu": F.gelu, "relu": F.relu}[c["hidden_act"]]
    for i in range(c["num_hidden_layers"]):
        p = f"encoder.layer.{i}."
        names = ["attention.attn." + s for s in "qkv"] if mp else ["attention.self." + s for s in ("query", "key", "value")]
        q, k, v = (lin(x, p + s).view(n, heads, d // heads).transpose(0, 1) for s in names)
        s = (q @ k.transpose(1, 2) / math.sqrt(d // heads) + bias).softmax(-1)
        y = lin((s @ v).transpose(0, 1).reshape(n, d), p + ("attention.attn.o" if mp else "attention.output.dense"))
        x = norm(x + y, p + ("attention.LayerNorm" if mp else "attention.output.LayerNorm"))
        x = norm(x + lin(act(lin(x, p + "intermediate.dense")), p + "output.dense"), p + "output.LayerNorm")
    return x


def weights(c, head):
    d, h, mp = c["hidden_size"], c["intermediate_size"], c["model_type"] == "mpnet"
    r = lambda *s: torch.randn(*s) * 0.3
    lin = lambda p, o, i: {p + ".weight": r(o, i), p + ".bias": r(o)}
    norm = lambda p: {p + ".weight": 1 + r(d), p + ".bias": r(d)}
    w = {"embeddings.word_embeddings.weight": r(c["vocab_size"], d),
         "embeddings.position_embeddings.weight": r(c["max_position_embeddings"], d)} | norm("embeddings.LayerNorm")
    if mp:
        w["encoder.relative_attention_bias.weight"] = r(c["relative_attention_num_buckets"], c["num_attention_heads"]) * 5
    else:
        w["embeddings.token_type_embeddings.weight"] = r(2, d)
    for i in range(c["num_hidden_layers"]):
        p = f"encoder.layer.{i}."
        for s in ["attention.attn." + s for s in "qkvo"] if mp else ["attention.self." + s for s in ("query", "key", "value")] + ["attention.output.dense"]:
            w |= lin(p + s, d, d)
        w |= norm(p + ("attention.LayerNorm" if mp else "attention.output.LayerNorm"))
        w |= lin(p + "intermediate.dense", h, d) | lin(p + "output.dense", d, h) | norm(p + "output.LayerNorm")
    if head == "pairs":
        w |= lin("pooler.dense", d, d) | lin("classifier", 1, d)
    if head == "weights":
        w |= lin("cls.predictions.transform.dense", d, d) | norm("cls.predictions.transform.LayerNorm")
        w["cls.predictions.bias"] = r(c["vocab_size"]) - 1
    return w


def main(folder):
    torch.manual_seed(2)
    special = {"bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "mpnet": ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"]}
    base = {"model_type": "bert", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
            "max_position_embeddings": 48, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0}
    mpnet = base | {"model_type": "mpnet", "layer_norm_eps": 1e-5, "pad_token_id": 1, "relative_attention_num_buckets": 32}
    models = {"bert_mean": (base | {"architectures": ["BertModel"]}, "vectors"), "bert_cls": (base | {"architectures": ["BertModel"], "hidden_act": "relu"}, "vectors"),
              "mpnet": (mpnet | {"architectures": ["MPNetForMaskedLM"]}, "vectors"), "cross": (base | {"architectures": ["BertForSequenceClassification"]}, "pairs"),
              "splade": (base | {"architectures": ["BertForMaskedLM"]}, "weights")}
    extra = {"bert_cls": {"1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False},
                          "modules.json": [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                                           {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}],
                          "sentence_bert_config.json": {"max_seq_length": 24, "do_lower_case": False},
                          "config_sentence_transformers.json": {"prompts": {"query": "town: ", "passage": ""}}},
             "mpnet": {"tokenizer_config.json": {"do_lower_case": False, "tokenizer_class": "MPNetTokenizer"}}}
    for name, (c, kind) in models.items():
        pieces = special[c["model_type"]] + PIECES
        vocab = {p: i for i, p in enumerate(pieces)}
        c["vocab_size"] = len(pieces) + 2
        fold, mp = name != "mpnet", c["model_type"] == "mpnet"
        begin, end = (0, 2) if mp else (2, 3)
        w = weights(c, kind)
        dw = {k: v.double() for k, v in w.items()}
        longest = 24 if name == "bert_cls" else 46 if mp else 48
        texts = [t.encode() for t in TEXTS] + RAW
        golden = {"raw": [t.hex() for t in texts], "tokens": [tokens(t, vocab, fold) for t in texts], "out": []}
        frame = lambda ids: [begin] + ids[:longest - 2] + [end]
        question = tokens(b"river of the north ?", vocab)
        for t, ids in zip(texts, golden["tokens"]):
            if kind == "pairs":
                q, p = list(question), list(ids)
                while len(q) + len(p) > longest - 3:
                    (q if len(q) > len(p) else p).pop()
                row = [begin] + q + [end]
                x = run(c, dw, row + p + [end], [0] * len(row) + [1] * (len(p) + 1))
                h = torch.tanh(F.linear(x[0], dw["pooler.dense.weight"], dw["pooler.dense.bias"]))
                golden["out"].append([round(float(F.linear(h, dw["classifier.weight"], dw["classifier.bias"])), 6)])
                continue
            row = frame(ids)
            x = run(c, dw, row, [0] * len(row))
            if kind == "weights":
                h = F.gelu(F.linear(x, dw["cls.predictions.transform.dense.weight"], dw["cls.predictions.transform.dense.bias"]))
                h = F.layer_norm(h, (16,), dw["cls.predictions.transform.LayerNorm.weight"], dw["cls.predictions.transform.LayerNorm.bias"], 1e-12)
                y = torch.log1p(torch.relu(h @ dw["embeddings.word_embeddings.weight"].T + dw["cls.predictions.bias"])).amax(0)
            else:
                y = F.normalize(x[0] if name == "bert_cls" else x.mean(0), dim=-1)
            golden["out"].append([round(v, 6) for v in y.tolist()])
        os.makedirs(f"{folder}/{name}/1_Pooling" if name in extra and "modules.json" in extra[name] else f"{folder}/{name}", exist_ok=True)
        prefix = {"pairs": "bert.", "weights": "bert."}.get(kind, "")
        save(f"{folder}/{name}/model.safetensors", {(k if k.startswith(("classifier", "cls.")) else prefix + k): v for k, v in w.items()})
        for file, o in ({"config.json": c, "golden.json": golden} | extra.get(name, {})).items():
            with open(f"{folder}/{name}/{file}", "w") as f:
                json.dump(o, f, indent=None if file == "golden.json" else 1)
        with open(f"{folder}/{name}/vocab.txt", "w", encoding="utf-8") as f:
            f.write("".join(p + "\n" for p in pieces))


main(sys.argv[1])
