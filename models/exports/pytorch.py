"""PyTorch's two exporters over one family: with and without key-value cache, in any dtype and opset."""

import contextlib
import io
import warnings

import onnx
import torch
from transformers.cache_utils import DynamicCache

LENGTH, PAST = 5, 4


class Positional(torch.nn.Module):
    """Tensors in, tensors out: what an exporter can name. Cached keys and values come in pairs behind the other inputs."""

    def __init__(self, model, family, cache, positions):
        super().__init__()
        self.model, self.family, self.cache, self.positions = model, family, cache, positions

    def forward(self, first, mask=None, *others):
        if self.family.kind == "image":
            return self.model(first).last_hidden_state
        if self.family.kind == "pixels":
            return self.model(first, image_sizes=[(32, 32)]).last_hidden_state
        if self.family.kind == "encoder":
            return self.model(input_ids=first, attention_mask=mask)[0]
        if self.family.kind == "seq2seq":
            return self.model(input_ids=first, attention_mask=mask, decoder_input_ids=first, use_cache=False).logits
        if not self.cache:
            return self.model(input_ids=first, attention_mask=mask, use_cache=False).logits
        positions, cached = (others[0], others[1:]) if self.positions else (None, others)
        cache = DynamicCache(list(zip(cached[0::2], cached[1::2])) or None)
        out = self.model(input_ids=first, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True)
        return (out.logits, *(value for layer in out.past_key_values.layers for value in (layer.keys, layer.values)))


def inputs_of(family, model, cache, positions):
    if family.kind in ("image", "pixels"):
        size = model.config.image_size
        return [torch.randn(2 if family.kind == "image" else 1, 3, size, size, dtype=model.dtype)]
    ids = torch.randint(3, 32, (2, LENGTH))
    cached = []
    if cache == "past":
        config = model.config
        shape = (2, config.num_key_value_heads, PAST, config.head_dim)
        cached = [torch.randn(shape, dtype=model.dtype) for _ in range(2 * config.num_hidden_layers)]
    past = PAST if cached else 0
    numbers = [torch.arange(past, past + LENGTH).repeat(2, 1)] if positions else []
    return [ids, torch.ones(2, LENGTH + past, dtype=torch.int64), *numbers, *cached]


def export(family, path, exporter, opset, dtype="fp32", attention="eager", cache="", model=None, optimize=True,
           positions=False):
    """
    Writes path. cache: "past" reads and writes one, "present" writes one. model stands in for the family's own.
    positions: the model with a cache has an input position_ids, too.
    """
    model = model or family.build(attention)
    model = model.to({"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[dtype])
    args = inputs_of(family, model, cache, positions)
    wrapped = Positional(model, family, cache, positions).eval()
    image = len(args) == 1
    names = ["pixel_values"] if image else ["input_ids", "attention_mask"]
    outputs = ["last_hidden_state" if image or family.kind == "encoder" else "logits"]
    axes = {} if image else {"input_ids": {0: "batch", 1: "length"}, "attention_mask": {0: "batch", 1: "total"},
                             outputs[0]: {0: "batch", 1: "length"}}
    if positions:
        names.append("position_ids")
        axes["position_ids"] = {0: "batch", 1: "length"}
    for pair in range(2 * model.config.num_hidden_layers if cache else 0):
        value = f"{pair // 2}.{('key', 'value')[pair % 2]}"
        outputs.append(f"present.{value}")
        axes[outputs[-1]] = {0: "batch", 2: "total"}
        if cache == "past":
            names.append(f"past_key_values.{value}")
            axes[names[-1]] = {0: "batch", 2: "past"}
    with warnings.catch_warnings(), torch.no_grad(), without_repeat_interleave(exporter == "ts"), \
            contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if exporter == "ts":
            torch.onnx.export(wrapped, tuple(args), path, dynamo=False, opset_version=opset, input_names=names,
                              output_names=outputs, dynamic_axes=axes, do_constant_folding=optimize)
        else:
            torch.onnx.export(wrapped, tuple(args), path, dynamo=True, opset_version=opset, input_names=names,
                              output_names=outputs, external_data=False, optimize=optimize, verbose=False,
                              dynamic_shapes=None if image else dynamic_shapes(args, positions))
    forget_sources(path)


def dynamic_shapes(args, positions):
    batch, length, total, past = (torch.export.Dim(name) for name in ("batch", "length", "total", "past"))
    numbers = [{0: batch, 1: length}] if positions else []
    cached = [{0: batch, 2: past} for _ in args[2 + len(numbers):]]
    shapes = [{0: batch, 1: length}, {0: batch, 1: total if cached else length}]
    return (*shapes, (*numbers, *cached)) if cached else tuple(shapes)


@contextlib.contextmanager
def without_repeat_interleave(wanted):
    """What the TorchScript exporter writes for repeat_interleave, rotary embeddings' way to double columns, does not run."""
    method, function = torch.Tensor.repeat_interleave, torch.repeat_interleave
    if wanted:
        torch.Tensor.repeat_interleave = torch.repeat_interleave = (
            lambda x, repeats, dim: torch.stack([x] * repeats, dim=-1).flatten(-2))
    try:
        yield
    finally:
        torch.Tensor.repeat_interleave, torch.repeat_interleave = method, function


def forget_sources(path):
    """The dynamo exporter notes a Python stack trace at every node: most of a small file, and paths of this machine."""
    model = onnx.load(path)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.save(model, path)
