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
from bundle.study.store import Store, file_name, writing
from lib.progress import Progress, silent


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


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
) -> tuple[dict[str, list[Record]], Counter[str]]:
    """Return the record of every settings, stored or made now, by group, and how many were made, by reason.

    Args:
        run: an importable function from one settings to its outcome; runs do not depend on one another.
        groups: by the name of each group the settings of its runs. Equal ones are run once.
        directory: where runs are stored; one of equal settings and code is used unless `fresh`.
        file: the name, without .jsonl, of the file of all runs; by default each group has its own, by its
            name, and a run of two groups stands in the first one's.
        executor: who does the runs, see `workers`; entered only if there is a run to be made.
        cost: how much work a run is, in any unit; progress counts it. One seed starts after the other, so
            that a killed study leaves all groups with about as many; of a seed, the costliest run first.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    made_by = identity(run)
    with writing(directory):
        jobs = _jobs(groups, directory, file)
        records, reasons = {}, Counter()
        for run_key, job in jobs.items():
            record, reason = job.store.find(job.settings, identity=made_by, fresh=fresh)
            if record:
                records[run_key] = record
            else:
                reasons[reason] += 1
        missing = [run_key for run_key in jobs if run_key not in records]
        work = {run_key: cost(job.settings) for run_key, job in jobs.items()}
        missing.sort(key=lambda run_key: (jobs[run_key].settings.get("seed", 0), -work[run_key]))

        def report_progress() -> None:
            progress(sum(work[run_key] for run_key in records), sum(work.values()))

        def keep(run_key: str, record: Record) -> None:
            jobs[run_key].store.append(record)
            records[run_key] = record
            report_progress()

        report_progress()
        if missing:
            calls = {run_key: (run, jobs[run_key].settings, made_by) for run_key in missing}
            with executor as entered:
                failures = _make(calls, entered, keep)
            if failures:
                lines = "\n".join(f"  {jobs[run_key].settings}: {why}" for run_key, why in failures.items())
                raise StudyError(f"{len(failures)} of {len(jobs)} runs failed:\n{lines}")
        for store in {job.store for job in jobs.values()}:
            store.write()
    return {name: [records[key(run)] for run in settings] for name, settings in groups.items()}, reasons


class Job(NamedTuple):
    """A run that is asked for, and where it is stored."""

    settings: dict
    store: Store


def _jobs(groups: Mapping[str, Sequence[dict]], directory: Path, file: str) -> dict[str, Job]:
    """Return all runs by their keys."""
    stores: dict[str, Store] = {}
    jobs = {}
    for group, settings in groups.items():
        name = file or file_name(group)
        if name not in stores:
            stores[name] = Store(Path(directory, f"{name}.jsonl"))
        for run_settings in settings:
            jobs.setdefault(key(run_settings), Job(run_settings, stores[name]))
    return jobs


def _make(
    calls: Mapping[str, tuple], executor: Executor, keep: Callable[[str, Record], None]
) -> dict[str, str]:
    """Make runs, in this order, and call `keep` with the key and record of each; return why some failed."""
    failures = {}
    key_by_future = {executor.submit(on_one_thread, *call): run_key for run_key, call in calls.items()}
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
