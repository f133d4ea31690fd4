"""Which RNN may have been the original's: how many of its sentences each candidate makes true."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bundle.claims.curves import common, own
from bundle.claims.part1 import COMMON, OWN, Groups, curves_of
from bundle.claims.sentences import SENTENCES, Measure
from bundle.claims.verdicts import Table, number
from bundle.runs.records import Record

INITIAL = {
    "pytorch": "PyTorch's",
    "normal-1": "N(0, 1)",
    "normal-0.1": "N(0, 0.1)",
    "orthogonal": "orthogonal",
    "identity": "identity",
}
OF_RNN = {sentence: measures[0] for sentence, measures in SENTENCES.items() if "RNN" in sentence}
MEASURES = {OWN: own, COMMON: common}


class Candidate(NamedTuple):
    initial: str
    softmax: str
    schedule: str
    shares: dict[str, float]  # by sentence: of how many seeds it is true, in [0, 1], own measure
    common: dict[str, float]  # the same under the common measure
    final: float  # median accuracy at the end, at the longest length, common measure

    @property
    def name(self) -> str:
        return f"{self.initial}, softmax {self.softmax}, {self.schedule}"

    def total(self, shares: Mapping[str, float]) -> float:
        """Return how many sentences are true of a seed on average."""
        return sum(shares.values())


def candidates(groups: Groups) -> list[Candidate]:
    """Return the candidates beside the original's LSTM of the same seeds, those that make most true first."""
    lstms = {case: curves_of(groups, case) for case in MEASURES}
    kinds: dict[tuple[str, str, str], list[Record]] = {}
    for record in groups.get("map", ()):
        s = record.settings
        softmax = "twice" if s["recipe"] == "as-written" else "once"
        schedule = "no schedule" if s["schedule_factor"] == 1 else "schedule"
        kinds.setdefault((INITIAL[s.get("initial", "pytorch")], softmax, schedule), []).append(record)
    found = []
    for kind, records in kinds.items():
        shares = [shares_of(records, lstms[case], measure) for case, measure in MEASURES.items()]
        longest = max(r.settings["seq_length"] for r in records)
        ends = [common(r).final() for r in records if r.settings["seq_length"] == longest]
        found.append(Candidate(*kind, *shares, float(np.median(ends))))
    return sorted(found, key=lambda one: -one.total(one.shares))


def shares_of(records: Sequence[Record], lstms: Mapping[int, dict], measure) -> dict[str, float]:
    """Return by sentence the share of seeds for which this RNN, beside that seed's LSTM, makes it true."""
    rnns: dict[int, dict] = {}
    for record in records:
        rnns.setdefault(record.settings["seed"], {})[record.settings["seq_length"]] = measure(record)
    pairs = [(lstms[seed]["LSTM"], rnn) for seed, rnn in rnns.items() if seed in lstms]
    return {
        sentence: share for sentence, of in OF_RNN.items() if (share := true_share(of, pairs)) is not None
    }


def true_share(measure: Measure, pairs: Sequence[tuple[Mapping, Mapping]]) -> float | None:
    """Return the share of pairs of curves that make a sentence true, None where the curves are missing."""
    try:
        return float(np.mean([measure.of(*pair)[1] is True for pair in pairs])) if pairs else None
    except KeyError:
        return None


def candidate_table(found: Sequence[Candidate]) -> Table:
    """Return a row for each candidate: how many sentences it makes true under both measures."""
    rows = [
        [
            one.initial,
            one.softmax,
            one.schedule,
            f"{number(one.total(one.shares), '.1f')} of {len(one.shares)}",
            f"{number(one.total(one.common), '.1f')} of {len(one.common)}",
            f"{one.final:.2f}",
        ]
        for one in found
    ]
    header = ["Initial weights", "Softmax", "Learning rate", "True, own measure", "True, common measure"]
    return [*header, "Final accuracy"], rows


def readings(groups: Groups) -> dict[str, list[Record]]:
    """Return runs of the RNN at 30 that its figure may show, by name: at chance all the way, or learning."""
    written = [
        r for r in groups["as written"] if (r.settings["cell"], r.settings["seq_length"]) == ("RNN", 30)
    ]
    learning = [
        r
        for r in groups.get("map", ())
        if (r.settings["recipe"], r.settings["seq_length"]) == ("softmax-once", 30)
        and (r.settings.get("initial"), r.settings["schedule_factor"]) == ("normal-0.1", 1)
    ]
    named = {"softmax twice, PyTorch's weights": written, "softmax once, N(0, 0.1)": learning}
    return {name: records for name, records in named.items() if records}
