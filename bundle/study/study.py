"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from itertools import chain
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
    settings_by_file = _by_file(groups, file)
    by_key = {key(run_settings): run_settings for run_settings in chain(*settings_by_file.values())}
    work = {run_key: cost(run_settings) for run_key, run_settings in by_key.items()}
    made_by = identity(run)
    with writing(directory):
        stores = {stem: Store(Path(directory, f"{stem}.jsonl")) for stem in settings_by_file}
        store_by_key = {}
        for stem, settings in settings_by_file.items():
            store_by_key.update({key(run_settings): stores[stem] for run_settings in settings})
        records, reasons = _stored(by_key, stores, made_by, fresh=fresh)
        missing = {run_key: settings for run_key, settings in by_key.items() if run_key not in records}

        def keep(run_key: str, record: Record) -> None:
            store_by_key[run_key].append(record)
            records[run_key] = record
            report_progress()

        def report_progress() -> None:
            progress(sum(work[run_key] for run_key in records), sum(work.values()))

        report_progress()
        failures = {}
        if missing:
            with executor as entered:
                failures = _make(run, _in_order(missing, work), made_by, entered, keep)
        if failures:
            lines = "\n".join(f"  {by_key[run_key]}: {why}" for run_key, why in failures.items())
            raise StudyError(f"{len(failures)} of {len(by_key)} runs failed:\n{lines}")
        for stem, settings in settings_by_file.items():
            stores[stem].write(_records_of(settings, records))
    by_group = {group: _records_of(settings, records) for group, settings in groups.items()}
    return Study(by_group, reasons)


def _by_file(groups: Mapping[str, Sequence[dict]], file: str) -> dict[str, list[dict]]:
    """Return the settings of all runs by the name of the file that they are stored in."""
    by_file: dict[str, list[dict]] = {}
    for group, settings in groups.items():
        by_file.setdefault(file or file_name(group), []).extend(settings)
    return by_file


def _in_order(missing: Mapping[str, dict], work: Mapping[str, float]) -> dict[str, dict]:
    """Return runs by their keys, seed by seed, and of each seed the costliest first."""
    keys = sorted(missing, key=lambda run_key: (missing[run_key].get("seed", 0), -work[run_key]))
    return {run_key: missing[run_key] for run_key in keys}


def _records_of(settings: Sequence[dict], records: Mapping[str, Record]) -> list[Record]:
    return [records[key(run_settings)] for run_settings in settings]


def _stored(
    by_key: Mapping[str, dict], stores: Mapping[str, Store], made_by: dict, *, fresh: bool
) -> tuple[dict[str, Record], Counter[str]]:
    """Return by their keys the runs that can be used, and of the others how many, by the reason."""
    records, reasons = {}, Counter()
    for run_key, settings in by_key.items():
        record, reason = find(settings, *stores.values(), identity=made_by, fresh=fresh)
        if record:
            records[run_key] = record
        else:
            reasons[reason] += 1
    return records, reasons


def _make(
    run: Callable, missing: Mapping[str, dict], made_by: dict, executor: Executor, keep: Callable
) -> dict[str, str]:
    """Make runs, in this order, and call `keep` with the key and record of each; return why some failed."""
    failures = {}
    key_by_future = {}
    for run_key, settings in missing.items():
        key_by_future[executor.submit(on_one_thread, run, settings, made_by)] = run_key
    try:
        for future in as_completed(key_by_future):
            run_key = key_by_future[future]
            try:
                record = future.result()
            except Exception as error:  # the other runs do not depend on it
                failures[run_key] = f"{type(error).__name__}: {error}"
            else:
                keep(run_key, record)
    except BaseException:  # interrupted: what is stored stays
        for future in key_by_future:
            future.cancel()
        raise
    return failures


def on_one_thread(run: Callable, settings: dict, made_by: dict) -> Record:
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return record_outcome(settings, run(settings), identity=made_by)
