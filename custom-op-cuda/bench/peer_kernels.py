"""What our operators are held against: PyTorch's own expressions and straightforward Triton kernels of the same formulas."""
import torch
import torch.nn.functional as F
import triton
import triton.language as tl

ACTIVATIONS = {
    "silu": F.silu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "squared_relu": lambda x: F.relu(x).square(),
    "mish": F.mish,
}


@triton.jit
def activate(x, ACTIVATION: tl.constexpr):
    if ACTIVATION == "silu":
        y = x * tl.sigmoid(x)
    elif ACTIVATION == "gelu_tanh":
        y = x * tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
    elif ACTIVATION == "relu":
        y = tl.maximum(x, 0.0)
    elif ACTIVATION == "quick_gelu":
        y = x * tl.sigmoid(1.702 * x)
    elif ACTIVATION == "squared_relu":
        y = tl.maximum(x, 0.0) * tl.maximum(x, 0.0)
    else:
        w = tl.exp(tl.minimum(x, 20.0))
        y = x * (w * (w + 2)) / (w * (w + 2) + 2)
    return y


# Tuned for every size and activation (and type, of which Triton takes care).
CONFIGS = [triton.Config({"BLOCK": block}, num_warps=warps) for block, warps in [(1024, 4), (2048, 4), (2048, 8), (4096, 8)]]


def bench(call, quantiles):
    return triton.testing.do_bench(call, warmup=5, rep=25, quantiles=quantiles)


@triton.autotune(configs=CONFIGS, key=["count", "ACTIVATION"], do_bench=bench)
@triton.jit
def gated_kernel(gate, up, y, count, ACTIVATION: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    g = tl.load(gate + at, mask=inside).to(tl.float32)
    u = tl.load(up + at, mask=inside).to(tl.float32)
    tl.store(y + at, (activate(g, ACTIVATION) * u).to(y.dtype.element_ty), mask=inside)


@triton.autotune(configs=CONFIGS, key=["count"], do_bench=bench)
@triton.jit
def silu_gradient_kernel(dy, gate, up, d_gate, d_up, count, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    v = tl.load(dy + at, mask=inside).to(tl.float32)
    g = tl.load(gate + at, mask=inside).to(tl.float32)
    u = tl.load(up + at, mask=inside).to(tl.float32)
    s = tl.sigmoid(g)
    tl.store(d_gate + at, (v * u * s * (1 + g * (1 - s))).to(d_gate.dtype.element_ty), mask=inside)
    tl.store(d_up + at, (v * g * s).to(d_up.dtype.element_ty), mask=inside)


def grid(count):
    return lambda config: (triton.cdiv(count, config["BLOCK"]),)


def triton_gated(gate, up, activation="silu"):
    y = torch.empty_like(gate)
    gated_kernel[grid(y.numel())](gate, up, y, y.numel(), ACTIVATION=activation)
    return y


def triton_silu_gradient(dy, gate, up):
    d_gate, d_up = torch.empty_like(gate), torch.empty_like(up)
    silu_gradient_kernel[grid(dy.numel())](dy, gate, up, d_gate, d_up, dy.numel())
    return d_gate, d_up


def unfused_silu(gate, up):
    """Three kernels, eight passes over memory."""
    return gate * torch.sigmoid(gate) * up


def eager_silu_gradient(dy, gate, up):
    return torch.ops.aten.silu_backward(dy * up, gate), dy * F.silu(gate)


def eager_gated(activation):
    act = ACTIVATIONS[activation]
    return lambda gate, up: act(gate) * up


def eager_fused(activation):
    act = ACTIVATIONS[activation]
    return lambda x, w_gate, w_up: act(x @ w_gate) * (x @ w_up)


def triton_fused(activation):
    return lambda x, w_gate, w_up: triton_gated(x @ w_gate, x @ w_up, activation)


def eager_step(dy, x, w_gate, w_up):
    """The block's forward pass, and the gradients of x and the weights by autograd."""
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in (x, w_gate, w_up)]
        y = eager_fused("silu")(*leaves)
        return torch.autograd.grad(y, leaves, dy)
