from bundle.analysis.conclusion import conclusion, prediction_table
from bundle.analysis.part1 import decide_part1, robust_part1
from tests.part1_records import lstm_first, run


def groups(*, one_hot: list[float], bare: list[float], rnn: list[float]) -> dict:
    memory = [
        run(cell, 100, one_hot, recipe="ours", encoding="one-hot", first_length=1) for cell in ("RNN", "LSTM")
    ]
    memory += [run(cell, 100, bare, recipe="ours", encoding="one-hot") for cell in ("RNN", "LSTM")]
    return {
        "as written": lstm_first(range(20), wins=20),
        "corrected": lstm_first(range(20), wins=20, recipe="corrected"),
        "memory": memory,
        "span": [run("RNN", 300, rnn, recipe="ours")],
    }


def came_true(of: dict) -> list[str]:
    return [row[-1] for row in prediction_table(of, decide_part1(of))[1]]


def test_predictions_come_true_or_not_by_what_the_records_say():
    as_told = groups(one_hot=[0.1, 1], bare=[0.1, 0.2], rnn=[0.1, 0.5])
    assert came_true(as_told) == [
        "yes",
        "undecided",
        "yes",
        "yes",
        "yes",
    ]  # both are as steady: a tie in every seed
    other = groups(one_hot=[0.1, 0.9], bare=[0.1, 1], rnn=[0.1, 1])
    other["corrected"] = lstm_first(range(20), wins=0, recipe="corrected")
    assert came_true(other) == ["no", "undecided", "no", "no", "no"]


def test_without_records_no_prediction_comes_true():
    assert came_true({}) == ["undecided", "undecided", "no", "no", "no"]


def test_the_conclusion_says_what_the_verdicts_say():
    of = groups(one_hot=[0.1, 1], bare=[0.1, 0.2], rnn=[0.1, 1])
    verdicts, robust = decide_part1(of), robust_part1(of)
    text = conclusion(of, verdicts, robust)
    assert f"Of {len({v.sentence for v in verdicts})} sentences" in text
    assert "one-hot with a curriculum 2 of 2, one-hot without 0 of 2" in text
    assert "for the RNN 300 (tried up to 300)" in text
