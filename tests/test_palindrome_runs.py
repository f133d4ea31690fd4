import pytest
import torch

from bundle.experiments.palindromes import (
    CELLS,
    PalindromeRun,
    new_network,
    run_palindromes,
    stream,
    train_on_palindromes,
)
from lib.palindromes import palindromes
from lib.recurrent.encoding import ENCODINGS

SETTINGS = {
    "cell": "LSTM",
    "recipe": "corrected",
    "seq_length": 3,
    "seed": 0,
    "steps": 30,
    "hidden_size": 16,
    "batch_size": 32,
    "learning_rate": 0.001,
    "schedule_every": 10,
    "schedule_factor": 0.5,
    "clip_norm": 10.0,
    "eval_every": 10,
    "eval_count": 50,
}
OURS = {
    **SETTINGS,
    "recipe": "ours",
    "seq_length": 6,
    "steps": 40,
    "hidden_size": 32,
    "learning_rate": 0.01,
    "schedule_every": 30,
    "clip_norm": 0.1,
    "first_length": 1,
    "growth": 1.5,
    "pass_accuracy": 0.6,
    "rehearsal": True,
}


def test_the_same_settings_give_the_same_numbers_and_another_seed_others():
    first, again, other = (run_palindromes({**OURS, "seed": seed}).columns for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert first["step"] == [0, 10, 20, 30, 40]
    assert first["length"][0] == 1


def test_with_every_part_switched_off_the_third_recipe_is_the_corrected_one():
    corrected, ours = (run_palindromes({**SETTINGS, "recipe": recipe}) for recipe in ("corrected", "ours"))
    assert corrected.columns == ours.columns


def test_each_part_of_our_recipe_can_be_switched_and_matters():
    loss = run_palindromes(OURS).columns["loss"]
    off = {"first_length": 0, "rehearsal": False, "clip_norm": 1e6, "growth": 3.0, "pass_accuracy": 0.1}
    for name, value in off.items():
        assert run_palindromes({**OURS, name: value}).columns["loss"] != loss, name


def test_a_record_keeps_only_the_settings_that_are_on():
    """Or every new option would orphan the stored results of all runs that do not use it."""
    assert PalindromeRun(**SETTINGS, first_length=0, rehearsal=False).settings() == SETTINGS
    assert PalindromeRun(**SETTINGS, first_length=1).settings() == SETTINGS | {"first_length": 1}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_is_trained_on_every_encoding(cell, encoding):
    outcome = run_palindromes({**SETTINGS, "cell": cell, "encoding": encoding, "steps": 3})
    assert outcome.columns["step"] == [0, 3]


def test_a_look_is_at_fresh_palindromes_and_the_original_s_measure_has_the_common_one_s_among_them():
    asked = {**SETTINGS, "steps": 10, "original_count": 200}
    columns = run_palindromes(asked).columns
    model, looks = new_network(PalindromeRun(**asked)), torch.Generator().manual_seed(stream("evaluation", 0))
    inputs, targets = palindromes(200, 3, generator=looks)
    right = model(inputs).argmax(1) == targets
    assert columns["n_correct_original"][0] == right.sum()
    assert columns["n_correct"][0] == right[:50].sum()
    trained = train_on_palindromes(asked)[0]
    inputs, targets = palindromes(200, 3, generator=looks)
    assert columns["n_correct_original"][1] == (trained(inputs).argmax(1) == targets).sum()
    # of the training batch: before its step
    inputs, targets = palindromes(32, 3, generator=torch.Generator().manual_seed(stream("training", 0)))
    assert columns["n_correct_batch"][0] == (model(inputs).argmax(1) == targets).sum()


def test_a_run_that_is_right_at_so_many_looks_in_a_row_ends():
    easy = {**SETTINGS, "cell": "RNN", "encoding": "one-hot", "seq_length": 1, "steps": 400}
    easy |= {"learning_rate": 0.02, "schedule_factor": 0.95}
    ended = run_palindromes(easy | {"settled_evals": 3}).columns
    whole = run_palindromes(easy).columns
    count = len(ended["n_correct"])
    assert count < len(whole["n_correct"])
    assert {name: values[:count] for name, values in whole.items()} == ended
    assert ended["n_correct"][-3:] == [50] * 3
    assert ended["n_correct"][-4] < 50


def test_each_purpose_of_a_run_has_random_numbers_of_its_own():
    purposes = ("training", "lengths", "evaluation", "check")
    seeds = {0, *(stream(purpose, 0) for purpose in purposes)}  # 0: of the initial weights
    assert len({seed % 2**32 for seed in seeds}) == 5  # torch takes the lower 32 bits alone
