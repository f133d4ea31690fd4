"""The code that results depend on: its files, and one digest of them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUFFIXES = (".py", ".c")


def sources(*, without: tuple[str, ...] = ()) -> list[Path]:
    """Return the files of both packages in a fixed order, but for those below the folders `without`.

    `without` names folders or files from the root, "bundle/commands".
    """
    files = [p for folder in ("lib", "bundle") for p in (ROOT / folder).rglob("*") if p.suffix in SUFFIXES]
    return sorted(p for p in files if not any(p.is_relative_to(ROOT / left_out) for left_out in without))


def digest(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
