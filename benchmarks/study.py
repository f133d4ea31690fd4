"""Measure what a cluster costs against the processes of this machine, and model what many workers give.

    python -m benchmarks.study [--quick] [--output results/bench-study.json]

Part 1 at a reduced size goes through `bundle.study.study` by two local processes and by a real scheduler with
two worker processes on loopback, in turns, after a warm-up of both.  Empty runs and calls give the overheads.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, wait
from pathlib import Path

from benchmarks.machine import goal, load, run
from bundle.experiments.palindromes import run_palindromes
from bundle.experiments.part1 import palindrome_cost, part1_settings
from bundle.render.reading import declared_values
from bundle.study.outcome import Outcome
from bundle.study.study import on_one_thread, study
from bundle.study.workers import workers

WORKERS = 2
TASK_SECONDS = 10  # of a run, in the model
NOTEBOOK = Path(__file__).parents[1] / "part1.ipynb"


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Yield the address of a Dask scheduler with two worker processes of one thread, on loopback."""

    def dask(*arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    from distributed import Client

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        processes = [
            dask("scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard", f"--scheduler-file={file}")
        ]
        try:
            while not (file.exists() and file.read_text().endswith("}")):
                if processes[0].poll() is not None:
                    raise RuntimeError("the Dask scheduler did not start")
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            options = ("--nthreads=1", "--no-nanny", "--no-dashboard", f"--local-directory={folder}")
            processes += [dask("worker", address, *options) for _ in range(WORKERS)]
            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(WORKERS, timeout=120)
            yield address
        finally:
            for process in processes:  # asked politely, a worker may wait for a scheduler that has gone
                process.kill()
                process.wait()


def part1(*, seeds: int, steps: int) -> list[dict]:
    """Return settings of Part 1, twelve for each seed: the notebook's, with few steps and small looks."""
    fewer = {"num_seeds": seeds, "corrected_seeds": seeds, "steps": steps, "seq_lengths": [3, 10, 30]}
    fewer |= {"eval_count": 128, "original_count": 0}
    groups = part1_settings(declared_values(NOTEBOOK) | fewer)
    return groups["as written"] + groups["corrected"]


def empty_run(settings: dict) -> Outcome:
    return Outcome({"accuracy": [0.5] * 100, "loss": [1.5] * 100}, {}, 0.0)


def nothing(settings: dict) -> Outcome:
    return Outcome({}, {}, 0.0)


def timed_study(function, settings: list[dict], executor: Executor) -> float:
    cost = palindrome_cost if function is run_palindromes else lambda _: 1
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        study(function, settings, directory=Path(folder), executor=executor, cost=cost)
        return time.perf_counter() - start


def timed_calls(count: int, executor: Executor) -> float:
    start = time.perf_counter()
    futures = [executor.submit(on_one_thread, nothing, {"seed": i}) for i in range(count)]
    wait(futures)
    return time.perf_counter() - start


def timed_round_trip(executor: Executor) -> float:
    start = time.perf_counter()
    executor.submit(on_one_thread, nothing, {}).result()
    return time.perf_counter() - start


def in_turns(measure, executors: dict[str, Executor], *, repeats: int) -> dict[str, list[float]]:
    """Measure each executor in turn, first one and then the other first."""
    seconds: dict[str, list[float]] = {name: [] for name in executors}
    for repeat in range(repeats):
        order = list(executors) if repeat % 2 == 0 else list(reversed(executors))
        for name in order:
            seconds[name].append(measure(executors[name]))
    return seconds


def model(*, serial: float, latency: float) -> list[dict]:
    """Return wall time and efficiency for ten runs a worker, by number of workers.

    A worker needs TASK_SECONDS + latency for a run; scheduler, client and store pass on one run every
    `serial` seconds, whatever the number of workers. The slower of the two decides.
    """
    rows = []
    for count in (10, 100, 1000, 10_000):
        ideal = 10 * TASK_SECONDS
        seconds = max(10 * (TASK_SECONDS + latency), 10 * count * serial)
        row = {"workers": count, "runs": 10 * count, "seconds": seconds, "efficiency": ideal / seconds}
        rows.append(row | {"capacity_used": min(1, count * serial / (TASK_SECONDS + latency))})
    return rows


def measure(*, quick: bool) -> dict:
    settings = part1(seeds=1 if quick else 2, steps=20 if quick else 100)
    tiny = [{"seed": seed} for seed in range(200 if quick else 500)]
    calls = 1000 if quick else 2000
    with contextlib.ExitStack() as running:
        there = running.enter_context(workers(running.enter_context(cluster())))
        start = time.perf_counter()
        here = running.enter_context(workers(limit=WORKERS))
        started = time.perf_counter() - start
        both = {"local": here, "dask": there}
        for executor in both.values():  # every worker imports torch, and compiles or loads the cells
            timed_study(run_palindromes, part1(seeds=1, steps=2), executor)
            timed_calls(100, executor)
        busy = [load()]
        whole = in_turns(lambda e: timed_study(run_palindromes, settings, e), both, repeats=3)
        busy.append(load())
        small = in_turns(lambda e: timed_study(empty_run, tiny, e), both, repeats=3)
        empty = in_turns(lambda e: timed_calls(calls, e), both, repeats=3)
        trips = in_turns(timed_round_trip, both, repeats=50)
        busy.append(load())

    seconds = {name: statistics.median(values) for name, values in whole.items()}
    ratio = seconds["dask"] / seconds["local"]
    per_run = {name: statistics.median(values) / len(tiny) for name, values in small.items()}
    per_call = {name: statistics.median(values) / calls for name, values in empty.items()}
    latency = {name: statistics.median(values) for name, values in trips.items()}

    print(f"\nPart 1 at a reduced size ({len(settings)} runs of {settings[0]['steps']} steps), seconds")
    for name, values in whole.items():
        print(f"  {name:6} median {seconds[name]:6.2f}   of " + ", ".join(f"{v:.2f}" for v in values))
    print(f"  dask over local: {ratio:.3f} (shortest: {min(whole['dask']) / min(whole['local']):.3f})")
    print(f"\nTwo local processes are ready after {started:.2f} s")
    print(f"\nOverhead in ms{'':22}{'local':>10}{'dask':>10}")
    for what, row in (
        (f"an empty run, stored ({len(tiny)})", per_run),
        (f"an empty call ({calls})", per_call),
        ("one call there and back", latency),
    ):
        print(f"  {what:34}{1e3 * row['local']:10.2f}{1e3 * row['dask']:10.2f}")

    rows = model(serial=per_run["dask"], latency=latency["dask"])
    limit, capacity = (TASK_SECONDS + latency["dask"]) / per_run["dask"], 1 / per_run["dask"]
    print(f"\nBy the model, ten runs of {TASK_SECONDS} s for each worker")
    print(f"{'workers':>10}{'runs':>10}{'seconds':>10}{'efficiency':>12}{'of capacity':>13}")
    for row in rows:
        print(f"{row['workers']:10}{row['runs']:10}{row['seconds']:10.1f}", end="")
        print(f"{row['efficiency']:12.1%}{row['capacity_used']:13.1%}")
    print(f"It stops scaling at some {limit:.0f} workers, where {capacity:.0f} runs a second are all that")
    print("scheduler, client and store pass on: on this machine, which has to do the workers' part as well.")
    return {
        "goals": [goal("Part 1 by Dask over local processes, two workers each", ratio, 1.15)],
        "quick": quick,
        "load": busy,
        "part1": {"runs": len(settings), "steps": settings[0]["steps"], "seconds": whole, "ratio": ratio},
        "seconds_to_start": started,
        "seconds_per_empty_run": per_run,
        "seconds_per_empty_call": per_call,
        "seconds_there_and_back": latency,
        "model": {"task_seconds": TASK_SECONDS, "rows": rows, "stops_scaling_at_workers": limit},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--output", type=Path, default=Path("results/bench-study.json"))
    arguments = parser.parse_args()
    run(lambda: measure(quick=arguments.quick), arguments.output)


if __name__ == "__main__":
    main()
