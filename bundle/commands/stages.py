"""A small `make`: stages that wait for one another, each made again when what it is made from changes."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from bundle.study.fingerprint import digest_all
from lib.files import write_atomically

AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step from a profile to the report."""

    name: str
    needs: Sequence[str] = ()  # stages that are made before it
    inputs: Callable[[], list[str]]  # digests of what it is made from; asked when what it needs is made
    make: Callable[[], Iterable[Path]]  # returns the files that it wrote


def make_all(stages: Iterable[Stage], stamps: Path) -> bool:
    """Bring stages up to date, two at once; return whether anything was made.

    The folder `stamps` remembers from what each stage was made, and what it wrote. The first error is raised
    at once, while another stage may still be at work.
    """
    by_name = {stage.name: stage for stage in stages}
    order = TopologicalSorter({name: stage.needs for name, stage in by_name.items()})
    order.prepare()
    executor = ThreadPoolExecutor(AT_ONCE)
    names_by_future = {}
    something_made = False
    try:
        while order.is_active():
            for name in order.get_ready():
                names_by_future[executor.submit(update, by_name[name], stamps)] = name
            for future in wait(names_by_future, return_when=FIRST_COMPLETED).done:
                something_made |= future.result()
                order.done(names_by_future.pop(future))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return something_made


def update(stage: Stage, stamps: Path) -> bool:
    """Make a stage unless it was made from the same inputs and left the files that are there; say which.

    Return whether it was made.
    """
    stamp = stamps / f"{stage.name.replace('/', '-')}.json"
    inputs = stage.inputs()
    if is_current(stamp, inputs):
        print(f"{stage.name}: up to date", flush=True)
        return False
    print(f"{stage.name}: making", flush=True)
    started = time.perf_counter()
    outputs = digests(stage.make())
    write_atomically(stamp, json.dumps({"inputs": inputs, "outputs": outputs}).encode())
    print(f"{stage.name}: done in {time.perf_counter() - started:.0f} s", flush=True)
    return True


def is_current(stamp: Path, inputs: list[str]) -> bool:
    """Return whether a stamp has these inputs, and its outputs are as they were written."""
    try:
        record = json.loads(stamp.read_text(encoding="utf-8"))
        outputs = record["outputs"]
        return record["inputs"] == inputs and outputs == digests(map(Path, outputs))
    except (OSError, ValueError, KeyError, TypeError):  # never made, damaged, or an output is gone
        return False


def digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): digest_all([path]) for path in paths}
