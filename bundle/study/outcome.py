"""What a run computes, before anything is said of where and with what it was made."""

from typing import NamedTuple


class Outcome(NamedTuple):
    """The results of one run; `bundle.study.records.Record` says what the two dicts hold."""

    columns: dict
    summary: dict
    seconds: float  # of wall time
