import pytest

from bundle.analysis.memory import factorial_table, input_of, part_of, parts_table, span_of, span_table, worst
from tests.part1_records import run

RIGHT, WRONG = [0.1, 0.9, 1, 1], [0.1, 0.2, 0.4, 0.3]


def ours(cell: str, accuracy: list[float], **rest):
    return run(cell, 100, accuracy, recipe="ours", **rest)


def test_what_a_network_is_given():
    assert input_of(ours("RNN", RIGHT)) == "raw digit"
    assert input_of(ours("RNN", RIGHT, encoding="one-hot")) == "one-hot"


def test_the_factorial_table_counts_who_holds_and_says_how_much_is_right_at_the_end():
    curriculum = {"first_length": 1, "encoding": "one-hot"}
    records = [ours("RNN", RIGHT, seed=s, **curriculum) for s in range(3)]
    records += [ours("LSTM", [0.1, 1, 1, 0.9], seed=s, **curriculum) for s in range(3)]
    records += [ours("LSTM", of, seed=s) for s, of in enumerate((WRONG, WRONG, RIGHT))]
    header, rows = factorial_table(records)
    assert header == ["Input", "Curriculum", "RNN", "RNN, at the end (%)", "LSTM", "LSTM, at the end (%)"]
    assert rows == [
        ["one-hot", "curriculum", "3/3", "100.0", "0/3", "90.0"],
        ["raw digit", "none", "", "", "1/3", "30.0"],
    ]


def at_lengths(length: int, accuracy: list[float], checked: dict[str, float], seed=0, cell="RNN"):
    return run(
        cell, length, accuracy, seed=seed, recipe="ours", lengths=[1, 5, length, length], accuracy_at=checked
    )


def test_the_span_is_the_longest_length_that_every_seed_holds():
    records = [
        at_lengths(10, RIGHT, {"5": 0.9, "10": 1.0, "20": 0.5}),
        at_lengths(10, RIGHT, {"5": 1.0, "10": 1.0, "20": 0.4}, seed=1),
        at_lengths(30, RIGHT, {"30": 1.0, "60": 1.0}),
        at_lengths(30, WRONG, {"30": 0.3, "60": 0.1}, seed=1),
    ]
    assert (span_of(records, "RNN"), span_of(records, "LSTM")) == (10, 0)
    assert span_table(records)[1] == [
        ["RNN", "10", "2/2", "50", "100.0", "10 to 10", "0.900", "0.400"],
        ["RNN", "30", "1/2", *span_table(records)[1][1][3:5], "30 to 30", "0.300", "0.100"],
    ]


def test_the_worst_length_up_to_the_run_s_own_and_past_it():
    record = at_lengths(10, RIGHT, {"5": 0.9, "10": 1.0, "11": 0.7, "20": 0.5})
    assert (worst(record, past=False), worst(record, past=True)) == (0.9, 0.5)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "the whole recipe"),
        ({"rehearsal": False}, "without going back to shorter lengths"),
    ],
)
def test_what_is_changed_in_our_recipe(change, name):
    record = at_lengths(10, RIGHT, {"10": 1.0, "20": 0.5}, cell="LSTM")
    record.settings |= {"rehearsal": True} | change
    assert part_of(record) == name
    assert parts_table([record])[1] == [[name, "1/1", "50", "100.0", "1.000", "0.500"]]
