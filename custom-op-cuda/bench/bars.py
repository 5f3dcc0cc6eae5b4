"""What the measurements must show, as data: one Bar for each line of the requirement."""
from dataclasses import dataclass
from typing import Callable, Optional

import shares

LAYERS = [(4096, 11008), (4096, 14336), (8192, 28672)]
DECODE = [1, 2, 4, 8, 16, 32, 64]
DECODERS = ["llama-2-7b", "llama-3-8b", "mistral-7b"]


@dataclass
class Bar:
    what: str
    rows: Callable[[dict], bool]
    value: Callable[[dict, dict], Optional[float]]  # of (row, evidence); None fails
    at_least: Optional[float]  # None: no bar, a measurement to know
    share: float = 1.0     # of the rows
    expected: int = 1      # so many rows must be there


def against(baseline: str) -> Callable[[dict, dict], Optional[float]]:
    return lambda row, evidence: row["baselines"][baseline] / row["us"] if baseline in row["baselines"] else None


def of_copy(row: dict, evidence: dict) -> float:
    return row["gbs"] / evidence["copy_gbs"]


def against_64_rows(row: dict, evidence: dict) -> Optional[float]:
    same = ("group", "dtype", "K", "N")
    at_64 = (r for r in evidence["rows"] if r["M"] == 64 and all(r.get(key) == row.get(key) for key in same))
    return next((r["us"] / row["us"] for r in at_64), None)


def accuracy(row: dict, evidence: dict) -> Optional[float]:
    """The unfused graph's error over ours, at normal gates and at gates to ±100."""
    ratios = []
    for suffix in ("", "_wide"):
        if "error" + suffix in row:
            ours, unfused = row["error" + suffix], row["error_unfused" + suffix]
            if ours is None or unfused is None:
                return None
            ratios.append(unfused / ours if ours > 0 else 1.0)
    return min(ratios)


def alone(row: dict, evidence: dict) -> float:
    return row["baselines"]["cublas_gemm_alone"] / row["us_alone"]


def all_peers(row: dict, evidence: dict) -> float:
    return float({"torch_eager", "torch_compile", "triton"} <= row["baselines"].keys() and "peak_bytes" in row)


def against_plain_java(row: dict, evidence: dict) -> Optional[float]:
    """Plain ONNX Runtime Java over ours, timed in turns."""
    return row["baselines"]["plain_java"] / row["us_against_plain"] if "us_against_plain" in row else None


def of_three_seconds(row: dict, evidence: dict) -> float:
    return 3e6 / row["us"]


def rows(source: str = "native", group: Optional[str] = None, **facts) -> Callable[[dict], bool]:
    """Rows whose facts are among those given: a value or a list of them."""
    def select(row: dict) -> bool:
        return row.get("source") == source and group in (None, row.get("group")) and all(
            row.get(key) in (value if isinstance(value, (list, tuple)) else [value]) for key, value in facts.items())
    return select


def decoders(*phases: str) -> Callable[[dict], bool]:
    """The large models' rows."""
    return rows("sessions", phase=phases, model=DECODERS)


def with_rows(condition: Callable[[dict], bool], select: Callable[[dict], bool]) -> Callable[[dict], bool]:
    return lambda row: select(row) and condition(row)


def recomputing(row: dict, evidence: dict) -> Optional[float]:
    """A forward pass over what the gradient takes longer where gate and up are recomputed."""
    extra = row["us"] - row["baselines"]["grad"]
    return row["baselines"]["fused_swiglu"] / extra if extra > 0 else 1000.0


def beyond(row: dict, evidence: dict) -> float:
    """d_gate and d_up, and 32 MiB, over the memory that the gradient takes beyond inputs and outputs."""
    return (2 * row["M"] * row["N"] * 2 + (32 << 20)) / row["peak_bytes"]


def is_fused_gradient(row: dict) -> bool:
    return row["op"] == "FusedSwiGLUGrad"


# So many rows there are, apart from FusedSwiGLUGrad's. The benchmark's groups: elementwise, elementwise_y, decode, gemm, mma, sweep and
# tf32; those of peers.py: elementwise and published. FusedSwiGLUGrad's: grad, grad_recompute and grad_biases.
TF32 = 1
NATIVE, PEERS = 24 + 2 + 42 + 36 + 1 + 300 + TF32, 24 + 192
GRADIENTS = 3 * 8

MIDDLE, LARGE, FEW = [128, 256, 512, 1024], [2048, 8192], DECODE[1:]

BARS = [
    Bar("elementwise, M 8192: of the copy rate", rows(group="elementwise", M=8192), of_copy, 0.96, expected=12),
    Bar("elementwise gradient, Y recomputed, M 8192: of the copy rate", rows(group="elementwise_y"), of_copy, 0.96, expected=2),
    Bar("elementwise, M 2048: of the copy rate", rows(group="elementwise", M=2048), of_copy, 0.85, expected=12),
    Bar("elementwise, M 2048: x triton", rows("peers", "elementwise", M=2048), against("triton"), 1.0, expected=12),
    Bar("SwiGLU: x sigmoid, mul, mul of PyTorch",
        with_rows(lambda row: (row["M"], row["N"]) in [(2048, 11008), (2048, 16384), (8192, 11008)],
                  rows("peers", "elementwise", op="SwiGLU")), against("torch_unfused"), 2.5, expected=6),
    Bar("fused, M 2048 and 8192: x cublas_gemm", rows(group="gemm", M=LARGE), against("cublas_gemm"), 1.0, expected=12),
    Bar("fused, 2048 x 4096 x 11008: x cublas_unfused", rows(group="gemm", M=2048, N=11008), against("cublas_unfused"), 1.12,
        expected=2),
    Bar("fused, M 128 to 1024: x cublas_gemm", rows(group="gemm", M=MIDDLE), against("cublas_gemm"), 0.97, expected=24),
    Bar("fused, M 128 to 1024: x cublas_elementwise", rows(group="gemm", M=MIDDLE), against("cublas_elementwise"), 1.05,
        expected=24),
    Bar("fused, M 1: of the copy rate", rows(group="decode", M=1), of_copy, 0.90, expected=6),
    Bar("fused, M 1: x cublas_gemm", rows(group="decode", M=1), against("cublas_gemm"), 1.0, expected=6),
    Bar("fused, M 1: x cublas_unfused", rows(group="decode", M=1), against("cublas_unfused"), 1.2, expected=6),
    Bar("fused, M 2 to 64: of the copy rate", rows(group="decode", M=FEW), of_copy, 0.85, expected=36),
    Bar("fused, M 2 to 64: x cublas_gemm", rows(group="decode", M=FEW), against("cublas_gemm"), 1.0, expected=36),
    Bar("fused, M 1 to 32: x M 64 (1 % is noise)", rows(group="decode", M=DECODE[:-1]), against_64_rows, 0.99, expected=36),
    Bar("sweep, 95 % of the points: x cublas_elementwise", rows(group="sweep"), against("cublas_elementwise"), 1.0, 0.95, 300),
    Bar("sweep, everywhere: x cublas_elementwise", rows(group="sweep"), against("cublas_elementwise"), 0.95, expected=300),
    Bar("TF32, 2048 x 4096 x 11008: x cublas_gemm", rows(group="tf32"), against("cublas_gemm"), 0.95),
    Bar("mma.sync, 2048 x 4096 x 11008: x cublas_gemm", rows(group="mma"), against("cublas_gemm"), 0.55),
    Bar("gradient, gate and up given: x cublas_gemm, its products alone", rows(group="grad"), against("cublas_gemm"), 0.97, expected=8),
    Bar("gradient, gate and up given: x cublas_elementwise", rows(group="grad"), against("cublas_elementwise"), 1.04, expected=8),
    Bar("gradient, recomputing: FusedSwiGLU over the time it adds", rows(group="grad_recompute"), recomputing, 1.0, expected=8),
    Bar("gradient, biases too: x without them", rows(group="grad_biases"), against("grad"), None, expected=8),
    Bar("gradient: d_gate, d_up and 32 MiB over peak bytes beyond inputs and outputs", with_rows(is_fused_gradient, rows()), beyond, 1.0,
        expected=GRADIENTS),
    Bar("gradient: unfused error over ours (at least half)", with_rows(lambda row: is_fused_gradient(row) and "error" in row, rows()),
        accuracy, 0.5, expected=GRADIENTS - 4),
    Bar("training step: x PyTorch's autograd", rows("peers", "step"), against("torch_eager"), 1.0, expected=4),
    Bar("training step: PyTorch's error over ours (at least half)", rows("peers", "step"), accuracy, 0.5, expected=4),
    Bar("published configurations: a row each", rows("peers", "published"), all_peers, 1.0, expected=192),
    Bar("memory: 32 MiB over peak bytes beyond inputs and output", lambda row: "peak_bytes" in row and not is_fused_gradient(row),
        lambda row, evidence: (32 << 20) / max(row["peak_bytes"], 1), 1.0, expected=NATIVE + PEERS),
    Bar("accuracy: unfused error over ours, 16 bits",
        lambda row: "error_unfused" in row and row["dtype"] in ("float16", "bfloat16") and not is_fused_gradient(row), accuracy, 1.0,
        expected=NATIVE - TF32 + PEERS),
    Bar("bit-identical over 20 runs", with_rows(lambda row: "bit_identical" in row, rows()),
        lambda row, evidence: float(row["bit_identical"]), 1.0, expected=NATIVE + GRADIENTS),
    Bar("sessions, M 1, 16, 2048, 8192: x ONNX Runtime", rows("sessions", phase=["m1", "m16", "m2048", "m8192"]),
        against("ort"), 1.15, expected=16),
    Bar("sessions, M 256, 1024: x ONNX Runtime", rows("sessions", phase=["m256", "m1024"]), against("ort"), 1.05, expected=8),
    Bar("7B models, float16, decode at batch 1, 2048 tokens before: x ONNX Runtime", decoders("decode-b1"), against("ort"), 1.08,
        expected=3),
    Bar("7B models, the same as CUDA graphs", decoders("graph-decode-b1"), against("ort"), 1.08, expected=3),
    Bar("7B models, decode at batch 4 and 16, with and without CUDA graphs",
        decoders("decode-b4", "decode-b16", "graph-decode-b4", "graph-decode-b16"), against("ort"), None, expected=12),
    Bar("7B models, prefill of 2048 tokens: x ONNX Runtime", decoders("prefill-2048"), against("ort"), 1.08, expected=3),
    Bar("7B models, prefill of 512 and 8192 tokens", decoders("prefill-512", "prefill-8192"), against("ort"), None, expected=6),
    Bar("7B models, decode at batch 1, device-resident: x plain ONNX Runtime Java", decoders("decode-b1"), against_plain_java, 5.0,
        expected=3),
    Bar("start-up to first token of a small model: 3 s over it", rows("sessions", phase=["start-up", "start-up-generate"]),
        of_three_seconds, 1.0, expected=2),
    Bar("fused, M 1 to 64, a pause after each launch: x cublas_gemm", with_rows(lambda row: "us_alone" in row, rows(group="decode")),
        alone, None, expected=42),
    Bar("fused, M 128 to 2048, a pause after each launch: x cublas_gemm", with_rows(lambda row: "us_alone" in row, rows(group="gemm")),
        alone, None, expected=30),
]


@dataclass
class Verdict:
    bar: Bar
    count: int
    worst: Optional[float]
    where: str
    passed: bool

    @property
    def mark(self) -> str:
        return "" if self.bar.at_least is None else "ok" if self.passed else "FAIL"

    @property
    def value(self) -> str:
        return "-" if self.worst is None else f"{self.worst:.3f}" if self.worst < 1000 else "> 1000"

    @property
    def limit(self) -> str:
        return "" if self.bar.at_least is None else f"{self.bar.at_least:.2f}"


def name_of(row: dict) -> str:
    sizes = " x ".join(str(row[key]) for key in ("M", "K", "N") if row.get(key))
    parts = (row["op"], row.get("dtype"), sizes, row.get("activation"), row.get("model"), row.get("phase"))
    return " ".join(part for part in parts if part)


def judge(bar: Bar, evidence: dict) -> Verdict:
    chosen = [row for row in evidence["rows"] if bar.rows(row)]
    values = [(bar.value(row, evidence), row) for row in chosen]
    known = sorted(((value, i) for i, (value, _) in enumerate(values) if value is not None))
    enough = bar.at_least is None or sum(value >= bar.at_least for value, _ in known) >= bar.share * len(chosen)
    complete = len(chosen) >= bar.expected
    if not known:
        return Verdict(bar, len(chosen), None, "", False)
    worst, index = known[0]
    return Verdict(bar, len(chosen), worst, name_of(values[index][1]), enough and complete)


def table(evidence: dict) -> str:
    lines = [f"{'':4s} {'worst':>8s} {'bar':>5s} {'rows':>9s}  what"]
    for verdict in (judge(bar, evidence) for bar in BARS):
        where = f"  <- {verdict.where}" if verdict.mark == "FAIL" and verdict.where else ""
        lines.append(f"{verdict.mark:4s} {verdict.value:>8s} {verdict.limit:>5s} {verdict.count:>4d}/{verdict.bar.expected:<4d}  "
                     f"{verdict.bar.what}{where}")
    for name, stage in evidence["stages"].items():
        lines.append(f"{'ok' if stage['verdict'] == 'ok' else 'FAIL':4s} {stage['verdict']:>8s} {'':5s} {'':9s}  stage {name}")
    return "\n".join(lines)


def markdown(evidence: dict) -> str:
    """The table for people, with where its numbers come from."""
    versions = ", ".join(f"{name} {version}" for name, version in evidence["versions"].items())
    lines = [f"# {evidence['gpu'].upper()}: what is required and what was measured", "",
             f"Commit {evidence['commit']}, {evidence['date']}, driver {evidence['driver']}, {versions}; "
             f"device copy {evidence['copy_gbs']:.0f} GB/s. Every row is in [{evidence['gpu']}.json]({evidence['gpu']}.json); "
             "`tools/gpu-check` measures them.", "",
             "| what | bar | worst | where | rows | |", "|---|---|---|---|---|---|"]
    for verdict in (judge(bar, evidence) for bar in BARS):
        rows = f"{verdict.count}" if verdict.count >= verdict.bar.expected else f"{verdict.count} of {verdict.bar.expected}"
        lines.append(f"| {verdict.bar.what} | {verdict.limit} | {verdict.value} | {verdict.where} | {rows} | {verdict.mark} |")
    lines += shares.markdown(evidence["rows"])
    lines += ["", "| stage | | commit | date |", "|---|---|---|---|"]
    lines += [f"| {name} | {s['verdict']} | {s['commit']} | {s['date']} |" for name, s in evidence["stages"].items()]
    return "\n".join(lines) + "\n"
