"""onnxruntime-genai's model builder, a Python program; SWIGLU_GENAI names the folder of its builder.py."""

import os
import sys
import tempfile

import onnx


def build(family, path, precision, provider):
    sys.path.insert(0, os.environ["SWIGLU_GENAI"])
    import builder
    from builders.base import Model

    Model.save_processing = lambda *ignored: None  # there is no tokenizer
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        family.build(num_attention_heads=1, head_dim=16).save_pretrained(source)  # GroupQueryAttention takes no smaller heads
        where = (None, source, target, precision, provider, folder)
        options = builder.parse_extra_options(*where, ["int4_block_size=16"] if precision == "int4" else [])
        builder.create_model(*where, **options)
        onnx.save(onnx.load(os.path.join(target, "model.onnx")), path)
