"""The bridge to a running Dask cluster; nothing here unless a scheduler is named."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

from distributed import Client

from bundle.runs.code import digest, sources
from bundle.runs.provenance import versions
from lib.recurrent import compiled


@contextlib.contextmanager
def connected(scheduler: str, *, patience: float) -> Iterator[Executor]:
    """Yield the cluster's workers as an executor.

    A worker that dies loses only the call it was on, which Dask gives to another.

    Raises:
        OSError: no scheduler answers.
        ValueError: a worker runs other code or other packages than this process, so that its results
            would not be the same bytes.
    """
    try:
        client = Client(scheduler, timeout=patience, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise OSError(
            f"no Dask scheduler answers at scheduler = {scheduler!r} ({error}); start `dask scheduler` and "
            f"workers with `dask worker {scheduler} --nthreads 1`, or leave it empty to use this machine"
        ) from None
    with client:
        here = fingerprint()
        for address, there in client.run(fingerprint).items():
            if different := [name for name in here if here[name] != there.get(name)]:
                differences = ", ".join(
                    f"{name} {there.get(name)} there, {here[name]} here" for name in different
                )
                raise ValueError(f"worker {address} has {differences}; update its checkout and environment")
        yield client.get_executor(pure=False, retries=2)


def fingerprint() -> dict:
    """Return what must be equal for two machines to give the same results."""
    return {**versions(), "code": digest(sources())[:12], "cells": compiled.name()}
