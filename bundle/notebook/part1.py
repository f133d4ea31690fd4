"""From the parameters of Part 1's notebook to the settings of its runs."""

from bundle.experiments.palindromes import PalindromeRun
from bundle.experiments.part1 import Part1Plan, part1_runs, seed_range
from bundle.notebook.parameters import parameters_of
from lib.checks import at_least, sizes

SEEDS = {  # the parameter that has each group's number of seeds
    "as written": "num_seeds",
    "corrected": "corrected_seeds",
    "unscheduled": "corrected_seeds",
    "readings": "readings_seeds",
    "longer": "longer_seeds",
    "ours": "ours_seeds",
    "memory": "memory_seeds",
    "span": "span_seeds",
    "parts": "span_seeds",
}


def part1_settings(namespace: dict) -> dict[str, list[dict]]:
    """Return the settings of every run by its group; `namespace` is the notebook's globals()."""
    sizes(num_seeds=namespace["num_seeds"])
    at_least("original_seeds", namespace["original_seeds"], 0)
    base = base_run(namespace)
    plan = Part1Plan(
        base=base,
        cells=namespace["cells"],
        seq_lengths=namespace["seq_lengths"],
        original_count=namespace["original_count"],
        curriculum=parameters_of(PalindromeRun, namespace, prefix="ours_"),
        longer=parameters_of(PalindromeRun, namespace, prefix="longer_"),
        memory=parameters_of(PalindromeRun, namespace, prefix="memory_"),
        span=parameters_of(PalindromeRun, namespace, prefix="span_"),
        span_lengths={"RNN": namespace["span_lengths"], "LSTM": namespace["span_lstm_lengths"]},
    )
    seeds = {name: seed_range(base.seed, **{count: namespace[count]}) for name, count in SEEDS.items()}
    return part1_runs(plan, seeds=seeds, original_seeds=namespace["original_seeds"])


def inside_settings(namespace: dict) -> dict:
    """Return the settings of the network of our recipe that the notebook looks into.

    Its training ends when it has settled, since whoever runs the notebook waits for it.
    """
    base = base_run(namespace).settings()
    curriculum = parameters_of(PalindromeRun, namespace, prefix="ours_")
    ends = {"settled_evals": namespace["memory_settled_evals"]}
    return base | curriculum | ends | {"recipe": "ours", "seq_length": 20}


def base_run(namespace: dict) -> PalindromeRun:
    """Return the original's recipe, an LSTM at the longest length; each group changes some of it."""
    common = parameters_of(PalindromeRun, namespace)
    common.pop("original_count")
    longest = max(namespace["seq_lengths"])
    return PalindromeRun(cell="LSTM", recipe="as-written", seq_length=longest, **common)
