from pathlib import Path

from bundle.experiments.part1 import part1_settings
from bundle.render.reading import declared_values

NOTEBOOK = declared_values(Path("part1.ipynb"))


def test_as_written_the_lstm_alone_has_a_schedule_and_in_its_first_runs_a_metric_of_its_own():
    for run in part1_settings(NOTEBOOK | {"num_seeds": 3, "original_seeds": 2})["as written"]:
        is_lstm = run["cell"] == "LSTM"
        assert run["schedule_factor"] == (0.96 if is_lstm else 1.0)
        assert run.get("original_count", 0) == (16384 if is_lstm and run["seed"] < 2 else 0)


def test_runs_are_trained_on_where_there_are_seeds_enough_to_decide():
    counts = [len(part1_settings(NOTEBOOK | {"corrected_seeds": count})["longer"]) for count in (5, 6)]
    assert counts == [0, 2 * 6]
