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


def case(name, family, tool, make, action="fused", gated=None):
    """An export, and what the rewriter does with all of its gated MLPs."""
    CASES[name] = (family, tool, make, action, FAMILIES[family].gated if gated is None else gated)


def torch_case(name, exporter, opset, dtype="fp32", attention="eager", cache="", optimize=True, action="fused", gated=None):
    parts = [name, dtype, exporter, f"op{opset}", cache, "raw" * (not optimize), attention]
    case("-".join(filter(None, parts)), name, exporter, lambda path: pytorch.export(
        FAMILIES[name], path, exporter, opset, dtype, attention, cache, optimize=optimize), action, gated)


def derived_case(prefix, name, tool, make, action="fused"):
    """Made from the family's plain TorchScript export."""
    case(f"{prefix}-{name}", name, tool, lambda path: make(beside(path, f"{name}-fp32-ts-op17-eager"), path), action)


def beside(path, name):
    """Another export, made first if it is not there."""
    other = os.path.join(os.path.dirname(path), name + ".onnx")
    if not os.path.exists(other):
        CASES[name][2](other)
    return other


def genai_case(name, precision, provider):
    case(f"genai-{name}-{precision}-{provider}", name, "genai",
         lambda path: genai.build(FAMILIES[name], path, precision, provider),
         "activation" if precision.startswith("int") else "fused")


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
    unrolled = {"mixtral": 8, "qwen2-moe": 10}
    torch_case(name, "ts", 17, gated=unrolled.get(name))
for name in TEN:
    derived_case("ortsaved-basic", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "basic"))
    derived_case("ortsaved-extended", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "extended"))
    derived_case("optimizer", name, "optimizer", derived.transformer_optimizer)
    derived_case("mixed", name, "float16", derived.mixed_precision)
for name in ("llama", "mistral", "qwen2", "phi3", "gemma2", "olmo2"):
    derived_case("int4", name, "int4", derived.int4, "activation")
    derived_case("int8", name, "int8", derived.int8, "activation")
    derived_case("qdq", name, "qdq", lambda source, path: derived.qdq(source, path, ["MatMul"]), "activation")
for name in ("llama", "phi3", "gemma2"):
    derived_case("ortsaved-all", name, "ort", lambda source, path: derived.saved_by_runtime(source, path, "all"))
    derived_case("mixed-activation", name, "float16",
                 lambda source, path: derived.mixed_precision(source, path, ("Sigmoid", "Tanh")))
    derived_case("unsorted", name, "float16",
                 lambda source, path: derived.mixed_precision_unsorted(source, path, ("Sigmoid", "Tanh")))
    derived_case("int4-qdq", name, "int4", lambda source, path: derived.int4(source, path, op="QDQ"), "activation")
    derived_case("int4-asymmetric", name, "int4", lambda source, path: derived.int4(source, path, symmetric=False), "activation")
for name in ("llama", "gemma2", "glm4"):
    torch_case(name, "ts", 17, cache="past")
    torch_case(name, "ts", 17, cache="present")
    case(f"merged-{name}", name, "optimum", lambda path, name=name: merged(path, name), gated=4)
for name in ("llama", "phi3", "qwen3", "gemma2"):
    torch_case(name, "ts", 14)
    torch_case(name, "ts", 17, dtype="fp16")
    torch_case(name, "ts", 17, dtype="bf16")
    case(f"lora-{name}", name, "peft", lambda path, name=name: lora(path, name), "activation")
for name in ("llama", "mistral", "qwen2", "qwen3", "phi3", "gemma2", "granite", "smollm3", "olmo"):
    genai_case(name, "fp32", "cpu")
for name, precision in (("mistral", "fp16"), ("gemma2", "bf16"), ("phi3", "fp16"), ("nemotron", "fp16"), ("qwen2", "int4"),
                        ("llama", "int4"), ("phi3", "int4"), ("qwen3", "int8")):
    genai_case(name, precision, "cuda")
for name in TEN:
    torch_case(name, "dynamo", 18, attention="sdpa")
for name in ("llama", "gemma2"):
    torch_case(name, "dynamo", 18, optimize=False)
    torch_case(name, "dynamo", 20, dtype="bf16")
    torch_case(name, "dynamo", 21, attention="sdpa")
for name in ("qwen3", "phi3"):
    torch_case(name, "dynamo", 18, dtype="fp16", cache="past")
for name in ("t5-v1.1", "modernbert"):
    torch_case(name, "dynamo", 18)


def main(folder, wanted=""):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cases.csv"), "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "family", "tool", "gated", "fused", "activation", "left"])
        for name, (family, tool, _, action, gated) in CASES.items():
            table.writerow([name, family, tool, gated, *(gated * (action == which) for which in ("fused", "activation", "left"))])
    for name, (_, _, make, _, _) in CASES.items():
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
