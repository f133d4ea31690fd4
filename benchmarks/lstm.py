"""Measure our LSTM and RNN against torch's, the plain loop and the bare matrix products, in one run.

    python -m benchmarks.lstm [--quick] [--output results/bench-lstm.json]

A training step is a fresh batch, forward, cross-entropy, zero_grad, backward, clip and RMSprop step; ours
joins its parameters for the optimiser, as `lib.recurrent.training` does.  What is compared takes turns of
some steps each, so that a busy machine slows all alike.  Times are medians over the turns; the shortest turn
stands beside them, because on a busy machine it is the one that other work disturbed least.  Where the
processor has AVX-512 it measures a second time as one that has AVX2 alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.machine import goal, load, run
from lib.palindromes import palindromes
from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import one_parameter

BATCH, HIDDEN = 128, 128
CELLS = {"LSTM": (LSTM, nn.LSTM, 4), "RNN": (VanillaRNN, nn.RNN, 1)}  # ours, torch's, gates
KINDS = ("torch", "plain", "uncompiled", "ours")  # uncompiled: ours where there is no C compiler
LENGTHS = 5, 30
# our training step over torch's, by cell, length and threads
GOALS = {
    (cell, length, threads): 0.9 if (cell, length) == ("LSTM", 30) else 0.8
    for cell in CELLS
    for length in LENGTHS
    for threads in (1, 2)
}
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
AVX2 |= {"CELLS_COMPILER": "cc -march=x86-64-v3"}  # makes a processor measure as one without AVX-512


class TorchCell(nn.Module):
    """torch.nn.LSTM or torch.nn.RNN with the same linear head."""

    def __init__(self, cell: type[nn.RNNBase], hidden_size: int) -> None:
        super().__init__()
        self.cell, self.ph = cell(1, hidden_size, batch_first=True), nn.Linear(hidden_size, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.ph(self.cell(x)[0][:, -1])


def training_step(cell: str, kind: str, *, seq_length: int, batch: int, hidden: int) -> Callable[[], None]:
    """Return a function that takes one training step of a new model; kind is one of KINDS."""
    ours, theirs, _ = CELLS[cell]
    torch.manual_seed(0)
    model = TorchCell(theirs, hidden) if kind == "torch" else ours(1, hidden, 10)
    forward = model.forward_reference if kind == "plain" else model
    joined = kind in ("ours", "uncompiled")
    parameters = [one_parameter(model)] if joined else list(model.parameters())
    optimiser = torch.optim.RMSprop(parameters, lr=1e-3)
    data = torch.Generator().manual_seed(0)

    def step() -> None:
        inputs, targets = palindromes(batch, seq_length, generator=data)
        loss = nn.functional.cross_entropy(forward(inputs), targets)
        optimiser.zero_grad(set_to_none=not joined)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()

    return uncompiled(step) if kind == "uncompiled" else step


def uncompiled(step: Callable[[], None]) -> Callable[[], None]:
    def without() -> None:
        library, compiled.library = compiled.library, lambda: None
        try:
            step()
        finally:
            compiled.library = library

    return without


def floor_step(cell: str, *, seq_length: int, batch: int, hidden: int) -> Callable[[], None]:
    """Return a function that does a step's recurrent products, and no more."""
    gates = CELLS[cell][2] * hidden
    w, h, da = torch.randn(gates, hidden), torch.randn(batch, hidden), torch.randn(batch, gates)
    hs, das = torch.randn(seq_length * batch, hidden), torch.randn(seq_length * batch, gates)

    def step() -> None:
        for _ in range(seq_length):
            torch.mm(h, w.t())
            torch.mm(da, w)
        torch.mm(hs.t(), das)

    return step


def interleaved(steps: dict[str, Callable[[], None]], *, turns: int, seconds: float) -> dict[str, dict]:
    """Return median and shortest ms of a step of each, over the turns or as many as the seconds allow (>= 3).

    A turn is as many steps in a row as fill some 10 ms, so that caches are as warm as they are in training.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    repeats = {}
    for name, step in steps.items():
        step()
        start = time.perf_counter()
        step()
        repeats[name] = max(1, min(20, round(0.01 / (time.perf_counter() - start))))
    end = time.perf_counter() + seconds
    for turn in range(turns):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                step()
            times[name].append(1e3 * (time.perf_counter() - start) / repeats[name])
        if turn >= 2 and time.perf_counter() > end:
            break
    return {
        "ms": {name: statistics.median(values) for name, values in times.items()},
        "shortest_ms": {name: min(values) for name, values in times.items()},
        "turns": len(times["ours"]),
        "load": load(),
    }


def vectors() -> str:
    """Return the instruction set that torch, and with `AVX2` set the cells too, keep to: "AVX512", "AVX2"."""
    return torch.backends.cpu.get_cpu_capability()


def quotient(row: dict, over: str, key: str = "ms") -> float:
    return row[key]["ours"] / row[key][over]


def compare(cell: str, kinds: tuple[str, ...], *, turns: int, seconds: float, **sizes: int) -> dict:
    steps = {kind: training_step(cell, kind, **sizes) for kind in kinds}
    return interleaved(steps | {"floor": floor_step(cell, **sizes)}, turns=turns, seconds=seconds)


def ratios(*, turns: int, seconds: float) -> list[dict]:
    print(f"\nA training step at batch 128, hidden 128, {vectors()}: median ms", end="")
    print("; ours over torch's, also in the shortest turns")
    columns = ("floor", *KINDS)
    print(f"{'':20}" + "".join(f"{kind:>11}" for kind in columns) + f"{'ours/torch':>12}{'(shortest)':>12}")
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for cell in CELLS:
            for seq_length in LENGTHS:
                sizes = {"seq_length": seq_length, "batch": BATCH, "hidden": HIDDEN}
                row = {"cell": cell, "seq_length": seq_length, "threads": threads, "vectors": vectors()}
                row |= compare(cell, KINDS, turns=turns, seconds=seconds, **sizes)
                row["ours_over_torch"] = quotient(row, "torch")
                row["ours_over_torch_shortest"] = quotient(row, "torch", "shortest_ms")
                row["ours_over_floor"] = quotient(row, "floor")
                rows.append(row)
                print(
                    f"{cell:5}T={seq_length:<3} {threads} thread{'s' if threads > 1 else ' '}"
                    + "".join(f"{row['ms'][kind]:11.2f}" for kind in columns)
                    + f"{row['ours_over_torch']:12.2f}{row['ours_over_torch_shortest']:12.2f}",
                    flush=True,
                )
    torch.set_num_threads(1)
    return rows


_seeds: dict[tuple, list[Callable[[], None]]] = {}


def _train_share(task: tuple[str, str, int, int, int]) -> None:
    """Take some steps of some seeds in a long-lived worker of one thread."""
    cell, kind, seq_length, seeds, steps = task
    torch.set_num_threads(1)
    key = (cell, kind, seq_length)
    if key not in _seeds:
        _seeds[key] = [
            training_step(cell, kind, seq_length=seq_length, batch=BATCH, hidden=HIDDEN) for _ in range(seeds)
        ]
    for step in _seeds[key]:
        for _ in range(steps):
            step()


def ten_seeds(*, turns: int, steps: int) -> list[dict]:
    """Time ten seeds over two processes of one thread each; returns training steps a second."""
    print(f"\nTen seeds over two processes of one thread, {vectors()}: training steps a second")
    rows = []
    with get_context("spawn").Pool(2) as pool:
        for cell in CELLS:
            for seq_length in LENGTHS:
                share = steps * 6 if seq_length == 5 else steps
                times: dict[str, list[float]] = {"torch": [], "ours": []}
                for turn in range(turns + 1):  # the first turn builds the models and is not counted
                    for kind, seconds in times.items():
                        start = time.perf_counter()
                        pool.map(_train_share, [(cell, kind, seq_length, 5, share)] * 2, chunksize=1)
                        if turn:
                            seconds.append(time.perf_counter() - start)
                row = {"cell": cell, "seq_length": seq_length, "vectors": vectors(), "load": load()}
                for name, pick in (("steps_per_second", statistics.median), ("steps_per_second_best", min)):
                    row[name] = {kind: 10 * share / pick(values) for kind, values in times.items()}
                    row[name]["ours_over_torch"] = row[name]["ours"] / row[name]["torch"]
                rows.append(row)
                median, best = row["steps_per_second"], row["steps_per_second_best"]
                print(
                    f"{cell:5}T={seq_length:<3} torch {median['torch']:6.0f}  ours {median['ours']:6.0f}"
                    f"  ours/torch {median['ours_over_torch']:.2f}"
                    f" (best turns {best['ours_over_torch']:.2f})",
                    flush=True,
                )
    return rows


FIRST_STEP = """
import time, torch
from benchmarks.lstm import training_step
torch.set_num_threads(1)
start = time.perf_counter()
training_step("LSTM", {kind!r}, seq_length=30, batch=128, hidden=128)()
print(time.perf_counter() - start)
"""


def first_step(*, repeats: int) -> dict[str, float]:
    """Return the median seconds from the imports to the first finished step, each in a fresh process."""
    seconds: dict[str, list[float]] = {"torch": [], "ours": [], "ours, compiling first": []}
    for _ in range(repeats):
        for kind, values in seconds.items():
            code = FIRST_STEP.format(kind=kind.split(",")[0])
            with tempfile.TemporaryDirectory() as empty:
                cache = {"XDG_CACHE_HOME": empty} if "compiling" in kind else {}
                done = subprocess.run(
                    [sys.executable, "-c", code],
                    env={**os.environ, **cache},
                    capture_output=True,
                    text=True,
                    check=True,
                )
            values.append(float(done.stdout))
    result = {kind: statistics.median(values) for kind, values in seconds.items()}
    print("\nFrom the imports to the first finished step of the LSTM at T = 30, in a fresh process: ", end="")
    print("; ".join(f"{kind} {value:.3f} s" for kind, value in result.items()), flush=True)
    return result


def scaling(axes: dict[str, list[int]], *, turns: int, seconds: float) -> dict[str, list[dict]]:
    """Time the LSTM's step along each axis, the others held at T = 10, hidden 128, batch 128, one seed."""
    print("\nThe LSTM's training step on one thread as one size grows (T = 10, hidden 128, batch 128 else)")
    print(f"{'':18}{'floor':>10}{'torch':>10}{'ours':>10}{'ours/torch':>12}{'ours/floor':>12}")
    result: dict[str, list[dict]] = {}
    for axis, values in axes.items():
        result[axis] = []
        for value in values:
            sizes = {"seq_length": 10, "batch": BATCH, "hidden": HIDDEN} | (
                {axis: value} if axis != "seeds" else {}
            )
            if axis == "seeds":
                row = seeds_in_turn(value, turns=turns, seconds=seconds, **sizes)
            else:
                row = compare("LSTM", ("torch", "ours"), turns=turns, seconds=seconds, **sizes)
                row["bytes"] = memory_of_a_step(**sizes)
            result[axis].append({axis: value} | row)
            print(
                f"{axis:12}{value:<6}"
                + "".join(f"{row['ms'][kind]:10.2f}" for kind in ("floor", "torch", "ours"))
                + f"{quotient(row, 'torch'):12.2f}{quotient(row, 'floor'):12.2f}",
                flush=True,
            )
    return result


def memory_of_a_step(**sizes: int) -> int:
    """Return the bytes that one of our steps holds for its way back."""
    saved: list[int] = []

    def count(tensor: Tensor) -> Tensor:
        saved.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        training_step("LSTM", "ours", **sizes)()
    return sum(saved)


def seeds_in_turn(seeds: int, *, turns: int, seconds: float, **sizes: int) -> dict[str, dict]:
    """Time one step of every seed, one seed after the other."""

    def all_of(steps: list[Callable[[], None]]) -> Callable[[], None]:
        return lambda: [step() for step in steps] and None

    steps = {
        kind: all_of([training_step("LSTM", kind, **sizes) for _ in range(seeds)])
        for kind in ("torch", "ours")
    }
    steps["floor"] = all_of([floor_step("LSTM", **sizes)] * seeds)
    return interleaved(steps, turns=turns, seconds=seconds)


def goals(results: dict) -> list[dict]:
    judged = []
    for row in results["ratios"]:
        which = row["cell"], row["seq_length"], row["threads"]
        what = "{}, T = {}, {} thread(s), {}: step over".format(*which, row["vectors"])
        judged.append(goal(f"{what} torch's", row["ours_over_torch"], GOALS[which]))
        if which == ("LSTM", 30, 1):
            judged.append(goal(f"{what} the bare products", row["ours_over_floor"], 1.25))
    for row in results["ten_seeds"]:
        what = f"{row['cell']}, T = {row['seq_length']}, {row['vectors']}: ten seeds' throughput over torch's"
        judged.append(goal(what, row["steps_per_second"]["ours_over_torch"], 1.5, at_least=True))
    lengths = results["scaling"]["seq_length"]
    short, long = lengths[1], lengths[-1]
    for name, cost in (("time", lambda row: row["ms"]["ours"]), ("memory", lambda row: row["bytes"])):
        what = (
            f"LSTM, linear in T: {name} of a step at {long['seq_length']} over one at {short['seq_length']}"
        )
        judged.append(goal(what, cost(long) / long["seq_length"] / (cost(short) / short["seq_length"]), 1.1))
    return judged


def against_torch(*, quick: bool) -> dict:
    """Measure what depends on the instruction set."""
    return {
        "ratios": ratios(turns=8 if quick else 80, seconds=1 if quick else 9),
        "ten_seeds": ten_seeds(turns=3 if quick else 15, steps=2 if quick else 4),
    }


def with_avx2(*, quick: bool) -> dict:
    """Measure `against_torch` in a process that keeps to AVX2."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "avx2.json")
        command = [sys.executable, "-m", "benchmarks.lstm", "--against-torch", "--output", str(output)]
        subprocess.run(command + ["--quick"] * quick, env={**os.environ, **AVX2}, check=True)
        return json.loads(output.read_text())


def measure(*, quick: bool) -> dict:
    axes = {
        "seq_length": [5, 30, 100] if quick else [5, 30, 100, 250, 500],
        "hidden": [32, 256] if quick else [32, 64, 128, 256, 512, 1024],
        "batch": [16, 512] if quick else [16, 64, 256, 1024, 4096],
        "seeds": [1, 4] if quick else [1, 4, 16, 64],
    }
    results = {"quick": quick, **against_torch(quick=quick)}
    if vectors() == "AVX512":
        for name, rows in with_avx2(quick=quick).items():
            results[name] += rows
    results["first_step_seconds"] = first_step(repeats=1 if quick else 3)
    results["scaling"] = scaling(axes, turns=5 if quick else 20, seconds=0.5 if quick else 2.5)
    return {"goals": goals(results), **results}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer turns and sizes, under two minutes")
    parser.add_argument(
        "--against-torch", action="store_true", help="only what depends on the instruction set"
    )
    parser.add_argument("--output", type=Path, default=Path("results/bench-lstm.json"))
    arguments = parser.parse_args()
    if arguments.against_torch:
        arguments.output.write_text(json.dumps(against_torch(quick=arguments.quick)))
    else:
        run(lambda: measure(quick=arguments.quick), arguments.output)


if __name__ == "__main__":
    main()
