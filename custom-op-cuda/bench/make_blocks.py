#!/usr/bin/env python3
"""Writes stacked gated MLP blocks, x + down(silu(x·Wg) ⊙ (x·Wu)), as an exporter writes them, with random weights.

    make_blocks.py OUT_DIR --k 4096 --n 11008 --dtype fp16 --blocks 4

makes OUT_DIR/model.onnx and OUT_DIR/model.onnx.data. Weights are normal with variance 1/rows, so that over a few blocks
activations neither grow much nor vanish: to x ~ N(0, 1), a block adds a value of about a third of its variance.
"""
import argparse
import concurrent.futures
import os

import numpy as np
import onnx
from onnx import TensorProto, helper

TYPES = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
OPSET = 17
IR_VERSION = 9
ALIGNMENT = 4096


def weight_bytes(rows, columns, dtype, seed):
    values = np.random.default_rng(seed).standard_normal((rows, columns), np.float32)
    values *= rows ** -0.5
    if dtype == "fp16":
        return values.astype(np.float16).tobytes()
    if dtype == "bf16":  # to nearest, ties to even
        bits = values.view(np.uint32)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).tobytes()
    return values.tobytes()


def block_nodes(block, x, y):
    name = f"/layers.{block}/mlp"

    def node(op, inputs, output, path):
        return helper.make_node(op, inputs, [output], name=f"{name}/{path}")

    value = {part: f"{name}/{part}_output_0" for part in ("gate", "up", "sigmoid", "silu", "product", "down")}
    return [
        node("MatMul", [x, f"layers.{block}.gate"], value["gate"], "gate_proj/MatMul"),
        node("Sigmoid", [value["gate"]], value["sigmoid"], "act_fn/Sigmoid"),
        node("Mul", [value["gate"], value["sigmoid"]], value["silu"], "act_fn/Mul"),
        node("MatMul", [x, f"layers.{block}.up"], value["up"], "up_proj/MatMul"),
        node("Mul", [value["silu"], value["up"]], value["product"], "Mul"),
        node("MatMul", [value["product"], f"layers.{block}.down"], value["down"], "down_proj/MatMul"),
        node("Add", [x, value["down"]], y, "Add"),
    ]


def external_tensor(name, shape, dtype, location, offset, length):
    tensor = TensorProto(name=name, dims=shape, data_type=TYPES[dtype], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--dtype", choices=TYPES, required=True)
    parser.add_argument("--blocks", type=int, default=4)
    args = parser.parse_args()

    k, n = args.k, args.n
    weights = [(f"layers.{block}.{part}", shape)
               for block in range(args.blocks) for part, shape in (("gate", (k, n)), ("up", (k, n)), ("down", (n, k)))]
    names = ["x"] + [f"/layers.{block}/Add_output_0" for block in range(args.blocks - 1)] + ["y"]
    nodes = [node for block in range(args.blocks) for node in block_nodes(block, names[block], names[block + 1])]

    os.makedirs(args.folder, exist_ok=True)
    initializers = []
    with open(os.path.join(args.folder, "model.onnx.data"), "wb") as data, concurrent.futures.ThreadPoolExecutor() as pool:
        made = pool.map(lambda item: weight_bytes(*item[1][1], args.dtype, item[0]), enumerate(weights))
        for (name, shape), content in zip(weights, made):
            data.write(bytes(-data.tell() % ALIGNMENT))
            initializers.append(external_tensor(name, shape, args.dtype, "model.onnx.data", data.tell(), len(content)))
            data.write(content)

    x, y = (helper.make_tensor_value_info(name, TYPES[args.dtype], ["tokens", k]) for name in ("x", "y"))
    graph = helper.make_graph(nodes, "blocks", [x], [y], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.save(model, os.path.join(args.folder, "model.onnx"))


if __name__ == "__main__":
    main()
