#!/usr/bin/python3
"""The peers of `orrery-bench detect_opencv` and `detect_train`.

usage: detect_peer.py write FILE            YOLOv5n of 80 classes on random weights as ONNX, batch norm folded in
       detect_peer.py run FILE SIZE THREADS the same in OpenCV's DNN module: prints {"seconds": median per image, "outputs": [...]}
       detect_peer.py train WIDTH SIZE BATCH STEPS
                                            a training step in PyTorch: network and loss of tests/data/detect_torch.py, SGD;
                                            prints {"seconds": of the processor per image, "torch": version}
"""
import json, os, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "data"))


def write(path):
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    import torch
    from detect_torch import Yolo, fill
    net = Yolo(0.25, 0.33, 80)
    fill(net)
    nodes, tensors, count = [], [], [0]

    def node(op, inputs, **attributes):
        count[0] += 1
        out = "t%d" % count[0]
        nodes.append(helper.make_node(op, inputs, [out], **attributes))
        return out

    def constant(name, array):
        tensors.append(numpy_helper.from_array(array, name))
        return name

    def plain(name, conv, weight, bias, x):
        k, p = conv.kernel_size[0], conv.padding[0]
        return node("Conv", [x, constant(name + ".weight", weight.detach().numpy()), constant(name + ".bias", bias.detach().numpy())],
                    kernel_shape=[k, k], strides=list(conv.stride), pads=[p] * 4, dilations=[1, 1], group=1)

    def conv(name, m, x):
        scale = m.bn.weight / torch.sqrt(m.bn.running_var + m.bn.eps)
        y = plain(name + ".conv", m.conv, m.conv.weight * scale.view(-1, 1, 1, 1), m.bn.bias - m.bn.running_mean * scale, x)
        return node("Mul", [y, node("Sigmoid", [y])])

    def c3(name, m, x):
        y = conv(name + ".cv1", m.cv1, x)
        for k, b in enumerate(m.m):
            z = conv("%s.m.%d.cv2" % (name, k), b.cv2, conv("%s.m.%d.cv1" % (name, k), b.cv1, y))
            y = node("Add", [y, z]) if b.shortcut else z
        return conv(name + ".cv3", m.cv3, node("Concat", [y, conv(name + ".cv2", m.cv2, x)], axis=1))

    def sppf(name, m, x):
        y = [conv(name + ".cv1", m.cv1, x)]
        for _ in range(3):
            y.append(node("MaxPool", [y[-1]], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4))
        return conv(name + ".cv2", m.cv2, node("Concat", y, axis=1))

    scales, roi = constant("scales", np.array([1, 1, 2, 2], np.float32)), constant("roi", np.zeros(0, np.float32))
    up = lambda x: node("Resize", [x, roi, scales], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def apply(k, x):
        m = net.model[k]
        f = {"Conv": conv, "C3": c3, "SPPF": sppf}[type(m).__name__]
        return f("model.%d" % k, m, x)

    x = "images"
    for k in range(5):
        x = apply(k, x)
    p3 = x
    p4 = x = apply(6, apply(5, x))
    for k in (7, 8, 9, 10):
        x = apply(k, x)
    top = x
    x = apply(13, node("Concat", [up(top), p4], axis=1))
    middle = apply(14, x)
    small = apply(17, node("Concat", [up(middle), p3], axis=1))
    medium = apply(20, node("Concat", [apply(18, small), middle], axis=1))
    large = apply(23, node("Concat", [apply(21, medium), top], axis=1))
    outs = [plain("model.24.m.%d" % l, net.model[24].m[l], net.model[24].m[l].weight, net.model[24].m[l].bias, y)
            for l, y in enumerate((small, medium, large))]
    graph = helper.make_graph(nodes, "yolov5n", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 640, 640])],
                              [helper.make_tensor_value_info(o, TensorProto.FLOAT, [1, 255, 640 // s, 640 // s]) for o, s in zip(outs, (8, 16, 32))],
                              tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)])
    model.ir_version = 7
    onnx.save(model, path)


def run(path, size, threads):
    import cv2
    import numpy as np
    from detect_torch import numbers
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(path)
    names = net.getUnconnectedOutLayersNames()
    x = (numbers(999, 3 * size * size) / 2 + 0.5).reshape(1, 3, size, size)
    seconds = []
    for _ in range(12):
        net.setInput(x)
        begin = time.perf_counter()
        outs = net.forward(names)
        seconds.append(time.perf_counter() - begin)
    outs = sorted(outs, key=lambda o: -o.size)
    print(json.dumps({"seconds": float(np.median(seconds[2:])), "outputs": [float(np.abs(o).mean()) for o in outs], "opencv": cv2.__version__}))


def train(width, size, batch, steps):
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    import torch
    from detect_torch import Yolo, loss, numbers
    torch.set_num_threads(1)
    torch.manual_seed(1)
    net = Yolo(width, 0.33, 6)
    net.train()
    optim = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.937, nesterov=True)
    x = torch.from_numpy(numbers(999, batch * 3 * size * size)).view(batch, 3, size, size) / 2 + 0.5
    targets = [(i % batch, i % 6, (37 * i) % size + 0.5, (53 * i) % size + 0.5, 20 + 7 * i % 60, 20 + 11 * i % 60) for i in range(4 * batch)]
    best = float("inf")
    for _ in range(steps):
        begin = time.process_time()
        optim.zero_grad()
        (batch * sum(loss(net(x), targets, 6, size))).backward()
        optim.step()
        best = min(best, time.process_time() - begin)
    print(json.dumps({"seconds": best / batch, "torch": torch.__version__}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    elif sys.argv[1] == "run":
        run(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        train(float(sys.argv[2]), *map(int, sys.argv[3:6]))
