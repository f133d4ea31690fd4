"""Measure our LSTM and RNN against torch's and the bare matrix products, in one run.

    python -m benchmarks.lstm [--quick] [--output results/bench-lstm.json]

A training step is a fresh batch, forward, cross-entropy, zero_grad, backward, clip and RMSprop step; ours
joins its parameters for the optimiser, as `lib.recurrent.training` does.  What is compared takes turns of
some steps each, so that a busy machine slows all alike.  Times are medians over the turns; the shortest turn
stands beside them, because on a busy machine it is the one that other work disturbed least.  Where the
processor has AVX-512 it measures a second time as one that has AVX2 alone.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.machine import goal, run
from lib.palindromes import palindromes
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import one_parameter

BATCH, HIDDEN = 128, 128
CELLS = {"LSTM": (LSTM, nn.LSTM, 4), "RNN": (VanillaRNN, nn.RNN, 1)}  # ours, torch's, gates
KINDS = "torch", "ours"
LENGTHS = 5, 30
# our training step over torch's, by cell, length and threads
GOALS = {
    (cell, length, threads): 0.9 if (cell, length) == ("LSTM", 30) else 0.8
    for cell in CELLS
    for length in LENGTHS
    for threads in (1, 2)
}
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
AVX2 |= {"CELLS_COMPILER": "cc -mno-avx512f"}  # makes a processor measure as one without AVX-512


class TorchCell(nn.Module):
    """torch.nn.LSTM or torch.nn.RNN with the same linear head."""

    def __init__(self, cell: type[nn.RNNBase], hidden_size: int) -> None:
        super().__init__()
        self.cell, self.ph = cell(1, hidden_size, batch_first=True), nn.Linear(hidden_size, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.ph(self.cell(x)[0][:, -1])


def training_step(cell: str, kind: str, *, seq_length: int) -> Callable[[], None]:
    """Return a function that takes one training step of a new model; kind is one of KINDS."""
    ours, theirs, _ = CELLS[cell]
    torch.manual_seed(0)
    model = TorchCell(theirs, HIDDEN) if kind == "torch" else ours(1, HIDDEN, 10)
    joined = kind == "ours"
    parameters = [one_parameter(model)] if joined else list(model.parameters())
    optimiser = torch.optim.RMSprop(parameters, lr=1e-3)
    data = torch.Generator().manual_seed(0)

    def step() -> None:
        inputs, targets = palindromes(BATCH, seq_length, generator=data)
        loss = nn.functional.cross_entropy(model(inputs), targets)
        optimiser.zero_grad(set_to_none=not joined)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()

    return step


def floor_step(cell: str, *, seq_length: int) -> Callable[[], None]:
    """Return a function that does a step's recurrent products, and no more."""
    gates = CELLS[cell][2] * HIDDEN
    w, h, da = torch.randn(gates, HIDDEN), torch.randn(BATCH, HIDDEN), torch.randn(BATCH, gates)
    w_t = w.t().contiguous()
    hs, das = torch.randn(seq_length * BATCH, HIDDEN), torch.randn(seq_length * BATCH, gates)

    def step() -> None:
        for _ in range(seq_length):
            h @ w_t
            da @ w
        hs.t() @ das

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
    }


def vectors() -> str:
    """Return the instruction set that torch, and with `AVX2` set the cells too, keep to: "AVX512", "AVX2"."""
    return torch.backends.cpu.get_cpu_capability()


def ratios(*, quick: bool) -> list[dict]:
    turns, seconds = (8, 1) if quick else (80, 9)
    print(f"\nA training step at batch 128, hidden 128, {vectors()}: median ms", end="")
    print("; ours over torch's, also in the shortest turns")
    columns = ("floor", *KINDS)
    print(f"{'':20}" + "".join(f"{kind:>11}" for kind in columns) + f"{'ours/torch':>12}{'(shortest)':>12}")
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for cell in CELLS:
            for seq_length in LENGTHS:
                steps = {kind: training_step(cell, kind, seq_length=seq_length) for kind in KINDS}
                steps["floor"] = floor_step(cell, seq_length=seq_length)
                row = {"cell": cell, "seq_length": seq_length, "threads": threads, "vectors": vectors()}
                row |= interleaved(steps, turns=turns, seconds=seconds)
                ms, shortest = row["ms"], row["shortest_ms"]
                row["ours_over_torch"] = ms["ours"] / ms["torch"]
                row["ours_over_torch_shortest"] = shortest["ours"] / shortest["torch"]
                row["ours_over_floor"] = ms["ours"] / ms["floor"]
                rows.append(row)
                print(
                    f"{cell:5}T={seq_length:<3} {threads} thread{'s' if threads > 1 else ' '}"
                    + "".join(f"{row['ms'][kind]:11.2f}" for kind in columns)
                    + f"{row['ours_over_torch']:12.2f}{row['ours_over_torch_shortest']:12.2f}",
                    flush=True,
                )
    torch.set_num_threads(1)
    return rows


def goals(rows: list[dict]) -> list[dict]:
    judged = []
    for row in rows:
        which = row["cell"], row["seq_length"], row["threads"]
        what = "{}, T = {}, {} thread(s), {}: step over".format(*which, row["vectors"])
        judged.append(goal(f"{what} torch's", row["ours_over_torch"], GOALS[which]))
    return judged


def measure(quick: bool) -> dict:
    rows = ratios(quick=quick)
    if vectors() == "AVX512":  # once more, in a process that keeps to AVX2
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "avx2.json")
            command = [sys.executable, "-m", "benchmarks.lstm", "--output", str(output)]
            subprocess.run(command + ["--quick"] * quick, env={**os.environ, **AVX2}, check=True)
            rows += json.loads(output.read_text())["ratios"]
    return {"goals": goals(rows), "ratios": rows}


if __name__ == "__main__":
    run("lstm", measure)
