#!/usr/bin/env python3
"""The network of YOLOv5 (v6) once more, built in PyTorch from the published description: outputs, decoded rows and the loss
with its gradients on random weights, for tests/unit/test_yolo_torch.c. Weights are not kept: both sides draw them from the same
small generator. Writes tests/data/detect/golden.json.

  /usr/bin/python3 tests/data/detect_torch.py tests/data/detect
"""
import json, math, sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ANCHORS = [[(10, 13), (16, 30), (33, 23)], [(30, 61), (62, 45), (59, 119)], [(116, 90), (156, 198), (373, 326)]]


def numbers(stream, n):
    """n numbers of -1..1 from a multiplicative generator, the same in C."""
    out, x = np.empty(n, np.float32), (stream * 2654435761 + 12345) % 4294967296
    for i in range(n):
        x = (x * 1664525 + 1013904223) % 4294967296
        out[i] = (x >> 8) / 8388608.0 - 1
    return out


class Conv(nn.Module):
    def __init__(self, i, o, k=1, stride=1, pad=None):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, stride, k // 2 if pad is None else pad, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, c, shortcut):
        super().__init__()
        self.cv1, self.cv2, self.shortcut = Conv(c, c), Conv(c, c, 3), shortcut

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.shortcut else y


class C3(nn.Module):
    def __init__(self, i, o, n, shortcut=True):
        super().__init__()
        self.cv1, self.cv2, self.cv3 = Conv(i, o // 2), Conv(i, o // 2), Conv(o, o)
        self.m = nn.Sequential(*[Bottleneck(o // 2, shortcut) for _ in range(n)])

    def forward(self, x):
        return self.cv3(torch.cat([self.m(self.cv1(x)), self.cv2(x)], 1))


class SPPF(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.cv1, self.cv2 = Conv(i, i // 2), Conv(2 * i, o)

    def forward(self, x):
        x = [self.cv1(x)]
        for _ in range(3):
            x.append(F.max_pool2d(x[-1], 5, 1, 2))
        return self.cv2(torch.cat(x, 1))


class Detect(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.m = nn.ModuleList(nn.Conv2d(c, 3 * (5 + classes), 1) for c in channels)

    def forward(self, xs):
        return [m(x) for m, x in zip(self.m, xs)]


class Yolo(nn.Module):
    def __init__(self, width, depth, classes):
        super().__init__()
        w = lambda c: math.ceil(c * width / 8) * 8
        d = lambda n: max(round(n * depth), 1)
        e, none = w, nn.Identity
        self.model = nn.ModuleList([
            Conv(3, e(64), 6, 2, 2), Conv(e(64), e(128), 3, 2), C3(e(128), e(128), d(3)), Conv(e(128), e(256), 3, 2),
            C3(e(256), e(256), d(6)), Conv(e(256), e(512), 3, 2), C3(e(512), e(512), d(9)), Conv(e(512), e(1024), 3, 2),
            C3(e(1024), e(1024), d(3)), SPPF(e(1024), e(1024)), Conv(e(1024), e(512)), none(), none(),
            C3(2 * e(512), e(512), d(3), False), Conv(e(512), e(256)), none(), none(), C3(2 * e(256), e(256), d(3), False),
            Conv(e(256), e(256), 3, 2), none(), C3(2 * e(256), e(512), d(3), False), Conv(e(512), e(512), 3, 2), none(),
            C3(2 * e(512), e(1024), d(3), False), Detect([e(256), e(512), e(1024)], classes)])

    def forward(self, x):
        m, up = self.model, lambda x: F.interpolate(x, scale_factor=2)
        x = m[2](m[1](m[0](x)))
        p3 = m[4](m[3](x))
        p4 = m[6](m[5](p3))
        top = m[10](m[9](m[8](m[7](p4))))
        middle = m[14](m[13](torch.cat([up(top), p4], 1)))
        small = m[17](torch.cat([up(middle), p3], 1))
        medium = m[20](torch.cat([m[18](small), middle], 1))
        return m[24]([small, medium, m[23](torch.cat([m[21](medium), top], 1))])


def fill(net):
    """Tensors in the order of their names; variances and gains near 1."""
    state = net.state_dict()
    for k, name in enumerate(sorted(n for n in state if not n.endswith("num_batches_tracked"))):
        t = state[name]
        x = torch.from_numpy(numbers(k + 1, t.numel())).view(t.shape)
        if t.dim() == 4:
            x = x * math.sqrt(6 / (t.shape[1] * t.shape[2] * t.shape[3]))  # keeps values of the size of the input's
        elif name.endswith("running_var") or name.endswith("bn.weight"):
            x = 1 + 0.3 * x
        else:
            x = 0.3 * x
        t.copy_(x)


def decode(outs, classes):
    rows = []
    for l, o in enumerate(outs):
        b, _, h, w = o.shape
        s = torch.sigmoid(o.view(b, 3, 5 + classes, h, w).permute(0, 1, 3, 4, 2))
        grid = torch.stack(torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")[::-1], -1).float()
        anchor = torch.tensor(ANCHORS[l], dtype=torch.float32).view(1, 3, 1, 1, 2)
        xy = (2 * s[..., :2] - 0.5 + grid) * (8 << l)
        wh = (2 * s[..., 2:4]) ** 2 * anchor
        rows.append(torch.cat([xy, wh, s[..., 4:]], -1).view(b, -1, 5 + classes))
    return torch.cat(rows, 1)


def ciou(p, t):
    p, t = [torch.cat([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2, b[:, 2:]], 1).unbind(1) for b in (p, t)]
    side = lambda k: torch.minimum(p[2 + k], t[2 + k]) - torch.maximum(p[k], t[k])
    hull = lambda k: torch.maximum(p[2 + k], t[2 + k]) - torch.minimum(p[k], t[k])
    inter = side(0).clamp(0) * side(1).clamp(0)
    iou = inter / (p[4] * p[5] + t[4] * t[5] - inter + 1e-7)
    rho = ((p[0] + p[2] - t[0] - t[2]) ** 2 + (p[1] + p[3] - t[1] - t[3]) ** 2) / 4
    v = 4 / math.pi ** 2 * (torch.atan(t[4] / (t[5] + 1e-7)) - torch.atan(p[4] / (p[5] + 1e-7))) ** 2
    alpha = (v / (v - iou + 1 + 1e-7)).detach()
    return iou - rho / (hull(0) ** 2 + hull(1) ** 2 + 1e-7) - alpha * v, iou


def loss(outs, targets, classes, size):
    """targets: (image, class, x, y, w, h) in pixels."""
    total = [0, 0, 0]
    for l, o in enumerate(outs):
        b, _, h, w = o.shape
        o = o.view(b, 3, 5 + classes, h, w)
        stride, object_ = 8 << l, torch.zeros(b, 3, h, w)
        index, boxes, names = [], [], []
        for i, c, x, y, bw, bh in targets:
            for a, (aw, ah) in enumerate(ANCHORS[l]):
                if max(bw / aw, aw / bw, bh / ah, ah / bh) >= 4:
                    continue
                gx, gy = x / stride, y / stride
                cx, cy = int(gx), int(gy)
                cells = [(cx, cy), (cx + (1 if gx - cx >= 0.5 else -1), cy), (cx, cy + (1 if gy - cy >= 0.5 else -1))]
                for px, py in cells:
                    if 0 <= px < w and 0 <= py < h:
                        index.append((i, a, py, px))
                        boxes.append((gx - px, gy - py, bw / stride, bh / stride, aw / stride, ah / stride))
                        names.append(c)
        if index:
            i, a, y, x = torch.tensor(index).unbind(1)
            p = o[i, a, :, y, x]
            t = torch.tensor(boxes, dtype=o.dtype)
            s = torch.sigmoid(p[:, :4])
            value, iou = ciou(torch.cat([2 * s[:, :2] - 0.5, (2 * s[:, 2:]) ** 2 * t[:, 4:]], 1), t[:, :4])
            total[0] = total[0] + 0.05 * (1 - value).mean()
            for k in range(len(index)):
                object_[index[k]] = max(object_[index[k]].item(), iou[k].item())
            one = F.one_hot(torch.tensor(names), classes).to(o.dtype)
            total[2] = total[2] + 0.5 * classes / 80 * F.binary_cross_entropy_with_logits(p[:, 5:], one)
        gain = (size / 640) ** 2 * (4, 1, 0.4)[l]
        total[1] = total[1] + gain * F.binary_cross_entropy_with_logits(o[:, :, 4], object_.to(o.dtype))
    return total


def spread(x, n):
    """n numbers spread evenly over all of x."""
    x = x.detach().double().reshape(-1)
    return [float(v) for v in x[torch.linspace(0, len(x) - 1, n).long()]]


def main(folder):
    torch.manual_seed(0)
    cases = []
    for name, width, depth, classes, h, w in (("pico", 0.125, 0.33, 6, 96, 128), ("n", 0.25, 0.33, 80, 64, 64), ("m", 0.75, 0.67, 3, 32, 64)):
        net = Yolo(width, depth, classes)
        fill(net)
        net.eval()
        x = torch.from_numpy(numbers(999, 2 * 3 * h * w)).view(2, 3, h, w) / 2 + 0.5
        with torch.no_grad():
            outs = net(x)
        cases.append({"kind": name, "classes": classes, "height": h, "width": w, "parameters": sum(p.numel() for p in net.parameters()),
                      "outputs": [spread(o[0], 60) for o in outs], "rows": spread(decode(outs, classes)[0], 120)})
    # The loss, its parts and gradients, in training mode.
    classes, h, w = 6, 96, 128
    net = Yolo(0.125, 0.33, classes)
    fill(net)
    net.train()
    targets = [(0, 1, 40.3, 30.2, 30, 25), (0, 4, 100.9, 60.1, 60, 50), (1, 0, 20.7, 70.4, 12, 40), (1, 5, 64.2, 48.8, 100, 80), (1, 2, 3.1, 3.2, 9, 11)]
    x = torch.from_numpy(numbers(999, 2 * 3 * h * w)).view(2, 3, h, w) / 2 + 0.5
    parts = loss(net(x), targets, classes, 128)
    (2 * sum(parts)).backward()
    grads = {n: spread(p.grad, 12) for n, p in net.named_parameters() if n in (
        "model.0.conv.weight", "model.2.m.0.cv2.conv.weight", "model.9.cv2.bn.weight", "model.13.cv3.bn.bias", "model.24.m.0.weight", "model.24.m.2.bias")}
    norm = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in net.parameters()))
    state = net.state_dict()
    golden = {"cases": cases, "loss": {"targets": targets, "box": float(parts[0]), "object": float(parts[1]), "class": float(parts[2]),
                                       "gradients": grads, "norm": norm, "running_mean": spread(state["model.3.bn.running_mean"], 8),
                                       "running_var": spread(state["model.3.bn.running_var"], 8)}}
    with open(folder + "/golden.json", "w") as f:
        json.dump(golden, f)
        f.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
