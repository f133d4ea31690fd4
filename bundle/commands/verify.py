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
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bundle.commands.ending import run_command
from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.gan import measured_gan, run_gan
from bundle.experiments.palindromes import run_inside, run_palindromes
from bundle.experiments.stacked import run_stacked
from bundle.experiments.two_sample_tests import run_two_sample_test
from bundle.experiments.walks import walks_of
from bundle.study import fingerprint
from bundle.study.layout import Output
from bundle.study.provenance import processor
from bundle.study.records import Record
from bundle.study.store import Store, run_name
from bundle.study.study import on_one_thread
from bundle.study.workers import workers
from lib.evaluation.classifier import Classifier
from lib.files import write_atomically
from lib.gan.networks import Generator
from lib.weights import about_network, load_network

MADE = ("*.ipynb", "*.png", "*.gif", "*.pdf")  # by the report, of what is committed; beside their values
FOUND = Path("results", "verification.json")
CLONE = Path("build", "verify")  # of the checkout, anew each time
TOLERANCE = 1e-3  # of the first step of a training, on another kind of processor
MODELS = Output(Path()).models
RUNS = {  # what makes the outcome of each kind of record's settings
    "palindromes": run_palindromes,
    "inside": run_inside,
    "two-sample-test": partial(run_two_sample_test, models=MODELS),
    "walks": partial(walks_of, models=MODELS),
    "gan": partial(measured_gan, models=MODELS),
    "stacked": partial(run_stacked, models=MODELS),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; raise ValueError where something does not hold."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m bundle.commands.verify", description=about)
    parser.add_argument("--minutes", type=float, default=5, help="for runs trained again, or inf; default 5")
    options = parser.parse_args(arguments)
    records_row, stored = whole_records(sorted(Path("results").glob("*/*.jsonl")))
    rows = [records_row, by_this_code(stored), models()]
    if any(row["problems"] for row in rows):  # a report would make them again, in hours
        rows.append(row_of("figures, notebooks and PDF: not derived from such results", []))
    else:
        rows.append(derived_again(CLONE))
    rows += trained_again(stored, seconds=60 * options.minutes)
    for row in rows:
        print(f"{row['hold']:5} of {row['looked_at']:<5} {row['what']}")
        for problem in row["problems"]:
            print(f"              {problem}")
    summary = {"processor": processor(), "found": rows}
    write_atomically(FOUND, (json.dumps(summary, indent=1) + "\n").encode())
    n_problems = sum(len(row["problems"]) for row in rows)
    if n_problems:
        raise ValueError(f"{n_problems} things do not hold")
    print("everything holds")


def row_of(what: str, results: Sequence[str]) -> dict:
    """Return a row of the table, of checks that each gave in words what is wrong, or an empty text."""
    counts = Counter(results)
    hold = counts.pop("", 0)
    problems = [text if count == 1 else f"{count} times: {text}" for text, count in counts.items()]
    return {"what": what, "looked_at": len(results), "hold": hold, "problems": problems}


def whole_records(paths: Iterable[Path]) -> tuple[dict, list[Record]]:
    """Read files of runs; each line must be whole. Return also the runs that are, each once."""
    runs: dict[str, Record] = {}
    results = []
    for path in paths:
        store = Store(path)
        results += [""] * len(store.runs) + store.damaged
        runs.update(store.runs)
    return row_of("records whole, as their runs wrote them", results), list(runs.values())


def by_this_code(stored: Sequence[Record]) -> dict:
    """Compare the code that each record names with the code that stands here."""
    identities = {kind: fingerprint.identity(run) for kind, run in RUNS.items()}
    results = [fingerprint.differences(record.identity, identities[kind_of(record)]) for record in stored]
    return row_of("records by the code that stands here", results)


def kind_of(record: Record) -> str:
    return record.settings.get("run", "palindromes")


def models() -> dict:
    """Load the models; their weights must be those that their JSON names, made by the code that is here."""
    results = [model_problem(path.stem) for path in sorted(MODELS.glob("*.json"))]
    return row_of("models whole, by the code that stands here", results)


def model_problem(name: str) -> str:
    """Return in words what is wrong with a model, "" if nothing is."""
    network, run = (Classifier, run_classifier) if name == "classifier" else (Generator, run_gan)
    try:
        load_network(network, MODELS, name)
    except (OSError, ValueError) as error:
        return str(error)
    made_by = about_network(MODELS, name).get("identity", {})
    why = fingerprint.differences(made_by, fingerprint.identity(run))
    return f"{name}: {why}" if why else ""


def derived_again(clone: Path) -> dict:
    """Make figures, pictures, notebooks and PDFs again in a clone of the checkout; none may change there.

    What is not committed is not in the clone, and so a problem. What says the same on another kind of
    processor is not written anew, but gets a new time: see `bundle.study.artefacts`.
    """
    what = "figures, notebooks and PDF derived again"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", ".", clone], check=True)
    started = time.time()
    data = Path(os.environ.get("MNIST_ROOT") or "data").resolve()
    environment = {**os.environ, "MNIST_ROOT": str(data), "PYTHONPATH": "."}
    command = [sys.executable, "-m", "bundle.commands.report", "profiles/committed.yaml"]
    report = subprocess.run(command, cwd=clone, env=environment, capture_output=True, encoding="utf-8")
    if report.returncode:
        return row_of(what, [report.stderr.strip()])
    changed = [line[3:] for line in git_lines(clone, "status", "--porcelain")]
    results = [f"{name} differs" for name in changed]
    uncommitted = git_lines(Path(), "status", "--porcelain", "--", f":!{FOUND}")
    results += [f"{line[3:]} is not committed, and was not looked at" for line in uncommitted]
    for name in git_lines(clone, "ls-files", *MADE):
        if name not in changed:
            was_made = (clone / name).stat().st_mtime >= started
            results.append("" if was_made else f"{name} was not made")
    return row_of(what, results)


def git_lines(folder: Path, *words: str) -> list[str]:
    """Return the lines that a git command prints in a folder."""
    process = subprocess.run(["git", *words], cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return process.stdout.splitlines()


def trained_again(stored: Sequence[Record], *, seconds: float) -> list[dict]:
    """Train a sample of the runs of each kind again, drawn by a fixed seed, for about so many seconds."""
    shuffled = random.Random(0).sample(stored, len(stored))
    rows = []
    with workers() as executor:
        for kind, run in RUNS.items():
            records = [record for record in shuffled if kind_of(record) == kind]
            sample, budget = [], seconds / len(RUNS)
            for record in records:
                cost = record.provenance.get("seconds", 0)
                if cost < budget:
                    sample.append(record)
                    budget -= cost
            futures = [executor.submit(on_one_thread, run, record.settings, {}) for record in sample]
            results = []
            for record, future in zip(sample, futures, strict=True):
                results.append(difference(record, future.result()))
            rows.append(row_of(f"{kind} runs trained again, of {len(records)}", results))
    return rows


def difference(stored: Record, new: Record) -> str:
    """Return how two records of the same settings differ, "" if they do not.

    On the same kind of processor, or of GPU, nothing may; elsewhere the first step of a training must be the
    same to TOLERANCE, and of what is no training nothing is asked.
    """
    name = run_name(stored.settings)
    if all(stored.provenance.get(key) == new.provenance[key] for key in ("processor", "device")):
        for part in ("columns", "summary"):
            before, now = getattr(stored, part), getattr(new, part)
            # the kept GAN is measured once more after its run, and what is said of it then is not made here
            if {key: before.get(key) for key in now} != now:
                return f"{name}: {part} differ"
        return ""
    if kind_of(stored) not in ("palindromes", "gan"):
        return ""
    for column, values in new.columns.items():
        before, now = stored.columns.get(column, [])[:1], values[:1]
        if len(before) != len(now) or not np.allclose(before, now, rtol=0, atol=TOLERANCE):
            return f"{name}: the first of {column} differs"
    return ""


if __name__ == "__main__":
    run_command(main)
