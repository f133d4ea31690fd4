"""The task of Part 1: read a palindrome's digits and name the last one, which is the first."""

import torch
from torch import Tensor

from lib.checks import sizes


def palindromes(batch_size: int, seq_length: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw random decimal palindromes of seq_length + 1 digits and hold the last digit back.

    The digits that a palindrome leaves free are independent and uniform on 0 to 9.  They are drawn on the
    generator's device, and the result stays there.

    Returns:
        inputs: (batch_size, seq_length, 1) float32, the raw digits but the last, not normalised
        targets: (batch_size,) int64, the last digit

    Raises:
        ValueError: batch_size or seq_length is below 1.
    """
    sizes(batch_size=batch_size, seq_length=seq_length)
    digits = seq_length + 1
    free = torch.randint(
        10, (batch_size, (digits + 1) // 2), generator=generator, device=generator.device
    )  # (batch, free)
    mirrored = free[:, : digits // 2].flip(1)
    palindrome = torch.cat((free, mirrored), dim=1)  # (batch, digits)
    return palindrome[:, :-1, None].float(), palindrome[:, -1].clone()
