#!/usr/bin/python3
"""Farcasting of a folder of safetensors checkpoints with numpy: the peer of `orrery-bench weights`.

usage: weights_peer.py FOLDER OUT
The same linear map w_h = a_h w_0 + b_h w_n + c_h at ten horizons, tensor by tensor: the norms of all ten, the inner
products of the snapshots, and the last horizon written as safetensors. Prints {"seconds": ..., "cpu_seconds": ...} without the imports.
"""
import glob, json, os, re, struct, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np


def open_file(path):
    with open(path, "rb") as f:
        n = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(n))
    return path, 8 + n, header


def tensor(file, name):
    path, start, header = file
    begin, end = header[name]["data_offsets"]
    return np.fromfile(path, np.float32, (end - begin) // 4, offset=start + begin)


def main():
    start, cpu = time.perf_counter(), time.process_time()
    paths = sorted(glob.glob(os.path.join(sys.argv[1], "*.safetensors")), key=lambda p: int(re.findall(r"\d+", p)[-1]))
    files = [open_file(p) for p in paths]
    header = files[0][2]
    norms = {}
    with open(sys.argv[2], "wb") as out:
        text = json.dumps(header).encode()
        out.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(header, key=lambda k: header[k]["data_offsets"][0]):
            w = [tensor(f, name) for f in files]
            for x in w:
                if not np.isfinite(x).all():
                    sys.exit("not finite")
            gram = [[float(np.dot(a, b)) for b in w] for a in w]
            for h in range(10):
                x = np.float32(-0.05 * h) * w[0] + np.float32(1 + 0.05 * h) * w[-1] + np.float32(1e-6)
                norms[name, h] = float(np.sqrt(np.dot(x, x)))
            norms[name, "gram"] = gram
            x.tofile(out)
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}))


main()
