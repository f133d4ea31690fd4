"""What a run leaves behind: one JSON file, found again by its settings."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lib.files import write_atomically


@dataclass
class Record:
    """One finished run."""

    settings: dict  # everything that decides the result, as flat JSON values; the seed is one of them
    columns: dict = field(default_factory=dict)  # series of numbers by name, per step or per checkpoint
    summary: dict = field(default_factory=dict)  # single numbers and short texts
    provenance: dict = field(default_factory=dict)  # versions, device, seconds, ...: it decides no result


def key(settings: dict) -> str:
    """Return twelve hexadecimal digits that stand for the settings, whatever their order."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def path_of(settings: dict, directory: Path) -> Path:
    """Return where the record of these settings lives: readable words, then the key."""
    words = [settings.get(name) for name in ("run", "cell", "recipe", "seq_length", "batches", "seed")]
    slug = "-".join(re.sub(r"[^A-Za-z0-9]+", "-", str(word)) for word in words if word is not None)
    return Path(directory, f"{slug}-{key(settings)}.json".lstrip("-"))


def save(record: Record, directory: Path) -> Path:
    """Write the record atomically and return its path."""
    path = path_of(record.settings, directory)
    lines = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in asdict(record).items()]
    write_atomically(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return path


def find(settings: dict, directory: Path) -> Record | None:
    """Return the stored record of exactly these settings, or None.

    Raises ValueError if the file is there but is not a record (cut short, or edited by hand).
    """
    path = path_of(settings, directory)
    if not path.exists():
        return None
    try:
        record = Record(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a whole record ({error}); delete it to run it again") from None
    return record if record.settings == settings else None


def benchmark(name: str, part: str) -> dict:
    """Return a part of what `make bench` left in results/bench-NAME.json; {} if it is not there."""
    path = Path(__file__).parents[2] / "results" / f"bench-{name}.json"
    return json.loads(path.read_text()).get(part, {}) if path.exists() else {}


def grouped(records: Sequence[Record], *names: str) -> dict[tuple, list[Record]]:
    """Group records by the values of these settings, in the order in which they first appear."""
    groups: dict[tuple, list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.settings[name] for name in names), []).append(record)
    return groups


def matching(records: Sequence[Record], **settings) -> list[Record]:
    """Return the records with these settings."""
    return [r for r in records if all(r.settings[name] == value for name, value in settings.items())]
