"""Runs of Part 1, and looks inside a trained network."""

import numpy as np
import pytest
import torch

from bundle.experiments.palindromes import (
    PalindromeRun,
    new_network,
    run_inside,
    run_palindromes,
    stream,
    train_on_palindromes,
)
from bundle.figures.memory import best_units, draw_inside_of
from bundle.study.records import Record
from bundle.study.store import table
from lib.palindromes import palindromes
from lib.recurrent.inspection import correct_answers, look_inside, trace
from lib.recurrent.lstm import LSTM
from tests.lib.recurrent.test_lstm import oracle

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


def test_each_part_of_our_recipe_can_be_switched_and_matters():
    loss = run_palindromes(OURS).columns["loss"]
    off = {"first_length": 0, "rehearsal": False, "clip_norm": 1e6, "growth": 3.0, "pass_accuracy": 0.1}
    for name, value in off.items():
        assert run_palindromes({**OURS, name: value}).columns["loss"] != loss, name


def test_a_record_keeps_only_the_settings_that_are_on():
    """Or every new option would orphan the stored results of all runs that do not use it."""
    assert PalindromeRun(**SETTINGS, first_length=0, rehearsal=False).settings() == SETTINGS
    assert PalindromeRun(**SETTINGS, first_length=1).settings() == SETTINGS | {"first_length": 1}


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


def test_long_sequences_are_asked_few_at_a_time():
    """Ten thousand steps of 500 sequences once took 15 GB."""
    sizes = []

    class Constant(torch.nn.Module):
        def forward(self, x):
            sizes.append(x.shape[0] * x.shape[1])
            return torch.zeros(len(x), 10)

    inputs, targets = palindromes(100, 5000, generator=torch.Generator().manual_seed(0))
    assert len(correct_answers(Constant(), inputs, targets)) == 100
    assert max(sizes) <= 2 * 10**5


def test_trace_shows_the_states_that_lead_to_the_logits():
    torch.manual_seed(0)
    model = LSTM(2, 5, 3).double()
    x = torch.randn(4, 6, 2, dtype=torch.float64)
    inside = trace(model, x)
    outputs, (_, c_last) = oracle(model)(x)
    torch.testing.assert_close(inside["h"], outputs.transpose(0, 1), rtol=0, atol=1e-12)
    torch.testing.assert_close(inside["c"][-1], c_last[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(inside["logits"][3], model(x[:, :4]), rtol=0, atol=1e-12)
    c_before = torch.cat((torch.zeros_like(inside["c"][:1]), inside["c"][:-1]))
    torch.testing.assert_close(inside["c"], inside["g"] * inside["i"] + c_before * inside["f"])
    torch.testing.assert_close(inside["h"], inside["c"].tanh() * inside["o"])


def test_our_recipe_learns_a_short_length_and_the_network_shows_where_it_keeps_the_digit():
    learns = {"steps": 400, "pass_accuracy": 0.9, "schedule_factor": 0.9, "check_lengths": [3, 6]}
    model, outcome = train_on_palindromes(OURS | learns)
    assert min(outcome.summary["accuracy_at"].values()) > 0.9
    inside = look_inside(model, seq_length=6, count=200, seed=1)
    inputs, targets = palindromes(200, 6, generator=torch.Generator().manual_seed(1))
    assert inside["digits"].tolist() == inputs[0, :, 0].int().tolist()
    answer = model.forward_reference(inputs[:1]).softmax(1)[0, targets[0]].item()
    assert inside["right"][-1] == pytest.approx(answer, abs=1e-5)
    last = trace(model, inputs)["c"][-1].double()
    within = sum(((last[targets == d] - last[targets == d].mean(0)) ** 2).sum(0) for d in range(10))
    explained = 1 - within / ((last - last.mean(0)) ** 2).sum(0)
    torch.testing.assert_close(torch.from_numpy(inside["remembered"]), explained.detach())


def test_a_look_inside_is_kept_as_columns_and_the_units_that_remember_best_come_first():
    settings = {"run": "inside"} | OURS
    columns = run_inside(settings).columns
    row = table([Record(settings, columns)]).iloc[0]
    units, remembered = best_units(row, 5), np.array(columns["remembered"])
    assert set(units) == set(remembered.argsort()[-5:].tolist())
    last = np.reshape(columns["c"], (OURS["seq_length"], -1))[-1, units].tolist()
    assert last == sorted(last, reverse=True)
    assert draw_inside_of(row, 5).axes
