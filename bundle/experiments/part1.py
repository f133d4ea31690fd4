"""Which runs Part 1 is made of, group by group, and what they cost."""

from collections.abc import Mapping, Sequence
from itertools import product

from bundle.experiments.palindromes import PalindromeRun
from bundle.original import SCHEDULED
from bundle.study.records import benchmark, key
from lib.checks import at_least, between
from lib.recurrent.encoding import ENCODINGS

UNSCHEDULED = {"schedule_factor": 1.0}
MOST_SEEDS = 10_000
MEMORY_CELLS = "RNN", "LSTM", "GRU"
OFF = {"first_length": 0, "rehearsal": False}  # no curriculum
PARTS = ({}, {"rehearsal": False})  # of our recipe, changed
ENDS_EARLY = 0.75  # of its steps is what a run takes that may end when it has settled, on average
# what a multiply-add of a cell costs beside one of the LSTM's: less comes in large products
SLOWNESS = {"LSTM": 1, "RNN": 1, "GRU": 7}


def seed_range(first: int, **count: int) -> range:
    """Return as many seeds from the first on as the one keyword says, which errors name; it may be none."""
    ((name, number),) = count.items()
    at_least("seed", first, 0)
    between(name, number, 0, MOST_SEEDS)
    return range(first, first + number)


def part1_runs(
    common: dict,
    ours: dict,
    *,
    seeds: Mapping[str, range],
    seq_lengths: Sequence[int],
    original_count: int,
    longer: dict,
    memory: dict,
    span: dict,
    span_lengths: Mapping[str, Sequence[int]],
) -> dict[str, list[dict]]:
    """Return the settings of every run of Part 1 by its group; `seeds` has those of each, maybe none.

    `common` is the original's. `ours` is what our recipe adds to the corrected one, a curriculum. `memory` is
    what the study of memory changes in that, `span` what the runs taken to their limits, a cell's
    `span_lengths`, change in it; `longer` is what training on changes in the original's at the longest of
    `seq_lengths`.
    """
    longest, mine = max(seq_lengths), common | ours | {"recipe": "ours"}
    on = original(common | longer, [longest])
    corrected = {"recipe": "corrected", "schedule_factor": common["schedule_factor"]}
    at_ten = {"cell": "LSTM", "seq_length": 10} | UNSCHEDULED
    in_full = {"cell": "LSTM", "settled_evals": 0}
    groups = {
        "as written": original(common, seq_lengths, original_count=original_count),
        "corrected": [one | corrected for one in original(common, seq_lengths)],
        "unscheduled": [common | at_ten | {"recipe": recipe} for recipe in ("as-written", "corrected")],
        "readings": [second_reading(common, longest)],
        "longer": on + [one | UNSCHEDULED for one in on if one["cell"] == "LSTM"],
        "ours": [mine | {"cell": "LSTM", "seq_length": length} for length in seq_lengths],
        "memory": factorial(mine | memory),
        "span": [
            whole_range(mine | memory | span | {"cell": cell, "seq_length": length})
            for cell, lengths in span_lengths.items()
            for length in lengths
        ],
        "parts": [whole_range(mine | memory | in_full | part) for part in PARTS],
    }
    return {
        name: [PalindromeRun(**one, seed=seed).settings() for one, seed in product(of, seeds[name])]
        for name, of in groups.items()
    }


def original(common: dict, lengths: Sequence[int], *, original_count: int = 0) -> list[dict]:
    """Return the original's runs: each cell at each length, with and without a schedule as they had it."""
    runs = []
    for cell, length in product(SCHEDULED, lengths):
        settings = common | {"cell": cell, "recipe": "as-written", "seq_length": length}
        settings |= {"original_count": original_count} if cell == "LSTM" else {}
        runs.append(settings | ({} if SCHEDULED[cell] else UNSCHEDULED))
    return runs


def second_reading(common: dict, length: int) -> dict:
    """Return another RNN that the original's may have been: small normal weights, the softmax taken once."""
    settings = common | UNSCHEDULED | {"cell": "RNN", "recipe": "softmax-once"}
    return settings | {"initial": "normal-0.1", "seq_length": length}


def factorial(recipe: dict) -> list[dict]:
    """Return cell x input x curriculum."""
    return [
        recipe | {"cell": cell, "encoding": encoding} | curriculum
        for cell, encoding, curriculum in product(MEMORY_CELLS, ENCODINGS, ({}, OFF))
    ]


def whole_range(recipe: dict) -> dict:
    """Return settings that check the trained network at a grid of lengths up to twice its own."""
    longest = 2 * recipe["seq_length"]
    grid = {round(longest * k / 16) for k in range(1, 17)} | {1, 2, 3, 5}
    return recipe | {"check_lengths": sorted({max(1, length) for length in grid})}


def palindrome_cost(settings: dict) -> float:
    """Return the multiply-adds of a run, weighed by `SLOWNESS`, if it does not end early."""
    run = PalindromeRun(**settings)
    inputs = ENCODINGS[run.encoding] + 1
    gates = {"LSTM": 4, "RNN": 1, "GRU": 3}[run.cell]
    kinds = 10 ** ((run.seq_length + 2) // 2)  # of palindromes, each asked once
    looked = (run.steps // run.eval_every + 1) * min(max(run.eval_count, run.original_count), kinds)
    read = run.seq_length * (3 * run.steps * run.batch_size + looked)  # digits
    read += sum(run.check_lengths) * run.check_count
    return SLOWNESS[run.cell] * gates * run.hidden_size * (run.hidden_size + inputs) * read


def core_minutes(groups: Mapping[str, Sequence[dict]]) -> float:
    """Return about how long all runs take on one core of the machine that `make bench` was last run on.

    0 where it never was.
    """
    timed = [r for r in benchmark("lstm", "ratios") or [] if (r["cell"], r["threads"]) == ("LSTM", 1)]
    if not timed:
        return 0.0
    longest = max(timed, key=lambda one: one["seq_length"])
    products = 4 * 128 * (128 + 2) * 3 * 128 * longest["seq_length"]  # of its training step
    runs = {key(one): one for group in groups.values() for one in group}.values()
    work = sum(palindrome_cost(one) * (ENDS_EARLY if one.get("settled_evals") else 1) for one in runs)
    return work / products * longest["ms"]["ours"] / 60_000
