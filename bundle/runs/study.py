"""Many independent runs on any executor; each stored at once, and reused where its settings match."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path

from bundle.runs import records
from bundle.runs.recorded import recorded


class StudyError(RuntimeError):
    """Some runs failed; the others are stored. The message lists settings and reasons."""


def study(
    run: Callable[[dict], records.Record],
    settings: Sequence[dict],
    *,
    directory: Path,
    executor: Executor,
    fresh: bool = False,
    cost: Callable[[dict], float] = lambda settings: 1,
    progress: Callable[[float], None] = lambda done: None,
) -> tuple[list[records.Record], int]:
    """Return the record of every settings, in their order, and how many had to be run.

    Args:
        run: an importable function from one settings to its record.
        settings: one dict per run; runs do not depend on one another.
        directory: where records are stored; a stored one of equal settings is reused.
        executor: anything with `submit`; see `workers`.
        fresh: run everything again, whatever is stored.
        cost: how much work a run is, in any unit; the costliest start first.
        progress: called with the cost of each run that is stored.

    Raises:
        StudyError: at least one run failed; all others have finished and are stored.
    """
    found = [None if fresh else records.find(one, directory) for one in settings]
    missing = sorted(
        (i for i, record in enumerate(found) if record is None), key=lambda i: -cost(settings[i])
    )
    progress(sum(cost(one) for one, record in zip(settings, found, strict=True) if record is not None))
    futures: dict[Future, int] = {executor.submit(on_one_thread, run, settings[i]): i for i in missing}
    failures = {}
    try:
        for future in as_completed(futures):
            i = futures[future]
            try:
                found[i] = future.result()
            except Exception as error:  # the other runs do not depend on it
                failures[i] = f"{type(error).__name__}: {error}"
                continue
            records.save(found[i], directory)
            progress(cost(settings[i]))
    except BaseException:  # interrupted: what is stored stays
        for future in futures:
            future.cancel()
        raise
    if failures:
        lines = [f"  {settings[i]}: {reason}" for i, reason in sorted(failures.items())]
        raise StudyError(f"{len(failures)} of {len(settings)} runs failed:\n" + "\n".join(lines))
    return found, len(missing)


def study_groups(
    run: Callable[[dict], records.Record], groups: Mapping[str, Sequence[dict]], **rest
) -> tuple[dict[str, list[records.Record]], int]:
    """Return the records of each group of settings, by its name, and how many had to be run; see `study`."""
    found, ran = study(run, [one for group in groups.values() for one in group], **rest)
    left = iter(found)
    return {name: [next(left) for _ in group] for name, group in groups.items()}, ran


def on_one_thread(run: Callable, settings: dict):
    """Run with one thread for the arithmetic: the same bytes everywhere, and every core has its own run."""
    import torch

    torch.set_num_threads(1)
    return recorded(settings, run(settings))
