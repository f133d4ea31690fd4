import numpy as np
import pytest
import torch

from bundle.experiments.palindromes import run_inside, train_on_palindromes
from bundle.figures.memory import best_units, draw_inside_of
from bundle.study.records import Record
from bundle.study.store import table
from lib.palindromes import palindromes
from lib.recurrent.inspection import correct_answers, look_inside, trace
from lib.recurrent.lstm import LSTM
from tests.test_lstm import oracle
from tests.test_palindrome_runs import OURS


def test_asking_equal_palindromes_once_gives_the_same_answers():
    torch.manual_seed(0)
    model = LSTM(1, 8, 10)
    inputs, targets = palindromes(2000, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(correct_answers(model, inputs, targets), model(inputs).argmax(1) == targets)


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
