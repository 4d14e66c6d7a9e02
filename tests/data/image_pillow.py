"""Writes image_resize.json: small pictures resized by Pillow, whose results ours must equal. Run by `make goldens`."""
import json
import sys

import numpy as np
from PIL import Image

KINDS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
SIZES = [((7, 5), (3, 2)), ((7, 5), (13, 11)), ((9, 4), (9, 9)), ((4, 9), (9, 9)), ((1, 1), (3, 2)), ((16, 16), (1, 1)),
         ((10, 3), (7, 3)), ((23, 17), (8, 19))]

rng = np.random.default_rng(7)
cases = []
for (w, h), (ow, oh) in SIZES:
    a = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    if w > 8:
        a[:, : w // 2] = 0  # a hard edge makes bicubic weights overshoot on both sides
        a[:, w // 2 :] = 255
        a[0, 0] = (255, 0, 128)
    for name, kind in KINDS.items():
        out = np.asarray(Image.fromarray(a).resize((ow, oh), kind))
        cases.append({"how": name, "in": [w, h], "out": [ow, oh], "from": a.tobytes().hex(), "to": out.tobytes().hex()})
with open(sys.argv[1], "w") as f:
    f.write('{"source": "Pillow %s", "cases": [\n' % __import__("PIL").__version__)
    f.write(",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
