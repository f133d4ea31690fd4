"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path

from bundle.runs import records
from bundle.runs.recorded import recorded
from lib.progress import Progress, silent


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


def study(
    run: Callable[[dict], records.Record],
    settings: Sequence[dict] | Mapping[str, Sequence[dict]],
    *,
    directory: Path,
    executor: Executor,
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Progress = silent,
) -> tuple[list[records.Record] | dict[str, list[records.Record]], int]:
    """Return the record of every settings, in their order or groups, and how many had to be run.

    Args:
        run: an importable function from one settings to its record; runs do not depend on one another.
        settings: one dict per run, or such lists by name of group. Equal ones are run once.
        directory: where records are stored; a stored one of equal settings is reused unless `fresh`.
        executor: anything with `submit`; see `workers`.
        cost: how much work a run is, in any unit; the costliest start first, and progress counts it.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    groups = settings if isinstance(settings, Mapping) else {"": settings}
    wanted = {records.key(one): one for group in groups.values() for one in group}
    work = {key: cost(one) for key, one in wanted.items()}
    stored = {} if fresh else {key: records.find(one, directory) for key, one in wanted.items()}
    found = {key: record for key, record in stored.items() if record}
    missing = sorted((key for key in wanted if key not in found), key=lambda key: -work[key])
    done, total, failures = sum(work[key] for key in found), sum(work.values()), {}
    progress(done, total)
    futures = {executor.submit(on_one_thread, run, wanted[key]): key for key in missing}
    try:
        for future in as_completed(futures):
            key = futures[future]
            try:
                found[key] = future.result()
            except Exception as error:  # the other runs do not depend on it
                failures[key] = f"{type(error).__name__}: {error}"
                continue
            records.save(found[key], directory)
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
    return ordered if groups is settings else ordered[""], len(missing)


def on_one_thread(run: Callable, settings: dict):
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return recorded(settings, run(settings))
