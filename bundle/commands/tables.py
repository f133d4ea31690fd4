"""Print the tables of Part 1 from stored records, without training.

python -m bundle.commands.tables results/part1
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bundle.claims.part1 import decide_part1, statistics_table, verdict_table
from bundle.commands.ending import ended
from bundle.runs import records


def main(arguments: Sequence[str]) -> None:
    """Print both tables from the records in a folder."""
    paths = sorted(Path(arguments[0]).glob("*.json")) if len(arguments) == 1 else []
    if not paths:
        raise SystemExit(
            "usage: python -m bundle.commands.tables FOLDER, a folder of records such as results/part1"
        )
    found = [records.load(path) for path in paths]
    for header, rows in (statistics_table(found), verdict_table(decide_part1(found))):
        print("\n".join(" | ".join(line) for line in (header, *rows)), end="\n\n")


if __name__ == "__main__":
    ended(lambda: main(sys.argv[1:]))
