"""Derive the committed results again and compare: records, models, figures, report, and runs trained anew.

python -m bundle.commands.verify [--minutes 5 | --all] [--scheduler tcp://HOST:8786]

What was found is printed as a table and written to results/verification.json; the exit status is 1 where
something does not hold.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bundle.commands.report import NOTEBOOKS
from bundle.layout import Output
from bundle.runs import records
from bundle.runs.provenance import processor
from bundle.runs.records import Record
from bundle.runs.study import on_one_thread
from bundle.runs.workers import workers
from lib.files import write_atomically

PICTURES = ("figures/", "task2_images/", "task3_images/")
MADE = (*PICTURES, "report/report.pdf", *(f"{name}.ipynb" for name in NOTEBOOKS))
TOLERANCE, STEPS = 1e-3, 100  # on another kind of processor: of the first so many numbers of a column
BATCHES = 2  # windows of a long GAN's loss curves that are trained again


class Found(NamedTuple):
    """One row of the table."""

    what: str
    looked_at: int
    hold: int
    problems: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return how many checks do not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m bundle.commands.verify", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=5, help="for runs trained again; default 5")
    parser.add_argument("--all", action="store_true", help="train every run again, hours")
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler; else this machine")
    options = parser.parse_args(arguments)
    stored = dict.fromkeys(sorted(Path("results").glob("*/**/*.json")))
    found = [whole_records(stored), models(), derived_again(Path("build", "verify"))]
    seconds = float("inf") if options.all else 60 * options.minutes
    found += trained_again(
        [one for one in stored.values() if one], seconds=seconds, scheduler=options.scheduler
    )
    for row in found:
        print(f"{row.hold:5} of {row.looked_at:<5} {row.what}")
        for problem in row.problems:
            print(f"              {problem}")
    rows = [row._asdict() for row in found]
    about = {"processor": processor(), "seconds_for_runs": None if options.all else seconds, "found": rows}
    write_atomically(Path("results", "verification.json"), (json.dumps(about, indent=1) + "\n").encode())
    return sum(len(row.problems) for row in found)


def whole_records(stored: dict[Path, Record | None]) -> Found:
    """Read every stored record into `stored`; each must be whole, and found under its settings."""
    problems = []
    for path in stored:
        try:
            record = records.load(path)
            if records.path_of(record.settings, path.parent) != path:
                raise ValueError(f"{path} is not the name of its settings")
            stored[path] = record
        except ValueError as error:
            problems.append(str(error))
    return Found(
        "records whole, as their runs wrote them", len(stored), len(stored) - len(problems), problems
    )


def models() -> Found:
    """Load both models; their weights must be those that their JSON names."""
    from lib.evaluation.classifier import load_classifier
    from lib.gan import load_generator

    problems = []
    for load in (load_classifier, load_generator):
        try:
            load(Output(Path()).models)
        except (OSError, ValueError) as error:
            problems.append(str(error))
    return Found("models whole", 2, 2 - len(problems), problems)


def derived_again(folder: Path) -> Found:
    """Make figures, pictures, notebooks and PDF again in a copy of the checkout without them, and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    tracked = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    made = [Path(name) for name in tracked if name.startswith(MADE)]
    for name in tracked:
        if Path(name).is_file() and (Path(name) not in made or name.endswith(".ipynb")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    command = [sys.executable, "-m", "bundle.commands.report", "profiles/committed.yaml"]
    data = {"MNIST_ROOT": str(Path(os.environ.get("MNIST_ROOT") or "data").resolve()), "PYTHONPATH": "."}
    ran = subprocess.run(
        command, cwd=folder, env=os.environ | data, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        return Found("figures, notebooks and PDF derived again", len(made), 0, ran.stderr.splitlines()[-1:])
    problems = [f"{path} differs" for path in made if not alike(path, folder / path)]
    return Found("figures, notebooks and PDF derived again", len(made), len(made) - len(problems), problems)


def alike(one: Path, other: Path) -> bool:
    """Compare two files: pictures by their pixels, figures' values without where they come from, or bytes."""
    if not (one.is_file() and other.is_file()):
        return False
    if one.suffix in (".png", ".gif"):
        import numpy as np
        from PIL import Image, ImageSequence

        frames = (
            [np.asarray(f.convert("L")) for f in ImageSequence.Iterator(Image.open(p))] for p in (one, other)
        )
        return all(np.array_equal(a, b) for a, b in zip(*frames, strict=True))
    if one.suffix == ".json":
        values = (json.loads(path.read_text()) for path in (one, other))
        return len({json.dumps(v.get("panels", v.get("digits")), sort_keys=True) for v in values}) == 1
    return one.read_bytes() == other.read_bytes()


def trained_again(stored: list[Record], *, seconds: float, scheduler: str) -> Iterator[Found]:
    """Train a sample of the runs of each kind again, drawn by a fixed seed, for about so many seconds."""
    kinds: dict[str, list[Record]] = {}
    for record in random.Random(0).sample(stored, len(stored)):
        kinds.setdefault(record.settings.get("run", "palindromes"), []).append(record)
    for kind, run in runs().items():
        mine, chosen, left = kinds.get(kind, []), [], seconds / len(runs())
        for record in mine:
            if (cost := record.provenance.get("seconds", 0)) < left:
                chosen, left = [*chosen, record], left - cost
        problems = []
        with workers(scheduler) as executor:
            futures = [executor.submit(on_one_thread, run, record.settings, {}) for record in chosen]
            for record, future in zip(chosen, futures, strict=True):
                problems += compared(record, future.result())
        how = f"runs of kind {kind} trained again, of {len(mine)}"
        yield Found(how, len(chosen), len(chosen) - len(problems), problems)
    for record in kinds.get("gan", []):
        if record.provenance.get("seconds", 0) >= seconds / len(runs()):
            problems = first_batches(record)
            yield Found(f"first batches of {record.settings['batches']}", 1, 1 - len(problems), problems)


def runs() -> dict[str, Callable]:
    """Return what makes the outcome of each kind of record's settings."""
    from bundle.runs import gan, palindromes, walks

    models = Output(Path()).models
    return {
        "palindromes": palindromes.run_palindromes,
        "gan": partial(gan.measured_gan, models=models),
        "stacked": partial(gan.run_stacked, models=models),
        "walks": partial(walks.walks_of, models=models),
    }


def compared(stored: Record, made: Record) -> list[str]:
    """Return how two records of the same settings differ; on the same kind of processor nothing may."""
    name, problems = records.path_of(stored.settings, Path()).name, []
    same = stored.provenance.get("processor") == made.provenance["processor"]
    for part in ("columns", "summary") if same else ("columns",):
        before, now = getattr(stored, part), getattr(made, part)
        names = [key for key in now if not agree(before.get(key), now[key], exactly=same)]
        problems += [f"{name}: {part} differ in {', '.join(names)}"] if names else []
    return problems


def agree(before: object, now: object, *, exactly: bool) -> bool:
    """Compare two values of a record, or the first numbers of two columns."""
    if exactly or not isinstance(now, list) or not all(isinstance(x, int | float) for x in now[:STEPS]):
        return before == now
    pairs = zip((before or [])[:STEPS], now[:STEPS], strict=True)
    return all(abs(a - b) <= TOLERANCE for a, b in pairs)


def first_batches(record: Record) -> list[str]:
    """Train the first batches of a long GAN again, and compare the means of their losses."""
    from bundle.runs.gan import GanRun
    from lib import mnist
    from lib.gan import GanTrainer

    run = GanRun.read(record.settings)
    window = record.columns["batch"][1]
    trainer = GanTrainer(mnist.load(name=run.dataset).train_images, run.training)
    for _ in range(BATCHES * window):
        trainer.step()
    problems = []
    for name, curve in zip(("generator_loss", "discriminator_loss"), trainer.curves, strict=True):
        means = [part.double().mean().item() for part in curve[: BATCHES * window].split(window)]
        if any(abs(a - b) > TOLERANCE for a, b in zip(record.columns[name], means, strict=False)):
            problems.append(
                f"the first batches' {name} is {means}, on record {record.columns[name][:BATCHES]}"
            )
    return problems


if __name__ == "__main__":
    try:
        started = time.perf_counter()
        bad = main()
        words = f"{bad} things do not hold" if bad else "everything holds"
        print(f"{words}; {time.perf_counter() - started:.0f} s")
        sys.exit(bool(bad))
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was changed")
