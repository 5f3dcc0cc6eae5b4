"""
Makes the exports that tests know by name: python named.py tools/src/test/resources/exports. The names say what they are:
family, type, exporter, opset, options, attention. Those that start with genai come from genai.py, at hidden size 64.
"""

import os
import sys

import derived
import pytorch
from families import FAMILIES

# wide enough that a wrong weight or activation shows in the outputs
SIZES = dict(vocab_size=256, hidden_size=32, intermediate_size=88, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
             initializer_range=0.03)
NAMES = ("llama-bf16-ts-op17-eager", "llama-fp16-dynamo-op18-sdpa", "llama-fp16-ts-op17-eager", "llama-fp32-dynamo-op18-sdpa",
         "llama-fp32-dynamo-raw-op18-eager", "llama-fp32-ts-op17-eager", "llama-fp32-ts-op17-past-eager",
         "mistral-bf16-dynamo-op18-sdpa", "mistral-fp16-ts-op17-past-sdpa", "mistral-fp32-dynamo-op24-sdpa",
         "mistral-fp32-ts-op14-eager")


def main(folder):
    for name in NAMES:
        family, dtype, exporter, *options, attention = name.split("-")
        opset = next(int(option[2:]) for option in options if option.startswith("op"))
        pytorch.export(FAMILIES[family], os.path.join(folder, name + ".onnx"), exporter, opset, dtype, attention,
                       cache="past" if "past" in options else "", model=FAMILIES[family].build(attention, **SIZES),
                       optimize="raw" not in options)
    source = "llama-fp32-ts-op17-eager.onnx"
    derived.saved_by_runtime(os.path.join(folder, source), os.path.join(folder, "ortsaved-extended-" + source), "extended")


if __name__ == "__main__":
    main(sys.argv[1])
