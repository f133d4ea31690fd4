"""All tables of Part 1, by their numbers."""

from collections.abc import Mapping

from bundle.analysis.conclusion import prediction_table
from bundle.analysis.formatting import table_in_style
from bundle.analysis.memory import factorial_table, parts_table, span_table
from bundle.analysis.part1 import Groups, decide_part1, robust_part1, robust_table, verdict_table
from bundle.analysis.statistics import statistics_table, survival_table
from bundle.analysis.verdicts import Table


def part1_tables(groups: Groups) -> Mapping[str, Table]:
    """Return the tables in the notebook's order; those of groups without runs have no rows."""
    verdicts = decide_part1(groups)
    memory, span, parts = (groups.get(name, []) for name in ("memory", "span", "parts"))
    tables = {
        "1": statistics_table(groups),
        "2": survival_table(groups),
        "3": verdict_table(verdicts),
        "4": robust_table(robust_part1(groups)),
        "5": factorial_table(memory),
        "6": span_table(span),
        "7": parts_table(parts),
        "8": prediction_table(groups, verdicts),
    }
    return {number: table_in_style(table) for number, table in tables.items()}
