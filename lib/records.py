"""What a run leaves behind: one JSON file, found again by its settings."""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Record:
    """One finished run.

    Attributes:
        settings: everything that decides the result, as flat JSON values; the seed is one of them.
        columns: series of numbers by name (per step, or per checkpoint).
        summary: single numbers and short texts.
        provenance: versions, device, threads, seconds, commit; it never decides the result.
    """

    settings: dict
    columns: dict = field(default_factory=dict)
    summary: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)


def key(settings: dict) -> str:
    """Return twelve hexadecimal digits that stand for the settings, whatever their order."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def path_of(settings: dict, directory: Path) -> Path:
    """Return where the record of these settings lives: readable words, then the key."""
    words = [settings.get(name) for name in ("cell", "recipe", "seq_length", "width", "batches", "seed")]
    slug = "-".join(re.sub(r"[^A-Za-z0-9]+", "-", str(word)) for word in words if word is not None)
    return Path(directory) / f"{slug}-{key(settings)}.json".lstrip("-")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a temporary neighbour, flushed, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save(record: Record, directory: Path) -> Path:
    """Write the record atomically and return its path."""
    path = path_of(record.settings, directory)
    lines = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in asdict(record).items()]
    write_atomically(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return path


def find(settings: dict, directory: Path) -> Record | None:
    """Return the stored record of exactly these settings, or None.

    Raises:
        ValueError: the file is there but is not a record (cut short, or edited by hand).
    """
    path = path_of(settings, directory)
    if not path.exists():
        return None
    try:
        record = Record(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a whole record ({error}); delete it to run it again") from None
    return record if record.settings == settings else None


def provenance(*, seconds: float, device: str, threads: int) -> dict:
    """Return where and with what a run was made; `seconds` is its wall time."""
    return {
        "seconds": round(seconds, 2),
        "device": device,
        "threads": threads,
        "machine": platform.machine(),
        "python": platform.python_version(),
        **versions(),
        "commit": commit(),
    }


@functools.cache
def versions() -> dict:
    """Return the versions of the packages that decide results and pictures."""
    return {name: importlib.metadata.version(name) for name in ("torch", "numpy", "matplotlib")}


@functools.cache
def commit() -> str:
    """Return the commit of this checkout, with "+" if files that git tracks have changed, or "unknown"."""
    command = ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"]
    ran = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "unknown"


def benchmark(name: str, part: str) -> dict:
    """Return a part of what `make bench` left in results/bench-NAME.json; {} if it is not there."""
    path = Path(__file__).parents[1] / "results" / f"bench-{name}.json"
    return json.loads(path.read_text()).get(part, {}) if path.exists() else {}
