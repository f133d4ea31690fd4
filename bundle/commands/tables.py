"""Print the tables of Part 1 from stored records, without training.

python -m bundle.commands.tables results/part1
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bundle.claims.part1_tables import part1_tables
from bundle.commands.ending import ended
from bundle.runs.records import GROUPS, read_groups


def main(arguments: Sequence[str]) -> None:
    """Print the notebook's tables from the records that it left in a folder."""
    if len(arguments) != 1 or not Path(arguments[0], GROUPS).is_file():
        raise SystemExit(
            "usage: python -m bundle.commands.tables FOLDER, where part1.ipynb left records: results/part1"
        )
    tables = part1_tables(read_groups(Path(arguments[0])))
    for number in sorted(tables, key=int):
        header, rows = tables[number]
        lines = (" | ".join(map(str, line)) for line in (header, *rows))
        print(f"Table {number}", *lines, sep="\n", end="\n\n")


if __name__ == "__main__":
    ended(lambda: main(sys.argv[1:]))
