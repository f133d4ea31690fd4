"""Lines of JSON, one for a run: read, checked, appended, put in order."""

import json
import os
from pathlib import Path

from lib.files import digest, sealed

PARTS = ("settings", "columns", "summary", "seconds", "fingerprint")


def read_lines(path: Path) -> tuple[list[dict], list[str]]:
    """Return the whole lines of a file, and in words which are damaged.

    The last one is damaged if the process that wrote it was killed.
    """
    if not path.exists():
        return [], []
    try:
        data = path.read_bytes()
    except OSError as error:
        return [], [f"{path} is damaged or edited ({type(error).__name__}: {error})"]
    if not data:
        return [], [f"{path} is damaged or edited (it is empty)"]
    lines, problems = [], []
    for number, text in enumerate(data.splitlines(), start=1):
        try:
            lines.append(unsealed(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            problems.append(f"{path}, line {number} is damaged or edited ({why})")
    return lines, problems


def unsealed(text: bytes) -> dict:
    """Return what a line says; raises ValueError, TypeError, KeyError or AttributeError if it is damaged."""
    line = json.loads(text.decode())
    if line.pop("contents") != digest(line):
        raise ValueError("its contents do not match their digest")
    if set(line) != set(PARTS):
        raise ValueError(f"it has {', '.join(line)}; a run has {', '.join(PARTS)}")
    return line


def text_of(line: dict) -> bytes:
    """Return a line as it stands in the file."""
    return (json.dumps(sealed(line), allow_nan=False) + "\n").encode()


def append_line(path: Path, line: bytes) -> None:
    """Write a line at the end of a file, on a line of its own whatever stands there, and flush it to disk.

    Where the disk is full, the file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            line = line if file.read(1) == b"\n" else b"\n" + line
        try:
            while line:
                line = line[file.write(line) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def place(line: dict) -> list[tuple[str, str, object]]:
    """Return what lines are sorted by: their settings, name by name, numbers as numbers."""
    settings = sorted(line["settings"].items())
    return [(name, type(value).__name__, "" if value is None else value) for name, value in settings]
