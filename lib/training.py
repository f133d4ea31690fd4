"""The training loop of Part 1: any classifier, on a stream of fresh batches."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

RECIPES = ("as-written", "corrected", "ours")


def train(
    model: torch.nn.Module,
    next_batch: Callable[[float], tuple[torch.Tensor, torch.Tensor]],
    *,
    recipe: str,
    steps: int,
    learning_rate: float,
    schedule_every: int,
    schedule_factor: float,
    clip_norm: float,
) -> tuple[list[float], list[float]]:
    """Train in place with RMSprop and return accuracy and loss of every step's batch.

    No batch is seen twice, so the accuracy on the training batch, taken before its step, is the accuracy
    on unseen sequences.

    Args:
        model: maps inputs to logits (batch, classes).
        next_batch: from the accuracy of the batch before, 0 at first, to inputs and targets (batch,) int64.
        recipe: "as-written" as the original report: the loss takes the softmax of a softmax, and gradients
            are clipped after the step that used them, which does nothing. "corrected": softmax once,
            clipped before the step. "ours": the same.
        steps: number of optimiser steps, one batch each.
        learning_rate: of RMSprop, whose other settings are PyTorch's defaults.
        schedule_every, schedule_factor: StepLR, stepped once a batch.
        clip_norm: largest norm of the whole gradient.

    Returns:
        accuracy in [0, 1] and loss in nats, `steps` values each.
    """
    if recipe not in RECIPES:
        raise ValueError(f"recipe is {recipe!r}; it must be one of {', '.join(RECIPES)}")
    flat = one_parameter(model)
    optimizer = torch.optim.RMSprop([flat], lr=learning_rate)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, schedule_every, schedule_factor)
    accuracy, losses = torch.zeros(steps), torch.empty(steps)

    for step in range(steps):
        inputs, targets = next_batch(accuracy[step - 1].item())
        logits = model(inputs)  # (batch, classes)
        loss = cross_entropy(logits, targets, recipe=recipe)
        optimizer.zero_grad(set_to_none=False)  # the gradients of the model are parts of this one
        loss.backward()
        if recipe != "as-written":
            torch.nn.utils.clip_grad_norm_(flat, clip_norm)
        optimizer.step()
        if recipe == "as-written":
            torch.nn.utils.clip_grad_norm_(flat, clip_norm)  # too late: zero_grad comes next
        scheduler.step()

        accuracy[step] = (logits.detach().argmax(1) == targets).float().mean()
        losses[step] = loss.detach()
    for parameter in model.parameters():  # on their own again, as they came
        parameter.data, parameter.grad = parameter.data.clone(), None
    return [round(a, 6) for a in accuracy.tolist()], [round(x, 6) for x in losses.tolist()]


def one_parameter(model: torch.nn.Module) -> torch.nn.Parameter:
    """Join all parameters, of one dtype and device, into one; they and their gradients become parts of it.

    An optimiser and a clip of elements or of the whole norm then do the same in one stroke instead of one
    for each parameter. Zero the gradient with set_to_none=False, or the parts lose it.
    """
    parameters = list(model.parameters())
    flat = torch.nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
    flat.grad = torch.zeros_like(flat)
    sizes = [p.numel() for p in parameters]
    parts = zip(flat.data.split(sizes), flat.grad.split(sizes), strict=True)
    for parameter, (values, gradient) in zip(parameters, parts, strict=True):
        parameter.data, parameter.grad = values.view_as(parameter), gradient.view_as(parameter)
    return flat


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, *, recipe: str) -> torch.Tensor:
    """Return the mean cross-entropy in nats; "as-written" takes the softmax twice.

    Softmax twice bounds the loss from below: with n classes it cannot fall under ln(e + n - 1) - 1,
    which is 1.46115 for ten.
    """
    return F.cross_entropy(logits.softmax(1) if recipe == "as-written" else logits, targets)


@dataclass(kw_only=True)
class Curriculum:
    """Which length to train at, step by step: longer whenever the current one is mastered.

    Source: a growing length as in Zaremba and Sutskever 2014, "Learning to Execute", who also mix the
    lengths to keep the short ones.

    Attributes:
        length: where it starts, and then the current length.
        target: where it ends.
        growth: factor of the length at each success, rounded down; at least one is added.
        pass_accuracy: of a batch at the current length, in [0, 1], that counts as success.
        rehearsal: whether every second batch, from the second on, goes back to a length drawn uniformly from
            1 to the current one.
        generator: of those draws.
    """

    length: int
    target: int
    growth: float
    pass_accuracy: float
    rehearsal: bool
    generator: torch.Generator

    def __post_init__(self) -> None:
        self.lengths: list[int] = []  # of every batch so far

    def __call__(self, accuracy: float) -> int:
        """Return the next batch's length, from the accuracy of the batch before."""
        if self.lengths and self.lengths[-1] == self.length and accuracy >= self.pass_accuracy:
            self.length = min(self.target, max(self.length + 1, int(self.length * self.growth)))
        self.lengths.append(self.length)
        if self.rehearsal and len(self.lengths) % 2 == 0:
            self.lengths[-1] = int(torch.randint(1, self.length + 1, (), generator=self.generator))
        return self.lengths[-1]


@torch.no_grad()
def spread_kinks(layer: torch.nn.Linear, *, slope: float, low: float, high: float) -> None:
    """Set a layer of one input, in place, so that unit k starts as a(±slope (x - x_k)).

    Under a tanh the units then bend at places x_k spread uniformly over [low, high], the range of the input,
    with random signs, and so tell its values apart from the start. Draws from torch's global generator.
    """
    weight = slope * (2.0 * torch.randint(2, layer.weight.shape) - 1)  # (units, 1)
    layer.weight.copy_(weight)
    layer.bias.copy_(-weight[:, 0] * torch.empty_like(layer.bias).uniform_(low, high))


@torch.no_grad()
def accuracy_on(model: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Return the share of inputs (n, ...) whose largest logit is the target's, 1000 at a time."""
    parts = zip(inputs.split(1000), targets.split(1000), strict=True)
    return sum(int((model(x).argmax(1) == y).sum()) for x, y in parts) / len(targets)
