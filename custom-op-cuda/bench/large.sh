#!/usr/bin/env bash
# Full-size decoders with random weights in ONNX Runtime on a GPU, through Java and device-resident sessions: rewritten against
# original in turns, and both plain ONNX Runtime Java and ours where one text is decoded.
#
#   custom-op-cuda/bench/large.sh OUT
#
# writes for each model OUT/large-MODEL.rows.json (rows of GPU.json), the reports that they are made of and a page, and prints a
# table. Phases: "prefill-2048" reads a text of so many tokens, "decode-b4" writes the next token of four texts of 2048 each,
# "graph-decode-b4" the same replayed as CUDA graphs. One model after another, so that a time limit loses the last ones only; the
# operators' shares of the time come in a second process, where every launch waits for its kernel.
# Needs what tools/gpu-java-tests needs, Python, 110 GB of GPU memory for three sessions and their caches, 2 GB below $TMPDIR.
# SWIGLU_LARGE_MODELS names some of them; SWIGLU_DEVICE, SWIGLU_WORKLOADS and SWIGLU_OPERATORS (the workloads whose time is
# divided) are for trying it out without a GPU.
set -uo pipefail
: "${ORT_JAR:?names the jar of ONNX Runtime}" "${ORT_NATIVE:?names the folder of its native libraries}"

mkdir -p "$1"
out=$(cd "$1" && pwd)
read -ra models <<< "${SWIGLU_LARGE_MODELS:-llama-2-7b llama-3-8b mistral-7b}"
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
device=${SWIGLU_DEVICE:-cuda}
workloads=${SWIGLU_WORKLOADS:-1x8192,1x2048,1x512,16x1+2048,4x1+2048,1x1+2048}
divided=${SWIGLU_OPERATORS:-1x2048,1x1+2048}
graphs=$([ "$device" = cpu ] || echo --cuda-graphs)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

class_path=$root/java-api/target/classes:$root/tools/target/classes:$ORT_JAR
for jar in "$root"/tools/target/gpu-tests/*.jar; do class_path+=:$jar; done
swiglu() {
  java -Xmx8g -Ddev.swiglu.cache.dir="$scratch" -Donnxruntime.native.path="$ORT_NATIVE" -cp "$class_path" \
    dev.swiglu.tools.cli.Main "$@"
}

# used_memory FILE: what the GPU's memory holds at most, in MiB, until this process is ended.
used_memory() {
  local used most=0
  while used=$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits 2> /dev/null | head -n 1); do
    [ "${used:-0}" -gt "$most" ] && most=$used && echo "$most" > "$1"
    sleep 0.5
  done
}

# benchmark MODEL
benchmark() {
  local model=$1 original=$scratch/$1 rewritten=$scratch/$1-rewritten report=$out/large-$1 watching measured= asked
  swiglu large "$model" "$original" && swiglu rewrite "$original" "$rewritten" > "$report.sites.txt" || return 1
  used_memory "$report.memory" &
  watching=$!
  # Less and less, so that a failure of one comparison does not lose all of them.
  for asked in "$graphs --workloads $workloads" "--workloads $workloads" "--workloads $divided"; do
    swiglu bench "$original" "$rewritten" --device "$device" --resident $asked --runs 100 --seconds 6 \
      --report "$report.json" --html "$report.html" > "$report.txt" && measured=yes && break
    echo "large.sh: $model: failed with $asked" >&2
  done
  kill $watching 2> /dev/null || true
  [ -n "$measured" ] || return 1
  CUDA_LAUNCH_BLOCKING=1 swiglu bench "$original" "$rewritten" --device "$device" --operators 5 --workloads "$divided" \
    --report "$report.operators.json" > "$report.operators.txt" || echo "large.sh: $model: no operator times"
  rm -rf "$original" "$rewritten"
  python3 "$root/custom-op-cuda/bench/large_rows.py" "$model" "$report"
}

failed=0
for model in "${models[@]}"; do
  start=$SECONDS
  benchmark "$model" || { echo "large.sh: failed: $model" >&2; failed=1; }
  echo "$model: $((SECONDS - start)) s"
done
exit "$failed"
