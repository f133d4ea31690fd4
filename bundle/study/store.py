"""Stored runs: a file of JSON lines for each group of runs.

results/part1/as-written.jsonl has a line a run: the fields of `Record` and "contents", a digest of the rest,
so that damage and edits by hand show. `pandas.read_json(path, lines=True)` opens such a file; `load` returns
its runs, `table` makes a table of them.

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
from bundle.study.lock import alone
from bundle.study.records import Record, key
from lib.files import DAMAGED, sealed, unsealed, write_atomically


def writing(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a folder of runs; where another process has it, say so and wait."""
    return alone(Path(folder, ".lock"), f"making the runs of {folder}")


class Store:
    """The runs in one file: of runs with the same settings the last."""

    def __init__(self, path: Path):
        """Read a file, which need not be there."""
        self.path = Path(path)
        self.runs: dict[str, Record] = {}  # by the key of their settings
        self.damaged: list[str] = []  # in words, which lines are; the last one is if its writer was killed
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        for number, text in enumerate(lines, start=1):
            if not text:
                continue
            try:
                self._add(Record(**unsealed(json.loads(text.decode()))))
            except DAMAGED:
                self.damaged.append(f"{self.path}, line {number} is damaged, edited or of an older format")

    def append(self, record: Record) -> None:
        """Add a run that has finished, so that it survives whatever ends this process.

        It has a line of its own whatever stands before it. Raises OSError naming the file.
        """
        line = _line(record)
        self.path.parent.mkdir(parents=True, exist_ok=True)
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

    def find(self, settings: dict, *, identity: dict, fresh: bool = False) -> tuple[Record | None, str]:
        """Return the run of these settings, and why there is none: "" if nothing is stored.

        `identity` is what it must have been made by. `fresh` takes none.
        """
        if fresh:
            return None, "fresh"
        record = self.runs.get(key(settings))
        why = differences(record.identity, identity) if record else ""
        return (None, why) if why else (record, "")

    def write(self) -> None:
        """Write the file anew, sorted. Damaged lines go, and are said."""
        for words in self.damaged:
            print(f"{words}; it is left out, and its run made again if it is asked for")
        data = b"".join(_line(record) for record in sorted(self.runs.values(), key=_place))
        before = self.path.read_bytes() if self.path.exists() else b""
        if data != before:
            write_atomically(self.path, data)

    def _add(self, record: Record) -> None:
        self.runs[key(record.settings)] = record


def _line(record: Record) -> bytes:
    return (json.dumps(sealed(vars(record)), allow_nan=False) + "\n").encode()


def _place(record: Record) -> list[tuple[str, str, object]]:
    """Return what runs are sorted by: their settings, name by name, numbers as numbers."""
    settings = sorted(record.settings.items())
    return [(name, type(value).__name__, "" if value is None else value) for name, value in settings]


def load(*paths: Path | str, settings: dict | None = None) -> list[Record]:
    """Return the runs in some files, each once, by default of all settings.

    Raises FileNotFoundError naming a file without any, ValueError naming a line that is not what was written.
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
