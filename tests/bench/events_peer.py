"""Reads the scalars of an event file with the standard library: the peer of `orrery-bench import`.

TensorBoard's own reader is no Debian package; this one does less work (it checks no checksums and keeps only sums).
Usage: python3 events_peer.py FILE; prints the number of points.
"""
import struct
import sys


def varint(b, i):
    x = shift = 0
    while True:
        c = b[i]
        i += 1
        x |= (c & 127) << shift
        if c < 128:
            return x, i
        shift += 7


def fields(b, i, end):
    """Yields (number, value), value an integer, 4 or 8 bytes, or a (begin, end) pair."""
    while i < end:
        key, i = varint(b, i)
        kind = key & 7
        if kind == 0:
            x, i = varint(b, i)
            yield key >> 3, x
        elif kind == 1:
            yield key >> 3, b[i:i + 8]
            i += 8
        elif kind == 5:
            yield key >> 3, b[i:i + 4]
            i += 4
        else:
            n, i = varint(b, i)
            yield key >> 3, (i, i + n)
            i += n


def main(path):
    length, f32, f64 = struct.Struct("<Q"), struct.Struct("<f"), struct.Struct("<d")
    series, points = {}, 0
    with open(path, "rb") as f:
        while len(header := f.read(12)) == 12:
            n = length.unpack_from(header)[0]
            b = f.read(n + 4)
            wall, step, summary = 0.0, 0, None
            for number, x in fields(b, 0, n):
                if number == 1:
                    wall = f64.unpack(x)[0]
                elif number == 2:
                    step = x
                elif number == 5:
                    summary = x
            for number, value in fields(b, *summary) if summary else ():
                tag = simple = None
                for number, x in fields(b, *value):
                    if number == 1:
                        tag = b[x[0]:x[1]]
                    elif number == 2:
                        simple = f32.unpack(x)[0]
                if simple is not None:
                    total = series.setdefault(tag, [0, 0.0, 0.0])
                    total[0] += step
                    total[1] += simple
                    total[2] += wall
                    points += 1
    print(points)


main(sys.argv[1])
