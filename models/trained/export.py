"""
Trained weights to ONNX: python export.py llama|mistral RUN PREPARED FOLDER

RUN is what train.py wrote, PREPARED what prepare.py wrote. FOLDER gets what optimum writes, too: config.json,
generation_config.json, tokenizer.json, tokenizer_config.json, model.onnx (float32) and model_fp16.onnx, both with past.
Needs torch, transformers, onnxscript, tokenizers and safetensors.
"""

import json
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file
from transformers import GenerationConfig

from architectures import CONTEXT, build

sys.path.insert(0, str(Path(__file__).parents[1] / "exports"))
import pytorch  # noqa: E402
from families import Family  # noqa: E402

FILES = {"fp32": "model.onnx", "fp16": "model_fp16.onnx"}


def trained(name, run):
    model = build(name).eval()
    absent = model.load_state_dict(load_file(run / "weights.safetensors"), strict=False)
    if absent.missing_keys not in ([], ["lm_head.weight"]) or absent.unexpected_keys:
        raise SystemExit(f"{run} has other weights than {name}: {absent}")
    return model


def main(name, run, prepared, folder):
    run, prepared, folder = Path(run), Path(prepared), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for dtype, file in FILES.items():
        model = trained(name, run)
        pytorch.export(Family(name, type(model).__name__), str(folder / file), "dynamo", 18, dtype,
                       cache="past", model=model, positions=True)
    config = model.config
    config.architectures = [type(model).__name__]
    config.dtype = "float32"
    config.save_pretrained(folder)
    GenerationConfig.from_model_config(config).save_pretrained(folder)
    shutil.copy(prepared / "tokenizer.json", folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True,
         "model_max_length": CONTEXT, "clean_up_tokenization_spaces": False}, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
