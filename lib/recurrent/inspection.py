"""Look inside trained networks: accuracy by length, gates and states, which units remember."""

from collections.abc import Sequence

import numpy as np
import torch

from lib.palindromes import palindromes
from lib.recurrent.lstm import LSTM
from lib.recurrent.training import accuracy_on


def accuracy_at(model: torch.nn.Module, lengths: Sequence[int], *, count: int, seed: int) -> dict[str, float]:
    """Return the accuracy on `count` fresh palindromes of each length, by the length as text, as JSON has it.

    A length's palindromes are the same whatever other lengths are asked for.
    """
    device = next(model.parameters()).device
    found = {}
    for length in lengths:
        source = torch.Generator().manual_seed(seed)
        inputs, targets = palindromes(count, length, generator=source)
        found[str(length)] = accuracy_on(model, inputs.to(device), targets.to(device))
    return found


def look_inside(model: LSTM, *, seq_length: int, count: int, seed: int) -> dict[str, np.ndarray]:
    """Follow one fresh palindrome through a trained LSTM, and ask `count` of them which units remember.

    Returns:
        i, f, o, c: (seq_length, hidden), of the first palindrome;
        digits (seq_length,): its inputs;
        right (seq_length,): probability of its last digit if the sequence ended there;
        remembered (hidden,): share of the variance of each unit's last cell state that the first digit
            explains, in [0, 1], over all palindromes.
    """
    inputs, targets = palindromes(count, seq_length, generator=torch.Generator().manual_seed(seed))
    seen = {name: values.cpu() for name, values in model.trace(inputs.to(model.ph.weight.device)).items()}
    last = seen["c"][-1].double()  # (count, hidden)
    means = torch.empty_like(last)  # of all palindromes with the same first digit
    for digit in targets.unique():
        means[targets == digit] = last[targets == digit].mean(0)
    remembered = means.var(0, correction=0) / last.var(0, correction=0)
    return {
        **{name: seen[name][:, 0].numpy() for name in "ifoc"},
        "digits": inputs[0, :, 0].int().numpy(),
        "right": seen["logits"][:, 0].softmax(1)[:, targets[0]].numpy(),
        "remembered": remembered.numpy(),
    }
