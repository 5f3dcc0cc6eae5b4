#!/usr/bin/env python3
"""Charts of an evidence file as SVG, readable on light and dark pages: charts.py RESULTS/GPU.json"""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

GRAY = "#808890"  # for text and lines, on white and on black
COLORS = {"ours": "#e8590c", "cublas_gemm": "#4c8bf5", "cublas_unfused": "#9aa0a6", "cublas_elementwise": "#12a594",
          "triton": "#4c8bf5", "torch_compile": "#12a594", "torch_eager": "#9aa0a6", "ort": "#9aa0a6"}
LABELS = {"ours": "FusedSwiGLU", "cublas_gemm": "cuBLAS, bare product", "cublas_unfused": "cuBLAS + sigmoid, mul, mul",
          "cublas_elementwise": "cuBLAS + SwiGLU kernel"}

plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "swiglu", "font.family": "sans-serif", "font.size": 10,
                     "text.color": GRAY, "axes.labelcolor": GRAY, "axes.edgecolor": GRAY, "xtick.color": GRAY, "ytick.color": GRAY,
                     "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "lines.linewidth": 2})


def save(figure, file: pathlib.Path) -> None:
    figure.savefig(file, transparent=True, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def select(evidence: dict, **facts) -> list:
    return [row for row in evidence["rows"] if all(row.get(key) == value for key, value in facts.items())]


def line(axes, points: list, key: str, **style) -> None:
    axes.plot(*zip(*points), color=COLORS[key], marker="o", markersize=4, **style)


def legend_below(axes, columns: int, at: float = -0.18) -> None:
    axes.legend(loc="upper center", ncols=columns, bbox_to_anchor=(0.5, at), fontsize=9)


def prefill(evidence: dict, file: pathlib.Path) -> None:
    """Time of the bare product over the time of each, by number of tokens."""
    rows = [row for group in ("decode", "gemm")
            for row in select(evidence, source="native", group=group, dtype="bfloat16", K=4096, N=11008)]
    rows.sort(key=lambda row: row["M"])
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for key in ("ours", "cublas_gemm", "cublas_elementwise", "cublas_unfused"):
        times = [row["us"] if key == "ours" else row["baselines"][key] for row in rows]
        points = [(row["M"], row["baselines"]["cublas_gemm"] / us) for row, us in zip(rows, times)]
        line(axes, points, key, label=LABELS[key])
    axes.set_xscale("log", base=2)
    axes.set_xticks([row["M"] for row in rows], [str(row["M"]) for row in rows])
    axes.set_xlabel("tokens")
    axes.set_ylabel("speed, bare product = 1")
    axes.set_title(f"Both products and the gate, 4096 x 11008, bf16, {evidence['gpu'].upper()}", color=GRAY)
    legend_below(axes, 2)
    save(figure, file)


def decode(evidence: dict, file: pathlib.Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for style, (k, n) in zip(("-", "--", ":"), ((4096, 11008), (4096, 14336), (8192, 28672))):
        rows = sorted(select(evidence, source="native", group="decode", dtype="bfloat16", K=k, N=n), key=lambda row: row["M"])
        if not rows:
            return plt.close(figure)
        line(axes, [(row["M"], row["gbs"]) for row in rows], "ours", linestyle=style, label=f"FusedSwiGLU {k} x {n}")
        moved = [(row["M"], row["gbs"] * row["us"] / row["baselines"]["cublas_gemm"]) for row in rows]
        line(axes, moved, "cublas_gemm", linestyle=style, label=f"cuBLAS, bare product {k} x {n}")
    axes.axhline(evidence["copy_gbs"], color=GRAY, linewidth=1)
    axes.text(1, evidence["copy_gbs"] * 1.005, "device copy", va="bottom")
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    axes.set_xlabel("tokens")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("GB/s")
    axes.set_title(f"Decode, bf16, {evidence['gpu'].upper()}", color=GRAY)
    legend_below(axes, 2)
    save(figure, file)


def bars_by_group(axes, groups: list, names: list, value, labels: dict) -> None:
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        axes.bar([at + (i - (len(names) - 1) / 2) * width for at in range(len(groups))], [value(group, name) for group in groups],
                 width, color=COLORS[name], label=labels.get(name, name))


def elementwise(evidence: dict, file: pathlib.Path) -> None:
    """Per cent of the copy rate, counting what must be read and written."""
    rows = sorted(select(evidence, source="peers", group="elementwise", dtype="bfloat16"), key=lambda r: (r["op"], r["M"], r["N"]))
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(9, 3.6))
    peers = [name for name in ("triton", "torch_compile", "torch_eager") if all(name in row["baselines"] for row in rows)]
    names = ["ours", *peers]

    def rate(row: dict, name: str) -> float:
        return 100 * row["gbs"] / evidence["copy_gbs"] * (1 if name == "ours" else row["us"] / row["baselines"][name])

    bars_by_group(axes, rows, names, rate, {"torch_compile": "torch.compile", "torch_eager": "PyTorch", "triton": "Triton"})
    axes.set_xticks(range(len(rows)), [f"{r['op'][6:] or 'SwiGLU'}\n{r['M']}\n{r['N']}" for r in rows], fontsize=8)
    axes.axhline(100, color=GRAY, linewidth=1)
    axes.set_ylabel("% of device copy")
    axes.set_title(f"SwiGLU and its gradient, bf16, {evidence['gpu'].upper()}", color=GRAY)
    legend_below(axes, len(names), -0.25)
    save(figure, file)


def sessions(evidence: dict, file: pathlib.Path) -> None:
    rows = [row for row in select(evidence, source="sessions") if row["phase"].startswith("m")]
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for (model, dtype), style in zip(sorted({(row["model"], row["dtype"]) for row in rows}), ("-", "--", ":", "-.")):
        own = [row for row in rows if (row["model"], row["dtype"]) == (model, dtype)]
        points = sorted((row["M"], row["baselines"]["ort"] / row["us"]) for row in own)
        line(axes, points, "ours", linestyle=style, label=f"{model}, {dtype}")
    axes.axhline(1, color=GRAY, linewidth=1)
    axes.set_xscale("log", base=2)
    ticks = sorted({row["M"] for row in rows})
    axes.set_xticks(ticks, [str(m) for m in ticks])
    axes.set_xlabel("tokens")
    axes.set_ylabel("speed, ONNX Runtime = 1")
    axes.set_title(f"Four blocks in ONNX Runtime, rewritten against original, {evidence['gpu'].upper()}", color=GRAY)
    legend_below(axes, 2)
    save(figure, file)


def large(evidence: dict, file: pathlib.Path) -> None:
    """Whole decoders in device-resident sessions: time of the original over that of the rewritten."""
    phases = ["prefill-512", "prefill-2048", "prefill-8192", "decode-b1", "decode-b4", "decode-b16", "graph-decode-b1",
              "graph-decode-b4", "graph-decode-b16"]
    models = {"llama-2-7b": "ours", "llama-3-8b": "cublas_gemm", "mistral-7b": "cublas_elementwise"}
    rows = [row for row in select(evidence, source="sessions") if row["model"] in models and row["phase"] in phases]
    speed = {(row["model"], row["phase"]): row["baselines"]["ort"] / row["us"] for row in rows}
    if not speed:
        return
    figure, axes = plt.subplots(figsize=(9, 3.6))
    names = {key: model for model, key in models.items()}
    bars_by_group(axes, phases, list(names), lambda phase, key: speed.get((names[key], phase), 0), names)
    axes.axhline(1, color=GRAY, linewidth=1)
    labels = [phase.replace("graph-decode-", "graph\n").replace("-", "\n") for phase in phases]
    axes.set_xticks(range(len(phases)), labels, fontsize=8)
    axes.set_ylabel("speed, ONNX Runtime = 1")
    axes.set_title(f"Whole decoders, fp16, rewritten against original, {evidence['gpu'].upper()}", color=GRAY)
    legend_below(axes, len(names), -0.25)
    save(figure, file)


def draw(evidence: dict, results: pathlib.Path) -> None:
    for chart in (prefill, decode, elementwise, sessions, large):
        chart(evidence, results / f"{evidence['gpu']}-{chart.__name__}.svg")


if __name__ == "__main__":
    path = pathlib.Path(sys.argv[1])
    draw(json.loads(path.read_text()), path.parent)
