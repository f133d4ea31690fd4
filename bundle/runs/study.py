"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path
from typing import NamedTuple

from bundle.runs import code, records
from bundle.runs.outcome import Outcome
from bundle.runs.recorded import recorded
from lib.progress import Progress, silent


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


class Study(NamedTuple):
    """The records of many runs, and how many of them were made now, by the reason."""

    records: list[records.Record] | dict[str, list[records.Record]]  # as the settings: in order or groups
    made: Counter[str]  # "" is the reason of those that were not there


def study(
    run: Callable[[dict], Outcome],
    settings: Sequence[dict] | Mapping[str, Sequence[dict]],
    *,
    directory: Path,
    executor: Executor,
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Progress = silent,
) -> Study:
    """Return the record of every settings, stored or made now.

    Args:
        run: an importable function from one settings to its outcome; runs do not depend on one another.
        settings: one dict per run, or such lists by name of group. Equal ones are run once.
        directory: where records are stored; one of equal settings and code is used unless `fresh`.
        executor: anything with `submit`; see `workers`.
        cost: how much work a run is, in any unit; progress counts it. One seed starts after the other, so
            that a killed study leaves all groups with about as many; of a seed, the costliest run first.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    groups = settings if isinstance(settings, Mapping) else {"": settings}
    wanted = {records.key(one): one for group in groups.values() for one in group}
    work = {key: cost(one) for key, one in wanted.items()}
    identity, found, made = code.identity(run), {}, Counter()
    for key, one in wanted.items():
        record, problem = (None, "fresh") if fresh else records.find(one, directory, identity=identity)
        if record and not problem:
            found[key] = record
        else:
            made[problem] += 1
    missing = [key for key in wanted if key not in found]
    missing.sort(key=lambda key: (wanted[key].get("seed", 0), -work[key]))
    done, total, failures = sum(work[key] for key in found), sum(work.values()), {}
    progress(done, total)
    futures = {executor.submit(on_one_thread, run, wanted[key], identity): key for key in missing}
    try:
        for future in as_completed(futures):
            key = futures[future]
            try:
                found[key] = future.result()
            except Exception as error:  # the other runs do not depend on it
                failures[key] = f"{type(error).__name__}: {error}"
                continue
            records.save(found[key], directory)
            records.forget(Path(directory, f"{key}.ckpt"))  # finished: nothing to go on from
            done += work[key]
            progress(done, total)
    except BaseException:  # interrupted: what is stored stays
        for future in futures:
            future.cancel()
        raise
    if failures:
        lines = [f"  {one}: {failures[key]}" for key, one in wanted.items() if key in failures]
        raise StudyError(f"{len(failures)} of {len(wanted)} runs failed:\n" + "\n".join(lines))
    ordered = {name: [found[records.key(one)] for one in group] for name, group in groups.items()}
    return Study(ordered if groups is settings else ordered[""], made)


def on_one_thread(run: Callable, settings: dict, identity: dict) -> records.Record:
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return recorded(settings, run(settings), identity=identity)
