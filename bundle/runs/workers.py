"""Who does the runs: this machine's cores, or the workers of a Dask cluster."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool


@contextlib.contextmanager
def workers(scheduler: str = "", *, limit: int | None = None, patience: float = 10) -> Iterator[Executor]:
    """Yield an executor: the workers of a running Dask cluster, or this machine's cores.

    Args:
        scheduler: address of a Dask scheduler, "tcp://host:8786"; empty for processes of this machine.
        limit: at most so many processes here; by default $STUDY_PROCESSES, else one per core. A cluster
            uses all it has.
        patience: seconds to wait for the scheduler's answer.

    Raises:
        OSError: no scheduler answers at the address.
        ValueError: the workers run other versions of this project or its packages.
    """
    if scheduler:
        from bundle.runs.dask_cluster import connected

        with connected(scheduler, patience=patience) as executor:
            yield executor
        return
    processes = Processes(limit or int(os.environ.get("STUDY_PROCESSES", 0)) or os.cpu_count() or 1)
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)


class Processes(Executor):
    """Long-lived worker processes of this machine, each with a pool of its own.

    A killed process takes only the call it was on with it, and that call is done again by a new process.
    """

    def __init__(self, count: int, *, attempts: int = 3):
        self.attempts, self.pools = attempts, []
        self.threads, self.mine = ThreadPoolExecutor(count), threading.local()

    def submit(self, function: Callable, /, *args) -> Future:
        return self.threads.submit(self._call, function, *args)

    def _call(self, function: Callable, *args):
        for _ in range(self.attempts):
            if not hasattr(self.mine, "pool"):
                context = multiprocessing.get_context("spawn")  # forking a process with threads is not safe
                self.mine.pool = ProcessPoolExecutor(1, mp_context=context)
                self.pools.append(self.mine.pool)
            try:
                return self.mine.pool.submit(function, *args).result()
            except BrokenProcessPool:
                del self.mine.pool
        raise RuntimeError(f"its worker process was killed {self.attempts} times")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.threads.shutdown(wait, cancel_futures=cancel_futures)
        for pool in self.pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)
