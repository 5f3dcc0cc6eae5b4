#!/usr/bin/env python3
"""Our operators against PyTorch eager, torch.compile and Triton, in one process: writes rows for the evidence file.

torch.compile is called with its defaults (inductor, mode "default", no max-autotune) on the eager expression. The elementwise group
is compiled for each shape (static), the published one once for all numbers of tokens (dimension 0 marked dynamic), since a compilation
takes seconds and there are 192 rows; what is timed is a replayed CUDA graph of it, as it is for all candidates. Triton's kernels are
tuned for every size.

usage: peers.py --library libswiglu_bench_kernels.so --out FILE.json [--budget-seconds N]
"""
import argparse
import json
import math
import time

import torch
import torch._dynamo

import peer_kernels as peers
from our_kernels import Ours
from torch_timing import copy_gbs, interleaved, outputs, peak_bytes, rotating

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
TOKENS = ["4x2048", "2x4096", "1x8192", "1x16384"]
HIDDEN = [512, 1024, 2048, 4096]


def normal(*shape, dtype, scale=1.0):
    return torch.randn(*shape, device="cuda", dtype=dtype) * scale


def relative_error(results, exact) -> float:
    distance = sum((r.double() - e).square().sum() for r, e in zip(outputs(results), outputs(exact)))
    return math.sqrt(distance / sum(e.square().sum() for e in outputs(exact)))


def head(tensors, m: int, rows: int = 64) -> list:
    """The first rows of what has `m` rows; the rest, weights, as it is."""
    return [t[:rows] if t.shape[0] == m else t for t in tensors]


class Measurements:
    def __init__(self, budget_seconds: float):
        self.rows, self.start, self.budget = [], time.monotonic(), budget_seconds
        self.left_out = 0

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def candidates(self, ours, eager, others: dict, inputs, compiled: bool) -> dict:
        """Those that run at all; compiling takes seconds, so it stops when most of the time is spent."""
        result = {"ours": ours, "torch_eager": eager, **others}
        if compiled and self.elapsed() < 0.85 * self.budget:
            result["torch_compile"] = torch.compile(eager)
        for name in [name for name in result if name != "ours"]:
            try:
                result[name](*inputs)
            except Exception as problem:  # a peer that fails costs its column, not the row
                print(f"{name}: {type(problem).__name__}: {str(problem).splitlines()[0]}", flush=True)
                del result[name]
        return result

    def add(self, row: dict, ours, eager, others: dict, make, bytes_moved: float, flops: float = 0, dynamic: bool = True,
            compiled: bool = True, judged_rows: int = 64) -> None:
        """One row: `ours` against `eager`, its compiled form and `others`, over inputs from `make`."""
        if self.elapsed() > self.budget:
            self.left_out += 1
            return
        sets = rotating(make, int(bytes_moved))
        for t in (t for inputs in sets for t in inputs if dynamic and t.shape[0] == row["M"]):
            torch._dynamo.maybe_mark_dynamic(t, 0)
        candidates = self.candidates(ours, eager, others, sets[0], compiled)
        times = interleaved(candidates, sets)
        peak = {name: peak_bytes(function, sets[0]) for name, function in candidates.items()}
        exact = eager(*(t.double() for t in head(sets[0], row["M"], judged_rows)))
        error = {f: relative_error(tuple(head(outputs(f(*sets[0])), row["M"], judged_rows)), exact) for f in (ours, eager)}
        us, p10, p90 = times.pop("ours")
        row |= {"us": us, "us_p10": p10, "us_p90": p90, "tflops": flops / us * 1e-6, "gbs": bytes_moved / us * 1e-3,
                "peak_bytes": peak.pop("ours"), "peak_bytes_baselines": peak,
                "baselines": {name: t[0] for name, t in times.items()}, "error": error[ours], "error_unfused": error[eager]}
        self.rows.append(row)
        ratios = "  ".join(f"{name} {t / us:.3f}" for name, t in row["baselines"].items())
        print(f"{row['op']:11s} {row.get('activation', 'silu'):12s} {row['dtype']:8s} {row['M']:5d} {row['K'] or '-':>5} "
              f"{row['N']:5d} {us:9.2f} us {row['gbs']:6.0f} GB/s  {ratios}", flush=True)
        torch.cuda.empty_cache()


def elementwise_rows(m: Measurements, ours: Ours) -> None:
    for dtype_name, dtype in DTYPES.items():
        for tokens in (2048, 8192):
            for n in (11008, 14336, 16384):
                row = {"group": "elementwise", "dtype": dtype_name, "M": tokens, "K": 0, "N": n}
                size = tokens * n * 2
                m.add(row | {"op": "SwiGLU"}, ours.gated(), peers.eager_gated("silu"),
                      {"torch_unfused": peers.unfused_silu, "triton": peers.triton_gated},
                      lambda: [normal(tokens, n, dtype=dtype) for _ in range(2)], 3 * size, dynamic=False)
                m.add(row | {"op": "SwiGLUGrad"}, ours.gradient(), peers.eager_silu_gradient,
                      {"triton": peers.triton_silu_gradient},
                      lambda: [normal(tokens, n, dtype=dtype) for _ in range(3)], 5 * size, dynamic=False)


def published_rows(m: Measurements, ours: Ours, fused: bool) -> None:
    dtype = torch.bfloat16
    for activation in peers.ACTIVATIONS:
        for hidden in HIDDEN:
            for tokens in TOKENS:
                count = math.prod(int(part) for part in tokens.split("x"))
                row = {"group": "published", "dtype": "bfloat16", "activation": activation, "tokens": tokens, "M": count,
                       "N": hidden}
                if fused:
                    m.add(row | {"op": "FusedSwiGLU", "K": hidden}, ours.fused(activation), peers.eager_fused(activation),
                          {"triton": peers.triton_fused(activation)},
                          lambda: [normal(count, hidden, dtype=dtype)] + [normal(hidden, hidden, dtype=dtype, scale=hidden**-0.5)
                                                                          for _ in range(2)],
                          (2 * count * hidden + 2 * hidden * hidden) * 2, 4 * count * hidden * hidden)
                else:
                    m.add(row | {"op": "SwiGLU", "K": 0}, ours.gated(activation), peers.eager_gated(activation),
                          {"triton": lambda gate, up: peers.triton_gated(gate, up, activation)},
                          lambda: [normal(count, hidden, dtype=dtype) for _ in range(2)], 3 * count * hidden * 2)


def step_rows(m: Measurements, ours: Ours) -> None:
    """A training step of the block, forward and gradients, against PyTorch's autograd; every row counts in a weight's gradient."""
    k, n = 4096, 11008
    for dtype_name, dtype in DTYPES.items():
        for tokens in (2048, 8192):
            row = {"op": "FusedSwiGLUGrad", "group": "step", "phase": "step", "dtype": dtype_name, "M": tokens, "K": k, "N": n}
            m.add(row, ours.step(), peers.eager_step, {},
                  lambda: [normal(tokens, n, dtype=dtype), normal(tokens, k, dtype=dtype)]
                  + [normal(k, n, dtype=dtype, scale=k**-0.5) for _ in range(2)],
                  (2 * tokens * k + 4 * k * n + tokens * n) * 2, 12 * tokens * k * n, dynamic=False, compiled=False, judged_rows=tokens)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--budget-seconds", type=float, default=200)
    options = parser.parse_args()

    for limit in ("recompile_limit", "accumulated_recompile_limit", "cache_size_limit", "accumulated_cache_size_limit"):
        if hasattr(torch._dynamo.config, limit):  # the last two are the names of older versions
            setattr(torch._dynamo.config, limit, 10000)
    torch._dynamo.config.automatic_dynamic_shapes = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.manual_seed(1)
    ours, m = Ours(options.library), Measurements(options.budget_seconds)
    copy = copy_gbs()
    with torch.no_grad():
        elementwise_rows(m, ours)
        step_rows(m, ours)
        published_rows(m, ours, fused=False)
        published_rows(m, ours, fused=True)
    with open(options.out, "w") as file:
        json.dump({"copy_gbs": copy, "torch": torch.__version__, "triton": peers.triton.__version__, "rows": m.rows}, file)
    print(f"{len(m.rows)} rows in {m.elapsed():.0f} s, copy {copy:.0f} GB/s; {m.left_out} left out for lack of time")


if __name__ == "__main__":
    main()
