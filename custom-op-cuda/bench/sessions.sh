#!/usr/bin/env bash
# Whole models in ONNX Runtime on a GPU: four stacked gated MLP blocks, rewritten against original.
#
#   custom-op-cuda/bench/sessions.sh OUT
#
# writes OUT/sessions-*.rows.json (rows of GPU.json) and prints them. Phases: "m2048" is 2048 tokens resident on the GPU through
# the C API, "graph-m2048" the same replayed as CUDA graphs, "java-m2048" the same from and to the CPU through ModelSession.
# Takes about three minutes, and 2 GB below $TMPDIR meanwhile. Needs ORT_JAR, ORT_NATIVE and the folders that
# tools/gpu-java-tests needs, Python with onnx and numpy, and session_bench in $SWIGLU_BUILD/custom-op-cuda/bench (SWIGLU_BUILD is
# java-api/target/native unless set). Fails when a rewritten model is further from its original than rounding explains.
set -euo pipefail
: "${ORT_JAR:?names the jar of ONNX Runtime}" "${ORT_NATIVE:?names the folder of its native libraries}"

mkdir -p "$1"
out=$(cd "$1" && pwd)
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
bench=${SWIGLU_BUILD:-$root/java-api/target/native}/custom-op-cuda/bench/session_bench
operators=$root/java-api/target/classes/dev/swiglu/natives/libswiglu_ort.so
tokens=${SWIGLU_TOKENS:-1,16,256,1024,2048,8192}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

class_path=$root/java-api/target/classes:$root/tools/target/classes:$root/tools/target/test-classes:$ORT_JAR
for jar in "$root"/tools/target/gpu-tests/*.jar; do class_path+=:$jar; done
swiglu_java() {
  java -Xmx8g -Ddev.swiglu.library.path="$operators" -Donnxruntime.native.path="$ORT_NATIVE" -cp "$class_path" "$@"
}

failed=0
attempt() { "$@" || { echo "sessions.sh: failed: $*" >&2; failed=1; }; }

for shape in 4096x11008 4096x14336; do
  for dtype in fp16 bf16; do
    name=blocks-$shape
    folder=$scratch/$name-$dtype
    original=$folder/model.onnx rewritten=$folder/rewritten.onnx
    python3 "$root/custom-op-cuda/bench/make_blocks.py" "$folder" --k "${shape%x*}" --n "${shape#*x}" --dtype "$dtype" --blocks 4
    swiglu_java dev.swiglu.tools.cli.Main rewrite "$original" "$rewritten" > /dev/null
    for graph in no yes; do
      attempt "$bench" "$original" "$rewritten" --runtime "$ORT_NATIVE/libonnxruntime.so" --operators "$operators" \
        --model "$name" --tokens "$tokens" --graph "$graph" --rows "$out/sessions-$shape-$dtype-graph-$graph.rows.json"
    done
    attempt swiglu_java dev.swiglu.tools.bench.SessionRows "$original" "$rewritten" "$name" 0 "$tokens" \
      "$out/sessions-$shape-$dtype-java.rows.json"
    rm -rf "$folder"
  done
done
exit "$failed"
