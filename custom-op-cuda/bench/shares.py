"""Where the time of large models goes, by operator, as a table for people."""

GROUPS = {"FusedSwiGLU": ["FusedSwiGLU"], "MatMul": ["MatMul", "FusedMatMul", "Gemm"],
          "gate (Sigmoid, Mul)": ["Sigmoid", "Mul", "QuickGelu"], "attention": ["GroupQueryAttention"],
          "norms": ["SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization"]}


def grouped(operators: dict) -> dict:
    known = {name: sum(operators.get(op, 0) for op in ops) for name, ops in GROUPS.items()}
    return known | {"the rest": sum(operators.values()) - sum(known.values())}


def markdown(rows: list) -> list:
    """Lines of a table; none where nothing was profiled."""
    divided = [row for row in rows if row.get("operators_us")]
    if not divided:
        return []
    names = [*GROUPS, "the rest"]
    lines = ["", "Time of each operator's nodes in one run, μs, in ONNX Runtime's profile with CUDA_LAUNCH_BLOCKING=1: each launch "
             "waits for its kernel, so that kernels and what it costs to launch and to wait are in it, and small ones look larger "
             "than they are.",
             "", "| model | phase | | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for row in divided:
        for side in ("original", "rewritten"):
            operators = grouped(row["operators_us"].get(side, {}))
            cells = " | ".join(f"{operators[name]:.0f}" for name in names)
            lines.append(f"| {row['model']} | {row['phase']} | {side} | {cells} |")
    return lines
