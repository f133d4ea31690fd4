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
MADE = ("figures/", *PICTURES, "report/report.pdf", "report/supplement.pdf", *WRITTEN_INTO)
NOT_DERIVED = "figures, notebooks and PDF: not derived from damaged results"
COPY = Path("build", "verify")  # of the checkout, anew each time
TOLERANCE, FIRST_STEPS = 1e-3, {"palindromes": 1, "gan": 1}  # on another kind of processor
FIRST_BATCHES = 10  # the most that the first mean on record may stand for, to be comparable


class Row(NamedTuple):
    """One check, a row of the table."""

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
    records_row, stored = whole_records(sorted(Path("results").glob("*/*.jsonl")))
    models_row = models()
    rows = [records_row, by_this_code(stored), models_row]
    damage = records_row.problems or models_row.problems  # a report would make them again, in hours
    rows.append(Row(NOT_DERIVED, 0, 0, []) if damage else derived_again(COPY))
    seconds = float("inf") if options.all else 60 * options.minutes
    rows += trained_again(stored, seconds=seconds, scheduler=options.scheduler)
    for row in rows:
        print(f"{row.hold:5} of {row.looked_at:<5} {row.what}")
        for problem in row.problems:
            print(f"              {problem}")
    summary = {
        "processor": processor(),
        "seconds_for_runs": None if options.all else seconds,
        "found": [row._asdict() for row in rows],
    }
    write_atomically(Path("results", "verification.json"), (json.dumps(summary, indent=1) + "\n").encode())
    n_problems = sum(len(row.problems) for row in rows)
    verdict = f"{n_problems} things do not hold" if n_problems else "everything holds"
    print(f"{verdict}; {time.perf_counter() - started:.0f} s")
    return n_problems


def whole_records(paths: Iterable[Path]) -> tuple[Row, list[Record]]:
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
    return Row(what, n, n - len(problems), problems), list(runs.values())


def by_this_code(stored: Sequence[Record]) -> Row:
    """Compare the code that each record names with the code that stands here."""
    identities = {kind: fingerprint.identity(run) for kind, run in runs().items()}
    counts = Counter(
        fingerprint.differences(record.identity, identities[kind_of(record)]) for record in stored
    )
    n_current = counts.pop("", 0)
    problems = [f"{count} records: {why}" for why, count in counts.items()]
    return Row("records by the code that stands here", len(stored), n_current, problems)


def kind_of(record: Record) -> str:
    return record.settings.get("run", "palindromes")


def models() -> Row:
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
    n_whole = len(models) - len(problems)
    return Row("models whole, by the code that stands here", len(models), n_whole, problems)


def _generators(folder: Path) -> list[str]:
    """Return the names of the generators that are to be there: the first, and one for each further record."""
    runs = Output(Path()).results("task2") / "generators.jsonl"
    count = len(runs.read_bytes().splitlines()) if runs.is_file() else 0
    further = {path.stem for path in folder.glob("generator-*.json")}
    further.update(f"generator-{number}" for number in range(1, count + 1))
    return ["generator", *sorted(further)]


def derived_again(folder: Path) -> Row:
    """Make figures, pictures, notebooks and PDF again in a copy of the checkout without them, and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    git = subprocess.run(["git", "ls-files"], capture_output=True, encoding="utf-8", check=True)
    names = git.stdout.splitlines()
    outputs = [Path(name) for name in names if name.startswith(MADE)]
    for name in names:
        if Path(name).is_file() and (Path(name) not in outputs or name in WRITTEN_INTO):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    command = [sys.executable, "-m", "bundle.commands.report", "profiles/committed.yaml"]
    environment = {
        **os.environ,
        "MNIST_ROOT": str(Path(os.environ.get("MNIST_ROOT") or "data").resolve()),
        "PYTHONPATH": ".",
        "STALE": "show",  # trains nothing
        "GIT_CEILING_DIRECTORIES": str(folder.parent.resolve()),
    }
    where = {"cwd": folder, "env": environment}
    report = subprocess.run(command, **where, capture_output=True, encoding="utf-8", check=False)
    what, count = "figures, notebooks and PDF derived again", len(outputs)
    if report.returncode:
        return Row(what, count, 0, report.stderr.splitlines()[-1:])
    problems = [f"{path} differs" for path in outputs if not alike(path, folder / path)]
    return Row(what, count, count - len(problems), problems)


def alike(path: Path, other: Path) -> bool:
    """Return whether two files say the same, see `bundle.study.artefacts`."""
    both_exist = path.is_file() and other.is_file()
    return both_exist and says_the_same(path.read_bytes(), other.read_bytes(), suffix=path.suffix)


def trained_again(stored: Sequence[Record], *, seconds: float, scheduler: str) -> Iterator[Row]:
    """Train a sample of the runs of each kind again, drawn by a fixed seed, for about so many seconds."""
    kinds: dict[str, list[Record]] = {}
    for record in random.Random(0).sample(stored, len(stored)):
        kinds.setdefault(kind_of(record), []).append(record)
    budget = 0.0
    for kind, run in runs().items():
        records, sample = kinds.get(kind, []), []
        budget += seconds / len(runs())  # what one kind leaves is the next one's
        for record in records:
            cost = record.provenance.get("seconds", 0)
            if cost < budget:
                sample.append(record)
                budget -= cost
        with workers(scheduler) as executor:
            futures = [executor.submit(on_one_thread, run, record.settings, {}) for record in sample]
            outputs = [future.result() for future in futures]
        problems = [difference(*pair) for pair in zip(sample, outputs, strict=True)]
        yield row_of(f"{kind} runs trained again, of {len(records)}", problems)
        if kind == "gan":
            others = [record for record in records if record not in sample]
            short = [record for record in others if record.columns["batch"][1] <= FIRST_BATCHES]
            how = "other gan runs' first batches trained again; longer runs keep means of too many"
            yield row_of(how, [first_batches(record) for record in short] if seconds else [])


def row_of(what: str, results: list[str]) -> Row:
    """Return the row of checks that each gave what is wrong in words, or an empty text."""
    problems = [result for result in results if result]
    return Row(what, len(results), len(results) - len(problems), problems)


def runs() -> dict[str, Callable]:
    """Return what makes the outcome of each kind of record's settings."""
    from bundle.experiments import gan, palindromes, stacked, two_sample_tests, walks

    models = Output(Path()).models
    return {
        "palindromes": palindromes.run_palindromes,
        "inside": palindromes.run_inside,
        "two-sample-test": partial(two_sample_tests.run_two_sample_test, models=models),
        "walks": partial(walks.walks_of, models=models),
        "gan": partial(gan.measured_gan, models=models),
        "stacked": partial(stacked.run_stacked, models=models),
    }


def difference(stored: Record, new: Record) -> str:
    """Return how two records of the same settings differ, "" if they do not.

    On the same kind of processor nothing may; elsewhere the first steps must be the same to TOLERANCE.
    """
    name = run_name(stored.settings)
    if stored.provenance.get("processor") == new.provenance["processor"]:
        parts = []
        for part in ("columns", "summary"):
            before, now = getattr(stored, part), getattr(new, part)
            # the kept GAN is measured once more after its run, and what is said of it then is not made here
            if {key: before.get(key) for key in now} != now:
                parts.append(part)
        return f"{name}: {' and '.join(parts)} differ" if parts else ""
    steps = FIRST_STEPS.get(kind_of(stored), 0)
    columns = [key for key, now in new.columns.items() if not near(stored.columns.get(key), now, steps)]
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
