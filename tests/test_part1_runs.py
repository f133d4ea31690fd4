from pathlib import Path

from bundle.experiments.part1 import memory_settings, part1_settings, protocol_settings
from bundle.render.reading import declared_values

NOTEBOOK = declared_values(Path("part1.ipynb"))
PROTOCOL, MEMORY = (declared_values(Path("studies", f"{name}.ipynb")) for name in ("protocol", "memory"))
SEEDS = ("num", "original", "corrected", "ours", "memory")


def runs(**seeds: int) -> dict[str, list[dict]]:
    """The runs of the notebook and its studies at few lengths, one seed of each if not said otherwise."""
    main = NOTEBOOK | {f"{name}_seeds": seeds.get(name, 1) for name in SEEDS} | {"seq_lengths": [10, 30]}
    protocol = PROTOCOL | {"readings_seeds": seeds.get("readings", 1)}
    lengths = {"span_lengths": [300], "span_lstm_lengths": []}
    memory = MEMORY | lengths | {"span_seeds": seeds.get("span", 1)}
    return part1_settings(main) | protocol_settings(protocol, main) | memory_settings(memory, main)


def test_how_many_runs_there_are_of_each_group():
    counts = {name: len(group) for name, group in runs(num=3, corrected=2, readings=2, span=2).items()}
    assert counts == {
        "as written": 2 * 2 * 3,
        "corrected": 2 * 2 * 2,
        "unscheduled": 2 * 2,
        "longer": 0,  # two seeds cannot decide anything
        "ours": 2,
        "memory": 3 * 2 * 2,
        "readings": 2,
        "span": 2,
        "parts": 2 * 2,
    }
    assert len(runs(corrected=6)["longer"]) == 2 * 6


def test_as_written_the_lstm_alone_has_a_schedule_and_in_its_first_runs_a_metric_of_its_own():
    for run in runs(num=3, original=2)["as written"]:
        is_lstm = run["cell"] == "LSTM"
        assert run["schedule_factor"] == (0.96 if is_lstm else 1.0)
        assert run.get("original_count", 0) == (16384 if is_lstm and run["seed"] < 2 else 0)
