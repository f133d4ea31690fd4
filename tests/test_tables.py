"""The tables of Part 1 printed by a command, beside those in the committed notebook."""

import re
from pathlib import Path

import nbformat
import pytest

from bundle.commands import tables


def in_the_notebook() -> dict[str, list[str]]:
    """The lines of each table of the committed notebook by its number, as text."""
    cells = nbformat.read("part1.ipynb", as_version=4).cells
    shown = [
        one.get("data", {}).get("text/markdown", "") for cell in cells for one in cell.get("outputs", [])
    ]
    found = {}
    for caption, table in zip(shown, shown[1:], strict=False):
        if number := re.match(r'<a id="table-(\w+)"></a>', caption):
            header, _, *rows = table.splitlines()
            found[number[1]] = [re.sub(r"\\(.)", r"\1", line)[2:-2] for line in (header, *rows)]
    return found


def test_the_printed_tables_are_those_of_the_notebook_group_by_group(capsys):
    tables.main(["results/part1"])
    blocks = [block.split("\n") for block in capsys.readouterr().out.strip().split("\n\n")]
    printed = {name.removeprefix("Table "): lines for name, *lines in blocks}
    expected = in_the_notebook()
    assert list(printed) == sorted(expected, key=int)
    assert len(printed) >= 8
    assert printed == expected


def test_a_folder_without_records_is_answered_with_the_usage(tmp_path):
    with pytest.raises(SystemExit, match="where part1.ipynb left records"):
        tables.main([str(tmp_path)])
    assert Path("results", "part1", "groups.txt").is_file()
