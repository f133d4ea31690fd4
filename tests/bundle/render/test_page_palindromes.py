from bundle.render.web.explorers import curves
from bundle.study import store
from bundle.study.records import Record

SETTINGS = {"cell": "LSTM", "recipe": "ours", "seq_length": 4, "eval_count": 10}


def looked(*right: int, seed: int) -> Record:
    settings = SETTINGS | {"seed": seed}
    return Record(settings, {"step": list(range(1, len(right) + 1)), "n_correct": list(right)})


def test_a_curve_is_mean_and_range_over_the_seeds_and_a_run_that_ended_keeps_its_last():
    (curve,) = curves(store.table([looked(1, 5, 9, seed=0), looked(3, 10, seed=1)]))
    assert (curve["cell"], curve["recipe"], curve["length"], curve["seeds"]) == ("LSTM", "ours", 4, 2)
    assert curve["steps"] == [1, 2, 3]
    assert curve["mean"] == [20, 75, 95]
    assert (curve["low"], curve["high"]) == ([10, 50, 90], [30, 100, 100])
