from bundle.analysis.readings import readings
from tests.part1_records import run

WRITTEN = [run(cell, n, [0.1] * 30, seed=s) for cell in ("LSTM", "RNN") for n in (5, 30) for s in range(3)]
LEARNING = [
    run("RNN", 30, [0.1, 0.3, 1.0], seed=s, initial="normal-0.1", recipe="softmax-once") for s in range(2)
]


def test_figure_6_can_be_read_as_chance_or_as_learning():
    found = readings({"as written": WRITTEN, "readings": LEARNING})
    assert [len(of) for of in found.values()] == [3, 2]
    assert {(r.settings["cell"], r.settings["seq_length"]) for of in found.values() for r in of} == {
        ("RNN", 30)
    }
