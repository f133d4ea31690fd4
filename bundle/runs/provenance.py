"""With what a result was made: versions, machine, commit."""

import functools
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path


def provenance(*, seconds: float, device: str, threads: int) -> dict:
    """Return where and with what a run was made; `seconds` is its wall time."""
    ran = {"seconds": round(seconds, 2), "device": device, "threads": threads}
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    return {**ran, **machine, **versions(), "commit": commit()}


@functools.cache
def versions() -> dict:
    """Return the versions of the packages that decide results and pictures."""
    return {name: version(name) for name in ("torch", "numpy", "matplotlib")}


@functools.cache
def commit() -> str:
    """Return the commit of this checkout, with "+" if files that git tracks have changed, or "unknown"."""
    command = ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"]
    ran = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "unknown"
