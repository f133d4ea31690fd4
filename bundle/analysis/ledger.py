"""Every sentence of the original report: what it is, and what became of it."""

import pandas as pd

from bundle.analysis.claims import ledger

FIRST_WORDS = 8
HOMES = {"2": "part1", "3.1": "task2", "3.2": "task2", "3.3": "task3"}  # notebook by the original's section
COLUMNS = ["Id", "Section", "First words", "Kind", "Found", "Where, or why"]
FOUND = {"describes": "ours", "explains": "right", "tested": "verdict"}


def ledger_table() -> pd.DataFrame:
    """Return a row for each sentence, in the original's order.

    What describes the original's code: is ours the same, and which test shows it? What explains: is it right?
    """
    rows = []
    for entry in ledger():
        found = entry.get(FOUND.get(entry["kind"]), "")
        names = entry["id"], f"§ {entry['section']}", first_words(entry["quote"])
        rows.append((*names, entry["kind"], found, where_or_why(entry)))
    return pd.DataFrame(rows, columns=COLUMNS)


def first_words(quote: str) -> str:
    words = quote.split()
    return " ".join(words[:FIRST_WORDS]) + (" …" if len(words) > FIRST_WORDS else "")


def where_or_why(entry: dict) -> str:
    """Return a link, as of the folder of studies, for what is tested, or else the note and the test."""
    if "shown_in" in entry:
        return study_link(entry["shown_in"], entry["section"])
    return " ".join(filter(None, (entry.get("note", ""), entry.get("shown_by", ""))))


def study_link(shown_in: str, section: str) -> str:
    (notebook,) = {name for start, name in HOMES.items() if section.startswith(start)}
    kind, number = shown_in.split()
    return f"[{shown_in}](../{notebook}.ipynb#{kind.lower()}-{number})"
