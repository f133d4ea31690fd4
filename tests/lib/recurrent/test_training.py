"""How a cell is trained: steps, schedule and clipping; curriculum, initial weights and encoding."""

import math

import pytest
import torch

from lib.recurrent.curriculum import Curriculum
from lib.recurrent.encoding import Encoded, encoded
from lib.recurrent.initial import start_from
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import cross_entropy, train

RATES = {"learning_rate": 0.01, "schedule_every": 2, "schedule_factor": 0.5}


def model_and_batches():
    """Return a small model, and what draws its batches."""
    torch.manual_seed(0)
    data = torch.Generator().manual_seed(1)

    def next_batch(accuracy):
        return torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)

    return torch.nn.Linear(4, 10), next_batch


def trained(*, slips=False, clip_norm=1.0, steps=7, eval_every=1, evaluate=lambda *seen: False):
    model, next_batch = model_and_batches()
    looks = {"evaluate": lambda *seen: evaluate(model, *seen), "eval_every": eval_every}
    how = {"softmax_twice": slips, "clip_after_step": slips, "clip_norm": clip_norm}
    train(model, next_batch, steps=steps, **RATES, **how, **looks)
    return model


def test_softmax_twice_cannot_fall_below_its_floor_and_softmax_once_can():
    sure = torch.full((1, 10), -1e4)
    sure[0, 3] = 1e4
    target = torch.tensor([3])
    floor = math.log(math.e + 9) - 1
    assert cross_entropy(sure, target, softmax_twice=True).item() == pytest.approx(floor, abs=1e-6)
    assert cross_entropy(sure, target, softmax_twice=False).item() == pytest.approx(0, abs=1e-6)


def textbook(*, slips, clip_norm, steps) -> torch.nn.Module:
    model, next_batch = model_and_batches()
    optimizer = torch.optim.RMSprop(model.parameters())
    for step in range(steps):
        inputs, targets = next_batch(0)
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets, softmax_twice=slips).backward()
        if not slips:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.param_groups[0]["lr"] = 0.01 * 0.5 ** (step // 2)
        optimizer.step()
    return model


@pytest.mark.parametrize(("slips", "clip_norm"), [(True, 1e-3), (False, 1e-3), (False, 1e6)])
def test_one_optimiser_for_the_joined_parameters_does_what_one_for_each_does(slips, clip_norm):
    model = trained(slips=slips, clip_norm=clip_norm, steps=20)
    expected = textbook(slips=slips, clip_norm=clip_norm, steps=20).state_dict()
    torch.testing.assert_close(model.state_dict(), expected, rtol=1e-6, atol=1e-7)
    for parameter in model.parameters():  # on their own again
        assert parameter.untyped_storage().nbytes() == 4 * parameter.numel()
        assert parameter.grad is None


def test_looks_come_before_the_steps_that_they_are_named_after_and_one_after_the_last():
    seen, weights = [], {}

    def look(model, step, right, loss):
        seen.append((right, loss))
        weights[step] = model.weight.detach().clone()

    trained(steps=7, eval_every=3, evaluate=look)
    assert list(weights) == [0, 3, 6, 7]
    for step in (3, 6, 7):
        assert torch.equal(weights[step], trained(steps=step).weight)
    model, next_batch = model_and_batches()
    inputs, targets = next_batch(0)
    logits = model(inputs)
    loss = cross_entropy(logits, targets, softmax_twice=False).item()
    assert seen[0] == (int((logits.argmax(1) == targets).sum()), pytest.approx(loss))


def curriculum(**changes) -> Curriculum:
    settings = {"length": 2, "target": 9, "growth": 1.5, "pass_accuracy": 0.9, "rehearsal": False}
    return Curriculum(**{**settings, **changes}, generator=torch.Generator().manual_seed(0))


def test_the_curriculum_lengthens_after_each_success_until_the_target():
    lengths = curriculum(length=1)
    accuracies = [0.0, 0.9, 0.5, 1.0, 0.89, 0.95, 0.9, 0.99, 1.0]  # of the batch before
    assert [lengths(accuracy) for accuracy in accuracies] == [1, 2, 2, 3, 3, 4, 6, 9, 9]


def test_rehearsal_takes_every_second_batch_and_success_at_a_shorter_length_does_not_count():
    lengths = curriculum(length=50, target=90, rehearsal=True)
    drawn = [lengths(0.0)]
    while len(drawn) < 200:
        drawn.append(lengths(1.0 if drawn[-1] < 50 else 0.0))
    assert set(drawn[::2]) == {50}
    assert all(1 <= length <= 50 for length in drawn[1::2])
    assert len(set(drawn[1::2])) > 25
    shortest = curriculum(length=1, target=1, rehearsal=True)
    assert [shortest(0.0) for _ in range(4)] == [1, 1, 1, 1]


def test_small_weights_have_their_deviation_in_all_three_matrices_and_no_biases():
    torch.manual_seed(0)
    model = VanillaRNN(1, 200, 10)
    start_from(model, "normal-0.1")
    for name, value in model.named_parameters():
        if name.endswith("bias"):
            assert not value.any()
        else:
            error = 0.1 / math.sqrt(value.numel())
            assert value.std().item() == pytest.approx(0.1, abs=4 * error)
            assert value.mean().item() == pytest.approx(0, abs=4 * error)


def test_a_digit_is_read_raw_or_as_one_of_ten_inputs():
    digits = torch.arange(10.0).repeat(2, 1)[..., None]  # (2, 10, 1)
    assert torch.equal(encoded(digits, "raw"), digits)
    assert torch.equal(Encoded(torch.nn.Identity(), "one-hot")(digits)[1], torch.eye(10))
