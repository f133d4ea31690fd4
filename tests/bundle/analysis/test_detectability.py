"""What is made of the runs of two-sample tests, and of the committed ones by another route."""

import pandas as pd

from bundle.analysis import detectability
from bundle.analysis.detectability import GENERATED, REAL, detectability_table
from bundle.experiments import two_sample_tests
from lib.evaluation import two_sample_tests as tests

ROWS = [
    ("all levels", 500, GENERATED, 0.7, 0.9),
    ("all levels", 500, GENERATED, 0.72, 0.9),
    ("all levels", 100, GENERATED, 0.6, 0.9),
    ("black and white", 100, REAL, 0.5, 0.5),
    ("black and white", 100, GENERATED, 0.5, 0.5),
    ("black and white", 100, GENERATED, 0.56, 0.8),
    ("grey levels", 100, GENERATED, 1.0, 1.0),
    ("grey levels", 100, REAL, 0.49, 0.51),
    ("grey levels", 100, REAL, 0.51, 0.51),
]
COLUMNS = ["test", "train_count", "against", "accuracy", "train_accuracy"]


def test_the_names_are_those_of_the_runs():
    assert list(detectability.INPUTS) == list(tests.TESTS)
    assert tests.CONVOLUTIONAL == detectability.CONVOLUTIONAL
    assert set(detectability.SIDES) == set(two_sample_tests.AGAINST)


def test_a_row_has_each_side_and_who_has_learnt_nothing_is_never_shown_as_a_coin():
    table = detectability_table(pd.DataFrame(ROWS, columns=COLUMNS))
    assert [*table.columns[:4]] == ["What the test sees", "Images", "Samples (%)", "Real digits (%)"]
    assert table.iloc[:, :4].to_numpy().tolist() == [
        ["shares of grey levels", 100, "100.0", "50.0"],
        ["black and white", 100, "56.0", ""],
        ["256 grey levels", 100, "60.0", ""],
        ["256 grey levels", 500, "71.0", ""],
    ]
