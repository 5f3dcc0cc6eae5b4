#!/usr/bin/env bash
# From the start of a JVM to the first token of a small model on a GPU, and what plain ONNX Runtime Java takes for the original
# of it: environment, CUDA session, first run.
#
#   custom-op-cuda/bench/startup.sh OUT
#
# writes OUT/startup.rows.json (rows of GPU.json: medians of the runs after the first, which fills the caches) and prints them.
# Phases: "start-up" ends with the first token, "start-up-generate" is a whole process of `swiglu generate` that writes one token,
# from outside. Needs what tools/gpu-java-tests needs, and Python. SWIGLU_SMALL_MODEL names the folder of another model than
# models/llama-kjv; SWIGLU_DEVICE is for trying it out without a GPU.
set -euo pipefail
: "${ORT_JAR:?names the jar of ONNX Runtime}" "${ORT_NATIVE:?names the folder of its native libraries}"

mkdir -p "$1"
out=$(cd "$1" && pwd)
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
device=${SWIGLU_DEVICE:-cuda} runs=5
export LC_NUMERIC=C  # for the point in EPOCHREALTIME
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

class_path=$root/java-api/target/classes:$root/tools/target/classes:$ORT_JAR
for jar in "$root"/tools/target/{gpu-tests,lib}/*.jar; do class_path+=:$jar; done  # the tokenizer is in lib only
swiglu() {
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Ddev.swiglu.cache.dir="$scratch" -Donnxruntime.native.path="$ORT_NATIVE" \
    -cp "$class_path" dev.swiglu.tools.cli.Main "$@"
}

small=${SWIGLU_SMALL_MODEL:-$root/models/llama-kjv}
[ -e "$small" ] || { small=$scratch/toy; swiglu large toy "$small"; }
swiglu rewrite "$small" "$scratch/rewritten" > /dev/null
for run in $(seq 0 "$runs"); do
  swiglu start-up "$scratch/rewritten" --started "$EPOCHREALTIME" --device "$device" --report "$scratch/ours-$run.json"
  swiglu start-up "$small" --started "$EPOCHREALTIME" --device "$device" --plain --report "$scratch/plain-$run.json"
  if [ -f "$small/tokenizer.json" ]; then
    start=${EPOCHREALTIME/./}
    swiglu generate "$scratch/rewritten" --prompt "In the beginning" --max-tokens 1 --device "$device" > "$out/startup-generate.log" 2>&1 \
      && echo $((${EPOCHREALTIME/./} - start)) >> "$scratch/generate.us" || echo "startup.sh: generate failed: see startup-generate.log"
  fi
done

python3 - "$scratch" "$runs" "$(basename "$small")" "$out/startup.rows.json" <<'PYTHON'
import json, pathlib, statistics, sys
scratch, runs, model, file = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
parts = ("java", "environment", "session", "first_run", "total")
def medians(side):
    reports = [json.loads((scratch / f"{side}-{run}.json").read_text()) for run in range(1, runs + 1)]
    return {part: 1e3 * statistics.median(report[f"{part}_ms"] for report in reports) for part in parts}
ours, plain = medians("ours"), medians("plain")
rows = [{"op": "session", "model": model, "phase": "start-up", "M": 16, "us": ours.pop("total"), "parts_us": ours,
         "baselines": {"plain_java": plain.pop("total")}, "plain_java_parts_us": plain}]
generate = scratch / "generate.us"
if generate.exists():
    us = statistics.median(int(line) for line in generate.read_text().split()[1:])
    rows.append({"op": "session", "model": model, "phase": "start-up-generate", "M": 1, "us": us, "baselines": {}})
for row in rows:
    print(f"{row['model']} {row['phase']}: {row['us'] / 1e3:.0f} ms, plain Java {row['baselines'].get('plain_java', 0) / 1e3:.0f}")
json.dump(rows, open(file, "w"))
PYTHON
