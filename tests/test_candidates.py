from bundle.claims.candidates import OF_RNN, candidate_table, candidates, readings
from tests.part1_records import run

LATE = [0.1] * 26 + [1.0] * 4  # 100 % at step 650


def groups() -> dict:
    written = [run("LSTM", n, [0.1, 0.5] + [1.0] * 28, seed=s) for s in range(2) for n in (5, 30)]
    written += [run("RNN", 30, [0.1] * 30, seed=s) for s in range(2)]
    rnns = []
    for seed in range(2):
        rnns += [run("RNN", 5, LATE, seed=seed), run("RNN", 30, [0.1] * 30, seed=seed)]
        other = {"initial": "normal-0.1", "recipe": "softmax-once", "schedule_factor": 1}
        rnns += [run("RNN", n, [0.1, 0.3] + [1.0] * 28, seed=seed, **other) for n in (5, 30)]
    return {"as written": written, "map": rnns}


def test_there_are_nine_sentences_on_the_rnn():
    assert len(OF_RNN) == 9


def test_a_candidate_is_judged_beside_the_lstm_of_its_seed_and_the_best_comes_first():
    first, second = candidates(groups())
    assert first.name == "PyTorch's, softmax twice, schedule"
    assert second.name == "N(0, 0.1), softmax once, no schedule"
    assert first.shares["At 5 the RNN needs more than 600 steps (§2.2)"] == 1
    assert second.shares["At 5 the RNN needs more than 600 steps (§2.2)"] == 0
    assert (first.final, second.final) == (0.1, 1)
    assert first.total(first.shares) == sum(first.shares.values())


def test_a_sentence_whose_curves_are_missing_is_not_counted():
    short = groups()
    short["map"] = [r for r in short["map"] if r.settings["seq_length"] == 5]
    assert set(candidates(short)[0].shares) == {s for s in OF_RNN if s.startswith("At 5")}
    assert candidates({"as written": []}) == []


def test_the_table_has_a_row_for_each_candidate():
    header, rows = candidate_table(candidates(groups()))
    assert [row[:3] for row in rows] == [
        ["PyTorch's", "twice", "schedule"],
        ["N(0, 0.1)", "once", "no schedule"],
    ]
    assert all(len(row) == len(header) for row in rows)


def test_figure_6_can_be_read_as_chance_or_as_learning():
    assert [len(of) for of in readings(groups()).values()] == [2, 2]
    assert readings({"as written": []}) == {}
