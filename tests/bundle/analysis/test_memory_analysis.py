from bundle.analysis.memory import factorial_table, length_table, memory_runs
from tests.part1_records import run, table

RIGHT, WRONG = [0.1, 0.9, 1, 1], [0.1, 0.2, 0.4, 0.3]


def ours(cell: str, accuracy: list[float], **rest):
    return run(cell, 100, accuracy, recipe="ours", **rest)


def at_lengths(length: int, accuracy: list[float], checked: dict[str, float], seed: int):
    record = ours("RNN", accuracy, seq_length=length, seed=seed)
    record.summary["accuracy_at"] = checked
    return record


def test_the_factorial_table_counts_who_holds_and_says_how_much_is_right_at_the_end():
    curriculum = {"first_length": 1, "encoding": "one-hot"}
    records = [ours("RNN", RIGHT, seed=s, **curriculum) for s in range(3)]
    records += [ours("LSTM", [0.1, 1, 1, 0.9], seed=s, **curriculum) for s in range(3)]
    records += [ours("LSTM", curve, seed=s) for s, curve in enumerate((WRONG, WRONG, RIGHT))]
    rows = factorial_table(table(records, "memory"))
    assert list(rows.columns) == ["Input", "Curriculum", "LSTM", "RNN"]
    assert rows.to_numpy().tolist() == [
        ["one-hot", "curriculum", "0/3, 90.0 %", "3/3, 100.0 %"],
        ["raw digit", "no curriculum", "1/3, 30.0 %", ""],
    ]


def test_the_span_is_the_longest_length_that_every_seed_holds():
    records = [
        at_lengths(10, RIGHT, {"5": 0.9, "10": 1.0, "20": 0.5}, 0),
        at_lengths(10, RIGHT, {"5": 1.0, "10": 1.0, "20": 0.4}, 1),
        at_lengths(30, RIGHT, {"30": 1.0, "60": 1.0}, 0),
        at_lengths(30, WRONG, {"30": 0.3, "60": 0.1}, 1),
    ]
    assert length_table(memory_runs(table(records, "span"), "span")).to_numpy().tolist() == [
        ["RNN", 10, "no", "2/2", "50", "100.0 %", "0.900", "0.400"],
        ["RNN", 30, "no", "1/2", "never", "65.0 %", "0.300", "0.100"],
    ]
