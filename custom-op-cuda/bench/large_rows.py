#!/usr/bin/env python3
"""Rows of GPU.json from what `swiglu bench` reported of one large model: large_rows.py MODEL REPORT

reads REPORT.json, and REPORT.operators.json and REPORT.memory where they are; writes REPORT.rows.json and prints a table.
"""
import json
import pathlib
import sys

FURTHEST = 0.05  # results of original and rewritten; float16 through 32 layers gives 0.002 on the CPU


def phase(comparison: dict) -> str:
    return f"prefill-{comparison['tokens']}" if comparison["phase"] == "prefill" else f"decode-b{comparison['batch']}"


def microseconds(timing: dict, percentile: str = "p50") -> float:
    return 1e3 * timing["latency"][f"{percentile}_ms"]


def rows_of(model: str, report: dict) -> list:
    rows = {}
    for comparison in report["comparisons"]:
        first, second = comparison["timings"]
        name = phase(comparison)
        if first["runtime"] == "OrtSession":
            rows[name]["baselines"]["plain_java"] = microseconds(first)
            rows[name]["us_against_plain"] = microseconds(second)
            continue
        name = ("graph-" if "graph" in second["runtime"] else "") + name
        rows[name] = {"op": "session", "model": model, "phase": name, "dtype": "float16",
                      "M": comparison["batch"] * comparison["tokens"], "past": comparison["past"], "us": microseconds(second),
                      "us_p90": microseconds(second, "p90"),
                      "tokens_per_second": second["tokens_per_second"], "runs": comparison["runs"],
                      "baselines": {"ort": microseconds(first)}, "difference": float(comparison["difference"])}
    return list(rows.values())


def add_operators(rows: list, report: dict) -> None:
    """What each operator's nodes took together, with the model's path as the only sign of which one it is."""
    for times in report.get("operators") or []:
        own = "prefill" if times["phase"] == "prefill" else "decode-b1"
        side = "rewritten" if "FusedSwiGLU" in times["operators_ms"] else "original"
        for row in rows:
            workload = f"1x{row['M']}" + (f" after {row['past']}" if row["past"] else "")
            if row["phase"].startswith(own) and times["workload"] == workload:
                row.setdefault("operators_us", {})[side] = {op: 1e3 * ms for op, ms in times["operators_ms"].items()}


def show(rows: list) -> None:
    for row in rows:
        ort, plain = row["baselines"]["ort"] / row["us"], row["baselines"].get("plain_java")
        against_plain = f"  {plain / row['us_against_plain']:6.1f} x plain Java" if plain else ""
        print(f"{row['model']:11} {row['phase']:16} {row['us']:10.0f} us  original {row['baselines']['ort']:10.0f}  x {ort:.3f}"
              f"  differs {row['difference']:.1e}{against_plain}")


def main() -> None:
    model, report = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = rows_of(model, json.loads(report.with_name(report.name + ".json").read_text()))
    operators, memory = (report.with_name(report.name + end) for end in (".operators.json", ".memory"))
    if operators.exists():
        add_operators(rows, json.loads(operators.read_text()))
    if memory.exists():
        for row in rows:
            row["gpu_mib_of_all_sessions"] = int(memory.read_text())
    report.with_name(report.name + ".rows.json").write_text(json.dumps(rows))
    show(rows)
    if any(not row["difference"] <= FURTHEST for row in rows):
        sys.exit(f"large_rows.py: {model}: original and rewritten do not compute the same")


if __name__ == "__main__":
    main()
