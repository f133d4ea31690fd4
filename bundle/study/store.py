"""Stored runs: a file of JSON lines for each group of runs.

    results/part1/as-written.jsonl    a line a run: settings, columns, summary, seconds, fingerprint, contents
    results/part1/fingerprints.json   what a fingerprint stands for: code, packages, device, machine, commit

`pandas.read_json(path, lines=True)` opens such a file; `load` returns its runs, `table` and `curves` make
tables of them. "contents" is a digest of the rest of a line, so that damage and edits by hand show.

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
from typing import TYPE_CHECKING

from bundle.study.fingerprint import differences
from bundle.study.records import Record, key
from lib.files import alone, digest, sealed, write_atomically

if TYPE_CHECKING:
    import pandas as pd  # elsewhere where it is needed: what only starts runs need not wait for it

FINGERPRINTS = "fingerprints.json"
DAMAGED = (ValueError, TypeError, KeyError, AttributeError)  # raised where JSON is not what was written


def writing(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a folder of runs; where another process has it, say so and wait."""
    return alone(Path(folder, ".lock"), f"making the runs of {folder}")


class Store:
    """The runs in one file."""

    def __init__(self, path: Path):
        """Read a file, which need not be there.

        Raises ValueError with the way out if what made its runs is damaged.
        """
        self.path = Path(path)
        self.made_by = _read_fingerprints(self.path.parent)
        self.runs: dict[str, list[Record]] = {}  # by the key of their settings, in the order of the file
        self.damaged: list[str] = []  # in words, which lines are; the last one is if its writer was killed
        lines = self.path.read_bytes().splitlines() or [b""] if self.path.exists() else []
        for number, text in enumerate(lines, start=1):
            try:
                line = _unsealed(text)
            except DAMAGED as error:
                why = f"{type(error).__name__}: {error}"
                self.damaged.append(f"{self.path}, line {number} is damaged or edited ({why})")
            else:
                self._add(self._record(line))

    def all(self) -> list[Record]:
        """Return every run, also those of the same settings, of a study that has not finished."""
        return [record for records in self.runs.values() for record in records]

    def append(self, record: Record) -> None:
        """Add a run that has finished, so that it survives whatever ends this process.

        It has a line of its own whatever stands before it. Raises OSError naming the file.
        """
        line = self._line(record)
        with open(self.path, "a+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
            try:
                while line:
                    line = line[file.write(line) :]
                os.fsync(file.fileno())
            except OSError as error:  # the disk is full; the error does not say which file it was
                file.truncate(size)
                raise OSError(error.errno, error.strerror, str(self.path)) from None
        self._add(record)

    def write(self, records: Sequence[Record]) -> None:
        """Write the file anew, sorted: these runs, and the last of all other settings.

        Damaged lines go, and are said.
        """
        latest = {name: runs[-1] for name, runs in self.runs.items()}
        latest.update({key(record.settings): record for record in records})
        ordered = sorted(latest.values(), key=_place)
        data = b"".join(self._line(record) for record in ordered)
        for words in self.damaged:
            print(f"{words}; it is left out, and its run made again if it is asked for")
        before = self.path.read_bytes() if self.path.exists() else b""
        if data != before:
            write_atomically(self.path, data)
            _drop_fingerprints(self.path.parent)

    def _add(self, record: Record) -> None:
        self.runs.setdefault(key(record.settings), []).append(record)

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
        if line["fingerprint"] not in self.made_by:
            raise ValueError(_lost(self.path.parent, f"{self.path} names {line['fingerprint']}"))
        made_by = self.made_by[line["fingerprint"]]
        seconds = {} if line["seconds"] is None else {"seconds": line["seconds"]}
        provenance = seconds | made_by["provenance"]
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
    path = Path(folder, FINGERPRINTS)
    if not path.exists():
        return {}
    try:
        made_by = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name, entry in made_by.items() if digest(entry) != name]
    except (*DAMAGED, OSError) as error:
        raise ValueError(_lost(folder, f"{type(error).__name__}: {error}")) from None
    if other:
        raise ValueError(_lost(folder, f"{other[0]} is not the digest of what it stands for"))
    return made_by


def _lost(folder: Path, why: str) -> str:
    """Return the message of damaged fingerprints; hours of runs are not made again for them unasked."""
    path = Path(folder, FINGERPRINTS)
    way_out = f"bring it back (git checkout {path}), or remove it with the runs beside it to make them again"
    return f"{path} is damaged or edited ({why}); {way_out}"


def _write_fingerprints(folder: Path, made_by: dict[str, dict]) -> None:
    """Write what made the runs of a folder, a line each, sorted."""
    lines = [f"{json.dumps(name)}: {json.dumps(made_by[name])}" for name in sorted(made_by)]
    write_atomically(Path(folder, FINGERPRINTS), ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def _drop_fingerprints(folder: Path) -> None:
    """Drop fingerprints that no run of a folder names any more."""
    made_by = _read_fingerprints(folder)
    runs = b"".join(path.read_bytes() for path in Path(folder).glob("*.jsonl"))
    used = {name: entry for name, entry in made_by.items() if f'"{name}"'.encode() in runs}
    if used != made_by:
        _write_fingerprints(folder, used)


def find(settings: dict, *stores: Store, identity: dict, fresh: bool = False) -> tuple[Record | None, str]:
    """Return the run of these settings in any of the stores, and why it cannot be used: "" if it can.

    `identity` is what it must have been made by; $STALE = "show" takes what other code made all the same. Of
    several runs one that can be used is taken, else the last. `fresh` takes none.
    """
    if fresh:
        return None, "fresh"
    records = [record for store in stores for record in store.runs.get(key(settings), [])]
    if not records:
        return None, ""
    for record in records:
        record.other_code = differences(record.identity, identity)
    record = next((record for record in records if not record.other_code), records[-1])
    return record, "" if os.environ.get("STALE") == "show" else record.other_code


def load(*paths: Path | str, settings: dict | None = None) -> list[Record]:
    """Return the runs in some files, each once, by default of all settings.

    Raises FileNotFoundError naming a file without any, ValueError naming a line that is damaged or edited.
    """
    records = {}
    for path in paths:
        store = Store(path)
        if store.damaged:
            raise ValueError(store.damaged[0])
        found = [record for record in store.all() if settings in (None, record.settings)]
        if not found:
            raise FileNotFoundError(f"{path} does not have such a run; the notebook whose run it is makes it")
        records.update({key(record.settings): record for record in found})
    return list(records.values())


def table(records: Sequence[Record]) -> "pd.DataFrame":
    """Return a table of runs, one row each, in their order.

    It has a column for each setting (lists as tuples), for each series (as lists) and for each number of the
    summary, unless a series has its name. In `record` is the whole run: where the table came from can so be
    told of a figure that is drawn from it.
    """
    import pandas as pd

    runs = pd.DataFrame([{**_settings(run), **run.summary, **run.columns} for run in records])
    runs["record"] = list(records)
    return runs


def curves(records: Sequence[Record]) -> "pd.DataFrame":
    """Return a long table of runs of Part 1, one row an evaluation.

    A row has a run's settings, and a value of each series that is as long as `step`; `accuracy` (0 to 1) is
    the share of `eval_count` palindromes that were right.
    """
    import pandas as pd

    tables = []
    for run in records:
        count = len(run.columns["step"])
        settings = {name: [value] * count for name, value in _settings(run).items()}
        series = {name: values for name, values in run.columns.items() if len(values) == count}
        tables.append(pd.DataFrame({**settings, **series}))
    long = pd.concat(tables, ignore_index=True)
    long["accuracy"] = long["n_correct"] / long["eval_count"]
    return long


def _settings(run: Record) -> dict:
    """Return settings with lists as tuples, by which a table can be grouped."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in run.settings.items()}


def run_name(settings: dict) -> str:
    """Return a name for a run: readable words, then the key of its settings."""
    words = [settings.get(name) for name in ("run", "cell", "recipe", "seq_length", "batches", "seed")]
    parts = [file_name(str(word)) for word in words if word is not None]
    return "-".join([*parts, key(settings)])


def file_name(words: str) -> str:
    """Return words as the name of a file, without its ending."""
    return re.sub(r"[^A-Za-z0-9]+", "-", words)


def forget(state: Path) -> None:
    """Remove the state of a run that has finished, the one before it, and damaged ones."""
    for file in state.parent.glob(f"{state.name}*"):
        file.unlink()
