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
    softmax_twice: bool,  # a slip of the original report: the loss takes the softmax of a softmax
    clip_after_step: bool,  # another: gradients are clipped after the step that used them, for nothing
    steps: int,  # of the optimiser, one batch each
    learning_rate: float,  # of RMSprop, whose other settings are PyTorch's defaults
    schedule_every: int,  # of StepLR, stepped once a batch
    schedule_factor: float,
    clip_norm: float,  # largest norm of the whole gradient
) -> tuple[list[float], list[float]]:
    """Train in place with RMSprop and return accuracy, in [0, 1], and loss, in nats, of every step's batch.

    Each batch is fresh, so that its accuracy, taken before its step, is the one on unseen sequences.
    `next_batch` is given that of the batch before, 0 at first, and returns inputs and targets (batch,) int64.
    """
    flat = one_parameter(model)  # fewer strokes for optimiser and clip
    optimizer = torch.optim.RMSprop([flat], lr=learning_rate)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, schedule_every, schedule_factor)
    accuracy, losses = torch.zeros(steps), torch.empty(steps)

    for step in range(steps):
        inputs, targets = next_batch(accuracy[step - 1].item())  # 1. forward
        logits = model(inputs)  # (batch, classes)
        loss = cross_entropy(logits, targets, softmax_twice=softmax_twice)
        optimizer.zero_grad(set_to_none=False)  # 2. zero_grad: the model's gradients stay parts of this
        loss.backward()  # 3. backward
        if not clip_after_step:  # 4. clip
            clip_grad_norm_(flat, clip_norm)
        optimizer.step()  # 5. step
        if clip_after_step:
            clip_grad_norm_(flat, clip_norm)  # too late: zero_grad comes next
        scheduler.step()  # 6. schedule
        accuracy[step] = (logits.detach().argmax(1) == targets).float().mean()  # 7. record
        losses[step] = loss.detach()

    for parameter in model.parameters():  # on their own again, as they came
        parameter.data, parameter.grad = parameter.data.clone(), None
    return [round(a, 6) for a in accuracy.tolist()], [round(x, 6) for x in losses.tolist()]


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
