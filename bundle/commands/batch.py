"""Run a notebook with papermill for every combination of some parameters, on cores or on a cluster.

python -m bundle.commands.batch part1.ipynb --grid seed=0:10 --grid 'seq_lengths=[5],[10]' --grid num_seeds=1

The executed notebooks, their figures and results, and one table of all results land below build/batch/.
Killed and started again with the same command, it goes on.
"""

import argparse
import csv
import io
import itertools
import os
import re
import sys
import time
from pathlib import Path

import yaml

from bundle.commands.execute import execute, sources
from bundle.pages.notebook import progress
from bundle.runs import records
from bundle.runs.outcome import Outcome
from bundle.runs.study import StudyError, study
from bundle.runs.workers import workers
from lib.files import write_atomically


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Raises:
        ValueError: the notebook or a grid makes no sense.
        StudyError: some combinations failed; the others are done.
    """
    parser = argparse.ArgumentParser(
        prog="python -m bundle.commands.batch", description=__doc__.splitlines()[0]
    )
    parser.add_argument("notebook", type=Path)
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="values of a parameter: 3,5,10 or 0:10 (0 to 9) or [3],[5]; all grids are crossed",
    )
    parser.add_argument(
        "--scheduler", default="", help="address of a Dask scheduler; without it, this machine"
    )
    parser.add_argument("--processes", type=int, help="at most so many notebooks at a time on this machine")
    parser.add_argument("--output", type=Path, default=Path("build", "batch"), help="default build/batch")
    options = parser.parse_args(arguments)
    if not options.notebook.is_file():
        raise ValueError(f"{options.notebook} does not exist; name one of the notebooks")

    name = options.notebook.stem
    folder = options.output / name
    digest = sources(options.notebook)[:12]
    combinations = crossed(options.grid)
    settings = [
        {"notebook": str(options.notebook), "sources": digest, "folder": str(folder), **combination}
        for combination in combinations
    ]
    print(f"{len(settings)} combinations of {name}", flush=True)
    failure = None
    with (
        workers(options.scheduler, limit=options.processes) as executor,
        progress(f"{name}, {len(settings)} combinations", total=len(settings)) as bar,
    ):
        try:
            _, ran = study(run, settings, directory=folder / "done", executor=executor, progress=bar.update)
            print(f"{ran} executed now, {len(settings) - ran} were done before.")
        except StudyError as error:
            failure = error
    table = folder / "results.csv"
    write_atomically(table, tabulated(settings, folder / "done").encode())
    print(f"The table of results is {table}, the notebooks are beside it.")
    if failure:
        raise failure


def crossed(grids: list[str]) -> list[dict]:
    """Return every combination of the grids, "name=3,5" or "name=0:10", as dicts.

    Raises:
        ValueError: a grid is not of that form, has no values, or names a parameter again.
    """
    axes: dict[str, list] = {}
    for grid in grids:
        name, equals, text = grid.partition("=")
        span = re.fullmatch(r"(\d+):(\d+)", text)
        try:
            values = list(range(int(span[1]), int(span[2]))) if span else yaml.safe_load(f"[{text}]")
        except yaml.YAMLError:
            values = []
        if not (name.isidentifier() and equals and values) or name in axes:
            raise ValueError(
                f"--grid {grid} must be NAME=VALUES, each name once: seed=0:10 or batch_size=64,128"
            )
        axes[name] = values
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def run(settings: dict) -> Outcome:
    """Execute the notebook under these settings; return what it left in its results/NAME.json."""
    began = time.perf_counter()
    parameters = {k: v for k, v in settings.items() if k not in ("notebook", "sources", "folder")}
    name = Path(settings["notebook"]).stem
    output = Path(settings["folder"], slug(parameters))
    os.environ["STUDY_PROCESSES"] = os.environ["OMP_NUM_THREADS"] = (
        "1"  # the cores are busy with other notebooks
    )
    execute(
        Path(settings["notebook"]),
        output / f"{name}.ipynb",
        parameters | {"output_dir": str(output)},
        echo=False,
    )
    summary = yaml.safe_load((output / "results" / f"{name}.json").read_text())
    return Outcome({}, summary, time.perf_counter() - began)


def slug(parameters: dict) -> str:
    """Return a folder name that a person can read and that is one for these parameters alone."""
    words = "-".join(f"{name}-{value}" for name, value in parameters.items())
    return re.sub(r"[^\w.-]+", "-", words)[:80].strip("-") + "-" + records.key(parameters)[:6]


def tabulated(settings: list[dict], done: Path) -> str:
    """Return the combinations and their results as CSV: a row each, empty where a run failed."""
    found = [records.find(one, done) for one in settings]
    parameters = [name for name in settings[0] if name not in ("notebook", "sources", "folder")]
    columns = dict.fromkeys(name for record in found if record for name in record.summary)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*parameters, *columns])
    for one, record in zip(settings, found, strict=True):
        results = [record.summary.get(name, "") for name in columns] if record else [""] * len(columns)
        writer.writerow([*(one[name] for name in parameters), *results])
    return text.getvalue()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, StudyError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; what is done is stored, and the same command goes on")
