"""Print the tables of Part 1 from stored records, without training.

python -m bundle.commands.tables results/part1
"""

import sys
from collections.abc import Sequence

from bundle.claims.part1 import PART1, judge_part1
from bundle.claims.part1_tables import STATISTICS_HEADER, VERDICT_HEADER, statistics_rows, verdict_rows
from bundle.runs.records import Record


def main(arguments: Sequence[str]) -> None:
    """Print both tables from the records in a folder."""
    import json
    from pathlib import Path

    if len(arguments) != 1 or not list(Path(arguments[0]).glob("*.json")):
        raise SystemExit(
            "usage: python -m bundle.commands.tables FOLDER, a folder of records such as results/part1"
        )
    records = [Record(**json.loads(path.read_text())) for path in sorted(Path(arguments[0]).glob("*.json"))]
    for header, lines in (
        (STATISTICS_HEADER, statistics_rows(records)),
        (VERDICT_HEADER, verdict_rows(judge_part1(PART1, records))),
    ):
        for line in (header, *lines):
            print(" | ".join(line))
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
