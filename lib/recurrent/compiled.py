"""`cells.c`, compiled once for the processor where there is a C compiler."""

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

    $CELLS_COMPILER is the compiler and options, "cc" by default; empty, there is none. The first call on a
    machine compiles into the user's cache, later ones only load; where that is not theirs alone, all compile.
    """
    compiler, *options = shlex.split(os.environ.get("CELLS_COMPILER", "cc")) or [""]
    if not shutil.which(compiler):
        return None
    source = Path(__file__).with_name("cells.c")
    command = [compiler, *FLAGS, *options, str(source), "-o"]
    key = hashlib.sha256(repr((command, source.read_bytes(), torch.cpu.get_capabilities())).encode())
    try:
        with TemporaryDirectory() as scratch:
            kept = Path(_cache() or scratch, f"{key.hexdigest()[:16]}.so")
            if not kept.exists():
                made = Path(scratch, "cells.so")
                _compile([*command, str(made)])
                write_atomically(kept, made.read_bytes())
            return CDLL(str(kept))
    except (OSError, subprocess.SubprocessError) as error:
        warnings.warn(f"the cells are computed in torch operations, more slowly: {error}", stacklevel=2)
        return None


def _cache() -> Path | None:
    """Return the user's folder of compiled cells; None if others may write it: theirs could be any code."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "report-cells")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # it cannot be made, or there is no home
        return None
    private = folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o022
    return folder if private and os.access(folder, os.W_OK) else None


def _compile(command: list[str]) -> None:
    """Run the compiler with OpenMP, or where that fails without: then there is one thread."""
    for openmp in ("-fopenmp", "-fopenmp-simd"):
        done = subprocess.run([*command, openmp], capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            return
    raise subprocess.SubprocessError(f"{shlex.join(command)} failed: {done.stderr}")
