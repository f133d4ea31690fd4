"""Stored runs: a file of JSON lines for each group of runs.

    results/part1/as-written.jsonl    a line a run: settings, columns, summary, seconds, fingerprint, contents
    results/part1/fingerprints.json   what a fingerprint stands for: code, packages, device, machine, commit

`pandas.read_json(path, lines=True)` opens such a file; `load` returns its runs, `table` makes a table of
them. "contents" is a digest of the rest of a line, so that damage and edits by hand show.

A run that has finished is appended at once. A study that has finished writes its files anew: sorted by
settings, one line for each, so that the same results give the same file. A folder has one writer, who holds
the lock of `writing`.
"""

import json
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd

from bundle.study.fingerprint import differences
from bundle.study.records import Record, key
from lib.files import alone, digest, sealed, write_atomically

DAMAGED = (ValueError, TypeError, KeyError, AttributeError)  # raised where JSON is not what was written


def writing(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a folder of runs; where another process has it, say so and wait."""
    return alone(Path(folder, ".lock"), f"making the runs of {folder}")


class Store:
    """The runs in one file: of runs with the same settings the last."""

    def __init__(self, path: Path):
        """Read a file, which need not be there.

        Raises ValueError with the way out if what made its runs is damaged.
        """
        self.path = Path(path)
        self.made_by = _read_fingerprints(self.path.parent)
        self.runs: dict[str, Record] = {}  # by the key of their settings
        self.damaged: list[str] = []  # in words, which lines are; the last one is if its writer was killed
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        for number, text in enumerate(lines, start=1):
            if not text:
                continue
            try:
                line = _unsealed(text)
            except DAMAGED:
                self.damaged.append(f"{self.path}, line {number} is damaged or edited")
            else:
                self._add(self._record(line))

    def append(self, record: Record) -> None:
        """Add a run that has finished, so that it survives whatever ends this process.

        It has a line of its own whatever stands before it. Raises OSError naming the file.
        """
        line = self._line(record)
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            with open(self.path, "ab") as file:
                file.write(b"\n" + line if size else line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:  # the disk is full; the error does not say which file it was
            os.truncate(self.path, size)
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self._add(record)

    def write(self, records: Sequence[Record]) -> None:
        """Write the file anew, sorted: these runs, and those of all other settings.

        Damaged lines go, and are said.
        """
        for words in self.damaged:
            print(f"{words}; it is left out, and its run made again if it is asked for")
        for record in records:
            self._add(record)
        data = b"".join(self._line(record) for record in sorted(self.runs.values(), key=_place))
        before = self.path.read_bytes() if self.path.exists() else b""
        if data != before:
            write_atomically(self.path, data)
            _drop_fingerprints(self.path.parent)

    def _add(self, record: Record) -> None:
        self.runs[key(record.settings)] = record

    def _line(self, record: Record) -> bytes:
        """Return the line of a run; what its fingerprint stands for is on disk before it."""
        provenance = {name: value for name, value in record.provenance.items() if name != "seconds"}
        made_by = {"identity": record.identity, "provenance": provenance}
        fingerprint = digest(made_by)
        if fingerprint not in self.made_by:
            self.made_by = _read_fingerprints(self.path.parent) | {fingerprint: made_by}
            _write_fingerprints(self.path.parent, self.made_by)
        line = {
            "settings": record.settings,
            "columns": record.columns,
            "summary": record.summary,
            "seconds": record.provenance.get("seconds"),
            "fingerprint": fingerprint,
        }
        return (json.dumps(sealed(line), allow_nan=False) + "\n").encode()

    def _record(self, line: dict) -> Record:
        made_by = self.made_by.get(line["fingerprint"])
        if made_by is None:
            raise ValueError(_lost(self.path.parent))
        provenance = {"seconds": line["seconds"]} | made_by["provenance"]
        return Record(line["settings"], line["columns"], line["summary"], provenance, made_by["identity"])


def _unsealed(text: bytes) -> dict:
    """Return what a line says; raises one of DAMAGED if it is not what was written."""
    line = json.loads(text.decode())
    if line.pop("contents") != digest(line):
        raise ValueError("its contents do not match their digest")
    return line


def _place(record: Record) -> list[tuple[str, str, object]]:
    """Return what runs are sorted by: their settings, name by name, numbers as numbers."""
    settings = sorted(record.settings.items())
    return [(name, type(value).__name__, "" if value is None else value) for name, value in settings]


def _read_fingerprints(folder: Path) -> dict[str, dict]:
    """Return what made the runs of a folder, by fingerprint; each has `identity` and `provenance`."""
    path = _fingerprints(folder)
    if not path.exists():
        return {}
    try:
        made_by = json.loads(path.read_text(encoding="utf-8"))
        whole = all(digest(entry) == name for name, entry in made_by.items())
    except (*DAMAGED, OSError):
        whole = False
    if not whole:
        raise ValueError(_lost(folder))
    return made_by


def _fingerprints(folder: Path) -> Path:
    return Path(folder, "fingerprints.json")


def _lost(folder: Path) -> str:
    """Return the message of damaged fingerprints; hours of runs are not made again for them unasked."""
    path = _fingerprints(folder)
    way_out = f"bring it back (git checkout {path}), or remove it with the runs beside it to make them again"
    return f"{path} is damaged or edited, or lacks what made a run; {way_out}"


def _write_fingerprints(folder: Path, made_by: dict[str, dict]) -> None:
    """Write what made the runs of a folder, a line each, sorted."""
    lines = [f"{json.dumps(name)}: {json.dumps(made_by[name])}" for name in sorted(made_by)]
    write_atomically(_fingerprints(folder), ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def _drop_fingerprints(folder: Path) -> None:
    """Drop fingerprints that no run of a folder names any more."""
    runs = b"".join(path.read_bytes() for path in folder.glob("*.jsonl"))
    made_by = _read_fingerprints(folder)
    used = {name: entry for name, entry in made_by.items() if f'"{name}"'.encode() in runs}
    _write_fingerprints(folder, used)


def find(settings: dict, *stores: Store, identity: dict, fresh: bool = False) -> tuple[Record | None, str]:
    """Return the run of these settings in any of the stores, and why there is none: "" if nothing is stored.

    `identity` is what it must have been made by. `fresh` takes none.
    """
    if fresh:
        return None, "fresh"
    why = ""
    for store in stores:
        record = store.runs.get(key(settings))
        if record:
            why = differences(record.identity, identity)
            if not why:
                return record, ""
    return None, why


def load(*paths: Path | str, settings: dict | None = None) -> list[Record]:
    """Return the runs in some files, each once, by default of all settings.

    Raises FileNotFoundError naming a file without any, ValueError naming a line that is damaged or edited.
    """
    runs = {}
    for path in paths:
        store = Store(path)
        if store.damaged:
            raise ValueError(store.damaged[0])
        found = {name: run for name, run in store.runs.items() if settings in (None, run.settings)}
        if not found:
            raise FileNotFoundError(f"{path} does not have such a run; the notebook whose run it is makes it")
        runs.update(found)
    return list(runs.values())


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Return a table of runs, one row each, in their order.

    It has a column for each setting (lists as tuples, by which a table can be grouped), for each series (as
    lists) and for each number of the summary, unless a series has its name. In `record` is the whole run:
    where the table came from can so be told of a figure that is drawn from it.
    """
    rows = []
    for run in records:
        row = dict(run.settings)
        for name, value in run.settings.items():
            if isinstance(value, list):
                row[name] = tuple(value)
        rows.append({**row, **run.summary, **run.columns, "record": run})
    return pd.DataFrame(rows)


def run_name(settings: dict) -> str:
    """Return a name for a run: readable words, then the key of its settings."""
    words = [settings.get(name) for name in ("run", "cell", "recipe", "seq_length", "batches", "seed")]
    parts = [file_name(str(word)) for word in words if word is not None]
    return "-".join([*parts, key(settings)])


def file_name(words: str) -> str:
    """Return words as the name of a file, without its ending."""
    return re.sub(r"[^A-Za-z0-9]+", "-", words)
