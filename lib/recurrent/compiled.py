"""`cells.c`, compiled once for the processor where there is a C compiler."""

import contextlib
import functools
import hashlib
import os
import shlex
import shutil
import subprocess
import warnings
from ctypes import CDLL, c_void_p
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from lib.files import write_atomically

# no -ffast-math: linked with it, a library makes the whole process round small numbers to zero
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")


def call(function: str, *tensors: Tensor) -> bool:
    """Call a function of `cells.c`, if float32 tensors on the processor; return whether that was so.

    The first tensor is (batch, hidden), and its rows may lie apart.
    """
    first = tensors[0]
    if first.dtype != torch.float32 or not first.is_cpu or library() is None:
        return False
    pointers = [c_void_p(tensor.data_ptr()) for tensor in tensors]
    getattr(library(), function)(*first.shape, first.stride(0), torch.get_num_threads(), *pointers)
    return True


def name() -> str:
    """Return what computes the cells here; where it is the same, so are the results, to the bit."""
    return Path(library()._name).stem if library() else "torch operations"


@functools.cache
def library() -> CDLL | None:
    """Return the compiled `cells.c`, or None where it cannot be had; warns if a compiler fails.

    $CELLS_COMPILER is the compiler and options, "cc" by default; empty, there is none. The first call here
    compiles, and keeps what it made beside Python's own compiled files; where nothing can be kept, all do.
    """
    compiler, *options = shlex.split(os.environ.get("CELLS_COMPILER", "cc")) or [""]
    if not shutil.which(compiler):
        return None
    source = Path(__file__).with_name("cells.c")
    key = repr((compiler, options, FLAGS, source.read_bytes(), torch.cpu.get_capabilities()))
    name = f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    kept = source.with_name("__pycache__") / name
    if kept.exists():
        return CDLL(str(kept))
    try:
        with TemporaryDirectory() as scratch:
            made = Path(scratch, name)
            _compile([compiler, *FLAGS, *options, str(source), "-o", str(made)])
            with contextlib.suppress(OSError):
                write_atomically(kept, made.read_bytes())
            return CDLL(str(made))
    except (OSError, subprocess.SubprocessError) as error:
        warnings.warn(f"the cells are computed in torch operations, more slowly: {error}", stacklevel=2)
        return None


def _compile(command: list[str]) -> None:
    """Run the compiler with OpenMP, or where that fails without: then there is one thread."""
    for openmp in ("-fopenmp", "-fopenmp-simd"):
        done = subprocess.run([*command, openmp], capture_output=True, encoding="utf-8", timeout=60)
        if done.returncode == 0:
            return
    raise subprocess.SubprocessError(f"{shlex.join(command)} failed: {done.stderr}")
