"""The Markdown of notebooks: findings, what became of predictions, and values that are no markup."""

import re
from collections.abc import Sequence

from bundle.analysis.claims import Verdict, link_to

LINK = re.compile(r"\[(Figure|Table) S?\d+\]\(([\w./]+\.ipynb)?#(figure|table)-S?\d+\)")


def finding(
    question: str,
    verdict: Verdict | None,
    *,
    link: str,
    words: str = "",
    holds: str = "",
    fails: str = "",
    undecided: str = "",
    depends: str = "",
    yes: str = "Yes",
    no: str = "No",
    depends_on: str = "the measure",
) -> str:
    """Return a finding in Markdown: a question, its answer in a word, a sentence, a link.

    `words` is the sentence of every verdict that has none of its own. `link` is the figure or table to look
    at: "Figure S1"; `yes` and `no` are the answers where it holds and where it fails. Where there is no
    verdict, nothing is found: "".
    """
    if verdict is None:
        return ""
    answer, sentence = {
        Verdict.HOLDS: (yes, holds),
        Verdict.FAILS: (no, fails),
        Verdict.UNDECIDED: ("Undecided", undecided),
        Verdict.DEPENDS: (f"It depends on {depends_on}", depends),
    }[verdict]
    sentence = (sentence or words).removesuffix(".")
    return f"**{question} {answer}.** {sentence} ({link_to(link)})."


def prediction_list(sentences: str, outcomes: Sequence[tuple[Verdict | None, Sequence[float]]]) -> str:
    """Return a numbered list, in Markdown, of predictions and what became of them.

    `sentences` has a line for each outcome, with places like {:.2f} for its numbers. Those without a verdict
    are left out.
    """
    words = {
        Verdict.HOLDS: "came true",
        Verdict.FAILS: "did not come true",
        Verdict.UNDECIDED: "undecided",
        Verdict.DEPENDS: "depends on the measure or the training",
    }
    lines = []
    for sentence, (verdict, numbers) in zip(sentences.splitlines(), outcomes, strict=True):
        if verdict is not None:
            lines.append(f"{len(lines) + 1}. {sentence.format(*numbers)}: *{words[verdict]}*.")
    return "\n".join(lines)


def alternative_text(caption: str) -> str:
    """Return the first sentence of a figure's caption (Markdown), behind its number, as plain text."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", caption)
    number, _, sentence = plain.partition(". ")
    first = re.split(r"(?<=[.:]) ", sentence, maxsplit=1)[0]
    return f"{number}: {first}".rstrip(".:") + "."


def in_cell(value: object) -> str:
    """Return the Markdown of a table's cell: a link to a figure or a table, or else plain text."""
    text = str(value)
    return text if LINK.fullmatch(text) else as_text(text)


def as_text(value: object) -> str:
    """Return Markdown, of one line, that shows a value as it is and means nothing."""
    line = re.sub(r"[^\S\u00a0]+", " ", str(value)).strip()
    return re.sub(r"[\\`*_{}<>#$|~@^&]|(?<=\])[(\[]", r"\\\g<0>", line)
