#!/usr/bin/env python3
"""Merges what the stages of tools/gpu-check wrote into RESULTS/GPU.json, says what passes there and in GPU.md, draws the charts.

usage: merge.py OUT RESULTS [--any-commit]
"""
import json
import pathlib
import sys

import bars


def load(file: pathlib.Path, missing=None):
    return json.loads(file.read_text()) if file.exists() else missing


def stages(out: pathlib.Path, any_commit: bool) -> dict:
    found = {file.name.split(".")[0]: load(file) for file in sorted(out.glob("*.stage.json"))}
    commits = {name: stage["commit"] for name, stage in found.items()}
    if len(set(commits.values())) > 1 and not any_commit:
        sys.exit(f"merge.py: stages of different commits: {commits}; --any-commit merges them all the same")
    return found


def shared(stages: dict, fact: str) -> str:
    """What the stages have in common, or all that they have."""
    return ", ".join(sorted({stage[fact] for stage in stages.values()})) or "unknown"


def merged(out: pathlib.Path, any_commit: bool) -> dict:
    of_stages = stages(out, any_commit)
    native, peers = load(out / "native.json", {"rows": []}), load(out / "peers.json", {"rows": []})
    evidence = {"schema": 1, "gpu": native.get("gpu", "unknown"),
                **{fact: shared(of_stages, fact) for fact in ("driver", "date", "commit")},
                "copy_gbs": native.get("copy_gbs", peers.get("copy_gbs", 0)),
                "versions": {key: part[key] for part in (native, peers) for key in ("cublas", "torch", "triton") if key in part},
                "stages": of_stages}
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
    any_commit = "--any-commit" in sys.argv
    out, results = (pathlib.Path(argument) for argument in sys.argv[1:] if argument != "--any-commit")
    evidence = merged(out, any_commit)
    if not evidence["rows"]:
        sys.exit(f"merge.py: no rows in {out}")
    results.mkdir(parents=True, exist_ok=True)
    file = results / f"{evidence['gpu']}.json"
    write(evidence, file)
    file.with_suffix(".md").write_text(bars.markdown(evidence))
    print(bars.table(evidence))
    print(f"{len(evidence['rows'])} rows: {file}")
    try:
        import charts
        charts.draw(evidence, results)
    except ImportError as missing:
        print(f"no charts: {missing}")


if __name__ == "__main__":
    main()
