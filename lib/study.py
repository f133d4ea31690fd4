"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from lib import records


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


def study(
    run: Callable[[dict], records.Record],
    settings: Sequence[dict],
    *,
    directory: Path,
    executor: Executor | None = None,
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Callable[[float], None] = lambda done: None,
    attempts: int = 3,
) -> tuple[list[records.Record], int]:
    """Return the record of every settings, in their order, and how many had to be run.

    Args:
        run: an importable function from one settings to its record.
        settings: one dict per run; runs do not depend on one another.
        directory: where records are stored; a stored one of equal settings is reused.
        executor: anything with `submit`; by default one process per core with one thread each.
        fresh: run everything again, whatever is stored.
        cost: how much work a run is, in any unit; the costliest start first.
        progress: called with the cost of each finished run.
        attempts: how often a run whose worker process died is handed to another.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    stored = [None if fresh else records.find(one, directory) for one in settings]
    missing = [i for i, record in enumerate(stored) if record is None]
    missing.sort(key=lambda i: -cost(settings[i]))
    for one, record in zip(settings, stored, strict=True):
        if record is not None:
            progress(cost(one))
    ran, failures = len(missing), {}

    for attempt in range(attempts):
        if not missing:
            break
        own = None if executor else local_executor(min(len(missing), os.cpu_count() or 1))
        lost = []
        try:
            futures = {(executor or own).submit(run, settings[i]): i for i in missing}
            for future in as_completed(futures):
                i = futures[future]
                try:
                    stored[i] = future.result()
                except BrokenProcessPool:  # a worker was killed: only its process pool is lost
                    lost.append(i)
                except Exception as error:
                    failures[i] = f"{type(error).__name__}: {error}"
                else:
                    records.save(stored[i], directory)
                    progress(cost(settings[i]))
        finally:
            if own:
                own.shutdown(wait=False, cancel_futures=True)
        missing = lost
        if lost and attempt == attempts - 1:
            failures.update(dict.fromkeys(lost, f"its worker process was killed {attempts} times"))

    if failures:
        lines = [f"  {settings[i]}: {reason}" for i, reason in sorted(failures.items())]
        raise StudyError(f"{len(failures)} of {len(settings)} runs failed:\n" + "\n".join(lines))
    return stored, ran


def local_executor(workers: int) -> ProcessPoolExecutor:
    """Return a pool of `workers` long-lived processes, each computing with one thread."""
    context = multiprocessing.get_context("spawn")  # forking a process with threads is not safe
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
