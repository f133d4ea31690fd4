"""Who does the runs: this process, several of this machine, or the workers of a running cluster.

Several are Dask's, as those of a cluster are.
"""

import contextlib
import logging
import os
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import dask
from dask.system import CPU_COUNT
from distributed import Client

from bundle.study.fingerprint import code_files, digest_all
from bundle.study.provenance import processor, versions

HERE = {
    "distributed.scheduler.allowed-failures": 2,  # a call that kills its worker is tried three times
    "distributed.scheduler.worker-saturation": 1.0,  # calls wait at the scheduler, not at a worker
    "distributed.worker.profile.enabled": False,  # it would interrupt the arithmetic every 10 ms
    # bytes that a process keeps to use again: every step would give them back to the system, and ask anew
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**32,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 2**30,
}

MOST_FILES = 10_240  # that macOS lets a process open


@contextlib.contextmanager
def workers(scheduler: str = "", *, limit: int | None = None, patience: float = 10) -> Iterator[Executor]:
    """Yield an executor: the workers of a Dask cluster, or processes that end with this one, however it ends.

    `scheduler` is the cluster's address, "tcp://host:8786", which is waited for `patience` seconds; empty,
    there are `limit` processes, by default $STUDY_PROCESSES, else one for each core that this process may
    use; where that is one, it is this process. A call whose worker is killed is done again. Raises OSError
    where no scheduler answers, ValueError where workers run other code.
    """
    count = limit or int(os.environ.get("STUDY_PROCESSES", 0)) or CPU_COUNT
    with contextlib.ExitStack() as stack:
        if scheduler:
            client = stack.enter_context(_cluster(scheduler, patience))
            _check_alike(client)
            executor = client.get_executor(pure=False, retries=2)
        elif count == 1:
            executor = ThreadPoolExecutor(1)
            stack.callback(executor.shutdown, wait=False, cancel_futures=True)  # interrupts wait for no run
        else:
            with _held_interrupts():
                client = stack.enter_context(_processes(count))
            executor = client.get_executor(pure=False, retries=0)
        yield executor


@contextlib.contextmanager
def _held_interrupts() -> Iterator[None]:
    """Hold an interrupt back till the end: Dask waits a minute for processes that have only half begun."""
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:
        signal.raise_signal(signal.SIGINT)


def _processes(count: int) -> Client:
    size = {"n_workers": count, "threads_per_worker": 1, "memory_limit": 0}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # each worker takes eleven; macOS gives 256
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST_FILES)), hard))
    port = {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}  # a free one
    with dask.config.set(HERE):
        return Client(**size, **port, silence_logs=logging.CRITICAL, set_as_default=False)


def _cluster(scheduler: str, patience: float) -> Client:
    try:
        return Client(scheduler, timeout=patience, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise OSError(
            f"no Dask scheduler answers at scheduler = {scheduler!r} ({error}); start `dask scheduler` and "
            f"workers with `dask worker {scheduler} --nthreads 1`, or leave it empty to use this machine"
        ) from None


def _check_alike(client: Client) -> None:
    here = what_must_match()
    for address, there in client.run(what_must_match).items():
        for name, value in here.items():
            if there.get(name) != value:
                words = f"{name} {there.get(name)} there, {value} here"
                raise ValueError(f"worker {address} has {words}; update its checkout and environment")


def what_must_match() -> dict:
    """Return what must be equal for two machines to give the same results."""
    import torch  # here, so that what only starts runs need not wait for it

    about = {"processor": processor(), "GPU": torch.cuda.is_available()}
    return {**versions(), **about, "code": digest_all(code_files())[:12]}
