"""Interleaved timing as in interleaved.h: for each candidate a CUDA graph of launches over rotating inputs; graphs in turns; medians."""
import collections
import functools
import math
import statistics

import torch

ROTATED_BYTES = 256 << 20


def rotating(make, bytes_a_set: int) -> list:
    """Enough sets of inputs that no cache keeps them."""
    return [make() for _ in range(min(32, max(2, math.ceil(ROTATED_BYTES / bytes_a_set))))]


def outputs(result) -> tuple:
    return result if isinstance(result, tuple) else (result,)


def peak_bytes(function, arguments) -> int:
    """Of memory beyond inputs and outputs."""
    function(*arguments)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = function(*arguments)
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before - sum(t.numel() * t.element_size() for t in outputs(result))


@functools.cache
def capture_stream():
    return torch.cuda.Stream()


def captured(function, sets: list, launches: int):
    """Without torch.cuda.graph(), which collects garbage first and takes longer than what is measured here."""
    graph = torch.cuda.CUDAGraph()
    alive = collections.deque(maxlen=len(sets))  # so that the outputs rotate, too
    torch.cuda.synchronize()
    with torch.cuda.stream(capture_stream()):
        graph.capture_begin()
        for i in range(launches):
            alive.append(function(*sets[i % len(sets)]))
        graph.capture_end()
    return graph


def timed(run, count: int = 1) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1000 / count


def interleaved(candidates: dict, sets: list, total_ms: float = 100, graph_us: float = 700) -> dict:
    """Median, 10th and 90th percentile in microseconds of each candidate, by name."""
    estimates = {}
    for name, function in candidates.items():
        function(*sets[0])
        torch.cuda.synchronize()
        estimates[name] = timed(lambda: [function(*arguments) for arguments in sets[:2]], 2)
    launches = len(sets) * max(1, math.ceil(graph_us / (min(estimates.values()) * len(sets))))
    graphs = {name: captured(function, sets, launches) for name, function in candidates.items()}
    turns = max(5, min(60, round(total_ms * 1000 / (launches * sum(estimates.values())))))
    names = list(graphs)
    for name in names:
        graphs[name].replay()
    times = {name: [] for name in names}
    events = []
    for turn in range(turns):
        order = names if turn % 2 == 0 else names[::-1]
        order = order[turn // 2 % len(order):] + order[:turn // 2 % len(order)]
        for name in order:
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            graphs[name].replay()
            end.record()
            events.append((name, start, end))
    torch.cuda.synchronize()
    for name, start, end in events:
        times[name].append(start.elapsed_time(end) * 1000 / launches)
    result = {}
    for name, values in times.items():
        values.sort()
        result[name] = (statistics.median(values), values[len(values) // 10], values[len(values) * 9 // 10])
    return result


def copy_gbs() -> float:
    source = torch.empty(1 << 30, dtype=torch.bfloat16, device="cuda").normal_()
    target = torch.empty_like(source)
    us = interleaved({"copy": lambda: target.copy_(source)}, [()], total_ms=15)["copy"][0]
    return 2 * source.numel() * source.element_size() / us / 1000
