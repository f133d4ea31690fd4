"""Records of Part 1 for tests: their accuracies are said, not trained."""

from collections.abc import Sequence

from bundle.study.records import Record

EVERY, COUNT = 25, 100


def run(cell: str, length: int, accuracy: Sequence[float], *, seed=0, recipe="as-written", **rest) -> Record:
    """Return a record with these accuracies at its looks, one every 25 steps, by either measure."""
    settings = {"cell": cell, "seq_length": length, "seed": seed, "recipe": recipe, "batch_size": COUNT}
    settings |= {"eval_count": COUNT, "schedule_factor": 0.96}
    right = [round(COUNT * one) for one in accuracy]
    columns = {
        "step": [EVERY * k for k in range(len(accuracy))],
        "n_correct": right,
        "n_correct_batch": right,
    }
    if cell == "LSTM" and recipe == "as-written":
        settings["original_count"], columns["n_correct_original"] = 2 * COUNT, [2 * one for one in right]
    accuracy_at = rest.pop("accuracy_at", None)
    columns |= {"length": rest.pop("lengths")} if "lengths" in rest else {}
    return Record(settings | rest, columns, {"accuracy_at": accuracy_at} if accuracy_at else {})


def lstm_first(seeds: range, *, wins: int, recipe="as-written") -> list[Record]:
    """Return runs at length 5 in which the LSTM is first for `wins` of the seeds."""
    records = []
    for seed in seeds:
        slow, fast = [0.1, 0.5, 0.8, 0.9, 1], [0.1, 1, 1, 1, 1]
        lstm, rnn = (fast, slow) if seed < wins else (slow, fast)
        records += [
            run("LSTM", 5, lstm, seed=seed, recipe=recipe),
            run("RNN", 5, rnn, seed=seed, recipe=recipe),
        ]
    return records
