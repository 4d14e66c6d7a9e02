#!/usr/bin/python3
"""Adoption curves fitted with scipy.optimize.curve_fit: the peer of `orrery-bench adoption`.

usage: adoption_peer.py --csv-dir DIR [--start fixed|data] [--jac]
Prints {"fits_per_s": ..., "errors": [rmse / final count of each series, null where curve_fit gave up]}.
"""
import argparse, csv, glob, json, os, time, warnings
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
from scipy.optimize import curve_fit
from scipy.special import ndtr


def wsb(t, lam, mu, sigma):
    with np.errstate(all="ignore"):
        return np.expm1(lam * ndtr((np.log(t) - mu) / sigma))


def jacobian(t, lam, mu, sigma):
    with np.errstate(all="ignore"):
        z = (np.log(t) - mu) / sigma
        cdf = ndtr(z)
        e = np.exp(lam * cdf)
        d = e * lam * np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * sigma)
        return np.stack([e * cdf, -d, -d * z], 1)


def fit(c, a):
    t = np.arange(1, len(c) + 1) / 12.0
    p0, low = (0.5, 2.0, 0.5), 0.0
    if a.start == "data":
        top = np.log1p(c[-1])
        p0, low = (1.5 * top, np.log(t[np.argmax(np.log1p(c) >= 0.5 * top)]), 1.0), (0.0, -np.inf, 1e-3)
    try:
        return curve_fit(wsb, t, c, p0=p0, bounds=(low, np.inf), jac=jacobian if a.jac else None)[0]
    except (RuntimeError, ValueError):
        return None


def load(folder, least, points):
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, newline="") as f:
            for row in csv.DictReader(f):
                ages = sorted((int(k[:-6]), k) for k in row if k.endswith("-month"))
                c = np.array([float(row[k]) for age, k in ages if row[k] not in ("", "nan")])
                if len(c) >= points and c[-1] >= least:
                    yield c[1:]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--csv-dir", required=True)
    p.add_argument("--start", choices=("fixed", "data"), default="fixed")
    p.add_argument("--jac", action="store_true")
    p.add_argument("--min-final", type=float, default=10)
    p.add_argument("--min-points", type=int, default=5)
    a = p.parse_args()
    warnings.simplefilter("ignore")
    series = list(load(a.csv_dir, a.min_final, a.min_points))
    start = time.perf_counter()
    fits = [fit(c, a) for c in series]
    seconds = time.perf_counter() - start
    errors = []
    for c, q in zip(series, fits):
        e = np.nan if q is None else np.sqrt(np.mean((wsb(np.arange(1, len(c) + 1) / 12.0, *q) - c) ** 2)) / c[-1]
        errors.append(float(e) if np.isfinite(e) else None)
    print(json.dumps({"fits_per_s": len(series) / seconds, "errors": errors}))


main()
