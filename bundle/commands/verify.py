"""Derive the committed results again and compare: records, models, figures, report, and runs trained anew.

python -m bundle.commands.verify [--minutes 5]

What was found is printed and written to results/verification.json; the status is 1 where something fails.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bundle.commands.binding import README
from bundle.commands.ending import run_command
from bundle.study import fingerprint
from bundle.study.artefacts import says_the_same
from bundle.study.layout import NOTEBOOKS, STAGES, Output
from bundle.study.provenance import processor
from bundle.study.records import Record
from bundle.study.store import Store, run_name
from bundle.study.study import on_one_thread
from bundle.study.workers import workers
from lib.files import write_atomically

WRITTEN_INTO = (*(f"{name}.ipynb" for name in NOTEBOOKS), str(README))  # what stands there is kept in part
PICTURES = tuple(f"{folder}/" for stage in STAGES for folder in stage.makes if folder != "models")
MADE = ("figures/", *PICTURES, "report/report.pdf", "report/supplement.pdf", *WRITTEN_INTO)
COPY = Path("build", "verify")  # of the checkout, anew each time
TOLERANCE = 1e-3  # of the first step of a training, on another kind of processor


class Row(NamedTuple):
    """One check, a row of the table: what was looked at, how much of it holds, and what does not."""

    what: str
    looked_at: int
    hold: int
    problems: list[str]


def row_of(what: str, results: Sequence[str]) -> Row:
    """Return the row of checks that each gave in words what is wrong, or an empty text."""
    counts = Counter(results)
    hold = counts.pop("", 0)
    problems = [text if count == 1 else f"{count} times: {text}" for text, count in counts.items()]
    return Row(what, len(results), hold, problems)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; raise ValueError where something does not hold."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m bundle.commands.verify", description=about)
    parser.add_argument("--minutes", type=float, default=5, help="for runs trained again, or inf; default 5")
    options = parser.parse_args(arguments)
    records_row, stored = whole_records(sorted(Path("results").glob("*/*.jsonl")))
    rows = [records_row, by_this_code(stored), models()]
    if any(row.problems for row in rows):  # a report would make them again, in hours
        rows.append(row_of("figures, notebooks and PDF: not derived from such results", []))
    else:
        rows.append(derived_again(COPY))
    rows += trained_again(stored, seconds=60 * options.minutes)
    for row in rows:
        print(f"{row.hold:5} of {row.looked_at:<5} {row.what}")
        for problem in row.problems:
            print(f"              {problem}")
    summary = {"processor": processor(), "found": [row._asdict() for row in rows]}
    write_atomically(Path("results", "verification.json"), (json.dumps(summary, indent=1) + "\n").encode())
    n_problems = sum(len(row.problems) for row in rows)
    if n_problems:
        raise ValueError(f"{n_problems} things do not hold")
    print("everything holds")


def whole_records(paths: Iterable[Path]) -> tuple[Row, list[Record]]:
    """Read files of runs; each line must be whole. Return also the runs that are, each once."""
    runs: dict[str, Record] = {}
    results = []
    for path in paths:
        store = Store(path)
        results += [""] * len(store.runs) + store.damaged
        runs.update(store.runs)
    return row_of("records whole, as their runs wrote them", results), list(runs.values())


def by_this_code(stored: Sequence[Record]) -> Row:
    """Compare the code that each record names with the code that stands here."""
    identities = {kind: fingerprint.identity(run) for kind, run in runs().items()}
    results = [fingerprint.differences(record.identity, identities[kind_of(record)]) for record in stored]
    return row_of("records by the code that stands here", results)


def kind_of(record: Record) -> str:
    return record.settings.get("run", "palindromes")


def models() -> Row:
    """Load the models; their weights must be those that their JSON names, made by the code that is here."""
    from bundle.experiments import digit_classifier, gan
    from lib.evaluation.classifier import Classifier
    from lib.gan.networks import Generator
    from lib.weights import about_network, load_network

    folder = Output(Path()).models
    names = sorted(path.stem for path in folder.glob("*.json"))
    results = []
    for name in names:
        is_classifier = name == "classifier"
        network = Classifier if is_classifier else Generator
        run = digit_classifier.run_classifier if is_classifier else gan.run_gan
        try:
            load_network(network, folder, name)
            identity = about_network(folder, name).get("identity", {})
        except (OSError, ValueError) as error:
            results.append(str(error))
        else:
            why = fingerprint.differences(identity, fingerprint.identity(run))
            results.append(f"{name}: {why}" if why else "")
    return row_of("models whole, by the code that stands here", results)


def derived_again(folder: Path) -> Row:
    """Make figures, pictures, notebooks and PDF again in a copy of the checkout without them, and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    git = subprocess.run(["git", "ls-files"], capture_output=True, encoding="utf-8", check=True)
    names = git.stdout.splitlines()
    outputs = [name for name in names if name.startswith(MADE) and not name.endswith(".json")]
    for name in names:
        if Path(name).is_file() and (name not in outputs or name in WRITTEN_INTO):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    environment = {
        **os.environ,
        "MNIST_ROOT": str(Path(os.environ.get("MNIST_ROOT") or "data").resolve()),
        "PYTHONPATH": ".",
        "GIT_CEILING_DIRECTORIES": str(folder.parent.resolve()),
    }
    command = [sys.executable, "-m", "bundle.commands.report", "profiles/committed.yaml"]
    where = {"cwd": folder, "env": environment}
    report = subprocess.run(command, **where, capture_output=True, encoding="utf-8", check=False)
    results = ["" if alike(Path(name), folder / name) else f"{name} differs" for name in outputs]
    if report.returncode:
        results = [report.stderr.strip()]
    return row_of("figures, notebooks and PDF derived again", results)


def alike(path: Path, other: Path) -> bool:
    """Return whether two files say the same, see `bundle.study.artefacts`."""
    both_exist = path.is_file() and other.is_file()
    return both_exist and says_the_same(path.read_bytes(), other.read_bytes(), suffix=path.suffix)


def trained_again(stored: Sequence[Record], *, seconds: float) -> Iterator[Row]:
    """Train a sample of the runs of each kind again, drawn by a fixed seed, for about so many seconds."""
    shuffled = random.Random(0).sample(stored, len(stored))
    with workers() as executor:
        for kind, run in runs().items():
            records = [record for record in shuffled if kind_of(record) == kind]
            sample, budget = [], seconds / len(runs())
            for record in records:
                cost = record.provenance.get("seconds", 0)
                if cost < budget:
                    sample.append(record)
                    budget -= cost
            futures = [executor.submit(on_one_thread, run, record.settings, {}) for record in sample]
            outcomes = [future.result() for future in futures]
            results = [difference(*pair) for pair in zip(sample, outcomes, strict=True)]
            yield row_of(f"{kind} runs trained again, of {len(records)}", results)


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

    On the same kind of processor, or of GPU, nothing may; elsewhere the first step of a training must be the
    same to TOLERANCE, and of what is no training nothing is asked.
    """
    name = run_name(stored.settings)
    if all(stored.provenance.get(name) == new.provenance[name] for name in ("processor", "device")):
        parts = []
        for part in ("columns", "summary"):
            before, now = getattr(stored, part), getattr(new, part)
            # the kept GAN is measured once more after its run, and what is said of it then is not made here
            if {key: before.get(key) for key in now} != now:
                parts.append(part)
        return f"{name}: {' and '.join(parts)} differ" if parts else ""
    if kind_of(stored) not in ("palindromes", "gan"):
        return ""
    for column, values in new.columns.items():
        before, now = stored.columns.get(column, [])[:1], values[:1]
        if len(before) != len(now) or not np.allclose(before, now, rtol=0, atol=TOLERANCE):
            return f"{name}: the first of {column} differs"
    return ""


if __name__ == "__main__":
    run_command(main)
