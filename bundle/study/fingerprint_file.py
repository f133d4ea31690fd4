"""What stored runs were made by, spelled out once: fingerprints.json, beside the runs that name one."""

import json
import re
from pathlib import Path

from lib.files import digest, write_atomically

FILE = "fingerprints.json"
NAMED = re.compile(rb'"fingerprint": "(\w+)"')  # in a line of runs


def read_fingerprints(folder: Path) -> dict[str, dict]:
    """Return what made the runs of a folder, by fingerprint; each has `identity` and `provenance`.

    Raises ValueError with the way out if the file is damaged or edited.
    """
    path = Path(folder, FILE)
    if not path.exists():
        return {}
    try:
        made_by = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name, entry in made_by.items() if digest(entry) != name]
    except (ValueError, OSError, AttributeError, TypeError) as error:
        raise ValueError(damage(path, f"{type(error).__name__}: {error}")) from None
    if other:
        raise ValueError(damage(path, f"{other[0]} is not the digest of what it stands for"))
    return made_by


def damage(path: Path, why: str) -> str:
    """Return the message of a damaged file; it stands for hours of runs, which are not made again unasked."""
    way_out = f"bring it back (git checkout {path}), or remove it with the runs beside it to make them again"
    return f"{path} is damaged or edited ({why}); {way_out}"


def write_fingerprints(folder: Path, made_by: dict[str, dict]) -> None:
    """Write what made the runs of a folder, a line each, sorted."""
    lines = [f"{json.dumps(name)}: {json.dumps(made_by[name])}" for name in sorted(made_by)]
    write_atomically(Path(folder, FILE), ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def drop_fingerprints(folder: Path) -> None:
    """Drop fingerprints that no run of a folder names any more."""
    made_by = read_fingerprints(folder)
    used: set[str] = set()
    for path in Path(folder).glob("*.jsonl"):
        if path.is_file():
            used.update(name.decode() for name in NAMED.findall(path.read_bytes()))
    remaining = {name: made_by[name] for name in made_by if name in used}
    if remaining != made_by:
        write_fingerprints(folder, remaining)
