"""The training loop of Part 1: any classifier, on a stream of fresh batches."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_


def train(
    model: nn.Module,  # maps inputs to logits (batch, classes)
    next_batch: Callable[[float], tuple[Tensor, Tensor]],
    *,
    evaluate: Callable[[int, int, float], bool],
    eval_every: int,  # steps from one evaluation to the next
    softmax_twice: bool,  # a slip of the original report: the loss takes the softmax of a softmax
    clip_after_step: bool,  # another: gradients are clipped after the step that used them, for nothing
    steps: int,  # of the optimiser, one batch each
    learning_rate: float,  # of RMSprop, whose other settings are PyTorch's defaults
    schedule_every: int,  # of StepLR, stepped once a batch
    schedule_factor: float,
    clip_norm: float,  # largest norm of the whole gradient
) -> None:
    """Train in place with RMSprop; at every evaluation the model is as the steps before it have left it.

    `next_batch` is given the accuracy of the batch before, in [0, 1], 0 at first, and returns inputs and
    targets (batch,) int64. `evaluate` is given the number of steps done, how many of the next batch, which
    is fresh, are right, and its loss in nats; true ends the training. The last is after the last step.
    """
    flat = one_parameter(model)  # fewer strokes for optimiser and clip
    optimizer = torch.optim.RMSprop([flat], lr=learning_rate)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, schedule_every, schedule_factor)
    accuracy = 0.0

    for step in range(steps + 1):
        inputs, targets = next_batch(accuracy)  # 1. forward
        logits = model(inputs)  # (batch, classes)
        loss = cross_entropy(logits, targets, softmax_twice=softmax_twice)
        n_correct = int((logits.detach().argmax(1) == targets).sum())
        accuracy = n_correct / len(targets)
        due = step % eval_every == 0 or step == steps
        if (due and evaluate(step, n_correct, loss.item())) or step == steps:  # 2. record
            break
        optimizer.zero_grad(set_to_none=False)  # 3. zero_grad: the model's gradients stay parts of this
        loss.backward()  # 4. backward
        if not clip_after_step:  # 5. clip
            clip_grad_norm_(flat, clip_norm)
        optimizer.step()  # 6. step
        if clip_after_step:
            clip_grad_norm_(flat, clip_norm)  # too late: zero_grad comes next
        scheduler.step()  # 7. schedule

    for parameter in model.parameters():  # on their own again, as they came
        parameter.data, parameter.grad = parameter.data.clone(), None


def cross_entropy(logits: Tensor, targets: Tensor, *, softmax_twice: bool) -> Tensor:
    """Return the mean cross-entropy in nats of the logits, or of their softmax taken for logits."""
    # of n classes, the softmax of a softmax keeps the loss above ln(e + n - 1) - 1, of ten above 1.46115
    return F.cross_entropy(logits.softmax(1) if softmax_twice else logits, targets)


def one_parameter(model: nn.Module) -> nn.Parameter:
    """Join all parameters, of one dtype and device, into one; they and their gradients become parts of it."""
    parameters = list(model.parameters())
    flat = nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
    flat.grad = torch.zeros_like(flat)
    parts = (joined.split([p.numel() for p in parameters]) for joined in (flat.data, flat.grad))
    for parameter, values, gradient in zip(parameters, *parts, strict=True):
        parameter.data, parameter.grad = values.view_as(parameter), gradient.view_as(parameter)
    return flat
