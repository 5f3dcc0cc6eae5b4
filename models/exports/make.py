"""
Makes the exports that the rewriter is tried on: python make.py FOLDER [REGEX of names]. What is there already is kept.
Needs torch, transformers, onnxscript, onnxruntime and peft; see genai.py and derived.py for the two tools outside of them.
"""

import csv
import os
import re
import sys
import traceback

import derived
import genai
import pytorch
from families import FAMILIES

TEN = ("llama", "mistral", "qwen2", "qwen3", "phi3", "gemma2", "glm4", "smollm3", "olmo2", "granite")
CASES = {}


def case(name, family, tool, make, fused=None, activation=0):
    """An export, and what the rewriter does with its gated MLPs: what it fuses with the projections, and what without."""
    if fused is None:
        fused, activation = FAMILIES[family].gated - FAMILIES[family].packed, FAMILIES[family].packed
    CASES[name] = (family, tool, make, fused, activation)


def torch_case(name, exporter, opset, dtype="fp32", attention="eager", cache="", optimize=True):
    parts = [name, dtype, exporter, f"op{opset}", cache, "raw" * (not optimize), attention]
    case("-".join(filter(None, parts)), name, exporter, lambda path: pytorch.export(
        FAMILIES[name], path, exporter, opset, dtype, attention, cache, optimize=optimize))


def derived_case(prefix, name, tool, make, source="fp32-ts-op17-eager"):
    """Made from another export of the family."""
    case(f"{prefix}-{name}", name, tool, lambda path: make(beside(path, f"{name}-{source}"), path))


def quantized_case(prefix, name, tool, make, source="fp32-ts-op17-eager"):
    case(f"{prefix}-{name}", name, tool, lambda path: make(beside(path, f"{name}-{source}"), path), 0, FAMILIES[name].gated)


def beside(path, name):
    """Another export, made first if it is not there."""
    other = os.path.join(os.path.dirname(path), name + ".onnx")
    if not os.path.exists(other):
        CASES[name][2](other)
    return other


def genai_case(name, precision, provider):
    """The builder unpacks what is packed."""
    gated = FAMILIES[name].gated
    counts = (0, gated) if precision.startswith("int") else (gated, 0)
    case(f"genai-{name}-{precision}-{provider}", name, "genai",
         lambda path: genai.build(FAMILIES[name], path, precision, provider), *counts)


def merged(path, name):
    without = beside(path, f"{name}-fp32-ts-op17-present-eager")
    derived.merged_decoder(without, beside(path, f"{name}-fp32-ts-op17-past-eager"), path)


def lora(path, name):
    from peft import LoraConfig, get_peft_model
    targets = ["gate_up_proj"] if name in ("phi3", "glm4") else ["gate_proj", "up_proj"]
    model = FAMILIES[name].build()
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules=targets, init_lora_weights=False)).eval()
    pytorch.export(FAMILIES[name], path, "ts", 17, model=adapted)


for name in FAMILIES:
    torch_case(name, "ts", 17)
for name in TEN:
    derived_case("ortsaved-basic", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "basic"))
    derived_case("ortsaved-extended", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "extended"))
    derived_case("optimizer", name, "optimizer", derived.transformer_optimizer)
    derived_case("mixed", name, "float16", derived.mixed_precision)
for name in ("llama", "mistral", "qwen2", "phi3", "gemma2", "olmo2"):
    quantized_case("int4", name, "int4", derived.int4)
    quantized_case("int8", name, "int8", derived.int8)
    quantized_case("qdq", name, "qdq", lambda source, path: derived.qdq(source, path, ["MatMul"]))
for name in ("llama", "phi3", "gemma2"):
    derived_case("ortsaved-all", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "all"))
    derived_case("mixed-activation", name, "float16",
                 lambda source, path: derived.mixed_precision(source, path, ("Sigmoid", "Tanh")))
    derived_case("unsorted", name, "float16",
                 lambda source, path: derived.mixed_precision_unsorted(source, path, ("Sigmoid", "Tanh")))
    quantized_case("int4-qdq", name, "int4", lambda source, path: derived.int4(source, path, op="QDQ"), "fp32-dynamo-op21-sdpa")
    quantized_case("int4-asymmetric", name, "int4", lambda source, path: derived.int4(source, path, symmetric=False))
    torch_case(name, "dynamo", 21, attention="sdpa")
for name in ("llama", "gemma2", "glm4"):
    torch_case(name, "ts", 17, cache="past")
    torch_case(name, "ts", 17, cache="present")
    counts = (0, 4) if FAMILIES[name].packed else (4, 0)
    case(f"merged-{name}", name, "optimum", lambda path, name=name: merged(path, name), *counts)
for name in ("llama", "phi3", "qwen3", "gemma2"):
    torch_case(name, "ts", 14)
    torch_case(name, "ts", 17, dtype="fp16")
    torch_case(name, "ts", 17, dtype="bf16")
    case(f"lora-{name}", name, "peft", lambda path, name=name: lora(path, name), 0, 2)
for name in ("llama", "mistral", "qwen2", "qwen3", "phi3", "gemma2", "granite", "smollm3", "olmo"):
    genai_case(name, "fp32", "cpu")
genai_case("qwen3", "int8", "cpu")
for name, precision in (("mistral", "fp16"), ("gemma2", "bf16"), ("phi3", "fp16"), ("nemotron", "fp16"), ("qwen2", "int4"),
                        ("llama", "int4"), ("phi3", "int4"), ("qwen3", "int8")):
    genai_case(name, precision, "cuda")
for name in TEN:
    torch_case(name, "dynamo", 18, attention="sdpa")
for name in ("llama", "gemma2"):
    torch_case(name, "dynamo", 18, optimize=False)
    torch_case(name, "dynamo", 20, dtype="bf16")
for name in ("qwen3", "phi3"):
    torch_case(name, "dynamo", 18, dtype="fp16", cache="past")
for name in ("t5-v1.1", "modernbert"):
    torch_case(name, "dynamo", 18)


def main(folder, wanted=""):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cases.csv"), "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "family", "tool", "fused", "activation"])
        table.writerows([name, family, tool, fused, activation] for name, (family, tool, _, fused, activation) in CASES.items())
    for name, (_, _, make, *_) in CASES.items():
        path = os.path.join(folder, name + ".onnx")
        if os.path.exists(path) or not re.search(wanted, name):
            continue
        try:
            make(path + ".part")
            os.replace(path + ".part", path)
            print("made", name, os.path.getsize(path) // 1024, "KB", flush=True)
        except Exception as failure:
            print("FAILED", name, type(failure).__name__, " ".join(str(failure).split())[:200], flush=True)
            if "-v" in sys.argv:
                traceback.print_exc()


if __name__ == "__main__":
    main(*[argument for argument in sys.argv[1:] if argument != "-v"])
