"""Give the stored results of Task 2 the settings that are left, and the names that follow from them.

python convert_task2.py [FOLDER]    the checkout to convert, by default this one

Each setting that is dropped had the value that all trainings have now. To be removed once it has run.
"""

import json
import sys
from pathlib import Path

import nbformat

from bundle.layout import Output
from bundle.original import checkpoint_batches
from bundle.pages.parameters import parameters_of
from bundle.runs import gan, records, variants
from lib.files import read_sealed, sealed, write_atomically
from lib.gan.settings import GanSettings

DROPPED = {"packing": 1, "bfloat16": False, "loss": "minimax", "discriminator_decay_from": 1.0}
TRAINED = ("gan", "generator", "stacked")  # kinds of runs that have settings of a training
RECIPES = {"ours", *variants.GAN_ABLATION}


def kept(settings: dict) -> dict:
    """Return settings without what is dropped; AssertionError where a value is another than today's."""
    for name, value in DROPPED.items():
        found = settings.get(name, value)
        assert found == value, (name, found)
    return {name: value for name, value in settings.items() if name not in DROPPED}


def convert_record(path: Path) -> None:
    """Write a record under its new name, with the grids beside it, and remove the old files."""
    record = records.load(path)
    if record.settings.get("run") not in TRAINED:
        assert not DROPPED.keys() & record.settings.keys(), path
        return
    record.settings = kept(record.settings)
    new = records.save(record, path.parent)
    assert records.load(new) == record
    if new == path:
        return
    path.unlink()
    grids = path.with_suffix(".npz")
    if grids.exists():
        grids.rename(new.with_suffix(".npz"))


def convert_model(path: Path) -> None:
    """Write what is said of the generator again, without the settings that are dropped."""
    said = read_sealed(path)
    said["settings"] = kept(said["settings"])
    text = json.dumps(sealed(said), indent=2) + "\n"
    write_atomically(path, text.encode())


def convert_benchmark(path: Path) -> None:
    """Leave out what a batch costs of recipes that are gone."""
    said, part = read_sealed(path), "cost of a batch over ours"
    said[part] = {name: cost for name, cost in said[part].items() if name in RECIPES}
    text = json.dumps(sealed(said), indent=1) + "\n"
    write_atomically(path, text.encode())


def expected(root: Path) -> set[Path]:
    """Return the records that the parameters of task2.ipynb ask for."""
    cells = nbformat.read(root / "task2.ipynb", as_version=4).cells
    parameters = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    space: dict = {}
    exec(parameters, space)
    output, digest = Output(root), read_sealed(root / "models" / "generator.json")
    training = GanSettings(**parameters_of(GanSettings, space), channels=1)
    run = gan.GanRun(
        training=training,
        judge=digest["settings"]["judge"],
        checkpoints=checkpoint_batches(space["batches"]),
        **parameters_of(gan.GanRun, space),
    )
    assert run.described() == digest["settings"]
    compared = variants.checked(run, **parameters_of(variants.Comparisons, space), output=output)
    results = output.results("task2")
    paths = {records.path_of(run.described(), results)}
    for study in compared.runs(run, generator=digest["weights"]).values():
        for group in study["settings"].values():
            paths |= {records.path_of(settings, results / study["below"]) for settings in group}
    return paths


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    stored = root / "results"
    for path in sorted([*stored.glob("task2/**/*.json"), *stored.glob("task3/**/*.json")]):
        convert_record(path)
    convert_model(root / "models" / "generator.json")
    convert_benchmark(stored / "bench-gan.json")
    there, asked = set(stored.glob("task2/**/*.json")), expected(root)
    for path in there:
        assert records.path_of(records.load(path).settings, path.parent) == path
    print(f"{len(there)} records, {len(asked)} asked for")
    print(f"missing: {sorted(map(str, asked - there))}")
    print(f"left over: {sorted(map(str, there - asked))}")


if __name__ == "__main__":
    main()
