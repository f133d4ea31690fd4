"""Run a notebook with papermill for every combination of some parameters, on cores or on a cluster.

python -m bundle.commands.batch part1.ipynb --grid seed=0:10 --grid 'seq_lengths=[5],[10]' --grid num_seeds=1

The executed notebooks, their figures and results, and one table of all results land below build/batch/.
Killed and started again with the same command, it goes on.
"""

import argparse
import itertools
import json
import os
import re
import time
from pathlib import Path

import pandas as pd
import yaml

from bundle.commands.ending import run_command
from bundle.commands.execute import execute, notebook_digest
from bundle.notebook.page import progress
from bundle.study.fingerprint import code_files, digest_all, identity
from bundle.study.outcome import Outcome
from bundle.study.records import key
from bundle.study.store import Store, find
from bundle.study.study import study
from bundle.study.workers import workers

SHARED = ("notebook", "folder", "sources", "code")  # settings of a run that are no parameters of its notebook


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Raises:
        ValueError: the notebook or a grid makes no sense.
        StudyError: some combinations failed; the others are done.
    """
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m bundle.commands.batch", description=about)
    values = "values of a parameter: 3,5,10 or 0:10 (0 to 9) or [3],[5]; all grids are crossed"
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--grid", action="append", default=[], metavar="NAME=VALUES", help=values)
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler; else this machine")
    parser.add_argument("--output", type=Path, default=Path("build", "batch"), help="default build/batch")
    options = parser.parse_args(arguments)
    folder = options.output / options.notebook.stem
    shared = {
        "notebook": str(options.notebook),
        "folder": str(folder),
        "sources": notebook_digest(options.notebook)[:12],
        "code": digest_all(code_files())[:12],
    }
    settings = [{**shared, **parameters} for parameters in crossed(options.grid)]
    title = f"{len(settings)} combinations of {options.notebook.stem}"
    print(title, flush=True)
    with progress(title) as report_progress:
        try:
            made = study(
                run,
                {"done": settings},
                directory=folder,
                executor=workers(options.scheduler),
                progress=report_progress,
            ).made
        finally:
            write_table(settings, folder)
    print(f"{made.total()} executed now, {len(settings) - made.total()} were done before.")
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
    notebook, parameters = Path(settings["notebook"]), notebook_parameters(settings)
    words = "-".join(f"{name}-{value}" for name, value in parameters.items())
    folder_name = re.sub(r"[^\w.-]+", "-", words)[:80].strip("-") + "-" + key(parameters)[:6]
    output = Path(settings["folder"], folder_name)
    os.environ |= {"STUDY_PROCESSES": "1", "OMP_NUM_THREADS": "1"}  # other notebooks have the other cores
    execute(notebook, output / notebook.name, {**parameters, "output_dir": str(output)})
    summary = json.loads((output / "results" / f"{notebook.stem}.json").read_text(encoding="utf-8"))
    return Outcome({}, summary, time.perf_counter() - began)


def notebook_parameters(settings: dict) -> dict:
    return {name: value for name, value in settings.items() if name not in SHARED}


def write_table(settings: list[dict], folder: Path) -> None:
    """Write results.csv: a row for each combination, with its results, which are empty where it failed."""
    done, made_by = Store(folder / "done.jsonl"), identity(run)
    rows = []
    for combination in settings:
        record, _ = find(combination, done, identity=made_by)
        rows.append({**notebook_parameters(combination), **(record.summary if record else {})})
    table = pd.DataFrame(rows).convert_dtypes()
    table.to_csv(folder / "results.csv", index=False)


if __name__ == "__main__":
    run_command(main)
