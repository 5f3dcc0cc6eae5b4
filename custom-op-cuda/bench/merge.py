#!/usr/bin/env python3
"""Merges what the stages of tools/gpu-check wrote into RESULTS/GPU.json, prints which bars pass and draws the charts.

usage: merge.py OUT RESULTS
"""
import json
import pathlib
import sys

import bars


def load(file: pathlib.Path, missing=None):
    return json.loads(file.read_text()) if file.exists() else missing


def merged(out: pathlib.Path) -> dict:
    native, peers = load(out / "native.json", {"rows": []}), load(out / "peers.json", {"rows": []})
    evidence = {"schema": 1, "gpu": native.get("gpu", "unknown"), **load(out / "facts.json", {}),
                "copy_gbs": native.get("copy_gbs", peers.get("copy_gbs", 0)),
                "versions": {key: part[key] for part in (native, peers) for key in ("cublas", "torch", "triton") if key in part}}
    checks = out / "checks.txt"
    evidence["checks"] = dict(line.split() for line in checks.read_text().splitlines()) if checks.exists() else {}
    evidence["rows"] = [row | {"source": "native"} for row in native["rows"]] + [row | {"source": "peers"} for row in peers["rows"]]
    for file in sorted(out.glob("*.rows.json")):
        evidence["rows"] += [row | {"source": "sessions"} for row in load(file)]
    return evidence


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


def write(evidence: dict, file: pathlib.Path) -> None:
    """One row a line, so that two runs can be compared."""
    head = json.dumps({key: value for key, value in evidence.items() if key != "rows"})
    rows = ",\n".join(json.dumps(rounded(row)) for row in evidence["rows"])
    file.write_text(f'{head[:-1]}, "rows": [\n{rows}\n]}}\n')


def main() -> None:
    out, results = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    evidence = merged(out)
    if not evidence["rows"]:
        sys.exit(f"merge.py: no rows in {out}")
    results.mkdir(parents=True, exist_ok=True)
    file = results / f"{evidence['gpu']}.json"
    write(evidence, file)
    print(bars.table(evidence))
    print(f"{len(evidence['rows'])} rows: {file}")
    try:
        import charts
        charts.draw(evidence, results)
    except ImportError as missing:
        print(f"no charts: {missing}")


if __name__ == "__main__":
    main()
