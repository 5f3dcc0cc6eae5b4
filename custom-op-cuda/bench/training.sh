#!/usr/bin/env bash
# A training step (forward, gradient, AdamW) of the network of models/mnist in ONNX Runtime on a GPU, through Java: with the fused
# operators against without, in turns in one run.
#
#   custom-op-cuda/bench/training.sh OUT
#
# writes OUT/training-*.rows.json (rows of GPU.json) and prints them. Phases: "train-java" is a step as Trainer takes it, with a batch
# from Java's memory; in "train-resident" that is on the GPU, too. Needs what tools/gpu-java-tests needs, and Python.
set -euo pipefail
: "${ORT_JAR:?names the jar of ONNX Runtime}" "${ORT_NATIVE:?names the folder of its native libraries}"

mkdir -p "$1"
out=$(cd "$1" && pwd)
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
batch=8192 hidden=4096 pixels=784
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

class_path=$root/java-api/target/classes:$root/tools/target/classes:$ORT_JAR
for jar in "$root"/tools/target/gpu-tests/*.jar; do class_path+=:$jar; done

failed=0
for dtype in float32 float16 bfloat16; do
  java -Xmx8g -Ddev.swiglu.cache.dir="$scratch" -Donnxruntime.native.path="$ORT_NATIVE" -cp "$class_path" dev.swiglu.tools.cli.Main \
    mnist --synthetic --device cuda --batch $batch --hidden $hidden --time-steps 15 --type $dtype --out "$scratch/$dtype" \
    > "$out/training-$dtype.log" 2>&1 || { echo "training.sh: $dtype failed"; tail -n 5 "$out/training-$dtype.log"; failed=1; continue; }
  python3 - "$scratch/$dtype/timing.json" "$out/training-$dtype.rows.json" $dtype $batch $pixels $hidden <<'PYTHON'
import json, sys
timing, rows, dtype, m, k, n = sys.argv[1:]
timing = json.load(open(timing))
rows_of = [{"op": "session", "model": f"mnist-{n}", "phase": phase, "dtype": dtype, "M": int(m), "K": int(k), "N": int(n),
            "us": 1e3 * timing[key]["fused_ms"], "baselines": {"ort": 1e3 * timing[key]["unfused_ms"]}}
           for phase, key in (("train-java", "trainer"), ("train-resident", "resident"))]
for row in rows_of:
    print(f"{row['phase']:15} {dtype:9} {row['us']:9.0f} us, unfused {row['baselines']['ort']:9.0f}, x {row['baselines']['ort'] / row['us']:.3f}")
json.dump(rows_of, open(rows, "w"))
PYTHON
done
exit $failed
