"""Derive the committed results again and compare: records, models, figures, report, and runs trained anew.

python -m bundle.commands.verify [--minutes 5 | --all] [--scheduler tcp://HOST:8786]

What was found is printed and written to results/verification.json; the status is 1 where something fails.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bundle.commands.binding import README
from bundle.commands.ending import ended
from bundle.study import fingerprint
from bundle.study.artefacts import says_the_same
from bundle.study.layout import NOTEBOOKS, STAGES, Output
from bundle.study.provenance import processor
from bundle.study.records import Record, key
from bundle.study.store import Store, run_name
from bundle.study.study import on_one_thread
from bundle.study.workers import workers
from lib.files import write_atomically

WRITTEN_INTO = (*(f"{name}.ipynb" for name in NOTEBOOKS), str(README))  # what stands there is kept in part
PICTURES = tuple(f"{folder}/" for stage in STAGES for folder in stage.makes if folder != "models")
MADE = ("figures/", *PICTURES, "report/report.pdf", *WRITTEN_INTO)
NOT_DERIVED = "figures, notebooks and PDF: not derived from damaged results"
COPY = Path("build", "verify")  # of the checkout, anew each time
TOLERANCE, FIRST_STEPS = 1e-3, {"palindromes": 1, "gan": 1}  # on another kind of processor
FIRST_BATCHES = 10  # the most that the first mean on record may stand for, to be comparable


class Found(NamedTuple):
    """One row of the table."""

    what: str
    looked_at: int
    hold: int
    problems: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return how many checks do not hold."""
    about = {"prog": "python -m bundle.commands.verify", "description": __doc__.split("\n")[0]}
    parser = argparse.ArgumentParser(**about)
    parser.add_argument("--minutes", type=float, default=5, help="for runs trained again; default 5")
    parser.add_argument("--all", action="store_true", help="train every run again, hours")
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler; else this machine")
    options, started = parser.parse_args(arguments), time.perf_counter()
    whole, stored = whole_records(sorted(Path("results").glob("*/*.jsonl")))
    found = [whole, by_this_code(stored), models()]
    damaged = found[0].problems or found[2].problems  # a report would make them again, in hours
    found.append(Found(NOT_DERIVED, 0, 0, []) if damaged else derived_again(COPY))
    seconds = float("inf") if options.all else 60 * options.minutes
    found += trained_again(stored, seconds=seconds, scheduler=options.scheduler)
    for row in found:
        print(f"{row.hold:5} of {row.looked_at:<5} {row.what}")
        for problem in row.problems:
            print(f"              {problem}")
    asked = {"processor": processor(), "seconds_for_runs": None if options.all else seconds}
    about = asked | {"found": [row._asdict() for row in found]}
    write_atomically(Path("results", "verification.json"), (json.dumps(about, indent=1) + "\n").encode())
    bad = sum(len(row.problems) for row in found)
    said = f"{bad} things do not hold" if bad else "everything holds"
    print(f"{said}; {time.perf_counter() - started:.0f} s")
    return bad


def whole_records(paths: Iterable[Path]) -> tuple[Found, list[Record]]:
    """Read files of runs; each line must be whole. Return also the runs that are, each once."""
    runs: dict[str, Record] = {}
    n, problems = 0, []
    for path in paths:
        try:
            store = Store(path)
            records = store.all()
        except (ValueError, OSError) as error:  # what they were made by is damaged
            problems.append(str(error))
            continue
        n += len(records) + len(store.damaged)
        problems += store.damaged
        runs.update((key(record.settings), record) for record in records)
    what = "records whole, as their runs wrote them"
    return Found(what, n, n - len(problems), problems), list(runs.values())


def by_this_code(stored: Sequence[Record]) -> Found:
    """Compare the code that each record names with the code that stands here."""
    here = {kind: fingerprint.identity(run) for kind, run in runs().items()}
    problems = Counter(fingerprint.differences(one.identity, here[kind_of(one)]) for one in stored)
    fresh = problems.pop("", 0)
    listed = [f"{count} records: {why}" for why, count in problems.items()]
    return Found("records by the code that stands here", len(stored), fresh, listed)


def kind_of(record: Record) -> str:
    return record.settings.get("run", "palindromes")


def models() -> Found:
    """Load the models; their weights must be those that their JSON names, made by the code that is here.

    A further generator whose run is stored and whose weights are missing would be trained again, in hours.
    """
    from bundle.experiments import digit_classifier, gan
    from lib.evaluation.classifier import Classifier
    from lib.gan.networks import Generator
    from lib.weights import about_network, load_network

    problems, folder = [], Output(Path()).models
    models = {"classifier": (Classifier, digit_classifier.run_classifier)}
    for name in _generators(folder):
        models[name] = (Generator, gan.run_gan)
    for name, (network, run) in models.items():
        try:
            load_network(network, folder, name)
            made_by = about_network(folder, name).get("identity", {})
            why = fingerprint.differences(made_by, fingerprint.identity(run))
            problems += [f"{name}: {why}"] if why else []
        except (OSError, ValueError) as error:
            problems.append(str(error))
    whole = len(models) - len(problems)
    return Found("models whole, by the code that stands here", len(models), whole, problems)


def _generators(folder: Path) -> list[str]:
    """Return the names of the generators that are to be there: the first, and one for each further record."""
    runs = Output(Path()).results("task2") / "generators.jsonl"
    count = len(runs.read_bytes().splitlines()) if runs.is_file() else 0
    further = {path.stem for path in folder.glob("generator-*.json")}
    further.update(f"generator-{number}" for number in range(1, count + 1))
    return ["generator", *sorted(further)]


def derived_again(folder: Path) -> Found:
    """Make figures, pictures, notebooks and PDF again in a copy of the checkout without them, and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, encoding="utf-8", check=True)
    tracked = listed.stdout.splitlines()
    made = [Path(name) for name in tracked if name.startswith(MADE)]
    for name in tracked:
        if Path(name).is_file() and (Path(name) not in made or name in WRITTEN_INTO):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    command = [sys.executable, "-m", "bundle.commands.report", "profiles/committed.yaml"]
    shown = {"STALE": "show", "GIT_CEILING_DIRECTORIES": str(folder.parent.resolve())}  # trains nothing
    data = {"MNIST_ROOT": str(Path(os.environ.get("MNIST_ROOT") or "data").resolve()), "PYTHONPATH": "."}
    there = {"cwd": folder, "env": os.environ | data | shown}
    ran = subprocess.run(command, **there, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode:
        return Found("figures, notebooks and PDF derived again", len(made), 0, ran.stderr.splitlines()[-1:])
    problems = [f"{path} differs" for path in made if not alike(path, folder / path)]
    return Found("figures, notebooks and PDF derived again", len(made), len(made) - len(problems), problems)


def alike(one: Path, other: Path) -> bool:
    """Return whether two files say the same, see `bundle.study.artefacts`."""
    there = one.is_file() and other.is_file()
    return there and says_the_same(one.read_bytes(), other.read_bytes(), suffix=one.suffix)


def trained_again(stored: Sequence[Record], *, seconds: float, scheduler: str) -> Iterator[Found]:
    """Train a sample of the runs of each kind again, drawn by a fixed seed, for about so many seconds."""
    kinds: dict[str, list[Record]] = {}
    for record in random.Random(0).sample(stored, len(stored)):
        kinds.setdefault(kind_of(record), []).append(record)
    left = 0.0
    for kind, run in runs().items():
        mine, chosen = kinds.get(kind, []), []
        left += seconds / len(runs())  # what one kind leaves is the next one's
        for record in mine:
            if (cost := record.provenance.get("seconds", 0)) < left:
                chosen, left = [*chosen, record], left - cost
        with workers(scheduler) as executor:
            futures = [executor.submit(on_one_thread, run, record.settings, {}) for record in chosen]
            problems = [compared(*pair) for pair in zip(chosen, [f.result() for f in futures], strict=True)]
        yield found(f"{kind} runs trained again, of {len(mine)}", problems)
        if kind == "gan":
            short = [one for one in mine if one not in chosen and one.columns["batch"][1] <= FIRST_BATCHES]
            how = "other gan runs' first batches trained again; longer runs keep means of too many"
            yield found(how, [first_batches(record) for record in short] if seconds else [])


def found(what: str, problems: list[str]) -> Found:
    """Return the row of checks that each gave what is wrong in words, or an empty text."""
    bad = [problem for problem in problems if problem]
    return Found(what, len(problems), len(problems) - len(bad), bad)


def runs() -> dict[str, Callable]:
    """Return what makes the outcome of each kind of record's settings."""
    from bundle.experiments import gan, palindromes, stacked, two_sample_tests, walks

    models = Output(Path()).models
    judged = {"two-sample-test": two_sample_tests.run_two_sample_test, "walks": walks.walks_of}
    judged |= {"gan": gan.measured_gan, "stacked": stacked.run_stacked}
    return {
        "palindromes": palindromes.run_palindromes,
        "inside": palindromes.run_inside,
        **{kind: partial(run, models=models) for kind, run in judged.items()},
    }


def compared(stored: Record, made: Record) -> str:
    """Return how two records of the same settings differ, "" if they do not.

    On the same kind of processor nothing may; elsewhere the first steps must be the same to TOLERANCE.
    """
    name, there = run_name(stored.settings), stored.provenance.get("processor")
    if there == made.provenance["processor"]:
        pairs = {part: (getattr(stored, part), getattr(made, part)) for part in ("columns", "summary")}
        # the kept GAN is measured once more after its run, and what is said of it then is not made here
        parts = [part for part, (was, now) in pairs.items() if {key: was.get(key) for key in now} != now]
        return f"{name}: {' and '.join(parts)} differ" if parts else ""
    steps = FIRST_STEPS.get(kind_of(stored), 0)
    columns = [key for key, now in made.columns.items() if not near(stored.columns.get(key), now, steps)]
    return f"{name}: the first {steps} of {', '.join(columns)} differ" if columns else ""


def near(before: list | None, now: list, steps: int) -> bool:
    """Return whether the first numbers of two columns are the same to TOLERANCE; other columns pass."""
    numbers = [x for x in now[:steps] if isinstance(x, int | float)]
    return len(before or []) >= len(numbers) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(before or [], numbers, strict=False)
    )


def first_batches(record: Record) -> str:
    """Train a GAN as far as the first mean of its losses on record; return how it differs, or ""."""
    from bundle.experiments.gan import GanRun
    from lib import mnist
    from lib.gan.trainer import GanTrainer

    run, batches = GanRun.read(record.settings), record.columns["batch"][1]
    trainer = GanTrainer(mnist.load(name=run.dataset).train_images, run.training)
    for _ in range(batches):
        trainer.step()
    means = trainer.curves[:, :batches].double().mean(dim=1).tolist()
    before = [record.columns[f"{name}_loss"][0] for name in ("generator", "discriminator")]
    name = run_name(record.settings)
    good = all(abs(a - b) <= TOLERANCE for a, b in zip(before, means, strict=True))
    return "" if good else f"{name}: first {batches} batches: mean losses {means}, on record {before}"


if __name__ == "__main__":
    ended(lambda: sys.exit(main() > 0))
