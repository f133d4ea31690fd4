"""Measure what a cluster costs against the processes of this machine.

    python -m benchmarks.study [--quick] [--output results/bench-study.json]

Part 1 at a reduced size goes through `bundle.study.study` by two local processes and by a real scheduler with
two worker processes on loopback, in turns, after a warm-up of both.  Empty runs give the overhead of each.
"""

import statistics
import tempfile
import time
from concurrent.futures import Executor
from contextlib import ExitStack, nullcontext
from pathlib import Path

from distributed.deploy.subprocess import SubprocessCluster

from benchmarks.machine import goal, run
from bundle.experiments.palindromes import run_palindromes
from bundle.experiments.part1 import palindrome_cost, part1_settings
from bundle.render.reading import declared_values
from bundle.study.outcome import Outcome
from bundle.study.study import study
from bundle.study.workers import workers

WORKERS = 2


def part1(*, seeds: int, steps: int) -> list[dict]:
    """Return settings of Part 1, twelve for each seed: the notebook's, with few steps and small looks."""
    fewer = {"num_seeds": seeds, "corrected_seeds": seeds, "steps": steps, "seq_lengths": [3, 10, 30]}
    fewer |= {"eval_count": 128, "original_count": 0}
    groups = part1_settings(declared_values(Path("part1.ipynb")) | fewer)
    return groups["as written"] + groups["corrected"]


def empty_run(settings: dict) -> Outcome:
    return Outcome({"accuracy": [0.5] * 100, "loss": [1.5] * 100}, {}, 0.0)


def timed_study(function, settings: list[dict], executor: Executor) -> float:
    cost = palindrome_cost if function is run_palindromes else lambda _: 1
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        study(function, {"runs": settings}, directory=Path(folder), executor=nullcontext(executor), cost=cost)
        return time.perf_counter() - start


def in_turns(measure, executors: dict[str, Executor], *, repeats: int) -> dict[str, list[float]]:
    """Measure each executor in turn, first one and then the other first."""
    seconds: dict[str, list[float]] = {name: [] for name in executors}
    for repeat in range(repeats):
        order = list(executors) if repeat % 2 == 0 else list(reversed(executors))
        for name in order:
            seconds[name].append(measure(executors[name]))
    return seconds


def measure(quick: bool) -> dict:
    settings = part1(seeds=1 if quick else 2, steps=20 if quick else 100)
    empty = [{"seed": seed} for seed in range(200 if quick else 500)]
    with ExitStack() as running:
        cluster = SubprocessCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
        running.enter_context(cluster).wait_for_workers(WORKERS, timeout=120)
        there = running.enter_context(workers(cluster.scheduler_address))
        here = running.enter_context(workers(limit=WORKERS))
        both = {"local": here, "dask": there}
        for executor in both.values():  # every worker imports torch, and compiles or loads the cells
            timed_study(run_palindromes, part1(seeds=1, steps=2), executor)
        whole = in_turns(lambda e: timed_study(run_palindromes, settings, e), both, repeats=3)
        stored = in_turns(lambda e: timed_study(empty_run, empty, e), both, repeats=3)

    seconds = {name: statistics.median(values) for name, values in whole.items()}
    per_run = {name: statistics.median(values) / len(empty) for name, values in stored.items()}
    ratio = seconds["dask"] / seconds["local"]
    print(f"\n{'':52}{'local':>10}{'dask':>10}{'ratio':>8}")
    what = f"Part 1, {len(settings)} runs of {settings[0]['steps']} steps, seconds"
    print(f"{what:52}{seconds['local']:10.2f}{seconds['dask']:10.2f}{ratio:8.3f}")
    what = f"an empty run, stored, of {len(empty)}, ms"
    print(f"{what:52}{1e3 * per_run['local']:10.2f}{1e3 * per_run['dask']:10.2f}")
    return {
        "goals": [goal("Part 1 by Dask over local processes, two workers each", ratio, 1.15)],
        "part1": {"runs": len(settings), "steps": settings[0]["steps"], "seconds": whole, "ratio": ratio},
        "seconds_per_empty_run": per_run,
    }


if __name__ == "__main__":
    run("study", measure)
