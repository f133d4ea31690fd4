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
    settings_by_file: dict[str, list[dict]] = {}
    for name, group in groups.items():
        settings_by_file.setdefault(file or file_name(name), []).extend(group)
    settings_by_key = {key(item): item for group in settings_by_file.values() for item in group}
    work = {name: cost(item) for name, item in settings_by_key.items()}
    identity = fingerprint.identity(run)
    with writing(directory):
        stores = {name: Store(Path(directory, f"{name}.jsonl")) for name in settings_by_file}
        records, reasons = _stored_records(settings_by_key, stores.values(), identity=identity, fresh=fresh)
        store_by_key = {key(item): stores[name] for name, group in settings_by_file.items() for item in group}

        done, total = sum(work[name] for name in records), sum(work.values())

        def keep(name: str, record: Record) -> None:
            nonlocal done
            store_by_key[name].append(record)
            forget(Path(directory, f"{name}.ckpt"))  # finished: nothing to go on from
            records[name] = record
            done += work[name]
            progress(done, total)

        progress(done, total)
        missing = [name for name in settings_by_key if name not in records]
        missing.sort(key=lambda name: (settings_by_key[name].get("seed", 0), -work[name]))
        failures = _make(run, {name: settings_by_key[name] for name in missing}, identity, executor, keep)
        if failures:
            lines = [
                f"  {item}: {failures[name]}" for name, item in settings_by_key.items() if name in failures
            ]
            raise StudyError(f"{len(failures)} of {len(settings_by_key)} runs failed:\n" + "\n".join(lines))
        for name, group in settings_by_file.items():
            stores[name].write([records[key(item)] for item in group])
    ordered = {}
    for name, group in groups.items():
        ordered[name] = [records[key(item)] for item in group]
    return Study(ordered if groups is settings else ordered["runs"], reasons)


def _stored_records(
    settings_by_key: Mapping[str, dict], stores: Collection[Store], *, identity: dict, fresh: bool
) -> tuple[dict[str, Record], Counter[str]]:
    """Return by its key each stored run that can be used, and how many cannot, by the reason.

    What run a damaged line had is not known: it is the reason of one that is not found, and said if all are.
    """
    records, reasons = {}, Counter()
    damage = [words for store in stores for words in store.damaged]
    for name, settings in settings_by_key.items():
        record, problem = (None, "fresh") if fresh else find(settings, *stores, identity=identity)
        if record and not problem:
            records[name] = record
            continue
        if damage and not problem:
            problem = damage.pop(0)
        reasons[problem] += 1
    for words in damage:
        print(f"{words}; it is left out, and no run is missing for it")
    return records, reasons


def _make(
    run: Callable, missing: Mapping[str, dict], identity: dict, executor: Executor, keep: Callable
) -> dict[str, str]:
    """Make runs, in this order, and call `keep` with the key and record of each; return why some failed."""
    failures = {}
    futures = {}
    for name, settings in missing.items():
        futures[executor.submit(on_one_thread, run, settings, identity)] = name
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
