"""What a run leaves behind: one JSON file, found again by its settings and used if this code made it."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bundle.runs.code import differences
from lib.files import digest, read_sealed, sealed, write_atomically

BENCHMARKS = Path(__file__).parents[2] / "results"


@dataclass
class Record:
    """One finished run."""

    settings: dict  # everything that decides the result, as flat JSON values; the seed is one of them
    columns: dict = field(default_factory=dict)  # series by name, one value a step, a checkpoint or a picture
    summary: dict = field(default_factory=dict)  # single numbers and short texts
    provenance: dict = field(default_factory=dict)  # versions, device, seconds, ...: it decides no result
    identity: dict = field(default_factory=dict)  # the code and packages that made it, see `code.identity`
    other_code: str = field(default="", compare=False)  # in words, how the code here differs; not stored


def key(settings: dict) -> str:
    """Return twelve hexadecimal digits that stand for the settings, whatever their order."""
    json.dumps(settings, allow_nan=False)  # raises ValueError for what JSON cannot tell apart
    return digest(settings)


def path_of(settings: dict, directory: Path) -> Path:
    """Return where the record of these settings lives: readable words, then the key."""
    words = [settings.get(name) for name in ("run", "cell", "recipe", "seq_length", "batches", "seed")]
    slug = "-".join(re.sub(r"[^A-Za-z0-9]+", "-", str(word)) for word in words if word is not None)
    return Path(directory, f"{slug}-{key(settings)}.json".lstrip("-"))


def save(record: Record, directory: Path) -> Path:
    """Write the record atomically, with a digest of its contents, and return its path."""
    path = path_of(record.settings, directory)
    parts = asdict(record)
    del parts["other_code"]
    whole = sealed(parts).items()
    lines = [f"{json.dumps(name)}: {json.dumps(part, allow_nan=False)}" for name, part in whole]
    write_atomically(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return path


def forget(state: Path) -> None:
    """Remove the state of a run that has finished, the one before it, and damaged ones."""
    for file in state.parent.glob(f"{state.name}*"):
        file.unlink()


def load(path: Path) -> Record:
    """Return the record in a file.

    Raises FileNotFoundError if it is missing, ValueError if it is no whole record: cut short, or edited.
    """
    parts = read_sealed(path)
    try:
        return Record(**parts)
    except TypeError as error:
        raise ValueError(f"{path} is no record ({error})") from None


def find(settings: dict, directory: Path, *, identity: dict) -> tuple[Record | None, str]:
    """Return the stored record of these settings, if there is one, and why it cannot be used: "" if it can.

    `identity` is what it must have been made by; $STALE = "show" takes what other code made all the same. A
    damaged record is as good as none.
    """
    path = path_of(settings, directory)
    try:
        record = load(path)
    except FileNotFoundError:
        return None, ""
    except ValueError as error:
        return None, str(error)
    if record.settings != settings:
        return None, f"{path} has other settings"
    record.other_code = differences(record.identity, identity)
    return record, "" if os.environ.get("STALE") == "show" else record.other_code


def benchmark(name: str, part: str) -> dict:
    """Return a part of what `make bench` left in results/bench-NAME.json; {}, and say so, if it is not there.

    Raises ValueError naming the file if it is damaged or edited.
    """
    path = BENCHMARKS / f"bench-{name}.json"
    if found := read_sealed(path).get(part) if path.exists() else None:
        return found
    print(f"{path.name} has no {part!r} to show; `make bench` measures it.")
    return {}


def grouped(records: Sequence[Record], *names: str) -> dict[tuple, list[Record]]:
    """Group records by the values of these settings, in the order in which they first appear."""
    groups: dict[tuple, list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.settings[name] for name in names), []).append(record)
    return groups


def matching(records: Sequence[Record], **settings) -> list[Record]:
    """Return the records with these settings."""
    return [r for r in records if all(r.settings[name] == value for name, value in settings.items())]
