import pytest
import torch

from bundle.experiments.palindromes import CELLS, run_inside, train_on_palindromes
from bundle.figures.memory import best_units, draw_inside_of
from bundle.study.records import Record
from bundle.study.store import table
from lib.palindromes import palindromes
from lib.recurrent.inspection import correct_answers, look_inside, trace
from lib.recurrent.lstm import LSTM
from tests.test_lstm import oracle
from tests.test_palindrome_runs import OURS


@pytest.mark.parametrize("length", [1, 6])
def test_asking_equal_palindromes_once_gives_the_same_answers(length):
    torch.manual_seed(0)
    model = CELLS["LSTM"](1, 8, 10)
    inputs, targets = palindromes(2000, length, generator=torch.Generator().manual_seed(0))
    assert torch.equal(correct_answers(model, inputs, targets), model(inputs).argmax(1) == targets)


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
    model, outcome = train_on_palindromes(
        {**OURS, "steps": 400, "pass_accuracy": 0.9, "schedule_factor": 0.9, "check_lengths": [3, 6]}
    )
    assert min(outcome.summary["accuracy_at"].values()) > 0.9
    inside = look_inside(model, seq_length=6, count=200, seed=1)
    assert {name: inside[name].shape for name in "ifoc"} == dict.fromkeys("ifoc", (6, 32))
    inputs, targets = palindromes(200, 6, generator=torch.Generator().manual_seed(1))
    assert inside["digits"].tolist() == inputs[0, :, 0].int().tolist()
    answer = model.forward_reference(inputs[:1]).softmax(1)[0, targets[0]].item()
    assert inside["right"][-1] == pytest.approx(answer, abs=1e-5)
    last = trace(model, inputs)["c"][-1].double()
    within = sum(((last[targets == d] - last[targets == d].mean(0)) ** 2).sum(0) for d in range(10))
    explained = 1 - within / ((last - last.mean(0)) ** 2).sum(0)
    torch.testing.assert_close(torch.from_numpy(inside["remembered"]), explained.detach())


def test_a_look_inside_is_kept_as_columns_and_the_units_that_remember_best_come_first():
    outcome = run_inside({"run": "inside"} | OURS)
    model, length = train_on_palindromes(OURS)[0], OURS["seq_length"]
    inside = look_inside(model, seq_length=length, count=2000, seed=3 * 2**32 + OURS["seed"])
    for name, values in inside.items():
        assert outcome.columns[name] == pytest.approx(values.flatten().tolist(), abs=1e-6)
    row = table([Record({"run": "inside"} | OURS, outcome.columns)]).iloc[0]
    units = best_units(row, 5)
    assert set(units) == set(inside["remembered"].argsort()[-5:].tolist())
    assert inside["c"][-1, units].tolist() == sorted(inside["c"][-1, units].tolist(), reverse=True)
    assert draw_inside_of(row, 5).axes
