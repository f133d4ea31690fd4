"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path
from typing import NamedTuple

from bundle.study import fingerprint
from bundle.study.outcome import Outcome
from bundle.study.recording import record_outcome
from bundle.study.records import Record, key
from bundle.study.store import Store, file_name, find, forget, writing
from lib.progress import Progress, silent


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


class Study(NamedTuple):
    """The records of many runs, and how many of them were made now, by the reason."""

    records: list[Record] | dict[str, list[Record]]  # as the settings: in order or groups
    made: Counter[str]  # "" is the reason of those that were not there


def study(
    run: Callable[[dict], Outcome],
    settings: Sequence[dict] | Mapping[str, Sequence[dict]],
    *,
    directory: Path,
    file: str = "",
    executor: Executor,
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Progress = silent,
) -> Study:
    """Return the record of every settings, stored or made now.

    Args:
        run: an importable function from one settings to its outcome; runs do not depend on one another.
        settings: one dict per run, or such lists by name of group. Equal ones are run once.
        directory: where runs are stored; one of equal settings and code is used unless `fresh`.
        file: the name, without .jsonl, of the file of all runs; by default each group has its own, by its
            name, and a plain list is in "runs". A run that several groups ask for is found in the file of
            any of them, and stands in all when the study has finished.
        executor: anything with `submit`; see `workers`.
        cost: how much work a run is, in any unit; progress counts it. One seed starts after the other, so
            that a killed study leaves all groups with about as many; of a seed, the costliest run first.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    groups = settings if isinstance(settings, Mapping) else {"runs": settings}
    asked: dict[str, list[dict]] = {}  # by the name of their file
    for name, group in groups.items():
        asked.setdefault(file or file_name(name), []).extend(group)
    wanted = {key(one): one for runs in asked.values() for one in runs}
    work = {name: cost(one) for name, one in wanted.items()}
    identity = fingerprint.identity(run)
    with writing(directory):
        stores = {name: Store(Path(directory, f"{name}.jsonl")) for name in asked}
        found, made = _stored(wanted, stores.values(), identity=identity, fresh=fresh)
        places = {key(one): stores[name] for name, runs in asked.items() for one in runs}

        done, total = sum(work[name] for name in found), sum(work.values())

        def keep(name: str, record: Record) -> None:
            nonlocal done
            places[name].append(record)
            forget(Path(directory, f"{name}.ckpt"))  # finished: nothing to go on from
            found[name] = record
            done += work[name]
            progress(done, total)

        progress(done, total)
        missing = [name for name in wanted if name not in found]
        missing.sort(key=lambda name: (wanted[name].get("seed", 0), -work[name]))
        failures = _make(run, {name: wanted[name] for name in missing}, identity, executor, keep)
        if failures:
            lines = [f"  {one}: {failures[name]}" for name, one in wanted.items() if name in failures]
            raise StudyError(f"{len(failures)} of {len(wanted)} runs failed:\n" + "\n".join(lines))
        for name, runs in asked.items():
            stores[name].write([found[key(one)] for one in runs])
    ordered = {name: [found[key(one)] for one in group] for name, group in groups.items()}
    return Study(ordered if groups is settings else ordered["runs"], made)


def _stored(
    wanted: Mapping[str, dict], stores: Collection[Store], *, identity: dict, fresh: bool
) -> tuple[dict[str, Record], Counter[str]]:
    """Return by its key each stored run that can be used, and how many cannot, by the reason.

    What run a damaged line had is not known: it is the reason of one that is not found, and said if all are.
    """
    found, made = {}, Counter()
    damaged = [words for store in stores for words in store.damaged]
    for name, one in wanted.items():
        record, problem = (None, "fresh") if fresh else find(one, *stores, identity=identity)
        if record and not problem:
            found[name] = record
            continue
        if damaged and not problem:
            problem = damaged.pop(0)
        made[problem] += 1
    for words in damaged:
        print(f"{words}; it is left out, and no run is missing for it")
    return found, made


def _make(
    run: Callable, missing: Mapping[str, dict], identity: dict, executor: Executor, keep: Callable
) -> dict[str, str]:
    """Make runs, in this order, and call `keep` with the key and record of each; return why some failed."""
    failures = {}
    futures = {executor.submit(on_one_thread, run, one, identity): name for name, one in missing.items()}
    try:
        for future in as_completed(futures):
            try:
                record = future.result()
            except Exception as error:  # the other runs do not depend on it
                failures[futures[future]] = f"{type(error).__name__}: {error}"
            else:
                keep(futures[future], record)
    except BaseException:  # interrupted: what is stored stays
        for future in futures:
            future.cancel()
        raise
    return failures


def on_one_thread(run: Callable, settings: dict, identity: dict) -> Record:
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return record_outcome(settings, run(settings), identity=identity)
