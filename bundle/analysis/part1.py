"""The original's sentences on Part 1 tested seed by seed, and the tables of its curves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bundle.analysis.curves import Curve, at_chance, original_metric, shared_metric
from bundle.analysis.sentences import LONGER, LONGER_UNSCHEDULED, OURS, SENTENCES, UNSCHEDULED, Measure
from bundle.analysis.verdicts import Table, Verdict, decide, median_interval, number, once, p_value
from bundle.study.records import Record

Groups = Mapping[str, Sequence[Record]]  # by the names of `bundle.experiments.part1`
ORIGINAL_METRIC, SHARED_METRIC, CORRECTED = "as written, original", "as written, shared", "corrected"
CASES = {  # recipe in the settings, and how its accuracy is measured
    ORIGINAL_METRIC: ("as-written", original_metric),
    SHARED_METRIC: ("as-written", shared_metric),
    CORRECTED: ("corrected", shared_metric),
}
WHAT = {"unscheduled": UNSCHEDULED, "longer": LONGER, "ours": OURS}


class Seen(dict):
    """Curves by length that remember which were asked for."""

    def __init__(self, curves: Mapping, asked: set) -> None:
        super().__init__(curves)
        self.asked = asked

    def __getitem__(self, key: object) -> Curve:
        self.asked.add(key)
        return super().__getitem__(key)


def curves_of(groups: Groups, case: str) -> dict[int, dict[str, dict]]:
    """Return by seed and cell the curves of a case by length, or by length and what else is different.

    What else there is belongs to the shared metric: our recipe and longer training to the original's.
    """
    recipe, measure = CASES[case]
    seeds: dict[int, dict[str, dict]] = defaultdict(lambda: {"LSTM": {}, "RNN": {}})
    for name in ("as written", "corrected", *(WHAT if measure is shared_metric else ())):
        for record in groups.get(name, ()):
            s, what = record.settings, WHAT.get(name)
            if s["recipe"] != recipe and (s["recipe"], case) != ("ours", SHARED_METRIC):
                continue
            if what == LONGER and s["cell"] == "LSTM" and s["schedule_factor"] == 1:
                what = LONGER_UNSCHEDULED
            key = (s["seq_length"], what) if what else s["seq_length"]
            seeds[s["seed"]][s["cell"]][key] = measure(record)
    return dict(sorted(seeds.items()))


def judged(sentence: str, measure: Measure, case: str, seeds: Mapping[int, dict]) -> Verdict | None:
    """Return a sentence's verdict by one measure before it is decided, None where no seed has its curves."""
    found, asked = [], {"LSTM": set(), "RNN": set()}
    for cells in seeds.values():
        try:
            found.append(measure.of(*(Seen(curves, asked[cell]) for cell, curves in cells.items())))
        except KeyError:  # a cell, a length or a schedule that this seed does not have
            continue
    if not found:
        return None
    median, low, high = median_interval([m for m, _ in found])
    told = [true for _, true in found if true is not None]
    numbers = number(median) + (f" [{number(low)}, {number(high)}]" if np.isfinite([low, high]).all() else "")
    counts = {"count": int(sum(told)), "n": len(told), "ties": len(found) - len(told)}
    note = "; ".join(stuck(seeds, asked))
    return Verdict(sentence, measure.name, case, **counts, numbers=f"{measure.number}: {numbers}", note=note)


def stuck(seeds: Mapping[int, dict], asked: Mapping[str, Iterable]) -> list[str]:
    """Return which of the curves that were asked for are at chance in every run: "LSTM at 10, 30"."""
    found = []
    for cell, keys in asked.items():
        curves = {key: [of[cell][key] for of in seeds.values() if key in of[cell]] for key in keys}
        low = [key for key, of in curves.items() if of and at_chance(of)]
        plain = [str(key) for key in sorted(key for key in low if isinstance(key, int))]
        told = plain + [" ".join(map(str, key)) for key in low if not isinstance(key, int)]
        found += [f"{cell} at {', '.join(told)}"] if told else []
    return found


def decide_part1(groups: Groups) -> list[Verdict]:
    """Return a verdict for each sentence by its main measure, in every case that the records have."""
    seeds = {case: curves_of(groups, case) for case in CASES}
    found = [
        judged(sentence, measures[0], case, of)
        for sentence, measures in SENTENCES.items()
        for case, of in seeds.items()
    ]
    return decide([verdict for verdict in found if verdict])


def verdict_table(found: Sequence[Verdict]) -> Table:
    """Return a row for each verdict; the sentence and its measure stand in its first row alone."""
    first = once([v.sentence for v in found])
    rows = []
    for sentence, v in zip(first, found, strict=True):
        what, _, median = v.numbers.rpartition(": ")
        medians = [median, ""] if "steps" in what else ["", median]
        true, share, p, word = v.cells(".2f")
        ties = f" ({v.ties} tie)" if v.ties else ""
        measured = f"{sentence}: {v.test} ({what})" if sentence else ""
        both = f"{p}, {p_value(v.dependent)}"
        rows.append(
            [measured, v.case.removesuffix(" measure"), *medians, true + ties, share, both, word, v.note]
        )
    header = ["Sentence: measure (median of)", "Recipe", "Steps", "Accuracy", "True", "Interval"]
    return [*header, "p (BH, BY)", "Verdict", "At chance"], rows


class Robust(NamedTuple):
    """A sentence under one recipe by all its measures."""

    sentence: str
    recipe: str
    verdicts: list[Verdict]

    @property
    def word(self) -> str:
        """Return what all measures find that tell seeds apart at all, or "depends"."""
        words = {v.word for v in self.verdicts if v.n} or {"undecided"}
        return words.pop() if len(words) == 1 else "depends"

    def by_word(self) -> str:
        """Return the measures by what they find: "holds by a, b; does not hold by c"."""
        words: dict[str, list[str]] = {}
        for v in self.verdicts:
            how = f"{v.test} (original)" if v.case == ORIGINAL_METRIC else v.test
            words.setdefault(v.word if v.n else "a tie in every seed", []).append(
                f"{how} {v.count}/{v.n}" if v.n else how
            )
        return "; ".join(f"{word} by {', '.join(by)}" for word, by in words.items())


def robust_part1(groups: Groups) -> list[Robust]:
    """Return each sentence by all its measures, decided together, as written and corrected."""
    found = []
    for case in CASES:
        seeds = curves_of(groups, case)
        for sentence, measures in SENTENCES.items():
            found += filter(None, (judged(sentence, measure, case, seeds) for measure in measures))
    together: dict[tuple[str, str], list[Verdict]] = {}
    for v in decide(found):
        together.setdefault((v.sentence, v.case.partition(",")[0]), []).append(v)
    order = {sentence: place for place, sentence in enumerate(SENTENCES)}
    rows = [Robust(*key, verdicts) for key, verdicts in together.items()]
    return sorted(rows, key=lambda row: (order[row.sentence], row.recipe))


def robust_table(found: Sequence[Robust]) -> Table:
    first = once([row.sentence for row in found])
    rows = [[words, row.recipe, row.by_word(), row.word] for words, row in zip(first, found, strict=True)]
    return ["Sentence", "Recipe", "By each measure", "Verdict"], rows


def tally(found: Sequence[Verdict]) -> str:
    """Return how many sentences hold, do not hold and are undecided, case by case, in words."""
    parts = []
    for case in dict.fromkeys(v.case for v in found):
        hold, do_not, undecided = map([v.holds for v in found if v.case == case].count, (True, False, None))
        parts.append(f"{case}, {hold} hold, {do_not} do not hold, {undecided} are undecided")
    return f"Of {len({v.sentence for v in found})} sentences: " + "; ".join(parts) + "."
