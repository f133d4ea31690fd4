"""`cells.c`, compiled for this processor by every process that needs it, in a sixth of a second."""

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

SOURCE = Path(__file__).with_name("cells.c")
# no -ffast-math: linked with it, a library makes the whole process round small numbers to zero
FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-o", "cells.so")
FAST = ("-march=native", "-fopenmp"), ("-fopenmp-simd",)  # some of Apple's compilers have the last alone


@functools.cache
def library() -> CDLL | None:
    """Return the compiled `cells.c`, or None where it cannot be had; warns if a compiler fails.

    $CELLS_COMPILER is the compiler and options, "cc" by default; empty, there is none.
    """
    compiler, *options = shlex.split(os.environ.get("CELLS_COMPILER", "cc")) or [""]
    if not shutil.which(compiler):
        return None
    try:
        with TemporaryDirectory() as folder:
            for fast in FAST:
                command = [compiler, *fast, *FLAGS, *options, str(SOURCE)]
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    break
            done.check_returncode()
            made = Path(folder, "cells.so")
            compiled = CDLL(str(made))
            compiled.name = hashlib.sha256(made.read_bytes()).hexdigest()[:16]
            return compiled
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"{error} {getattr(error, 'stderr', '')}".strip()
        warnings.warn(f"the cells take a plain loop through time, more slowly: {reason}", stacklevel=2)
        return None


def name() -> str:
    """Return what computes the cells here; where it is the same, so are the results, to the bit."""
    return library().name if library() else "plain loop"


def call(function: str, *tensors: Tensor) -> None:
    """Call a function of `cells.c` with float32 tensors on the processor, the first (batch, hidden).

    The rows of the first may lie apart, all else is contiguous.
    """
    first = tensors[0]
    pointers = [c_void_p(tensor.data_ptr()) for tensor in tensors]
    getattr(library(), function)(*first.shape, first.stride(0), torch.get_num_threads(), *pointers)
