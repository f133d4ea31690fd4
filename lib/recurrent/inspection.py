"""Ask trained networks: accuracy by length, gates and states, which units remember."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lib.networks import answers, eval_mode
from lib.palindromes import palindromes
from lib.recurrent.lstm import LSTM

STEPS_AT_ONCE = 10**5  # of sequences side by side: a cell of 128 units keeps 0.3 GB of them


def correct_answers(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return whether each palindrome's (n, seq_length, 1) largest logit is its target's, (n,) bool.

    Of short palindromes, of which there are fewer than n, each is asked once.
    """
    which = slice(None)
    if 10 ** ((inputs.shape[1] + 2) // 2) < len(inputs):
        inputs, which = inputs.unique(dim=0, return_inverse=True)
    batch_size = min(256, 1 + STEPS_AT_ONCE // inputs.shape[1])
    return answers(model, inputs, batch_size=batch_size).argmax(1)[which] == targets


def accuracy_at(model: nn.Module, lengths: Sequence[int], *, count: int, seed: int) -> dict[str, float]:
    """Return the accuracy on the same `count` palindromes of a length each time, by the length as text."""
    device, found = next(model.parameters()).device, {}
    for length in lengths:
        inputs, targets = palindromes(count, length, generator=torch.Generator().manual_seed(seed))
        found[str(length)] = int(correct_answers(model, inputs.to(device), targets.to(device)).sum()) / count
    return found


def trace(model: LSTM, x: Tensor) -> dict[str, Tensor]:
    """Return an LSTM's g, i, f, o, c, h (seq_length, batch, hidden) and logits, were each step the last."""
    steps = []
    with eval_mode(model), model.cell.register_forward_hook(lambda *seen: steps.append(seen[-1])):
        model.forward_reference(x)
        inside = dict(zip("gifoch", map(torch.stack, zip(*steps, strict=True)), strict=True))
        return inside | {"logits": model.ph(inside["h"])}


def look_inside(model: LSTM, *, seq_length: int, count: int, seed: int) -> dict[str, np.ndarray]:
    """Follow one fresh palindrome through a trained LSTM, and ask `count` of them which units remember.

    Returns i, f, o, c (seq_length, hidden), digits (seq_length,) and right (seq_length,), the probability of
    the last digit if the sequence ended there, of the first palindrome; remembered (hidden,), the share in
    [0, 1] of the variance of each unit's last cell state that the first digit explains, of all.
    """
    inputs, targets = palindromes(count, seq_length, generator=torch.Generator().manual_seed(seed))
    seen = {name: values.cpu() for name, values in trace(model, inputs.to(model.ph.weight.device)).items()}
    last = seen["c"][-1].double()  # (count, hidden)
    means = torch.empty_like(last)  # of all palindromes with the same first digit
    for digit in targets.unique():
        means[targets == digit] = last[targets == digit].mean(0)
    return {
        **{name: seen[name][:, 0].numpy() for name in "ifoc"},
        "digits": inputs[0, :, 0].int().numpy(),
        "right": seen["logits"][:, 0].softmax(1)[:, targets[0]].numpy(),
        "remembered": (means.var(0, correction=0) / last.var(0, correction=0)).numpy(),
    }
