"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from bundle.study.fingerprint import identity
from bundle.study.outcome import Outcome
from bundle.study.provenance import record_outcome
from bundle.study.records import Record, key
from bundle.study.store import Store, file_name, find, writing
from lib.progress import Progress, silent


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


class Study(NamedTuple):
    """The records of many runs, and how many of them were made now, by the reason."""

    records: dict[str, list[Record]]  # by group, in the order of their settings
    made: Counter[str]  # "" is the reason of those that were not there


def study(
    run: Callable[[dict], Outcome],
    groups: Mapping[str, Sequence[dict]],
    *,
    directory: Path,
    file: str = "",
    executor: AbstractContextManager[Executor],
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Progress = silent,
) -> Study:
    """Return the record of every settings, stored or made now.

    Args:
        run: an importable function from one settings to its outcome; runs do not depend on one another.
        groups: by the name of each group the settings of its runs. Equal ones are run once.
        directory: where runs are stored; one of equal settings and code is used unless `fresh`.
        file: the name, without .jsonl, of the file of all runs; by default each group has its own, by its
            name. A run that several groups ask for is found in the file of any of them, and stands in all
            when the study has finished.
        executor: who does the runs, see `workers`; entered only if there is a run to be made.
        cost: how much work a run is, in any unit; progress counts it. One seed starts after the other, so
            that a killed study leaves all groups with about as many; of a seed, the costliest run first.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    by_file: dict[str, list[dict]] = {}
    for name, group in groups.items():
        by_file.setdefault(file or file_name(name), []).extend(group)
    by_key = {key(item): item for group in by_file.values() for item in group}
    work = {name: cost(item) for name, item in by_key.items()}
    made_by = identity(run)
    with writing(directory):
        stores = {name: Store(Path(directory, f"{name}.jsonl")) for name in by_file}
        store_by_key = {key(item): stores[name] for name, group in by_file.items() for item in group}
        records, reasons = _stored(by_key, stores, made_by, fresh=fresh)
        missing = [name for name in by_key if name not in records]
        missing.sort(key=lambda name: (by_key[name].get("seed", 0), -work[name]))

        def keep(name: str, record: Record) -> None:
            store_by_key[name].append(record)
            records[name] = record
            tell()

        def tell() -> None:
            progress(sum(work[name] for name in records), sum(work.values()))

        tell()
        failures = {}
        if missing:
            with executor as entered:
                failures = _make(run, {name: by_key[name] for name in missing}, made_by, entered, keep)
        if failures:
            lines = "\n".join(f"  {by_key[name]}: {why}" for name, why in failures.items())
            raise StudyError(f"{len(failures)} of {len(by_key)} runs failed:\n{lines}")
        for name, group in by_file.items():
            stores[name].write([records[key(item)] for item in group])
    by_group = {name: [records[key(item)] for item in group] for name, group in groups.items()}
    return Study(by_group, reasons)


def _stored(
    by_key: Mapping[str, dict], stores: Mapping[str, Store], made_by: dict, *, fresh: bool
) -> tuple[dict[str, Record], Counter[str]]:
    """Return by their keys the runs that can be used, and of the others how many, by the reason."""
    records, reasons = {}, Counter()
    for name, settings in by_key.items():
        record, reason = find(settings, *stores.values(), identity=made_by, fresh=fresh)
        if record:
            records[name] = record
        else:
            reasons[reason] += 1
    return records, reasons


def _make(
    run: Callable, missing: Mapping[str, dict], made_by: dict, executor: Executor, keep: Callable
) -> dict[str, str]:
    """Make runs, in this order, and call `keep` with the key and record of each; return why some failed."""
    failures = {}
    futures = {}
    for name, settings in missing.items():
        futures[executor.submit(on_one_thread, run, settings, made_by)] = name
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


def on_one_thread(run: Callable, settings: dict, made_by: dict) -> Record:
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return record_outcome(settings, run(settings), identity=made_by)
