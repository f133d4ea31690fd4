"""The cells through time in C: `cells.c`, compiled once for the processor where there is a C compiler.

What torch offers takes twenty calls a step; here a step's products and its gates are one pass through memory.
Without a compiler, on another device or dtype, the cells use their version in torch operations.
"""

import contextlib
import functools
import hashlib
import math
import os
import platform
import shlex
import shutil
import subprocess
import threading
import warnings
from collections.abc import Sequence
from ctypes import CDLL, c_long, c_void_p
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lib.files import write_atomically

# no -ffast-math: linked with it, a library makes the whole process round small numbers to zero
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
OPENMP = "-fopenmp", "-fopenmp-simd"  # the first that the compiler has; with the second there is one thread
SOURCES = "cells.c", "product.h"
PANEL = 64  # columns of a product that are computed together, as in product.h
KEPT = 2**22  # values of h at a time where no gradient is asked for: 100 MB in all, else easily 15 GB
SPARE = 2**26  # numbers, 256 MB: memory up to this size is kept for the next run
_spare = threading.local()


def usable(x: Tensor, *parameters: Tensor) -> bool:
    """Return whether the compiled cells can do this: float32 on the processor, no gradient asked for x."""
    kinds = {(t.dtype, t.device.type) for t in (x, *parameters)}
    return not x.requires_grad and kinds == {(torch.float32, "cpu")} and library() is not None


def run(x: Tensor, *parameters: Tensor) -> Tensor:
    """Return the last h (batch, hidden); without gradients some sequences at a time: all steps are kept."""
    if torch.is_grad_enabled():
        return _Cell.apply(x, *parameters)
    rows = max(1, KEPT // (x.shape[1] * parameters[-1].shape[0]))
    return torch.cat([_Run(part, parameters).forward(last=True) for part in x.split(rows)])


class _Cell(torch.autograd.Function):
    """From x and a cell's parameters (gates of wx, of wh, of bx, of bh) to the last h (batch, hidden)."""

    @staticmethod
    def forward(ctx, x: Tensor, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(x, *parameters)
        ctx.run = _Run(x, parameters)
        return ctx.run.forward()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        x, *parameters = ctx.saved_tensors
        run, ctx.run = ctx.run, None
        if run is None:  # a second way back, of a retained graph: the first gave the memory away
            run = _Run(x, parameters)
            run.forward()
        return None, *run.backward(dh)


class _Run:
    """One way through time and back, and the memory for both."""

    def __init__(self, x: Tensor, parameters: Sequence[Tensor]) -> None:
        self.x, self.parameters = x.contiguous(), [p.contiguous() for p in parameters]
        gates, hidden, (batch, length, inputs) = len(parameters) // 4, len(parameters[-1]), x.shape
        lstm, units = gates == 4, PANEL // gates  # of one panel
        panels, threads = -(-hidden // units), max(1, min(torch.get_num_threads(), batch))
        columns, depth = -(-panels // gates), panels * units + inputs + 1  # columns of h, in panels
        self.sizes = length, batch, gates, hidden, inputs, panels, depth, threads
        shapes = {
            "hx1": (length + 1, batch, depth),  # each step's [h, x, 1]
            "a": (length if lstm else 1, panels, batch, PANEL),  # i, f, o, g; of the RNN scratch
            "c": (length + 1 if lstm else 0, panels, batch, units),
            "w": (panels, depth, PANEL),
            "w_h": (columns, panels, PANEL, PANEL),
            "dh": (batch, columns * PANEL),
            "dc": (panels, batch, units),
            "da": (panels, batch, PANEL),
            "dw": (threads, panels, depth, PANEL),
        }
        counts = [-(-math.prod(shape) // 16) * 16 for shape in shapes.values()]  # whole lines of the cache
        self.memory = _spare.__dict__.pop("memory", None)
        if self.memory is None or len(self.memory) < sum(counts):
            self.memory = x.new_empty(sum(counts))
        parts = zip(shapes.items(), self.memory[: sum(counts)].split(counts), strict=True)
        self.of = {name: part[: math.prod(shape)].view(shape) for (name, shape), part in parts}

    def forward(self, *, last: bool = False) -> Tensor:
        """Return the last h (batch, hidden); `last` says that there will be no way back."""
        self._call("pack", self.parameters, self.of["w"])
        self._call("forward", self.x, *(self.of[name] for name in ("w", "hx1", "a", "c")))
        h = self.of["hx1"][-1, :, : self.sizes[3]].clone()
        if last:
            self._done()
        return h

    def backward(self, dh: Tensor) -> list[Tensor]:
        """Return the gradients of the parameters for that of the last h."""
        hidden, mine = self.sizes[3], self.of
        mine["dh"][:, :hidden], mine["dh"][:, hidden:] = dh, 0
        mine["dc"].zero_()
        self._call("pack_back", self.parameters, mine["w_h"])
        self._call("backward", *(mine[name] for name in ("w_h", "hx1", "a", "c", "dh", "dc", "da", "dw")))
        gradients = [torch.empty_like(p) for p in self.parameters]
        self._call("unpack", mine["dw"], gradients)
        self._done()
        return gradients

    def _call(self, function: str, *tensors: Tensor | list[Tensor]) -> None:
        """Call a function of cells.c with the sizes and pointers to tensors, or to lists of pointers."""
        pointers = [
            c_void_p(t.data_ptr()) if isinstance(t, Tensor) else (c_void_p * len(t))(*map(Tensor.data_ptr, t))
            for t in tensors
        ]
        getattr(library(), function)((c_long * 8)(*self.sizes), *pointers)

    def _done(self) -> None:
        """Leave the memory to this thread's next run: fresh memory costs a tenth of a training step."""
        if len(self.memory) <= SPARE:
            _spare.memory = self.memory


def name() -> str:
    """Return what computes the cells here; where it is the same, so are the results, to the bit."""
    return Path(library()._name).stem if library() else "torch operations"


@functools.cache
def library() -> CDLL | None:
    """Return the compiled cells, or None where they cannot be had.

    $CELLS_COMPILER is the compiler and options, "cc" by default; empty, there is none. The first call on a
    machine compiles, in about a second, into a folder of `_kept_in`; later ones only load. Where there is
    none, each process compiles for itself. Warns where there is a compiler and all the same no cells.
    """
    compiler, *options = shlex.split(os.environ.get("CELLS_COMPILER", "cc")) or [""]
    if not shutil.which(compiler):
        return None
    sources = [Path(__file__).with_name(source) for source in SOURCES]
    key = hashlib.sha256(repr((compiler, options, FLAGS, _processor())).encode())
    try:
        for source in sources:
            key.update(source.read_bytes())
        with TemporaryDirectory() as scratch:
            path = Path(_kept_in() or scratch, f"{key.hexdigest()[:16]}.so")
            if not _private(path):
                made = Path(scratch, "cells.so")
                _compile([compiler, *FLAGS, *options, "-o", str(made), str(sources[0])])
                write_atomically(path, made.read_bytes())
            return CDLL(str(path))
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"{type(error).__name__}: {error}"
        said = (
            "the LSTM and the RNN are computed in torch operations, more slowly: cells.c cannot be compiled"
        )
        warnings.warn(f"{said} ({reason})", stacklevel=2)
        return None


def _kept_in() -> Path | None:
    """Return the first folder that the compiled cells can be kept in, in the user's cache or a temporary one.

    What others may write there could be anybody's code, so it must be the user's own.
    """
    folders = [Path(gettempdir(), f"report-cells-{os.getuid()}")]
    with contextlib.suppress(RuntimeError):  # $HOME is missing, and so is the user's entry
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folders.insert(0, cache / "report-cells")
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _private(folder) and os.access(folder, os.W_OK):
                return folder
    return None


def _compile(command: list[str]) -> None:
    """Run the compiler's command with OpenMP, or where that fails without."""
    for openmp in OPENMP:
        done = subprocess.run([*command, openmp], capture_output=True, timeout=60)
        if done.returncode == 0:
            return
    done.check_returncode()


def _processor() -> str:
    """Return what tells this processor's instructions from another's."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    found = (line for line in lines if line.lower().startswith(("flags", "features")))
    return f"{platform.machine()} {next(found, platform.processor())}"


def _private(path: Path) -> bool:
    """Return whether path is there, the user's own, and nobody else may write it."""
    return path.exists() and path.stat().st_uid == os.getuid() and not path.stat().st_mode & 0o022
