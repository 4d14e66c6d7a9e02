#!/usr/bin/env python3
"""Writes the seeds of the binary formats into corpus/. Each seed begins with a byte that the target reads itself.

Checksums need not be right: the targets mend them.
"""
import gzip
import io
import json
import os
import struct
import zipfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def save(target, name, data):
    os.makedirs(os.path.join(HERE, target), exist_ok=True)
    with open(os.path.join(HERE, target, name), "wb") as f:
        f.write(b"\x20" + data)


def varint(x):
    out = bytearray()
    while x >= 128:
        out.append(x & 127 | 128)
        x >>= 7
    return bytes(out + bytes([x]))


def field(number, value):
    """int: varint; float: double; bytes and str: length-delimited."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def float32(number, value):
    return varint(number << 3 | 5) + struct.pack("<f", value)


def record(data):
    return struct.pack("<Q", len(data)) + bytes(4) + data + bytes(4)


def event(step, value):
    return record(field(1, 1.7e9) + field(2, step) + field(5, field(1, value)))


def metadata(plugin, content=b""):
    return field(9, field(1, field(1, plugin) + field(2, content)))


def tensorboard():
    version = record(field(1, 1.7e9) + field(3, "brain.Event:2"))
    simple = b"".join(event(i, field(1, "loss") + float32(2, 1 / (i + 1))) for i in range(3))
    save("tensorboard", "simple", version + simple)
    tensors = b"".join([
        event(1, field(1, "a") + field(8, field(1, 1) + field(4, struct.pack("<f", 2))) + metadata("scalars")),
        event(2, field(1, "a") + field(8, field(1, 1) + field(2, field(2, field(1, 1))) + float32(5, 1))),
        event(3, field(1, "b") + field(8, field(1, 2) + field(6, 2.5))),
        event(4, field(1, "c") + field(8, field(1, 3) + field(7, -4))),
        event(5, field(1, "d") + field(8, field(1, 9) + field(10, varint(5)))),
    ])
    save("tensorboard", "tensors", version + tensors)
    value = lambda x: field(1, field(1, "k") + field(2, x))
    start = value(field(2, 0.5)) + value(field(3, "adam")) + value(field(4, 1)) + field(4, "group")
    hparams = event(0, field(1, "_h") + metadata("hparams", field(3, start) + field(4, field(1, 1) + field(2, 9.0))))
    other = event(1, field(1, "h") + field(5, field(1, -1.0))) + event(1, field(1, "p") + metadata("pr_curves"))
    save("tensorboard", "hparams", version + hparams + other)


def item(number, key, value, nested=False):
    return field(number, field(2 if nested else 1, key) + field(16, value))


def chunk(data, kind=1):
    return bytes(4) + struct.pack("<HB", len(data), kind) + data


def wandb():
    config = item(1, "lr", "0.1") + item(1, "m", '{"value": {"layers": [1, 2], "n": "x"}}')
    run = field(17, field(1, "id") + field(3, "p") + field(4, config) + field(6, "g") + field(8, "name") +
                field(10, "tag") + field(17, field(1, 1700000000) + field(2, 5)))
    history = field(2, item(1, "loss", "0.5") + item(1, "a", "NaN", True) + item(1, "o", '{"x": {"y": 1}, "s": "t"}') +
                    item(1, "_step", "3") + item(1, "_timestamp", "1.7e9") + field(2, field(1, 7)))
    stats = field(7, field(2, field(1, 9)) + item(3, "cpu", "1.5"))
    rest = field(3, item(1, "best", "1")) + field(18, field(1, 1))
    save("wandb", "run", b":W&B\xe1\xbe\0" + b"".join(map(chunk, [run, history, stats, rest])))
    save("wandb", "chunks", b":W&B\xe1\xbe\0" + chunk(history[:10], 2) + chunk(history[10:20], 3) +
         chunk(history[20:], 4) + chunk(run))


def npy(descr, shape, data, fortran=False, version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def numpy():
    save("npy", "f4", npy("<f4", "(2, 3)", bytes(24)))
    save("npy", "f8_fortran", npy(">f8", "(2, 3)", bytes(48), True, 2))
    save("npy", "u1", npy("|u1", "(5,)", bytes(5), False, 3))
    save("npy", "half_scalar", npy("<f2", "()", bytes(2)))
    for method, name in (zipfile.ZIP_STORED, "npz_stored"), (zipfile.ZIP_DEFLATED, "npz_deflated"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as z:
            z.writestr(zipfile.ZipInfo("w.npy"), npy("<f4", "(4, 5)", bytes(80)), method)
            z.writestr(zipfile.ZipInfo("s.npy"), npy("<i8", "(1,)", bytes(8)), method)
        save("npy", name, out.getvalue())


def safetensors():
    def make(header, data):
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data
    f32 = lambda shape, begin, end: {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    save("safetensors", "two", make({"__metadata__": {"format": "pt"}, "a": f32([2, 2], 0, 16), "b": f32([], 16, 20)},
                                    bytes(20)))
    kinds = {}
    at = 0
    for name, size in ("BOOL", 1), ("U8", 1), ("I8", 1), ("I16", 2), ("I32", 4), ("I64", 8), ("F16", 2), ("BF16", 2), ("F64", 8):
        kinds[name] = {"dtype": name, "shape": [1], "data_offsets": [at, at + size]}
        at += size
    save("safetensors", "kinds", make(kinds, bytes(at)))


def onnx():
    """The first and the last tensors of a narrow network: what tells its kind, and that the rest is missing."""
    def tensor(name, shape, raw=True):
        count = 1
        for n in shape:
            count *= n
        dims = b"".join(field(1, n) for n in shape) if raw else field(1, b"".join(varint(n) for n in shape))
        return field(5, dims + field(2, 1) + field(8, name) + (field(9, bytes(4 * count)) if raw else field(4, bytes(4 * count))))
    for raw in True, False:
        graph = tensor("model.0.conv.weight", [8, 3, 6, 6], raw) + tensor("model.0.conv.bias", [8], raw) + tensor("model.24.m.0.weight", [18, 32, 1, 1], raw)
        save("onnx", "raw" if raw else "floats", field(1, 8) + field(7, graph))


def chunks():
    def make(n, widths, first, stride, base, data):
        return struct.pack("<HBBBqqq", n, *widths, first, stride, base) + data
    save("chunk", "even", make(3, (4, 0, 0), 7, -3, 0, struct.pack("<3f", 1, float("nan"), -0.0)))
    save("chunk", "narrow_ms", make(2, (8, 4, 4), 100, 0, 1700000000000,
                                      struct.pack("<2d2i2I", 0.1, 5e-324, 0, -9, 0, 2**32 - 1)))
    save("chunk", "wide", make(1, (4, 8, 8), 5, 0, 0, struct.pack("<fqd", 1e30, -2**63, 1e300)))


def queries():
    for name, text in {
        "point": "SELECT run, max(value) FROM point WHERE series = 'loss' GROUP BY run ORDER BY 2 DESC LIMIT 3",
        "join": "SELECT r.name, t.text, s.min FROM run r JOIN series s ON s.run_id = r.id JOIN name t ON t.id = s.name_id",
        "with": "WITH RECURSIVE k(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM k WHERE i < 9) SELECT i, x'00' FROM k; -- end",
        "write": "INSERT INTO run(key) VALUES('x') RETURNING id",
        "pragma": "PRAGMA table_info(run)",
        "attach": "ATTACH ':memory:' AS m",
        "view": "SELECT * FROM main.point, orr_points(1)",
    }.items():
        save("sql", name, text.encode())


def pieces():
    """The first byte tells the kind, the second the size of the llama2.c vocabulary less one."""
    def put(name, kind, second, data):
        os.makedirs(os.path.join(HERE, "pieces"), exist_ok=True)
        with open(os.path.join(HERE, "pieces", name), "wb") as f:
            f.write(bytes([kind, second]) + data)
    put("bytes", 0, 1, json.dumps({
        "model": {"type": "BPE", "ignore_merges": True, "vocab": {"a": 0, "b": 1, "ab": 2, "\u0120": 3}, "merges": ["a b"]},
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True},
        "added_tokens": [{"id": 4, "content": "<s>", "special": True}]}).encode())
    put("characters", 0, 0, json.dumps({
        "model": {"vocab": {"<unk>": 0, "<0x41>": 1, "\u2581": 2, "a": 3, "\u2581a": 4}, "merges": [["\u2581", "a"]], "unk_token": "<unk>"},
        "normalizer": {"normalizers": [{"type": "Prepend"}]}, "pre_tokenizer": {"pretokenizers": [{"type": "Metaspace"}]},
        "post_processor": {"single": [{"SpecialToken": {"id": "<s>"}}]},
        "added_tokens": [{"id": 5, "content": "<s>", "special": True}]}).encode())
    model = b"".join(field(1, field(1, text) + struct.pack("<Bf", 2 << 3 | 5, -1.0) + field(3, kind))
                     for text, kind in (("<unk>", 2), ("<s>", 3), ("\u2581a", 1), ("a", 1), ("<0x0A>", 6)))
    put("sentencepiece", 1, 1, model + field(2, field(3, 2)) + field(3, field(3, 1)))
    names = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % i for i in range(256)]
    put("llama2c", 2, 255, struct.pack("<i", 6) + b"".join(struct.pack("<fi", 0, len(x)) + x for x in names[:256]))


def decoder():
    dim, hidden, vocab, context = 4, 4, 5, 4
    n = vocab * dim + 2 * dim + 4 * dim * dim + 3 * dim * hidden + dim + context * 2
    os.makedirs(os.path.join(HERE, "decoder"), exist_ok=True)
    with open(os.path.join(HERE, "decoder", "small"), "wb") as f:
        f.write(struct.pack("<7i", dim, hidden, 1, 2, 1, vocab, context))
        n -= 2 * dim * (dim // 2)  # one head of keys and values for two of queries
        f.write(struct.pack(f"<{n}f", *(0.01 * i for i in range(n))))


def images():
    """Small pictures of several kinds; the bytes depend on the version of Pillow (python3-pil)."""
    from PIL import Image
    os.makedirs(os.path.join(HERE, "image"), exist_ok=True)
    rgb = Image.new("RGB", (9, 10))
    rgb.putdata([(20 * (i % 9), 25 * (i // 9), 3 * i) for i in range(90)])
    files = {"rgb.png": (rgb, {}), "grey.png": (rgb.convert("L"), {}), "palette.png": (rgb.quantize(5), {"transparency": 2}),
             "alpha.png": (rgb.convert("RGBA"), {}), "wide.png": (rgb.convert("L").convert("I").convert("I;16"), {}),
             "rgb.jpg": (rgb, {}), "grey.jpg": (rgb.convert("L"), {}), "cmyk.jpg": (rgb.convert("CMYK"), {}),
             "progressive.jpg": (rgb, {"progressive": True}), "turned.jpg": (rgb, {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0"
                                 b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"})}
    for name, (image, options) in files.items():
        image.save(os.path.join(HERE, "image", name), **options)


def tensors(shapes):
    """A safetensors file of these shapes, filled with a ramp."""
    header, at = {}, 0
    for name, shape in shapes.items():
        n = 1
        for k in shape:
            n *= k
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * n]}
        at += 4 * n
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + struct.pack(f"<{at // 4}f", *(0.01 * (i % 50) for i in range(at // 4)))


def tower(name, d):
    block = f"{name}.encoder.layers.0."
    out = {}
    for part in ("layer_norm1", "layer_norm2"):
        out[block + part + ".weight"] = out[block + part + ".bias"] = [d]
    for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2"):
        out[block + part + ".weight"], out[block + part + ".bias"] = [d, d], [d]
    return out


def folders():
    """Model folders: a byte for the kind, then files, each behind its letter (see fuzz_folder.c)."""
    def put(name, kind, files):
        os.makedirs(os.path.join(HERE, "folder"), exist_ok=True)
        with open(os.path.join(HERE, "folder", name), "wb") as f:
            f.write(bytes([kind]) + b"".join(b"\n~~~" + letter + b"\n" + data for letter, data in files))
    d = 4
    sizes = {"hidden_size": d, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": d}
    letters = [chr(i) for i in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))]
    vocab = letters + [x + "</w>" for x in letters] + ["ab</w>", "<|startoftext|>", "<|endoftext|>"]
    clip = {"model_type": "clip", "projection_dim": d, "vision_config": dict(sizes, image_size=4, patch_size=2),
            "text_config": dict(sizes, vocab_size=len(vocab), max_position_embeddings=8)}
    shapes = {"logit_scale": [], "visual_projection.weight": [d, d], "text_projection.weight": [d, d],
              "vision_model.embeddings.class_embedding": [d], "vision_model.embeddings.patch_embedding.weight": [d, 3, 2, 2],
              "vision_model.embeddings.position_embedding.weight": [5, d],
              "text_model.embeddings.token_embedding.weight": [len(vocab), d],
              "text_model.embeddings.position_embedding.weight": [8, d]}
    for part in ("vision_model.pre_layrnorm", "vision_model.post_layernorm", "text_model.final_layer_norm"):
        shapes[part + ".weight"] = shapes[part + ".bias"] = [d]
    shapes.update(tower("vision_model", d), **tower("text_model", d))
    put("clip", 0, [(b"a", json.dumps(clip).encode()), (b"b", tensors(shapes)),
                    (b"c", json.dumps({x: i for i, x in enumerate(vocab)}).encode()), (b"d", b"#version: 0.2\na b</w>\n"),
                    (b"g", b'{"image_mean":[0.5,0.5,0.5],"image_std":[1,1,1]}')])
    model = os.path.join(HERE, "../../data/encoder/bert_mean")
    read = lambda name: open(os.path.join(model, name), "rb").read()
    put("bert", 1, [(b"a", read("config.json")), (b"b", read("model.safetensors")), (b"e", read("vocab.txt"))])
    put("use", 1, [(b"j", b'{"weightsManifest":[{"paths":["group1-shard1of1.bin"],"weights":[{"name":"x","shape":[2],"dtype":"float32"}]}]}'),
                   (b"k", struct.pack("<2f", 1, 2)), (b"c", b'[["<unk>",0],["<s>",0],["</s>",0],["a",-1],["b",-2],["ab",-1],["c",-3]]')])
    llama = dict(sizes, model_type="llama", num_key_value_heads=1, vocab_size=5, max_position_embeddings=8, rms_norm_eps=1e-5,
                 tie_word_embeddings=True, hidden_act="silu")
    block = "model.layers.0."
    shapes = {"model.embed_tokens.weight": [5, d], "model.norm.weight": [d], block + "input_layernorm.weight": [d],
              block + "post_attention_layernorm.weight": [d], block + "self_attn.q_proj.weight": [d, d],
              block + "self_attn.k_proj.weight": [2, d], block + "self_attn.v_proj.weight": [2, d],
              block + "self_attn.o_proj.weight": [d, d], block + "mlp.gate_proj.weight": [d, d],
              block + "mlp.up_proj.weight": [d, d], block + "mlp.down_proj.weight": [d, d]}
    put("llama", 2, [(b"a", json.dumps(llama).encode()), (b"b", tensors(shapes))])


def plain():
    """Inputs of targets that take them as they are."""
    def put(target, name, data):
        os.makedirs(os.path.join(HERE, target), exist_ok=True)
        with open(os.path.join(HERE, target, name), "wb") as f:
            f.write(data)
    put("wordnet", "nouns", b"  1 licence\n00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is; \"an entity\"  \n"
        b"00001930 03 n 02 flat_tire 0 thing 1 002 @ 00001740 n 0000 + 00001740 n 0101 | a thing  \n")
    put("pool", "lines", b"\0\0cat\ndog\ncat\n\ntiger, large\n")
    put("pool", "csv", b"\1\2id,name\n1,\"a \"\"cat\"\"\"\n2,dog\n")
    put("pool", "jsonl", b"\3\2\"cat\"\n{\"name\":\"dog\"}\n")
    put("pool", "gz", b"\6\0" + gzip.compress(b"\"cat\"\n{\"text\":\"dog\"}\n", mtime=0))
    words = "".join(f"0 {i} 0@{2 * i}:{i + 1:016x}\n" for i in range(5))
    put("shards", "whole", (words + "".join(f"1 {i} {48 + i:02x}\n" for i in range(5)) + "end\n").encode())
    put("shards", "begun", words[:40].encode())
    put("shards", "header", b'{"orrery":"fragment","version":"0.1.0","shard":1,"shards":2,"command":["eval","x"]}\nend\n')
    put("sweep", "small", json.dumps({"name": "x", "runs": 6, "seed": 3, "data": "spirals", "arch": ["mlp:16", "mlp:8-8"],
                                      "optim": ["sgd", "adam"], "lr": {"log": [1e-3, 1e-1]}, "batch": {"int": [8, 32]},
                                      "epochs": 2, "weights": "every:epoch"}).encode())
    put("lcdb", "two", b" [[[[0.1,0.2,null],[0.05,0.1,0.3]],[[0,0,0]]],[[[null,null,0.5]],[]]]")


tensorboard()
wandb()
numpy()
safetensors()
onnx()
chunks()
queries()
pieces()
decoder()
images()
folders()
plain()
