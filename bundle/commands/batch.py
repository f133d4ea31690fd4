"""Run a notebook with papermill for every combination of some parameters, on cores or on a cluster.

python -m bundle.commands.batch part1.ipynb --grid seed=0:10 --grid 'seq_lengths=[5],[10]' --grid num_seeds=1

The executed notebooks, their figures and results, and one table of all results land below build/batch/.
Killed and started again with the same command, it goes on.
"""

import argparse
import csv
import io
import itertools
import json
import os
import re
import time
from pathlib import Path

import yaml

from bundle.commands.ending import ended
from bundle.commands.execute import execute, sources
from bundle.notebook.page import progress
from bundle.study import fingerprint
from bundle.study.layout import check_writable
from bundle.study.outcome import Outcome
from bundle.study.records import key
from bundle.study.store import Store, find
from bundle.study.study import study
from bundle.study.workers import workers
from lib.files import write_atomically

OURS = ("notebook", "sources", "code", "folder")  # settings of a run that are no parameters of its notebook


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Raises:
        ValueError: the notebook or a grid makes no sense.
        StudyError: some combinations failed; the others are done.
    """
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m bundle.commands.batch", description=about)
    add = parser.add_argument
    add("notebook", type=Path)
    values = "values of a parameter: 3,5,10 or 0:10 (0 to 9) or [3],[5]; all grids are crossed"
    add("--grid", action="append", default=[], metavar="NAME=VALUES", help=values)
    add("--scheduler", default="", help="address of a Dask scheduler; without it, this machine")
    add("--processes", type=int, help="at most so many notebooks at a time on this machine")
    add("--output", type=Path, default=Path("build", "batch"), help="default build/batch")
    options = parser.parse_args(arguments)
    if not options.notebook.is_file():
        raise ValueError(f"{options.notebook} does not exist; name one of the notebooks")
    check_writable(options.output, "name another folder with --output")
    folder = options.output / options.notebook.stem
    made_from = sources(options.notebook)[:12], fingerprint.digest_all(fingerprint.sources())[:12]
    ours = (str(options.notebook), *made_from, str(folder))
    settings = [dict(zip(OURS, ours, strict=True)) | combination for combination in crossed(options.grid)]
    title = f"{len(settings)} combinations of {options.notebook.stem}"
    print(title, flush=True)
    with workers(options.scheduler, limit=options.processes) as executor:
        try:
            with progress(title) as report_progress:
                where = {"directory": folder, "file": "done"}
                reasons = study(run, settings, **where, executor=executor, progress=report_progress).made
            count = reasons.total()
            print(f"{count} executed now, {len(settings) - count} were done before.")
        finally:
            table = tabulated(settings, Store(folder / "done.jsonl"))
            write_atomically(folder / "results.csv", table.encode())
            print(f"The table of results is {folder / 'results.csv'}, the notebooks are beside it.")


def crossed(grids: list[str]) -> list[dict]:
    """Return every combination of the grids, "name=3,5" or "name=0:10", as dicts.

    Raises:
        ValueError: a grid is not of that form, has no values, or names a parameter again.
    """
    axes: dict[str, list] = {}
    for grid in grids:
        name, _, text = grid.partition("=")
        span = re.fullmatch(r"(\d+):(\d+)", text)
        try:
            values = list(range(int(span[1]), int(span[2]))) if span else yaml.safe_load(f"[{text}]")
        except yaml.YAMLError:
            values = []
        if not (name.isidentifier() and values) or name in axes:
            form = "NAME=VALUES, each name once: seed=0:10 or batch_size=64,128"
            raise ValueError(f"--grid {grid} must be {form}")
        axes[name] = values
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def run(settings: dict) -> Outcome:
    """Execute the notebook under these settings; return what it left in its results/NAME.json."""
    began = time.perf_counter()
    parameters = {name: value for name, value in settings.items() if name not in OURS}
    notebook = Path(settings["notebook"])
    output = Path(settings["folder"], slug(parameters))
    os.environ |= {"STUDY_PROCESSES": "1", "OMP_NUM_THREADS": "1"}  # other notebooks have the other cores
    execute(notebook, output / notebook.name, parameters | {"output_dir": str(output)}, echo=False)
    summary = json.loads((output / "results" / f"{notebook.stem}.json").read_text(encoding="utf-8"))
    return Outcome({}, summary, time.perf_counter() - began)


def slug(parameters: dict) -> str:
    """Return a folder name that a person can read and that is one for these parameters alone."""
    words = "-".join(f"{name}-{value}" for name, value in parameters.items())
    return re.sub(r"[^\w.-]+", "-", words)[:80].strip("-") + "-" + key(parameters)[:6]


def tabulated(settings: list[dict], done: Store) -> str:
    """Return the combinations and their results as CSV: a row each, empty where a run failed."""
    identity = fingerprint.identity(run)
    records = [find(combination, done, identity=identity)[0] for combination in settings]
    parameters = [name for name in settings[0] if name not in OURS]
    columns = dict.fromkeys(name for record in records if record for name in record.summary)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*parameters, *columns])
    for combination, record in zip(settings, records, strict=True):
        summary = record.summary if record else {}
        values = [combination[name] for name in parameters]
        writer.writerow([*values, *(summary.get(name, "") for name in columns)])
    return text.getvalue()


if __name__ == "__main__":
    ended(main)
