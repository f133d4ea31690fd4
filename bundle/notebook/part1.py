"""From the parameters of Part 1's notebook to the settings of its runs."""

from bundle.experiments.palindromes import PalindromeRun
from bundle.experiments.part1 import part1_runs, seed_range
from bundle.notebook.parameters import parameters_of
from lib.checks import sizes


def part1_settings(namespace: dict) -> dict[str, list[dict]]:
    """Return the settings of every run by its group; `namespace` is the notebook's globals()."""
    prefixes = ("", "ours_", "longer_", "memory_", "span_")
    common, ours, longer, memory, span = (
        parameters_of(PalindromeRun, namespace, prefix=prefix) for prefix in prefixes
    )
    first, original_count = common.pop("seed"), common.pop("original_count")
    sizes(num_seeds=namespace["num_seeds"])
    seeds_of = {"as written": "num_seeds", "unscheduled": "corrected_seeds", "parts": "span_seeds"}
    for group in ("corrected", "readings", "longer", "ours", "memory", "span"):
        seeds_of[group] = f"{group}_seeds"
    seeds = {group: seed_range(first, **{name: namespace[name]}) for group, name in seeds_of.items()}
    return part1_runs(
        common,
        ours,
        seeds=seeds,
        seq_lengths=namespace["seq_lengths"],
        original_count=original_count,
        longer=longer,
        memory=memory,
        span=span,
        span_lengths={"RNN": namespace["span_lengths"], "LSTM": namespace["span_lstm_lengths"]},
    )


def inside_settings(namespace: dict) -> dict:
    """Return the settings of the network of our recipe that the notebook looks into.

    Its training ends when it has settled, since whoever runs the notebook waits for it.
    """
    common, ours = (parameters_of(PalindromeRun, namespace, prefix=prefix) for prefix in ("", "ours_"))
    del common["original_count"]  # the original's measure is not asked for
    settings = {**common, **ours, "settled_evals": namespace["memory_settled_evals"]}
    settings.update(cell="LSTM", recipe="ours", seq_length=20)
    return settings
