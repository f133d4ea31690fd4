"""The cells through time in C: `cells.c`, compiled once where there is a C compiler and AVX-512.

What torch offers takes twenty calls a step; here a step's products and its gates are one pass through memory.
Without a compiler, on another processor, device or dtype, the cells use their version in torch operations.
"""

import functools
import hashlib
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL, c_long, c_void_p
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lib.files import write_atomically

FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-fno-trapping-math")
KEPT = 2**22  # values of h at a time where no gradient is asked for: 100 MB in all, else easily 15 GB
PANEL = 64  # columns of a product that are computed together, as in cells.c
_POOL = ThreadPoolExecutor()


def usable(x: Tensor, *parameters: Tensor) -> bool:
    """Return whether the compiled cells can do this: float32 on the processor, no gradient asked for x."""
    kinds = {(t.dtype, t.device.type) for t in (x, *parameters)}
    return not x.requires_grad and kinds == {(torch.float32, "cpu")} and library() is not None


def run(x: Tensor, *parameters: Tensor) -> Tensor:
    """Return the last h (batch, hidden); without gradients some sequences at a time: all steps are kept."""
    if torch.is_grad_enabled():
        return _Cell.apply(x, *parameters)
    rows = max(1, KEPT // (x.shape[1] * parameters[-1].shape[0]))
    return torch.cat([_Cell.apply(part, *parameters) for part in x.split(rows)])


class _Cell(torch.autograd.Function):
    """From x and a cell's parameters (gates of wx, of wh, of bx, of bh) to the last h (batch, hidden)."""

    @staticmethod
    def forward(ctx, x: Tensor, *parameters: Tensor) -> Tensor:
        x, parameters = x.contiguous(), [p.contiguous() for p in parameters]
        gates, hidden, (batch, length, inputs) = len(parameters) // 4, len(parameters[-1]), x.shape
        lstm, units = gates == 4, PANEL // gates  # of one panel
        panels = -(-hidden // units)
        depth = panels * units + inputs + 1
        ctx.sizes = sizes = length, batch, gates, hidden, inputs, panels, depth
        w = x.new_empty(panels, depth, PANEL)
        _call("pack", sizes, parameters, w)
        hx1 = x.new_empty(length + 1, batch, depth)  # each step's [h, x, 1]
        a = x.new_empty(length if lstm else 1, panels, batch, PANEL)  # i, f, o, g; of the RNN scratch
        c = x.new_empty(length + 1 if lstm else 0, panels, batch, units)
        _share("forward", sizes, x, w, hx1, a, c)
        ctx.save_for_backward(hx1, a, c, *parameters)
        return hx1[-1, :, :hidden].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        _, batch, gates, hidden, _, panels, depth = sizes = ctx.sizes
        hx1, a, c, *parameters = ctx.saved_tensors
        columns = -(-panels // gates)  # of h, in panels
        w_h = dh.new_empty(columns, panels, PANEL, PANEL)
        _call("pack_back", sizes, parameters, w_h)
        dh_padded = dh.new_zeros(batch, columns * PANEL)
        dh_padded[:, :hidden] = dh
        dc, da = dh.new_zeros(panels, batch, PANEL // gates), dh.new_empty(panels, batch, PANEL)
        dw = dh.new_zeros(torch.get_num_threads(), panels, depth, PANEL)
        _share("backward", sizes, w_h, hx1, a, c, dh_padded, dc, da, own=dw)
        gradients = [torch.empty_like(p) for p in parameters]
        _call("unpack", sizes, dw.sum(0) if len(dw) > 1 else dw, gradients)
        return None, *gradients


def _call(function: str, sizes: tuple[int, ...], *tensors: Tensor | list[Tensor]) -> None:
    """Call a function of cells.c with its sizes and pointers to tensors' contents, or to lists of them."""
    pointers = [
        c_void_p(t.data_ptr()) if isinstance(t, Tensor) else (c_void_p * len(t))(*map(Tensor.data_ptr, t))
        for t in tensors
    ]
    getattr(library(), function)((c_long * 9)(*sizes), *pointers)


def _share(function: str, sizes: tuple[int, ...], *tensors: Tensor, own: Tensor | tuple = ()) -> None:
    """Call it in each thread k of torch, side by side, with an equal part of the batch, and own[k] last."""
    threads = max(1, min(torch.get_num_threads(), batch := sizes[1]))

    def call(k: int) -> None:
        rows = batch * k // threads, batch * (k + 1) // threads
        _call(function, (*sizes, *rows), *tensors, *own[k : k + 1])

    list((map if threads == 1 else _POOL.map)(call, range(threads)))


def name() -> str:
    """Return what computes the cells here; where it is the same, so are the results, to the bit."""
    return Path(library()._name).stem if library() else "torch operations"


@functools.cache
def library() -> CDLL | None:
    """Return the compiled cells, or None where they cannot be had; $CELLS_COMPILER, empty, says none.

    The first call on a machine compiles, in under a second, into the user's cache; later ones only load.
    What others may write there could be anybody's code: then each process compiles for itself.
    """
    compiler, source = os.environ.get("CELLS_COMPILER", "cc"), Path(__file__).with_name("cells.c")
    if not shutil.which(compiler) or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "report-cells")
    try:
        processor = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "flags" in line][:1]
        key = hashlib.sha256(repr((compiler, FLAGS, processor)).encode() + source.read_bytes()).hexdigest()
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            path = Path(cache if _private(cache) else scratch, f"{key[:16]}.so")
            if not _private(path):
                made = Path(scratch, "cells.so")
                command = [compiler, *FLAGS, "-shared", "-fPIC", "-o", str(made), str(source)]
                subprocess.run(command, check=True, capture_output=True, timeout=60)
                write_atomically(path, made.read_bytes())
            return CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None


def _private(path: Path) -> bool:
    """Return whether path is there, the user's own, and nobody else may write it."""
    return path.exists() and path.stat().st_uid == os.getuid() and not path.stat().st_mode & 0o022
