"""A small `make`: stages that wait for one another, each made again when what it is made from changes."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dask

from bundle.study.fingerprint import digest_all
from lib.files import DAMAGED, write_atomically

AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step from a profile to the report."""

    name: str
    needs: Sequence[str] = ()  # stages that are made before it
    inputs: Callable[[], list[str]]  # digests of what it is made from; asked when what it needs is made
    make: Callable[[], Iterable[Path]]  # returns the files that it wrote


def make_all(stages: Iterable[Stage], stamps: Path) -> None:
    """Bring stages up to date, two at once; each stands behind those that it needs.

    The folder `stamps` remembers from what each stage was made, and what it wrote. The first error is raised
    at once, while another stage may still be at work.
    """
    tasks = {}
    for stage in stages:
        needed = [tasks[name] for name in stage.needs]
        tasks[stage.name] = dask.delayed(update)(stage, stamps, needed)
    dask.compute(*tasks.values(), scheduler="threads", num_workers=AT_ONCE)


def update(stage: Stage, stamps: Path, needed: Sequence[None] = ()) -> None:
    """Make a stage unless it was made from the same inputs and left the files that are there; say which.

    Dask waits for `needed`, the updates of what it needs, before it calls this.
    """
    stamp = stamps / f"{stage.name.replace('/', '-')}.json"
    inputs = stage.inputs()
    if is_current(stamp, inputs):
        print(f"{stage.name}: up to date", flush=True)
        return
    print(f"{stage.name}: making", flush=True)
    started = time.perf_counter()
    outputs = digests(stage.make())
    write_atomically(stamp, json.dumps({"inputs": inputs, "outputs": outputs}).encode())
    print(f"{stage.name}: done in {time.perf_counter() - started:.0f} s", flush=True)


def is_current(stamp: Path, inputs: list[str]) -> bool:
    """Return whether a stamp has these inputs, and its outputs are as they were written."""
    try:
        record = json.loads(stamp.read_text(encoding="utf-8"))
        outputs = record["outputs"]
        return record["inputs"] == inputs and outputs == digests(map(Path, outputs))
    except (*DAMAGED, OSError):  # never made, damaged, or an output is gone
        return False


def digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): digest_all([path]) for path in paths}
