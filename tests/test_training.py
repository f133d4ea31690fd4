import math

import pytest
import torch

from lib.experiments import PalindromeRun, run_palindromes, seeds
from lib.training import cross_entropy, train

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
}


def tiny_training(*, recipe: str, clip_norm: float, steps: int = 5) -> torch.nn.Module:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)

    def next_batch():
        return torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)

    train(
        model,
        next_batch,
        recipe=recipe,
        steps=steps,
        learning_rate=0.01,
        schedule_every=2,
        schedule_factor=0.5,
        clip_norm=clip_norm,
    )
    return model


def test_softmax_twice_cannot_fall_below_its_floor_and_softmax_once_can():
    sure = torch.full((1, 10), -1e4)
    sure[0, 3] = 1e4
    target = torch.tensor([3])
    floor = math.log(math.e + 9) - 1
    assert cross_entropy(sure, target, recipe="as-written").item() == pytest.approx(floor, abs=1e-6)
    assert floor == pytest.approx(1.46115, abs=1e-5)
    assert cross_entropy(sure, target, recipe="corrected").item() == pytest.approx(0, abs=1e-6)


def test_clipping_as_written_comes_too_late_to_matter_and_corrected_it_matters():
    loose, tight = (tiny_training(recipe="as-written", clip_norm=c).weight for c in (1e6, 1e-3))
    assert torch.equal(loose, tight)
    loose, tight = (tiny_training(recipe="corrected", clip_norm=c).weight for c in (1e6, 1e-9))
    assert not torch.equal(loose, tight)


def test_the_schedule_is_stepped_once_a_batch():
    """Against RMSprop written out for one weight: v = 0.99 v + 0.01 g2, w -= rate g / (sqrt v + 1e-8)."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 2, bias=False).double()
    weight, square = model.weight.detach().clone(), torch.zeros(2, 1, dtype=torch.float64)
    inputs, targets = torch.tensor([[2.0]]).double(), torch.tensor([1])
    train(
        model,
        lambda: (inputs, targets),
        recipe="corrected",
        steps=5,
        learning_rate=0.1,
        schedule_every=2,
        schedule_factor=0.5,
        clip_norm=1e6,
    )
    for step in range(5):
        share = torch.softmax(inputs @ weight.T, 1)
        gradient = ((share - torch.tensor([[0.0, 1.0]])).T @ inputs).double()
        square = 0.99 * square + 0.01 * gradient**2
        weight = weight - 0.1 * 0.5 ** (step // 2) * gradient / (square.sqrt() + 1e-8)
    torch.testing.assert_close(model.weight.detach(), weight, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("cell", ["LSTM", "RNN"])
def test_the_same_settings_give_the_same_numbers_and_another_seed_others(cell):
    first, again = (run_palindromes({**SETTINGS, "cell": cell}) for _ in range(2))
    other = run_palindromes({**SETTINGS, "cell": cell, "seed": 1})
    assert first.columns == again.columns
    assert first.columns != other.columns
    assert len(first.columns["accuracy"]) == len(first.columns["loss"]) == SETTINGS["steps"]


def test_training_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    run_palindromes({**SETTINGS, "steps": 2})
    assert torch.equal(before, torch.get_rng_state())


def test_an_easy_length_is_learnt():
    record = run_palindromes(
        {**SETTINGS, "cell": "RNN", "seq_length": 1, "steps": 300, "learning_rate": 0.01}
    )
    assert max(record.columns["accuracy"][-50:]) > 0.9


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seq_length", 0, "seq_length is 0; it must be at least 1"),
        ("seed", -1, "seed is -1; it must be at least 0"),
        ("cell", "GRU", "cell is 'GRU'; it must be one of LSTM, RNN"),
        ("recipe", "mine", "recipe is 'mine'; it must be one of as-written, corrected"),
        ("learning_rate", float("nan"), "learning_rate is nan; it must be a positive number"),
        ("steps", 0, "steps is 0; it must be at least 1"),
    ],
)
def test_a_setting_out_of_range_is_named(name, value, message):
    with pytest.raises(ValueError, match=message):
        PalindromeRun(**{**SETTINGS, name: value})


def test_seeds_count_up_from_the_first():
    assert list(seeds(4, 3)) == [4, 5, 6]
    with pytest.raises(ValueError, match="num_seeds is 0; it must be at least 1"):
        seeds(0, 0)


@pytest.mark.parametrize(
    ("recipe", "clip_norm"), [("as-written", 1e-3), ("corrected", 1e-3), ("corrected", 1e6)]
)
def test_one_optimiser_for_the_joined_parameters_does_what_one_for_each_does(recipe, clip_norm):
    joined = tiny_training(recipe=recipe, clip_norm=clip_norm, steps=20)
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(20):
        inputs, targets = torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets, recipe=recipe).backward()
        if recipe == "corrected":
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        schedule.step()
    torch.testing.assert_close(joined.state_dict(), model.state_dict(), rtol=1e-6, atol=1e-7)


def test_a_trained_model_s_parameters_are_on_their_own_again():
    model = tiny_training(recipe="corrected", clip_norm=1.0)
    assert model.weight.untyped_storage().nbytes() == 4 * model.weight.numel()
    assert model.weight.grad is None
    assert model.bias.untyped_storage().data_ptr() != model.weight.untyped_storage().data_ptr()
