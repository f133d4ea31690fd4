"""How a cell is trained: steps, schedule and clipping; curriculum, initial weights and encoding."""

import math

import pytest
import torch

from lib.recurrent.curriculum import Curriculum
from lib.recurrent.encoding import Encoded, encoded
from lib.recurrent.initial import start_from
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import cross_entropy, train


def tiny_training(
    *, slips: bool, clip_norm: float, steps: int = 5, eval_every: int = 1, evaluate=lambda *seen: False
) -> torch.nn.Module:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)

    def next_batch(accuracy):
        return torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)

    rest = {"learning_rate": 0.01, "schedule_every": 2, "schedule_factor": 0.5, "clip_norm": clip_norm}
    looks = {"evaluate": lambda *seen: evaluate(model, *seen), "eval_every": eval_every}
    train(model, next_batch, softmax_twice=slips, clip_after_step=slips, steps=steps, **rest, **looks)
    return model


def test_softmax_twice_cannot_fall_below_its_floor_and_softmax_once_can():
    sure = torch.full((1, 10), -1e4)
    sure[0, 3] = 1e4
    target = torch.tensor([3])
    floor = math.log(math.e + 9) - 1
    assert cross_entropy(sure, target, softmax_twice=True).item() == pytest.approx(floor, abs=1e-6)
    assert floor == pytest.approx(1.46115, abs=1e-5)
    assert cross_entropy(sure, target, softmax_twice=False).item() == pytest.approx(0, abs=1e-6)


def test_the_schedule_is_stepped_once_a_batch():
    """Against RMSprop written out for one weight: v = 0.99 v + 0.01 g2, w -= rate g / (sqrt v + 1e-8)."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 2, bias=False).double()
    weight, square = model.weight.detach().clone(), torch.zeros(2, 1, dtype=torch.float64)
    inputs, targets = torch.tensor([[2.0]]).double(), torch.tensor([1])
    train(
        model,
        lambda accuracy: (inputs, targets),
        evaluate=lambda *seen: False,
        eval_every=1,
        softmax_twice=False,
        clip_after_step=False,
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


@pytest.mark.parametrize(("slips", "clip_norm"), [(True, 1e-3), (False, 1e-3), (False, 1e6)])
def test_one_optimiser_for_the_joined_parameters_does_what_one_for_each_does(slips, clip_norm):
    joined = tiny_training(slips=slips, clip_norm=clip_norm, steps=20)
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(20):
        inputs, targets = torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets, softmax_twice=slips).backward()
        if not slips:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        schedule.step()
    torch.testing.assert_close(joined.state_dict(), model.state_dict(), rtol=1e-6, atol=1e-7)


def test_a_trained_model_s_parameters_are_on_their_own_again():
    model = tiny_training(slips=False, clip_norm=1.0)
    assert model.weight.untyped_storage().nbytes() == 4 * model.weight.numel()
    assert model.weight.grad is None
    assert model.bias.untyped_storage().data_ptr() != model.weight.untyped_storage().data_ptr()


def test_looks_come_before_the_steps_that_they_are_named_after_and_one_after_the_last():
    seen, weights = [], []

    def look(model, step, right, loss):
        seen.append((step, right, loss))
        weights.append(model.weight.detach().clone())

    last = tiny_training(slips=False, clip_norm=1.0, steps=7, eval_every=3, evaluate=look).weight
    assert [step for step, _, _ in seen] == [0, 3, 6, 7]
    for step, weight in zip((3, 6, 7), weights[1:], strict=True):
        assert torch.equal(weight, tiny_training(slips=False, clip_norm=1.0, steps=step).weight)
    assert torch.equal(weights[-1], last)
    torch.manual_seed(0)
    model, data = torch.nn.Linear(4, 10), torch.Generator().manual_seed(1)
    inputs, targets = torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)
    logits = model(inputs)
    assert seen[0][1] == int((logits.argmax(1) == targets).sum())
    assert seen[0][2] == pytest.approx(cross_entropy(logits, targets, softmax_twice=False).item())


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
            rough = 4 / math.sqrt(2 * value.numel())  # four standard errors
            assert value.std().item() == pytest.approx(0.1, rel=rough)
            assert value.mean().item() == pytest.approx(0, abs=4 * 0.1 / math.sqrt(value.numel()))


def test_a_digit_is_read_raw_or_as_one_of_ten_inputs():
    digits = torch.arange(10.0).repeat(2, 1)[..., None]  # (2, 10, 1)
    assert torch.equal(encoded(digits, "raw"), digits)
    assert torch.equal(encoded(digits, "one-hot")[1], torch.eye(10))
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(100, 3))
    assert torch.equal(Encoded(network, "one-hot")(digits), network(encoded(digits, "one-hot")))
