"""Our operators on PyTorch's tensors and stream, through libswiglu_bench_kernels.so."""
import ctypes

import torch

NUMBERS = {"silu": 0, "gelu_tanh": 3, "relu": 4, "quick_gelu": 5, "squared_relu": 6, "mish": 7}


class Ours:
    def __init__(self, library: str):
        self.library = ctypes.CDLL(library)
        self.library.swiglu_bench_step_scratch.restype = ctypes.c_int64

    @staticmethod
    def values(like: torch.Tensor, activation: str, arguments) -> list:
        alpha = 1.702 if activation == "quick_gelu" else 1.0
        head = [ctypes.c_int(like.dtype == torch.bfloat16), ctypes.c_int(NUMBERS[activation]), ctypes.c_float(alpha)]
        return head + [ctypes.c_void_p(a.data_ptr()) if isinstance(a, torch.Tensor) else ctypes.c_int64(a) for a in arguments]

    def call(self, function: str, like: torch.Tensor, activation: str, *arguments) -> None:
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        error = getattr(self.library, function)(*self.values(like, activation, arguments), stream)
        if error != 0:
            raise RuntimeError(f"{function}: CUDA error {error}")

    def gated(self, activation: str = "silu"):
        def run(gate, up):
            y = torch.empty_like(gate)
            self.call("swiglu_bench_forward", gate, activation, gate.numel(), gate, up, y)
            return y
        return run

    def gradient(self):
        def run(dy, gate, up):
            d_gate, d_up = torch.empty_like(gate), torch.empty_like(up)
            self.call("swiglu_bench_gradient", gate, "silu", gate.numel(), dy, gate, up, d_gate, d_up)
            return d_gate, d_up
        return run

    def fused(self, activation: str = "silu"):
        def run(x, w_gate, w_up):
            (m, k), n = x.shape, w_gate.shape[1]
            y = torch.empty((m, n), dtype=x.dtype, device=x.device)
            self.call("swiglu_bench_fused", x, activation, m, k, n, x, w_gate, w_up, y)
            return y
        return run

    def step(self):
        """The forward pass and the gradients of x and the weights."""
        def run(dy, x, w_gate, w_up):
            (m, k), n = x.shape, w_gate.shape[1]
            y, gate, up = torch.empty_like(dy), torch.empty_like(dy), torch.empty_like(dy)
            dx, dw_gate, dw_up = torch.empty_like(x), torch.empty_like(w_gate), torch.empty_like(w_up)
            tensors = m, k, n, dy, x, w_gate, w_up, y, gate, up, dx, dw_gate, dw_up
            bytes_needed = self.library.swiglu_bench_step_scratch(*self.values(x, "silu", tensors))
            scratch = torch.empty(bytes_needed, dtype=torch.uint8, device=x.device)
            self.call("swiglu_bench_step", x, "silu", *tensors, scratch)
            return dx, dw_gate, dw_up
        return run
