#!/usr/bin/python3
"""A detector trained by darknet (Debian's package) and by Orrery on the same scenes for the same processor time, from scratch.

usage: darknet_peer.py ORRERY MINUTES [MODEL]     MODEL: pico (default) or n

Both see the same folder in YOLO's layout (`orrery detect render`), pictures of 192 pixels; both are scored on the same held-out
styles by the same code below: average precision at IoU .5, 101 recalls, mean over classes. darknet trains its YOLOv3-tiny as it
ships, but for the size, the classes and the number of steps, which is what fits into the time. Prints a table.
"""
import collections, csv, io, os, re, resource, subprocess, sys, tempfile

SIZE, BATCH, TRAIN, TEST = 192, 16, 3000, 400
CFG = "/usr/share/darknet/cfg/yolov3-tiny.cfg"


def children():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def run(argv, **more):
    before = children()
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if p.returncode:
        sys.exit("%s: exit status %d\n%s" % (" ".join(argv), p.returncode, p.stdout[-2000:]))
    return p.stdout, children() - before


def classes(folder):
    text = open(os.path.join(folder, "data.yaml")).read()
    found = re.search(r"names:\s*\[(.*?)\]", text, re.S)
    if found:
        return [x.strip().strip("'\"") for x in found.group(1).split(",")]
    return re.findall(r"^\s+\d+:\s*(\S+)", text, re.M)


def truth(folder, split):
    boxes = {}
    base = os.path.join(folder, "labels", split)
    for name in sorted(os.listdir(base)):
        boxes[name[:-4]] = []
        for line in open(os.path.join(base, name)):
            c, x, y, w, h = line.split()
            x, y, w, h = (SIZE * float(v) for v in (x, y, w, h))
            boxes[name[:-4]].append((int(c), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
    return boxes


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0
    area = lambda r: (r[2] - r[0]) * (r[3] - r[1])
    return w * h / (area(a) + area(b) - w * h)


def map50(boxes, found, n):
    """found: (class, confidence, image, box)"""
    ap = []
    for c in range(n):
        objects = {i: [b for k, b in l if k == c] for i, l in boxes.items()}
        total = sum(map(len, objects.values()))
        taken, hits = collections.defaultdict(set), []
        for _, _, image, box in sorted((f for f in found if f[0] == c), key=lambda f: -f[1]):
            best, at = 0.5, None
            for k, b in enumerate(objects[image]):
                overlap = iou(box, b)
                if k not in taken[image] and overlap >= best:
                    best, at = overlap, k
            hits.append(at is not None)
            if at is not None:
                taken[image].add(at)
        true, points = 0, []
        for k, hit in enumerate(hits):
            true += hit
            points.append((true / total, true / (k + 1)))
        ap.append(sum(max([p for r, p in points if r >= level / 100], default=0) for level in range(101)) / 101)
    return sum(ap) / n


def darknet(folder, work, names, minutes):
    for split, file in (("train", "train.txt"), ("test", "test.txt")):
        base = os.path.join(folder, "images", split)
        with open(os.path.join(work, file), "w") as f:
            f.writelines(os.path.join(base, x) + "\n" for x in sorted(os.listdir(base)))
    open(os.path.join(work, "names"), "w").write("\n".join(names) + "\n")
    os.makedirs(os.path.join(work, "backup"), exist_ok=True)
    os.makedirs(os.path.join(work, "results"), exist_ok=True)
    open(os.path.join(work, "x.data"), "w").write(
        "classes=%d\ntrain=%s/train.txt\nvalid=%s/test.txt\nnames=%s/names\nbackup=%s/backup\n" %
        (len(names), work, work, work, work))

    def configure(steps, training):
        text = open(CFG).read()
        values = {"batch": BATCH if training else 1, "subdivisions": 1, "width": SIZE, "height": SIZE, "max_batches": steps,
                  "burn_in": min(100, steps // 4), "steps": "%d,%d" % (steps * 8 // 10, steps * 9 // 10), "classes": len(names)}
        for key, value in values.items():
            text = re.sub(r"(?m)^%s\s*=.*$" % key, "%s=%s" % (key, value), text)
        text = text.replace("filters=255", "filters=%d" % (3 * (5 + len(names)))).replace("random=1", "random=0")
        text = re.sub(r"(?m)^anchors\s*=.*$", lambda m: "anchors=" + ",".join(
            str(max(1, int(v) * SIZE // 416)) for v in m.group(0).split("=")[1].replace(" ", "").split(",")), text)
        path = os.path.join(work, "x.cfg")
        open(path, "w").write(text)
        return path

    def train(steps):
        return run(["darknet", "detector", "train", "x.data", configure(steps, True)], cwd=work)[1]

    few, more = train(1), train(3)
    per_step = (more - few) / 2
    steps = max(4, int(60 * minutes / per_step))
    spent = train(steps)
    run(["darknet", "detector", "valid", "x.data", configure(steps, False), "backup/x_final.weights"], cwd=work)
    found = []
    for c, name in enumerate(names):
        for line in open(os.path.join(work, "results", "comp4_det_test_%s.txt" % name)):
            image, p, *box = line.split()
            found.append((c, float(p), image, tuple(float(v) - 1 for v in box)))
    return found, spent, steps * BATCH


def ours(orrery, folder, work, names, minutes, model):
    store = ["--store", os.path.join(work, "s.db")]
    weights = os.path.join(work, "w.safetensors")
    settings = ["--optim", "adamw", "--lr", "0.002", "--warmup", "0.5", "--class-gain", "0.15", "--mosaic", "0.5"]
    text, spent = run([orrery] + store + ["detect", "train", folder, "--csv", "--model", model, "--size", str(SIZE), "--batch",
                                          str(BATCH), "--threads", "1", "--check-every", "0", "--minutes", str(minutes), "--out",
                                          weights] + settings)
    lines = text.splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("run,"))
    steps = int(dict(zip(lines[head].split(","), lines[head + 1].split(",")))["steps"])
    base = os.path.join(folder, "images", "test")
    images = [os.path.join(base, x) for x in sorted(os.listdir(base))]
    p = subprocess.run([orrery] + store + ["detect", "run", "--csv", "--weights", weights, "--confidence", "0.005"] + images,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    found = []
    for r in csv.DictReader(io.StringIO(p.stdout)):
        x, y, w, h = (float(r[k]) for k in "xywh")
        image = os.path.splitext(os.path.basename(r["image"]))[0]
        found.append((names.index(r["class"]), float(r["confidence"]), image, (x, y, x + w, y + h)))
    return found, spent, steps * BATCH


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    orrery, minutes, model = os.path.abspath(sys.argv[1]), float(sys.argv[2]), (sys.argv + ["pico"])[3]
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, "scenes")
        common = ["detect", "render", folder, "--size", str(SIZE)]
        run([orrery] + common + ["--scenes", str(TRAIN), "--seed", "101"])
        run([orrery] + common + ["--scenes", str(TEST), "--seed", "103", "--held-out"])
        names, boxes = classes(folder), truth(folder, "test")
        theirs, their_time, seen = darknet(folder, work, names, minutes)
        mine, my_time, my_seen = ours(orrery, folder, work, names, minutes, model)
        print("detector            processor time, s   mAP50 on %d scenes of held-out styles (drawn)" % len(boxes))
        print("darknet yolov3-tiny %-19.0f %.3f   (%d images seen)" % (their_time, map50(boxes, theirs, len(names)), seen))
        print("orrery %-12s %-19.0f %.3f   (%d images seen)" % (model, my_time, map50(boxes, mine, len(names)), my_seen))


main()
