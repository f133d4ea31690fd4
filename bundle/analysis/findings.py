"""The key findings of the three notebooks, and the front table: each sentence of the original, in its words.

Every finding is a question, its answer with number, interval and verdict, and the figure or table to look at;
one whose records are not there is left out.
"""

from collections.abc import Mapping, Sequence

from bundle.analysis.conclusion import BETTER, EARLIER, STEADIER, found_of
from bundle.analysis.memory import span_of
from bundle.analysis.part1 import CORRECTED, SHARED_METRIC, Groups, Robust
from bundle.analysis.quotes import QUOTES
from bundle.analysis.verdicts import Verdict, interval

LIMITED = "Length 30 is worse because the memory is limited (§2.2)"
NOT_RUN = "not run"


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def counted(verdict: Verdict) -> str:
    """Return "*undecided*, 7 of 9 seeds (95 % interval 40 % to 97 %)"."""
    low, high = map(percent, interval(verdict.count, verdict.n))
    return f"*{verdict.word}*, {verdict.count} of {verdict.n} seeds (95 % interval {low} to {high})"


def part1_findings(groups: Groups, verdicts: Sequence[Verdict], robust: Sequence[Robust]) -> list[str]:
    return [*_cells(verdicts, robust), *_words(robust), *_memory(groups, verdicts)]


def _cells(verdicts: Sequence[Verdict], robust: Sequence[Robust]) -> list[str]:
    """Say whether the LSTM is better, and whether it is first."""
    findings = []
    by = {case: found_of(verdicts, BETTER, case) for case in (SHARED_METRIC, CORRECTED)}
    if all(by.values()):
        rows = {row.recipe: [v.word for v in row.verdicts if v.n] for row in robust if row.sentence == BETTER}
        told = [f"{words.count('holds')} of {len(words)} ({recipe})" for recipe, words in rows.items()]
        chance = f"; always at chance is the {by[SHARED_METRIC].note}" if by[SHARED_METRIC].note else ""
        findings.append(
            "**Is the LSTM better than the RNN?** In mean accuracy at lengths 5 and 30, trained as the "
            f"original did: {counted(by[SHARED_METRIC])}{chance}. With its two slips mended: "
            f"{counted(by[CORRECTED])}. It holds by {' and '.join(told)} of the measures that tell the cells "
            "apart ([Figure S1](#figure-S1), [Table 4](#table-4))."
        )
    first, steady = (
        [found_of(verdicts, sentence, case) for case in (SHARED_METRIC, CORRECTED)]
        for sentence in (EARLIER, STEADIER)
    )
    if all(first) and all(steady):
        findings.append(
            "**Does it learn faster, and more steadily?** At length 5 the LSTM is first at 100 %, with the "
            f"softmax taken twice as in the original: {counted(first[0])}; once: {counted(first[1])}. It is "
            f"the steadier one, twice: {counted(steady[0])}; once: {counted(steady[1])} "
            "([Figure S2](#figure-S2), [Table 3](#table-3))."
        )
    return findings


def _words(robust: Sequence[Robust]) -> list[str]:
    """Say how much of the original's account of Part 1 stands, trained as it was."""
    words = [row.word for row in robust if row.recipe == "as written"]
    if not words:
        return []
    hold, fail, open_, turn = map(words.count, ("holds", "does not hold", "undecided", "depends"))
    return [
        f"**What stands of the original's account of Part 1?** Of its {len(words)} sentences, trained as it "
        f"was, {turn} *depend* on what is read off the curves; by every measure alike {hold} *hold*, {fail} "
        f"*fail* and {open_} stay *undecided* ([Table 4](#table-4))."
    ]


def _memory(groups: Groups, verdicts: Sequence[Verdict]) -> list[str]:
    limited, spans = found_of(verdicts, LIMITED, SHARED_METRIC), groups.get("span", ())
    if not limited:
        return []
    held = limited.n - limited.count
    words = (
        f"**Is length 30 hard “because the memory is limited”?** *{limited.word.capitalize()}*: with the "
        f"same 128 units, its slips mended and a curriculum, {held} of {limited.n} seeds hold 100 % at 30 "
        f"(95 % interval {' to '.join(map(percent, interval(held, limited.n)))})"
    )
    if tried := max((r.settings["seq_length"] for r in spans if r.settings["cell"] == "RNN"), default=0):
        words += (
            "; with one-hot digits and a length that grows even a plain RNN holds, in every seed, up to "
            f"length {span_of(spans, 'RNN')} (tried: up to {tried})"
        )
    return [f"{words} ([Table 6](#table-6))."]


def anchor(where: str) -> str:
    """Return the anchor of "Figure S1"."""
    kind, number = where.split()
    return f"{kind.lower()}-{number}"


def quoted(words: Mapping[str, tuple[str, str]]) -> list[list[str]]:
    """Return rows of the front table: the original's words, its recipe's verdict, the mended one's, where.

    `words` has the two verdicts of each sentence, which `QUOTES` must know.
    """
    return [
        [f"“{QUOTES[s][0]}”", *verdicts, f"[{QUOTES[s][1]}](#{anchor(QUOTES[s][1])})"]
        for s, verdicts in words.items()
    ]


def part1_quoted(robust: Sequence[Robust]) -> list[list[str]]:
    words = {(row.sentence, row.recipe): row.word for row in robust}
    cases = ("as written", "corrected")
    return quoted({s: tuple(words.get((s, case), NOT_RUN) for case in cases) for s, _ in words})
