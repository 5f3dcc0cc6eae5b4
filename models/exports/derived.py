"""What other tools make of an export: ONNX Runtime's own optimizer, its transformer optimizer, float16 and integer conversions."""

import os
import sys

import numpy
import onnx
import onnxruntime


def saved_by_runtime(source, path, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, f"ORT_ENABLE_{level.upper()}")
    options.optimized_model_filepath = path
    options.log_severity_level = 3
    onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def transformer_optimizer(source, path):
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions
    options = FusionOptions("gpt2")
    options.enable_rotary_embeddings = False  # what it makes of these does not run
    optimizer.optimize_model(source, "gpt2", num_heads=2, hidden_size=16, optimization_options=options,
                             opt_level=0).save_model_to_file(path)


def mixed_precision(source, path, kept_in_float32=()):
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST
    from onnxruntime.transformers.onnx_model import OnnxModel
    model = OnnxModel(onnx.shape_inference.infer_shapes(onnx.load(source)))
    model.convert_float_to_float16(keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *kept_in_float32])
    model.save_model_to_file(path)


def mixed_precision_unsorted(source, path, kept_in_float32=()):
    """As the converter leaves it, with the Casts behind everything; ONNX Runtime takes that, the standard does not."""
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
    model = onnx.shape_inference.infer_shapes(onnx.load(source))
    blocked = [*DEFAULT_OP_BLOCK_LIST, *kept_in_float32]
    onnx.save(convert_float_to_float16(model, keep_io_types=True, op_block_list=blocked), path)


def int4(source, path, symmetric=True, op="MatMulNBits"):
    from onnxruntime.quantization import QuantFormat
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    form = QuantFormat.QDQ if op == "QDQ" else QuantFormat.QOperator
    quantizer = MatMulNBitsQuantizer(onnx.load(source), block_size=16, is_symmetric=symmetric, quant_format=form,
                                     op_types_to_quantize=("MatMul",))
    quantizer.process()
    quantizer.model.save_model_to_file(path)


def int8(source, path):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    quantize_dynamic(source, path, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])


def qdq(source, path, ops):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Samples(CalibrationDataReader):
        def __init__(self):
            random = numpy.random.default_rng(0)
            self.left = [{"input_ids": random.integers(3, 32, (2, 5)), "attention_mask": numpy.ones((2, 5), numpy.int64)}
                         for _ in range(2)]

        def get_next(self):
            return self.left.pop() if self.left else None

    quantize_static(source, path, Samples(), quant_format=QuantFormat.QDQ, op_types_to_quantize=list(ops))


def merged_decoder(without_past, with_past, path):
    """optimum's If over both decoders; SWIGLU_OPTIMUM names the folder that its package optimum lies in."""
    sys.path.insert(0, os.environ["SWIGLU_OPTIMUM"])
    from optimum.onnx.graph_transformations import merge_decoders
    merge_decoders(without_past, with_past, save_path=path)
