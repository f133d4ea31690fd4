"""The cells through time in C: `cells.c`, compiled once where there is a C compiler and AVX-512.

What torch offers takes twenty calls a step; here a step's products and its gates are one pass through memory.
Without a compiler, on another processor, device or dtype, the cells use their version in torch operations.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-fno-trapping-math")


KEPT = 2**22  # values of h that are kept at a time where no gradient is asked for: about 100 MB in all


PANEL = 64  # columns of a product that are computed together, as in cells.c


class _Sizes(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_long)
        for name in ("length", "batch", "gates", "hidden", "inputs", "panels", "depth", "first", "last")
    ]


@functools.cache
def library() -> ctypes.CDLL | None:
    """Return the compiled cells, or None where they cannot be had; $CELLS_COMPILER, empty, says none.

    The first call on a machine compiles, in under a second, into the user's cache; later ones only load.
    """
    compiler = os.environ.get("CELLS_COMPILER", "cc")
    if not shutil.which(compiler) or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return None
    source = Path(__file__).with_name("cells.c")
    try:
        processor = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "flags" in line][:1]
        key = hashlib.sha256(repr((compiler, FLAGS, processor)).encode() + source.read_bytes()).hexdigest()[
            :16
        ]
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "report-cells")
        path = cache / f"{key}.so"
        if not path.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                made = Path(scratch, "cells.so")
                command = [compiler, *FLAGS, "-shared", "-fPIC", "-o", str(made), str(source)]
                subprocess.run(command, check=True, capture_output=True, timeout=60)
                made.replace(path)  # whole or not at all, whoever else compiles
        return ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None


def name() -> str:
    """Return what computes the cells here; where it is the same, so are the results, to the bit."""
    return Path(library()._name).stem if library() else "torch operations"


def usable(x: Tensor, *parameters: Tensor) -> bool:
    """Return whether the compiled cells can do this: float32 on the processor, no gradient asked for x."""
    return (
        not x.requires_grad
        and all(t.dtype == torch.float32 and t.device.type == "cpu" for t in (x, *parameters))
        and library() is not None
    )


def _call(name: str, sizes: _Sizes, *tensors: Tensor | list[Tensor]) -> None:
    """Call a function of cells.c with pointers to the tensors' contents, or to lists of pointers."""
    pointers = [
        (ctypes.c_void_p * len(t))(*(one.data_ptr() for one in t))
        if isinstance(t, (list, tuple))
        else ctypes.c_void_p(t.data_ptr())
        for t in tensors
    ]
    getattr(library(), name)(ctypes.byref(sizes), *pointers)


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor()


def _share(call: Callable[[_Sizes, int], None], sizes: _Sizes) -> int:
    """Give every thread of torch an equal part of the batch; ctypes lets them run side by side."""
    threads = max(1, min(torch.get_num_threads(), sizes.batch))
    bounds = [sizes.batch * k // threads for k in range(threads + 1)]
    fixed = [getattr(sizes, name) for name, _ in _Sizes._fields_[:-2]]
    parts = [_Sizes(*fixed, *bounds[k : k + 2]) for k in range(threads)]
    if threads == 1:
        call(parts[0], 0)
    else:
        list(_pool().map(call, parts, range(threads)))
    return threads


class _Cell(torch.autograd.Function):
    """From x and a cell's parameters (gates of wx, of wh, of bx, of bh) to the last h (batch, hidden)."""

    @staticmethod
    def forward(ctx, x: Tensor, *parameters: Tensor) -> Tensor:
        parameters = [p.contiguous() for p in parameters]
        x = x.contiguous()
        gates, (batch, length, inputs) = len(parameters) // 4, x.shape
        hidden = parameters[-1].shape[0]
        units = PANEL // gates  # of one panel
        panels = -(-hidden // units)
        depth = panels * units + inputs + 1
        sizes = _Sizes(length, batch, gates, hidden, inputs, panels, depth)
        w = x.new_empty(panels, depth, PANEL)
        _call("pack", sizes, parameters, w)
        hx1 = x.new_empty(length + 1, batch, depth)  # each step's [h, x, 1]
        if gates == 4:
            inside = [x.new_empty(length, panels, batch, PANEL)]  # i, f, o, g
            inside += [x.new_empty(length + 1, panels, batch, units)]  # c
            _share(lambda part, _: _call("lstm_forward", part, x, w, hx1, *inside), sizes)
        else:
            scratch, inside = x.new_empty(panels, batch, PANEL), []
            _share(lambda part, _: _call("rnn_forward", part, x, w, hx1, scratch), sizes)
        ctx.sizes = sizes
        ctx.save_for_backward(hx1, *inside, *parameters)
        return hx1[-1, :, :hidden].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        sizes = ctx.sizes
        gates, panels, batch = sizes.gates, sizes.panels, sizes.batch
        inside, parameters = ctx.saved_tensors[: -4 * gates], list(ctx.saved_tensors[-4 * gates :])
        columns = -(-panels // gates)  # of h, in panels
        w_h = dh.new_empty(columns, panels, PANEL, PANEL)
        _call("pack_back", sizes, parameters, w_h)
        dh_padded = dh.new_zeros(batch, columns * PANEL)
        dh_padded[:, : sizes.hidden] = dh
        da = dh.new_empty(panels, batch, PANEL)
        dw = dh.new_zeros(max(1, torch.get_num_threads()), panels, sizes.depth, PANEL)
        if gates == 4:
            dc = dh.new_zeros(panels, batch, PANEL // 4)
            _share(
                lambda part, k: _call("lstm_backward", part, w_h, *inside, dh_padded, dc, da, dw[k]), sizes
            )
        else:
            _share(lambda part, k: _call("rnn_backward", part, w_h, *inside, dh_padded, da, dw[k]), sizes)
        gradients = [torch.empty_like(p) for p in parameters]
        _call("unpack", sizes, dw.sum(0) if len(dw) > 1 else dw, gradients)
        return None, *gradients


def through_time(x: Tensor, *parameters: Tensor) -> Tensor:
    """Return the last h (batch, hidden); without gradients, some sequences at a time.

    Every step is kept for the way back. Where there is none, that memory must not grow with the batch: ten
    thousand steps of 500 sequences would take 15 GB.
    """
    if torch.is_grad_enabled():
        return _Cell.apply(x, *parameters)
    rows = max(1, KEPT // (x.shape[1] * parameters[-1].shape[0]))
    return torch.cat([_Cell.apply(part, *parameters) for part in x.split(rows)])
