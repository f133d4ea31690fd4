"""What every benchmark says of the machine, and how it is called and stores what it measured."""

import argparse
import json
import os
import platform
import re
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
    names = re.findall(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else []
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


def goal(what: str, measured: float, limit: float) -> dict:
    """Judge one measured number, the smaller the better, against its goal."""
    return {"what": what, "goal": f"<= {limit:g}", "measured": measured, "met": measured <= limit}


def print_goals(goals: list[dict]) -> None:
    print(f"\n{'Goal':58}{'limit':>10}{'measured':>10}")
    for one in goals:
        outcome = "met" if one["met"] else "NOT MET"
        print(f"{one['what']:58}{one['goal']:>10}{one['measured']:10.2f}   {outcome}")


def run(name: str, measure: Callable[[bool], dict]) -> None:
    """Describe the machine, measure, and print the goals; all is written to results/bench-NAME.json.

    On the command line `--quick` is what `measure` is called with, and `--output` another file.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run?")
    parser.add_argument("--output", type=Path, default=Path(f"results/bench-{name}.json"))
    arguments = parser.parse_args()
    machine, start = describe(), time.perf_counter()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    results = measure(arguments.quick)
    print_goals(results["goals"])
    machine |= {"load_after": load(), "seconds": round(time.perf_counter() - start)}
    text = json.dumps(sealed({"machine": machine, "quick": arguments.quick, **results}), indent=1) + "\n"
    write_atomically(arguments.output, text.encode())
    print(f"\nwritten to {arguments.output} after {machine['seconds']} s; load {machine['load_after']}")
