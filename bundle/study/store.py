"""Stored runs: a file of JSON lines for each group of runs.

    results/part1/as-written.jsonl    a line a run: settings, columns, summary, seconds, fingerprint, contents
    results/part1/fingerprints.json   what a fingerprint stands for: code, packages, device, machine, commit

`pandas.read_json(path, lines=True)` opens such a file; `read` returns it with a column for each setting.
"contents" is a digest of the rest of a line, so that damage and edits by hand show.

A run that has finished is appended at once. A study that has finished writes its files anew: sorted by
settings, one line for each, so that the same results give the same file. A folder has one writer, who holds
the lock of `writing`.
"""

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from bundle.study import fingerprint_file
from bundle.study.fingerprint import differences
from bundle.study.json_lines import PARTS, append_line, place, read_lines, text_of
from bundle.study.records import Record, key
from lib.files import alone, digest, set_aside, write_atomically

if TYPE_CHECKING:
    import pandas as pd  # elsewhere where it is needed: what only starts runs need not wait for it


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
        self.made_by = fingerprint_file.read_fingerprints(self.path.parent)
        lines, self.damaged = read_lines(self.path)  # the damaged ones in words
        self.lines: dict[str, list[dict]] = {}  # by the key of their settings, in the order of the file
        for line in lines:
            self.lines.setdefault(key(line["settings"]), []).append(line)

    def all(self) -> list[Record]:
        """Return every run."""
        return [self._record(line) for lines in self.lines.values() for line in lines]

    def having(self, settings: dict) -> list[Record]:
        """Return the runs of these settings: several where a study that makes them again has not finished."""
        return [self._record(line) for line in self.lines.get(key(settings), [])]

    def append(self, record: Record) -> None:
        """Add a run that has finished, so that it survives whatever ends this process.

        Raises OSError naming the file.
        """
        line = self._line(record)
        if self.path.is_dir():
            aside = set_aside(self.path).name
            warnings.warn(f"{self.path} is a folder; it is set aside as {aside}", stacklevel=2)
        try:
            append_line(self.path, text_of(line))
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self.lines.setdefault(key(record.settings), []).append(line)

    def write(self, records: Sequence[Record]) -> None:
        """Write the file anew, sorted: these runs, and the last of all other settings; damaged lines go."""
        latest = {name: lines[-1] for name, lines in self.lines.items()}
        for record in records:
            latest[key(record.settings)] = self._line(record)
        data = b"".join(text_of(line) for line in sorted(latest.values(), key=place))
        before = self.path.read_bytes() if self.path.is_file() else b""
        if data != before:
            write_atomically(self.path, data)
            fingerprint_file.drop_fingerprints(self.path.parent)

    def _line(self, record: Record) -> dict:
        """Return a run as its line has it; what its fingerprint stands for is on disk before it."""
        provenance = {name: value for name, value in record.provenance.items() if name != "seconds"}
        made_by = {"identity": record.identity, "provenance": provenance}
        fingerprint = digest(made_by)
        if fingerprint not in self.made_by:
            self.made_by = fingerprint_file.read_fingerprints(self.path.parent) | {fingerprint: made_by}
            fingerprint_file.write_fingerprints(self.path.parent, self.made_by)
        seconds = record.provenance.get("seconds")
        values = (record.settings, record.columns, record.summary, seconds, fingerprint)
        return dict(zip(PARTS, values, strict=True))

    def _record(self, line: dict) -> Record:
        made_by = self.made_by.get(line["fingerprint"])
        if made_by is None:
            why = f"it has no {line['fingerprint']}, which {self.path} names"
            raise ValueError(fingerprint_file.damage(self.path.with_name(fingerprint_file.FILE), why))
        seconds = {} if line["seconds"] is None else {"seconds": line["seconds"]}
        provenance = seconds | made_by["provenance"]
        return Record(line["settings"], line["columns"], line["summary"], provenance, made_by["identity"])


def find(settings: dict, *stores: Store, identity: dict) -> tuple[Record | None, str]:
    """Return the run of these settings in any of the stores, and why it cannot be used: "" if it can.

    `identity` is what it must have been made by; $STALE = "show" takes what other code made all the same. Of
    several runs one that can be used is taken, else the last.
    """
    records = [record for store in stores for record in store.having(settings)]
    if not records:
        return None, ""
    for record in records:
        record.other_code = differences(record.identity, identity)
    record = next((record for record in records if not record.other_code), records[-1])
    return record, "" if os.environ.get("STALE") == "show" else record.other_code


def load(path: Path, settings: dict | None = None) -> list[Record]:
    """Return the runs in a file, by default of all settings.

    Raises FileNotFoundError where there is none, and ValueError naming a line that is damaged or edited.
    """
    store = Store(path)
    if store.damaged:
        raise ValueError(store.damaged[0])
    records = store.all() if settings is None else store.having(settings)
    if not records:
        raise FileNotFoundError(f"{path} does not have such a run; the notebook whose run it is makes it")
    return records


def load_folder(folder: Path) -> list[Record]:
    """Return the runs in all files of a folder; one that stands in several files comes once."""
    records = {}
    for path in sorted(Path(folder).glob("*.jsonl")):
        for record in load(path):
            records[key(record.settings)] = record
    return list(records.values())


def read(*paths: Path | str) -> "pd.DataFrame":
    """Return a table of the runs in some files, one row a run.

    It has a column for each setting (lists as tuples), for each series (as lists) and for each number of the
    summary, `seconds` and `fingerprint`. A number with the name of a series or a setting is NAME_summary.
    Raises FileNotFoundError, and ValueError naming a line that is damaged or edited.
    """
    import pandas as pd

    return pd.DataFrame([row for path in paths for row in rows(Path(path))])


def rows(path: Path) -> Iterator[dict]:
    """Yield a row of the table that `read` returns for each run in a file."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; the notebook whose runs it has makes it")
    lines, problems = read_lines(path)
    if problems:
        raise ValueError(problems[0])
    for line in lines:
        row = one_row(line["settings"], line["columns"], line["summary"])
        yield row | {"seconds": line["seconds"], "fingerprint": line["fingerprint"]}


def table(records: Sequence[Record]) -> "pd.DataFrame":
    """Return records as `read` returns runs, in their order; a column `record` has each of them.

    Where the table came from can so be told of a figure that is drawn from it.
    """
    import pandas as pd

    runs = pd.DataFrame([one_row(record.settings, record.columns, record.summary) for record in records])
    runs["record"] = list(records)
    return runs


def one_row(settings: dict, columns: dict, summary: dict) -> dict:
    """Return a run as a row of a table."""
    row = {}
    for name, value in settings.items():
        row[name] = tuple(value) if isinstance(value, list) else value
    row |= columns
    for name, value in summary.items():
        row[f"{name}_summary" if name in row else name] = value
    return row


def curves(runs: "pd.DataFrame", at: str = "step") -> "pd.DataFrame":
    """Return a long table of the runs in a table from `read`: one row an evaluation.

    A row has one value of each series that is as long as `at`, and all else that the table says of the run.
    For Part 1 `accuracy` (0 to 1) is the share of `eval_count` fresh palindromes that were right.
    """
    import pandas as pd

    tables = []
    for run in runs.to_dict("records"):
        count, values = len(run[at]), {}
        for name, value in run.items():
            if not isinstance(value, list):
                values[name] = [value] * count
            elif len(value) == count:
                values[name] = value
        tables.append(pd.DataFrame(values))
    long = pd.concat(tables, ignore_index=True)
    if "n_correct" in long:
        long["accuracy"] = long["n_correct"] / long["eval_count"]
    return long


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
