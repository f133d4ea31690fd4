"""The committed results, read by another route than the one that made the tables."""

import math
from itertools import chain
from pathlib import Path

import pytest

from bundle.analysis.claims import by_claim
from bundle.analysis.curves import run_table
from bundle.analysis.formatting import table_in_style
from bundle.analysis.part1 import AS_WRITTEN, ORIGINAL_METRIC, decide_part1, front_rows
from bundle.experiments.part1 import memory_settings, part1_settings, protocol_settings
from bundle.notebook.markdown import in_cell
from bundle.render.reading import declared_values, read_notebook
from bundle.study.records import key
from bundle.study.store import file_name, load

FOLDER = Path("results/part1")
MAIN = declared_values(Path("part1.ipynb"))
PROTOCOL, MEMORY = (declared_values(Path("studies", f"{name}.ipynb")) for name in ("protocol", "memory"))
ASKED = part1_settings(MAIN) | protocol_settings(PROTOCOL, MAIN) | memory_settings(MEMORY, MAIN)
GROUPS = {name: load(FOLDER / f"{file_name(name)}.jsonl") for name in ASKED}
NAMES = ("cell", "seq_length", "seed")
WRITTEN = {tuple(map(record.settings.get, NAMES)): record for record in GROUPS["as written"]}
RUNS = run_table(GROUPS)
DECIDED = decide_part1(RUNS)
SEEDS = range(50)


def main_measure(claim: str, case: str = AS_WRITTEN) -> dict:
    return DECIDED[(DECIDED["claim"] == claim) & (DECIDED["case"] == case)].iloc[0]


def first_full_step(counts: list[int], of: int, every: int) -> float:
    """The step of the first look at which all are right, written out once more."""
    for look, right in enumerate(counts):
        if right == of and 25 * look % every == 0:
            return 25 * look
    return math.inf


@pytest.mark.parametrize(
    ("case", "measures"),
    [
        (ORIGINAL_METRIC, {"LSTM": ("n_correct_original", 16384, 25), "RNN": ("n_correct_batch", 128, 50)}),
        (AS_WRITTEN, dict.fromkeys(("LSTM", "RNN"), ("n_correct", 2048, 25))),
    ],
)
def test_a_verdict_follows_from_the_stored_records_by_another_route(case, measures):
    wins = ties = 0
    seeds = range(MAIN["original_seeds"]) if case == ORIGINAL_METRIC else SEEDS
    for seed in seeds:
        steps = []
        for cell, (column, of, every) in measures.items():
            steps.append(first_full_step(WRITTEN[cell, 5, seed].columns[column], of, every))
        wins += steps[0] < steps[1]
        ties += steps[0] == steps[1]
    n = len(seeds) - ties
    tail = sum(math.comb(n, k) for k in range(n + 1) if math.comb(n, k) <= math.comb(n, wins)) / 2**n
    row = main_measure("lstm-first-at-5", case)
    assert (row["count"], row["n"], row["ties"]) == (wins, n, ties)
    assert row["p"] == pytest.approx(tail)
    assert row["p_corrected"] >= tail


def test_every_run_is_there_and_is_one_that_a_notebook_asks_for():
    asked = {key(settings) for runs in ASKED.values() for settings in runs}
    stored = [run for run in load(*FOLDER.glob("*.jsonl")) if run.settings.get("run") != "inside"]
    assert {key(run.settings) for run in stored} == asked


def test_the_committed_notebook_shows_the_verdicts_of_the_stored_records():
    shown = [cell.outputs for cell in read_notebook(Path("part1.ipynb")).cells if "outputs" in cell]
    texts = [output.get("data", {}).get("text/markdown", "") for output in chain(*shown)]
    _, rows = table_in_style((["words", "written", "corrected", "shown"], front_rows(by_claim(DECIDED))))
    for row in rows:
        assert f"| {' | '.join(map(in_cell, row))} |" in "\n".join(texts)
