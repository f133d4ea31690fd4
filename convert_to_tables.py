"""Turn the stored runs, a JSON file each, into a file of JSON lines for each group; once, then removed.

python convert_to_tables.py [FOLDER]    the checkout to convert, by default this one

Old files are removed when all that they say has been read again from the new ones.
"""

import json
import sys
from pathlib import Path

from bundle.experiments.cache import GAN, WALKS
from bundle.notebook.part1 import part1_settings
from bundle.render.reading import declared_values
from bundle.study.fingerprint_file import drop_fingerprints
from bundle.study.records import Record, key
from bundle.study.store import Store, file_name
from lib.files import read_sealed

PARTS = ("settings", "columns", "summary", "provenance", "identity")
OTHERS = "others"  # the file of runs of Part 1 that its notebook does not ask for


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    results = root / "results"
    old = {path: Record(**read_sealed(path)) for path in sorted(results.glob("*/**/*.json")) if is_run(path)}
    new = planned(root, old)
    for path, records in new.items():
        Store(path).write(records)
    for folder in {path.parent for path in new}:
        drop_fingerprints(folder)
    if wrong := [str(path) for path, record in old.items() if not is_there(record, new)]:
        sys.exit(f"{len(wrong)} runs are not in the new files as they were, and nothing is removed: {wrong}")
    remove(results, old)
    for path, records in sorted(new.items()):
        print(f"{len(records):5} runs in {path}")
    print(f"{len(old)} files of runs are removed; {sum(p.is_file() for p in results.rglob('*'))} files left.")


def is_run(path: Path) -> bool:
    return path.name != "fingerprints.json"


def planned(root: Path, old: dict[Path, Record]) -> dict[Path, list[Record]]:
    """Return the runs of each new file; one that two groups ask for is in both."""
    asked = part1_settings(declared_values(root / "part1.ipynb"))
    groups = {name: {key(one) for one in settings} for name, settings in asked.items()}
    new: dict[Path, list[Record]] = {}
    for path, record in old.items():
        part, *below = path.relative_to(root / "results").parts[:-1]
        if below:
            names = [below[0]]
        elif part == "part1":
            names = [file_name(name) for name, keys in groups.items() if key(record.settings) in keys]
            names = names or [OTHERS]
        else:
            names = [Path({"task2": GAN, "task3": WALKS}[part]).stem]
        for name in names:
            new.setdefault(Path(root, "results", part, f"{name}.jsonl"), []).append(record)
    return new


def is_there(record: Record, new: dict[Path, list[Record]]) -> bool:
    """Return whether every new file that is to have a run has it with every value as it was."""
    places = [file for file, records in new.items() if any(one is record for one in records)]
    found = [READ.setdefault(file, Store(file)).having(record.settings) for file in places]
    return bool(places) and all(len(one) == 1 and said(one[0]) == said(record) for one in found)


READ: dict[Path, Store] = {}


def said(record: Record) -> list[str]:
    """Return all that a record says as text, each number to its last bit."""
    return [json.dumps(getattr(record, part), sort_keys=part == "provenance") for part in PARTS]


def remove(results: Path, old: dict[Path, Record]) -> None:
    """Remove the old files; states of generators that have not finished move to where they are looked for."""
    for path in old:
        path.unlink()
    for path in results.glob("part1/groups.txt"):
        path.unlink()
    for path in results.glob("*/*/*.ckpt*"):
        path.rename(path.parent.parent / path.name)
    for folder in results.glob("*/*"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    main()
