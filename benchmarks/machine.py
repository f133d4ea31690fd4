"""What every benchmark says of the machine, and how it stores what it measured."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from lib.files import sealed, write_atomically
from lib.recurrent import compiled


def load() -> float:
    """Return how many processes wanted a core, as a mean over the last minute."""
    return round(os.getloadavg()[0], 2)


def describe() -> dict:
    """Return processor, versions and speed of this machine, and how busy it is."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith("model name")
    ]
    torch.set_num_threads(1)
    square = torch.randn(1024, 1024)
    times = []
    for _ in range(9):
        start = time.perf_counter()
        torch.mm(square, square)
        times.append(time.perf_counter() - start)
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load_before": load(),
        "mm_gflops_one_thread": round(2 * 1024**3 / statistics.median(times) / 1e9, 1),
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
        "cells": compiled.name(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def goal(what: str, measured: float, limit: float, *, at_least: bool = False) -> dict:
    """Judge one measured number against its goal."""
    met = measured >= limit if at_least else measured <= limit
    return {"what": what, "goal": f"{'>=' if at_least else '<='} {limit:g}", "measured": measured, "met": met}


def print_goals(goals: list[dict]) -> None:
    print(f"\n{'Goal':58}{'limit':>10}{'measured':>10}")
    for one in goals:
        print(
            f"{one['what']:58}{one['goal']:>10}{one['measured']:10.2f}   {'met' if one['met'] else 'NOT MET'}"
        )


def run(measure: Callable[[], dict], output: Path) -> None:
    """Describe the machine, measure, print the goals, and write everything to the JSON file `output`."""
    machine, start = describe(), time.perf_counter()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    results = measure()
    print_goals(results["goals"])
    machine |= {"load_after": load(), "seconds": round(time.perf_counter() - start)}
    text = json.dumps(sealed({"machine": machine, **results}), indent=1) + "\n"
    write_atomically(output, text.encode())
    print(f"\nwritten to {output}; {machine['seconds']} s, load {machine['load_before']} before and ", end="")
    print(f"{machine['load_after']} after on {machine['cores']} cores")
