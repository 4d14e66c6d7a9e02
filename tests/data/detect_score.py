#!/usr/bin/env python3
"""Average precision after COCO's definition, written independently in numpy: random images with objects and detections, and what
comes of them, for tests/unit/test_detect_score.c. Writes tests/data/detect/score.json.

  /usr/bin/python3 tests/data/detect_score.py tests/data/detect
"""
import json, sys

import numpy as np

CLASSES, SIDE, THRESHOLDS = 3, 100, np.arange(50, 100, 5) / 100


def iou(a, b):
    """(n, 4), (m, 4) corners -> (n, m)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(-1)
    area = lambda x: (x[:, 2:] - x[:, :2]).prod(-1)
    return inter / (area(a)[:, None] + area(b)[None] - inter)


def draw(rng):
    images = []
    for _ in range(40):
        n = rng.integers(0, 6)
        xy, wh = rng.uniform(0, 60, (n, 2)), rng.uniform(4, 40, (n, 2))
        labels = [[int(rng.integers(0, CLASSES))] + [round(float(v), 2) for v in np.concatenate([xy[i], xy[i] + wh[i]])] for i in range(n)]
        found = []
        for label in labels:
            for _ in range(rng.integers(0, 3)):  # near an object, sometimes of another class
                box = np.array(label[1:]) + rng.normal(0, 3, 4)
                if box[2] - box[0] < 1 or box[3] - box[1] < 1:
                    continue
                c = label[0] if rng.uniform() < 0.8 else int(rng.integers(0, CLASSES))
                found.append([c, round(float(rng.uniform(0.05, 1)), 4)] + [round(float(v), 2) for v in box])
        for _ in range(rng.integers(0, 3)):  # of nothing
            x, y, w, h = rng.uniform(0, 60), rng.uniform(0, 60), rng.uniform(3, 40), rng.uniform(3, 40)
            found.append([int(rng.integers(0, CLASSES)), round(float(rng.uniform(0.02, 0.7)), 4)] + [round(float(v), 2) for v in (x, y, x + w, y + h)])
        images.append({"labels": labels, "found": sorted(found, key=lambda d: -d[1])})
    return images


def average_precision(images, c, threshold):
    hits, scores, objects = [], [], 0
    for image in images:
        gt = np.array([l[1:] for l in image["labels"] if l[0] == c]).reshape(-1, 4)
        dt = [d for d in image["found"] if d[0] == c]
        objects += len(gt)
        free = np.ones(len(gt), bool)
        for d in dt:
            scores.append(d[1])
            o = iou(np.array([d[2:]]), gt)[0] if len(gt) else np.zeros(0)
            o = np.where(free, o, -1)
            hits.append(bool(len(o)) and o.max() >= threshold)
            if hits[-1]:
                free[o.argmax()] = False
    order = np.argsort(-np.array(scores), kind="stable")
    hit = np.array(hits)[order]
    recall, precision = np.cumsum(hit) / objects, np.cumsum(hit) / np.arange(1, len(hit) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101) - 1e-12, side="left")
    return float(np.mean([envelope[i] if i < len(envelope) else 0 for i in at])), np.array(scores)[order], hit, objects


def main(folder):
    images = draw(np.random.default_rng(3))
    ap = np.array([[average_precision(images, c, t)[0] for t in THRESHOLDS] for c in range(CLASSES)])
    grid = np.linspace(0, 1, 201)
    p, r = np.ones((CLASSES, 201)), np.zeros((CLASSES, 201))
    for c in range(CLASSES):
        _, scores, hit, objects = average_precision(images, c, 0.5)
        for k, g in enumerate(grid):
            n = int((scores >= g).sum())
            p[c, k] = hit[:n].mean() if n else 1
            r[c, k] = hit[:n].sum() / objects
    f1 = (2 * p * r / np.maximum(p + r, 1e-12)).mean(0)
    best = int(f1.argmax())
    golden = {"classes": CLASSES, "side": SIDE, "images": images, "ap50": ap[:, 0].tolist(), "ap": ap.mean(1).tolist(), "map50": ap[:, 0].mean(),
              "map": ap.mean(), "precision": p[:, best].mean(), "recall": r[:, best].mean(), "f1": f1[best], "confidence": grid[best]}
    with open(folder + "/score.json", "w") as f:
        json.dump(golden, f)
        f.write("\n")
    print({k: v for k, v in golden.items() if k != "images"})


if __name__ == "__main__":
    main(sys.argv[1])
